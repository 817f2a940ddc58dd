"""What a payer writes into the remark (附言) of a transfer: member numbers and years."""
import re
import unicodedata

_DASHES = str.maketrans(dict.fromkeys('—–―−‐‑~～', '-'))
# a number after one of these words needs no prefix
_NUMBER_WORD = r'会员证?书?(?:编?号|代码|编码)'
_DATE = re.compile(
    r'(?<!\d)(?:19|20)\d{2}(?:年\d{1,2}月(?:\d{1,2}日)?|([-./])\d{1,2}\1\d{1,2})(?!\d)')
_AMOUNT = re.compile(r'[¥￥]\s*\d[\d,.]*|\d[\d,]*(?:\.\d+)?\s*(?:万?元|圆|RMB|CNY)')
_RANGE = re.compile(r'(?<!\d)(20\d{2})年?(?:度)?\s*[-至到]\s*(20\d{2}|\d{2})(?!\d)')
_SHORT_RANGE = re.compile(r'(?<!\d)(\d{2})年?(?:度)?\s*[-至到]\s*(\d{2})\s*年')
_SHORT_LIST = re.compile(r'(?<!\d)(\d{2}(?:年?\s*[、,/和及&+]\s*\d{2})*)\s*年')
# 2025年起两年, 2025-2026两年: how many years from the first on
_COUNT = re.compile(r'(?<!\d)(20\d{2})年?(?:度)?(?:开始|起)(?:连?续?交?缴?)([一两二三四五1-5])年')
_COUNT_VALUES = {'一': 1, '两': 2, '二': 2, '三': 3, '四': 4, '五': 5}
# 二〇二六年: digits written out
_WRITTEN_YEAR = re.compile(r'二[〇零○O0][〇零○O0一二三四五六七八九]{2}(?=\s*[年、,和及至到-])')
_WRITTEN_DIGITS = str.maketrans('〇零○O一二三四五六七八九', '0000123456789')
_RELATIVE = (
    (0, re.compile(r'今年|本年|当年')),
    (-1, re.compile(r'去年|上年|上一年')),
    (1, re.compile(r'明年|下年|下一年')),
)
_LIST_TAIL = re.compile(r'(?<!\d)(20\d{2})((?:\s*[、,/和及&+]\s*\d{2}(?!\d))+)\s*年')
_YEAR = re.compile(r'(?<!\d)(20\d{2})(?!\d)')


def _normalise(text):
    return unicodedata.normalize('NFKC', text or '').translate(_DASHES).upper()


def _number_pattern(prefix, width):
    """Return the pattern of member numbers: with the prefix, after a word for it, or zero-padded."""
    own = re.escape(_normalise(prefix).strip('-_ ./:'))
    parts = [rf'{_NUMBER_WORD}\s*[:.为是]?\s*(?:NO\.?)?\s*0*([1-9]\d{{0,8}})(?![\d年月日])']
    if own:
        start = rf'(?<![A-Z]){own}\s*[-_./:]*\s*'
        # CFIA-000122025年: a full number with a year stuck to it
        parts[:0] = [
            rf'{start}(\d{{{width}}})(?=20\d{{2}}年)',
            rf'{start}0*([1-9]\d{{0,8}})(?!\d)',
        ]
    if width > 1:
        # 00012 alone is no amount, year, date or telephone number
        parts.append(rf'(?<![\d.,-])(?=0\d{{{width - 1}}}(?!\d))0+([1-9]\d*)(?![\d.,年月日])')
    return re.compile('|'.join(parts))


def find_member_numbers(text, prefix, width):
    """Return the member numbers that a remark names, as integers without repetition.

    Bare digits are no number, save zero-padded to the full width: they may be a year or an amount.

    :param str text: the remark, or None
    :param str prefix: prefix in use, with its separator
    :param int width: least number of digits
    :rtype: list[int]
    """
    found = _number_pattern(prefix, width).finditer(_normalise(text))
    numbers = (int(next(group for group in match.groups() if group)) for match in found)
    return list(dict.fromkeys(number for number in numbers if number))


def find_years(text, prefix, width, year_paid=None):
    """Return the years that a remark names, in order of time.

    Lists (2025、2026年), ranges (2024-2026), short forms (25、26年), years written out (二〇二六年) and
    years told from the payment's own (今年, 去年) are understood; member numbers, amounts and full dates
    are not taken for years. 两年 alone names none.

    :param str text: the remark, or None
    :param str prefix: prefix of member numbers in use
    :param int width: least number of digits of member numbers
    :param int year_paid: year in which the money came; without it 今年 and the like name none
    :rtype: list[int]
    """
    remark = _number_pattern(prefix, width).sub(' ', _normalise(text))
    remark = _WRITTEN_YEAR.sub(lambda match: match.group().translate(_WRITTEN_DIGITS), remark)
    remark = _AMOUNT.sub(' ', _DATE.sub(' ', remark))
    years = set()
    for first, last in _RANGE.findall(remark):
        first = int(first)
        last = int(last) if len(last) == 4 else first // 100 * 100 + int(last)
        if first <= last <= first + 30:
            years.update(range(first, last + 1))
    for first, last in _SHORT_RANGE.findall(remark):
        years.update(range(2000 + int(first), 2001 + int(last)))
    for first, count in _COUNT.findall(remark):
        years.update(range(int(first), int(first) + int(_COUNT_VALUES.get(count, count))))
    if year_paid:
        years.update(year_paid + offset for offset, pattern in _RELATIVE if pattern.search(remark))
    for first, tail in _LIST_TAIL.findall(remark):
        years.update(2000 + int(short) for short in re.findall(r'\d{2}', tail))
        years.add(int(first))
    for shorts in _SHORT_LIST.findall(remark):
        years.update(2000 + int(short) for short in re.findall(r'\d{2}', shorts))
    years.update(int(year) for year in _YEAR.findall(remark))
    return sorted(years)
