"""Plain text as Chinese lists and forms write it."""
import re
import unicodedata

from lxml import html
from markupsafe import Markup

from odoo.tools import SQL

_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
# full-width punctuation is correct Chinese: only digits and letters are narrowed in a name
_HALF_WIDTH_ALNUM = {
    code: narrow for code, narrow in _HALF_WIDTH.items() if chr(narrow).isalnum()
}
# What no reader sees and what turns the direction of reading: soft hyphens, joiners, marks and overrides of
# direction, fillers that look like blanks, variants of a character, tags, controls other than tab and line end.
INVISIBLE_CLASS = (
    r'\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f'
    r'\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f'
    r'\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a'
    r'\U000e0000-\U000e0fff'
)
_INVISIBLE = re.compile(f'[{INVISIBLE_CLASS}]')
_BLANKS = re.compile(r'\s+')
# printable ASCII and the usual ideographs with no blank beside another or at an end: nothing to clean
_PLAIN = re.compile(r'[!-~\u4e00-\u9fa5]+(?: [!-~\u4e00-\u9fa5]+)*\Z')
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


def strip_invisible(text):
    """Return ``text`` without characters that nobody sees or that turn the direction of reading.

    Names and addresses that differ in these alone would be told apart by nobody.

    :param str text: any text, of one line or many
    :rtype: str
    """
    return _INVISIBLE.sub('', text)


def clean_text(value):
    """Return a cell as one line of text without stray blanks or invisible characters.

    :param value: anything a spreadsheet cell holds
    :rtype: str
    """
    if value is None or value is False:
        return ''
    if isinstance(value, str) and _PLAIN.match(value):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    # composed: ideographs that were encoded twice for older standards become the usual ones
    return _BLANKS.sub(' ', unicodedata.normalize('NFC', strip_invisible(str(value)))).strip()


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
    key = strip_invisible(unicodedata.normalize('NFKC', name or ''))
    return _BLANKS.sub('', key).translate(_BRACKETS).translate(_SEPARATORS).upper()


def normalised_name_sql(column):
    """Return the SQL that gives :func:`normalise_unit_name` of a column.

    :param SQL column: a text column
    :rtype: SQL
    """
    table = _BRACKETS | _SEPARATORS
    return SQL(
        "upper(regexp_replace(translate(normalize(%s, NFKC), %s, %s), %s, '', 'g'))",
        column, ''.join(map(chr, table)), ''.join(
            chr(value) if isinstance(value, int) else value for value in table.values()), rf'[\s{INVISIBLE_CLASS}]')


def drop_advertising(body):
    """Return the text of a mail without the lines that link to Odoo's own pages, which core's mails end with.

    :param body: HTML
    :rtype: Markup
    """
    if '://www.odoo.com' not in body:
        return body
    is_page = re.match(r'\s*<(?:html|!doctype)\b', body, re.IGNORECASE)
    root = html.document_fromstring(body) if is_page else html.fragment_fromstring(body, create_parent='div')
    for link in root.xpath("//a[contains(@href, '://www.odoo.com')]"):
        line = link.getparent()
        if line is not root and line.getparent() is not None:
            line.drop_tree()
    return Markup(html.tostring(root, encoding='unicode'))
