"""Member numbers, however a list prints them."""
import re
import unicodedata

_DASHES = str.maketrans(dict.fromkeys('—–―−‐‑_~', '-'))
_BLANKS = re.compile(r'\s+')
# words that lists put round a number: 第12号, No.12, 编号：12
_LEADING_WORDS = re.compile(r'^(?:第|NO\.?|编号|会员(?:证)?(?:编)?号|证号)[:.]?')
_DIGITS = re.compile(r'0*([1-9][0-9]{0,8})(?:\.0+)?')
_SEPARATORS = '-./·:'


def number_value(text, prefix):
    """Return the number in ``text`` as an integer, None when it is not a member number.

    ``12``, ``12.0``, ``00012``, ``CFIA00012``, ``cfia-12`` and ``ＣＦＩＡ－０００１２`` mean the same
    under the prefix ``CFIA-``; another prefix than ours makes another association's number.

    :param text: a string or a number, as a spreadsheet cell holds it
    :param str prefix: the prefix in use, with its separator
    :rtype: int | None
    """
    if text is None or isinstance(text, bool):
        return None
    code = _normalise(text)
    own = _normalise(prefix).strip(_SEPARATORS)
    match = own and re.fullmatch(re.escape(own) + rf'[{re.escape(_SEPARATORS)}]*(.+)', code)
    if match and (own[-1].isalpha() or not code[len(own)].isdigit()):
        code = match[1]
    match = _DIGITS.fullmatch(_LEADING_WORDS.sub('', code).removesuffix('号').strip('-'))
    return int(match[1]) if match else None


def format_number(value, prefix, width):
    """Return the one form in which numbers are kept, such as ``CFIA-00012``.

    :param int value: the number without prefix
    :param str prefix: with its separator
    :param int width: least number of digits
    """
    return f'{prefix}{value:0{width}d}'


def canonical_number(text, prefix, width):
    """Return the canonical form of the member number in ``text``, None when it is none.

    :param text: a string or a number, as a spreadsheet cell holds it
    :param str prefix: with its separator
    :param int width: least number of digits
    :rtype: str | None
    """
    value = number_value(text, prefix)
    return value and format_number(value, prefix, width)


def _normalise(text):
    return _BLANKS.sub('', unicodedata.normalize('NFKC', str(text))).translate(_DASHES).upper()
