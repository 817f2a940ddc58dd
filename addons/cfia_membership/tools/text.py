"""Plain text as Chinese lists and forms write it."""
import re
import unicodedata

from odoo.tools import SQL

_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
# full-width punctuation is correct Chinese: only digits and letters are narrowed in a name
_HALF_WIDTH_ALNUM = {
    code: narrow for code, narrow in _HALF_WIDTH.items() if chr(narrow).isalnum()
}
_INVISIBLE = dict.fromkeys(map(ord, '\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f'))
_BLANKS = re.compile(r'\s+')
_CJK = re.compile(r'[\u3400-\u9fff]')
_BLANK_OUTSIDE_WORDS = re.compile(r'(?<![A-Za-z.,&])\s+|\s+(?![A-Za-z&])')
_BRACKETS = str.maketrans('【〔[{<《〈『「' + '】〕]}>》〉』」', '(' * 9 + ')' * 9)
_SEPARATORS = str.maketrans(dict.fromkeys('·•・‧∙', '·') | dict.fromkeys('—–―−‐‑', '-'))


def to_half_width(text):
    """Return ``text`` with full-width characters and the ideographic blank as half-width ones.

    :param text: a string, or None
    :rtype: str
    """
    return (text or '').translate(_HALF_WIDTH)


def clean_text(value):
    """Return a cell as one line of text without stray blanks or invisible characters.

    :param value: anything a spreadsheet cell holds
    :rtype: str
    """
    if value is None or value is False:
        return ''
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _BLANKS.sub(' ', str(value).translate(_INVISIBLE).replace('\u3000', ' ')).strip()


def clean_unit_name(value):
    """Return a unit's name as its seal has it: no stray blanks, half-width digits and letters.

    Blanks between Latin words stay, and so do full-width brackets.

    :param value: anything a spreadsheet cell holds
    :rtype: str
    """
    name = clean_text(value).translate(_HALF_WIDTH_ALNUM)
    if _CJK.search(name):
        name = _BLANK_OUTSIDE_WORDS.sub('', name)
    return name


def normalise_unit_name(name):
    """Return the key under which spellings of one unit's name meet.

    Half width, no blanks, one kind of brackets, upper case.

    :param name: a string, or None
    :rtype: str
    """
    key = unicodedata.normalize('NFKC', (name or '').translate(_INVISIBLE))
    return _BLANKS.sub('', key).translate(_BRACKETS).translate(_SEPARATORS).upper()


def normalised_name_sql(column):
    """Return the SQL that gives :func:`normalise_unit_name` of a column.

    :param SQL column: a text column
    :rtype: SQL
    """
    table = _BRACKETS | _SEPARATORS
    invisible = ''.join(map(chr, _INVISIBLE))
    return SQL(
        r"upper(regexp_replace(translate(normalize(%s, NFKC), %s, %s), '\s', '', 'g'))",
        column, ''.join(map(chr, table)) + invisible, ''.join(
            chr(value) if isinstance(value, int) else value for value in table.values()))
