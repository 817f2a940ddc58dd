"""Dues paid as lists show them year by year: 2023年会费, 2024年会费."""
import re
import unicodedata

from odoo.addons.cfia_membership.tools.roster.values import cell_text
from odoo.addons.cfia_membership.tools.sheet.headings import normalise_heading

_YEAR = re.compile(r'^(20\d\d|[012]\d(?=年))年?度?(?:会费|缴费|交费|缴纳|已缴|缴费情况|会费缴纳|会费缴纳情况)?$')
_PAID = re.compile(r'^(?:√|✓|✔|☑|是|Y|YES|已[缴交付][纳清费]*|[缴交]清|[缴交]|清)$')
_PAID_ON = re.compile(r'^20\d\d[-./年]\d{1,2}[-./月]\d{1,2}日?(?:到账|已?[缴交付][纳清费]*)?$')
_UNPAID = re.compile(r'^(?:×|✗|✘|X|否|N|NO|未[缴交付][纳费]*|欠[缴费]*|0+(?:\.0+)?)$')


def find_year_columns(headings):
    """Return {year: column} where a list has a column for the dues of each of several years."""
    years = {}
    for index, heading in enumerate(headings):
        match = _YEAR.match(normalise_heading(heading))
        if match:
            years.setdefault(2000 + int(match[1]) % 100, index)
    return years if len(years) > 1 else {}


def read_paid_to(cells):
    """Return the last year up to which dues are paid without a gap, None where none is.

    :param dict cells: year → cell
    :raise ValueError: telling the years, when one after a gap is paid or a cell cannot be understood
    """
    paid = {year: _is_paid(cell) for year, cell in sorted(cells.items())}
    years = [year for year, is_paid in paid.items() if is_paid]
    if None in paid.values() or (years and not all(paid[year] for year in paid if years[0] <= year <= years[-1])):
        raise ValueError(', '.join(f'{year}: {cell_text(cell)}' for year, cell in cells.items() if cell_text(cell)))
    return years[-1] if years else None


def _is_paid(cell):
    text = unicodedata.normalize('NFKC', cell_text(cell)).upper()
    if not text or _UNPAID.match(text):
        return False
    if _PAID.match(text) or _PAID_ON.match(text) or re.fullmatch(r'[\d,.]+元?', text):
        return True
    return None
