"""What the lists of banks and platforms call their columns."""
from pathlib import Path

from odoo.addons.cfia_membership.tools.sheet import Headings
from odoo.addons.cfia_membership.tools.sheet.cells import parse_number, read_date

HEADINGS = Headings(Path(__file__).with_name('headings.txt'))


def is_heading(columns, cells):
    """Tell whether a row with these columns is the heading of a list of transactions."""
    return 'date' in columns and bool(columns.keys() & {'credit', 'debit', 'amount'}) and not any(
        # above the list banks print sums and periods: 贷方发生额 1,000.00
        parse_number(cell) or read_date(cell) for cell in cells)
