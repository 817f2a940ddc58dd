"""Read the cells of a list: text, days and numbers as people and programs write them."""
import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from odoo.addons.cfia_membership.tools.text import clean_text

# Beyond what any transfer reaches; floats are exact to the cent below.
MAX_AMOUNT = 10**12
_EXCEL_TEXT = re.compile(r'^=?"(.*)"$')
_DATE = re.compile(r'^(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?')
_DATE_DIGITS = re.compile(r'^(\d{4})(\d{2})(\d{2})(?:\D|\d{6}|$)')
_MINUS = str.maketrans('−–—', '---')


def narrow(value):
    """Return a cell as one line of half-width text, without the marks that keep numbers as text."""
    if value is None:
        return ''
    return _narrow(value) if isinstance(value, str) else _narrow_text(clean_text(value))


@lru_cache(maxsize=65536)
def _narrow(value):
    return _narrow_text(clean_text(value))


def _narrow_text(text):
    text = unicodedata.normalize('NFKC', text).strip()
    return _EXCEL_TEXT.sub(r'\1', text).lstrip("'`").strip()


def read_date(value):
    """Return the day in a cell, None where it has none.

    :param value: a date, a spreadsheet's serial number, eight digits as a number, or a text in one of the usual forms
    """
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        # a cell of the hour alone has the spreadsheet's day zero
        return value if value.year > 1900 else None
    if isinstance(value, (time, timedelta)):
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if 20000 < value < 80000:
            return date(1899, 12, 30) + timedelta(days=int(value))
        value = str(int(value)) if float(value).is_integer() else ''
    text = narrow(value)
    match = _DATE.match(text) or _DATE_DIGITS.match(text)
    try:
        day = date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
    return day if day and 1900 < day.year < 2200 else None


def parse_number(value):
    """Return the number in a cell, 0 for an empty one, None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value) if abs(value) < MAX_AMOUNT else None
    if value is not None and not isinstance(value, str):
        return None
    text = re.sub(r'[\s,¥￥$+]|RMB|CNY|人民币|元|圆', '', narrow(value).translate(_MINUS).upper())
    if text in ('', '-', '--', '/'):
        return 0.0
    if text.startswith('(') and text.endswith(')'):
        text = '-' + text[1:-1]
    elif text.endswith('-'):
        text = '-' + text[:-1]
    if not re.fullmatch(r'[+-]?(\d+(\.\d*)?|\.\d+)(E[+-]?\d{1,3})?', text):
        return None
    number = float(text)
    return number if abs(number) < MAX_AMOUNT else None
