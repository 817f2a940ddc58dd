"""Find the member list in a file."""
from dataclasses import dataclass, field
from datetime import datetime

from odoo.addons.cfia_membership.tools.roster.columns import REQUIRED_FIELDS, match_columns
from odoo.addons.cfia_membership.tools.sheet import read_sheets
from odoo.addons.cfia_membership.tools.sheet.columns import HEADER_SEARCH_ROWS
from odoo.addons.cfia_membership.tools.text import clean_text

_EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}


class RosterFileError(Exception):
    """A file in which no member list is found. ``code`` is one of ``no_header``, ``no_rows``."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


@dataclass
class Table:
    """A member list: where its columns are, and its rows as they stand.

    ``continued`` are the numbers of the rows over which the cell of the unit's name goes on from above.
    """

    sheet: str
    header_row: int
    first_row: int
    headings: list
    columns: dict
    rows: list = field(default_factory=list)
    epoch: object = _EPOCHS[False]
    other_sheets: list = field(default_factory=list)
    continued: set = field(default_factory=set)


def read_table(content, required=REQUIRED_FIELDS, limits=None):
    """Return the list in a file.

    The heading row may stand anywhere in the first rows of any visible sheet. Cells of formulas
    give the value that was last computed.

    :param bytes content: a file of any kind that :func:`read_sheets` reads
    :param required: fields without whose columns a table is not taken for the list
    :rtype: Table
    :raise RosterFileError: when the file holds no member list
    :raise SheetError: when the file cannot be read
    """
    sheets = read_sheets(content, limits)
    visible = [sheet for sheet in sheets if not sheet.is_hidden] or sheets
    tables = [(sheet, table) for sheet in visible if (table := _find_table(sheet, required))]
    if not tables:
        raise RosterFileError('no_header')
    sheet, table = max(tables, key=lambda found: len(found[1].columns))
    table.other_sheets = [other.sheet for _sheet, other in tables if other is not table]
    _read_rows(sheet, table)
    return table


def _read_rows(sheet, table):
    """Read what stands below the heading row, blank rows left out, every row as wide as the headings."""
    width = len(table.headings)
    name = table.columns['name']
    table.continued = {
        number + 1 for row, column, last_row, last_column in sheet.merged
        if column <= name <= last_column for number in range(row + 1, last_row + 1)}
    for number, cells in enumerate(sheet.rows[table.first_row - 1:], table.first_row):
        if any(clean_text(cell) for cell in cells):
            table.rows.append((number, [*cells[:width], *[None] * (width - len(cells))]))
    if not table.rows:
        raise RosterFileError('no_rows')


def _find_table(sheet, required):
    """Return the table whose heading row names the most fields, still without rows; None for none."""
    top = sheet.rows[:HEADER_SEARCH_ROWS + 1]
    candidates = [
        (columns, number, cells)
        for number, cells in enumerate(top[:HEADER_SEARCH_ROWS], 1)
        if all(name in (columns := match_columns(cells)) for name in required)
    ]
    if not candidates:
        return None
    columns, number, cells = max(candidates, key=lambda candidate: len(candidate[0]))
    first_row = number + 1
    merged = _merge_subheadings(cells, top[number], columns, required) if number < len(top) else None
    if merged:
        cells, first_row = merged, number + 2
        columns = match_columns(cells)
    headings = [clean_text(cell) for cell in cells]
    while headings and not headings[-1]:
        headings.pop()
    return Table(sheet.name, number, first_row, headings, columns, epoch=_EPOCHS[sheet.is_1904])


def _merge_subheadings(cells, below, columns, required):
    """Return the headings of a two-line heading row (联系人 over 姓名, 职务, 电话), None for a single line.

    :param list cells: upper line, where only the first cell of a merged group has a text
    :param list below: lower line
    :param dict columns: what the upper line names
    :param required: fields whose columns have no second line
    """
    below = [*below, *[None] * (len(cells) - len(below))]
    texts = [cell for cell in below if clean_text(cell)]
    if (
        not texts or any(clean_text(below[columns[name]]) for name in required)
        or sum(bool(match_columns([text])) for text in texts) * 2 <= len(texts)
    ):
        return None
    merged, group = [], ''
    for upper, lower in zip([*cells, *[None] * (len(below) - len(cells))], below):
        upper, lower = clean_text(upper), clean_text(lower)
        group = upper or group
        if lower and (match_columns([group + lower]) or not {'contact'}.issuperset(match_columns([group]))):
            # 法定代表人 over 电话 is not the contact's telephone
            merged.append(group + lower)
        else:
            merged.append(lower or upper)
    return merged
