"""Read the cells of a list: text, days and numbers as people and programs write them."""
import math
import re
import unicodedata
from datetime import date, datetime, timedelta
from functools import lru_cache

from .headings import normalise_heading
from odoo.addons.cfia_membership.tools.text import clean_text

# Beyond what any transfer reaches; floats are exact to the cent below.
MAX_AMOUNT = 10**12
_EXCEL_TEXT = re.compile(r'^=?"(.*)"$')
EXCEL_ERRORS = ('#N/A', '#REF!', '#VALUE!', '#NAME?', '#DIV/0!', '#NULL!', '#NUM!')
EXCEL_EPOCH = datetime(1899, 12, 30)
_EMPTY_WORDS = ('', '-', '--', '—', '——', '/', '\\', '无', '暂无', '未知', '不详', '空', 'N/A', 'NULL', 'NONE')
# days after the epoch that can be dates (1927 to 2105): smaller numbers are years or typing errors
_SERIALS = range(10_000, 75_000)
_YEARS = range(1901, 2200)
_MONTHS = ('JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC')
_CHINESE_DIGITS = str.maketrans('〇○零一二三四五六七八九', '000123456789')
_CHINESE_NUMBER = re.compile(r'[一二三四五六七八九]?十[一二三四五六七八九]?')
_YEAR = r'(?P<year>\d{4})'
_MONTH = r'(?P<month>\d{1,2})'
_DAY = r'(?P<day>\d{1,2})'
_WORD_MONTH = r'(?P<month>(?i:JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[A-Za-z]*)\.?'
_DATE_FORMS = [
    re.compile(form) for form in (
        rf'{_YEAR}年{_MONTH}月{_DAY}[日号]?',
        rf'{_YEAR}(?P<separator>[-/.,、]){_MONTH}(?P=separator){_DAY}[日号]?',
        rf'{_YEAR}(?P<month>\d\d)(?P<day>\d\d)(?:\d{{6}}(?:\d{{3}})?)?',
        rf'{_YEAR}年{_MONTH}月?份?',
        rf'{_YEAR}[-/.]{_MONTH}月?',
        rf'{_YEAR}(?P<month>0[1-9]|1[0-2])',
        rf'{_YEAR}年?度?',
        rf'{_DAY}[- ]?{_WORD_MONTH}[-, ]*{_YEAR}',
        rf'{_WORD_MONTH}{_DAY}(?:st|nd|rd|th)?,{_YEAR}',
        rf'{_YEAR}[-/]{_WORD_MONTH}[-/]{_DAY}',
    )
]
_WEEKDAY = re.compile(r'\(?(?:星期|周)[一二三四五六日天]\)?')
# an hour behind a day; of digits alone behind a blank or a hyphen
_TIME = re.compile(
    r'(?:[T ]*(?:[上下]午|(?i:AM|PM))?[T ]*\d{1,2}[:时点]\d{1,2}(?:[:分]\d{1,2}(?:\.\d+)?秒?|分)?(?:\.\d+)? *(?i:AM|PM)?'
    r'|[- ]+\d{1,2}\.\d{2}\.\d{2}(?:\.\d+)?|(?<=\d)[T ]+\d{6})(?: *(?:Z|[+-]\d\d:?\d\d))?$')
# ideographs, letters and digits with single blanks between: nothing to be narrowed
_PLAIN = re.compile(r'[0-9A-Za-z\u4e00-\u9fa5](?:[-:.,/()]?[0-9A-Za-z\u4e00-\u9fa5])*(?: [0-9A-Za-z\u4e00-\u9fa5][0-9:]*)?\Z')
_PLAIN_NUMBER = re.compile(r'-?\d{1,3}(?:,\d{3}){0,2}\.\d{1,2}\Z|-?\d{1,9}(?:\.\d{1,2})?\Z', re.ASCII)
_AROUND_NUMBER = re.compile(r'[\s,¥￥$+]|RMB|CNY|人民币|[元圆][整正]?|(?<=\d)\.-$')
_NUMBER = re.compile(r'[+-]?(\d+(\.\d*)?|\.\d+)(E[+-]?\d{1,3})?')
_YES, _NO = ('是', 'Y', 'YES', '1', '√', '✓', '✔', '☑'), ('否', 'N', 'NO', '0', '×', '✗', '✘', 'X')
_QUESTION = re.compile(r'^是否|(?:标[志识]|状态|情况)$')
_SCALES = {'亿': 10**8, '百万': 10**6, '万': 10**4, '千': 1000, '角': 0.1, '分': 0.01}
_SCALE = re.compile(r'(?:单位:?|[(\[/])(?:人民币|RMB|CNY)?(?P<unit>亿|百万|万|千|角|分)元?(?=[)\],;]|$)')
_MINUS = str.maketrans('−–—', '---')


def narrow(value):
    """Return a cell as one line of half-width text, without the marks that keep numbers as text."""
    if value in (None, ''):
        return ''
    if isinstance(value, str):
        return value if _PLAIN.match(value) else _narrow(value)
    return _narrow_text(clean_text(value))


@lru_cache(maxsize=16384)
def _narrow(value):
    return _narrow_text(clean_text(value))


def _narrow_text(text):
    text = unicodedata.normalize('NFKC', text).strip()
    return _EXCEL_TEXT.sub(r'\1', text).lstrip("'`").strip()


def answer_to(heading, cell):
    """Return what a cell says; a yes or no is taken together with the question that its heading asks.

    是否退会: 是 → 退会; 是否退会: 否 → 未退会; any other cell as it stands, without blanks.
    """
    text = narrow(cell).replace(' ', '')
    if text.upper() not in _YES and text.upper() not in _NO:
        return text
    question = _QUESTION.sub('', normalise_heading(heading))
    if not question:
        return text
    return question if text.upper() in _YES else f'未{question}'


def read_scale(text):
    """Return by what numbers are multiplied whose heading names their unit so: 金额(万元), 单位：千元, 金额(分); 1 without."""
    match = _SCALE.search(unicodedata.normalize('NFKC', text).replace(' ', ''))
    return _SCALES[match['unit']] if match else 1


def cell_text(cell):
    """Return a cell as text, empty for blanks, Excel's error values and words for nothing."""
    text = clean_text(cell)
    return '' if text.upper() in _EMPTY_WORDS or text in EXCEL_ERRORS else text


def parse_day(cell, epoch=EXCEL_EPOCH):
    """Read a day; an hour behind it is left aside.

    A year, or a year with month, gives the first day of it.

    :param cell: a date, a spreadsheet's serial number, digits as a number, or a text in any of the usual forms
    :param datetime epoch: the workbook's day zero
    :return: the day, and whether it is exact; None for a blank cell
    :rtype: tuple[date, bool] | None
    :raise ValueError: for what is no day
    """
    if isinstance(cell, date):
        # a cell of the hour alone has the spreadsheet's day zero
        if cell.year not in _YEARS:
            raise ValueError(cell)
        return cell.date() if isinstance(cell, datetime) else cell, True
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if not math.isfinite(cell):
            raise ValueError(cell)
        if int(cell) in _SERIALS:
            return (epoch + timedelta(days=int(cell))).date(), True
        if not float(cell).is_integer():
            raise ValueError(cell)
    if isinstance(cell, str):
        return _parse_day_text(cell, epoch)
    return _read_day_text(date_text(cell), epoch)


@lru_cache(maxsize=16384)
def _parse_day_text(cell, epoch):
    return _read_day_text(date_text(cell), epoch)


def _read_day_text(text, epoch):
    if not text:
        return None
    if re.fullmatch(r'\d{5}(\.\d+)?', text) and int(float(text)) in _SERIALS:
        return (epoch + timedelta(days=int(float(text)))).date(), True
    for form in _DATE_FORMS:
        match = form.fullmatch(text)
        if match:
            parts = match.groupdict()
            year = int(parts['year'])
            if year not in _YEARS:
                break
            month = parts.get('month') or 1
            if isinstance(month, str) and not month.isdigit():
                month = 1 + _MONTHS.index(month[:3].upper())
            # an impossible month or day raises the ValueError that we promise
            return date(year, int(month), int(parts.get('day') or 1)), bool(parts.get('day'))
    raise ValueError(text)


def date_text(cell):
    """Return the text of a day without blanks, hour and Chinese digits."""
    text = unicodedata.normalize('NFKC', narrow(cell_text(cell)))
    text = _WEEKDAY.sub('', text)
    text = _TIME.sub('', text)
    if re.search(r'[〇○零一二三四五六七八九十]', text):
        text = _CHINESE_NUMBER.sub(_tens_to_digits, text).translate(_CHINESE_DIGITS)
    return re.sub(r'\s+', '', text).rstrip('.')


def _tens_to_digits(match):
    tens, _ten, ones = match[0].partition('十')
    digits = '123456789'
    chinese = '一二三四五六七八九'
    return (digits[chinese.index(tens)] if tens else '1') + (digits[chinese.index(ones)] if ones else '0')


def read_date(value, epoch=EXCEL_EPOCH):
    """Return the exact day in a cell, None where it has none."""
    try:
        parsed = parse_day(value, epoch)
    except ValueError:
        return None
    return parsed[0] if parsed and parsed[1] else None


def parse_number(value):
    """Return the number in a cell, 0 for an empty one, None for what is none."""
    if value in (None, ''):
        return 0.0
    if isinstance(value, str):
        return float(value.replace(',', '')) if _PLAIN_NUMBER.match(value) else _parse_number_text(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if abs(value) < MAX_AMOUNT else None
    return None


def _parse_number_text(value):
    text = _AROUND_NUMBER.sub('', narrow(value).translate(_MINUS).upper())
    if text in ('', '-', '--', '/'):
        return 0.0
    if text.startswith('(') and text.endswith(')'):
        text = '-' + text[1:-1]
    elif text.endswith('-'):
        text = '-' + text[:-1]
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if abs(number) < MAX_AMOUNT else None
