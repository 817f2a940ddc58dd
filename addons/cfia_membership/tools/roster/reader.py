"""Open a workbook and find the member list in it."""
import io
import zipfile
import zlib
from dataclasses import dataclass, field

from openpyxl import load_workbook
from openpyxl.utils.datetime import CALENDAR_WINDOWS_1900

from odoo.addons.cfia_membership.tools.roster.columns import REQUIRED_FIELDS, match_columns
from odoo.addons.cfia_membership.tools.text import clean_text
from odoo.addons.cfia_membership.tools.upload import check_sheet

HEADER_SEARCH_ROWS = 60
_OLE_MAGIC = b'\xd0\xcf\x11\xe0'


class RosterFileError(Exception):
    """A file that cannot be read as a member list.

    ``code`` is one of ``old_format``, ``not_xlsx``, ``no_header``, ``no_rows``.
    """

    def __init__(self, code):
        super().__init__(code)
        self.code = code


@dataclass
class Table:
    """A member list: where its columns are, and its rows as they stand."""

    sheet: str
    header_row: int
    first_row: int
    headings: list
    columns: dict
    rows: list = field(default_factory=list)
    epoch: object = CALENDAR_WINDOWS_1900
    other_sheets: list = field(default_factory=list)


def read_table(content, required=REQUIRED_FIELDS):
    """Return the list in a workbook.

    The heading row may stand anywhere in the first rows of any visible sheet. Cells of formulas
    give the value that was last computed.

    :param bytes content: an xlsx file
    :param required: fields without whose columns a table is not taken for the list
    :rtype: Table
    :raise RosterFileError: when the file is no workbook or holds no member list
    """
    if content[:4] == _OLE_MAGIC:
        raise RosterFileError('old_format')
    try:
        check_sheet(content)
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        table = _find_table(workbook, required)
        _read_rows(workbook[table.sheet], table)
        workbook.close()
    except (zipfile.BadZipFile, zlib.error, LookupError, ValueError, TypeError, OSError, SyntaxError) as error:
        # what openpyxl lets through for broken files; XML errors are SyntaxErrors
        raise RosterFileError('not_xlsx') from error
    return table


def _read_rows(sheet, table):
    """Read what stands below the heading row, blank rows left out, every row as wide as the headings."""
    width = len(table.headings)
    for number, cells in enumerate(
        sheet.iter_rows(min_row=table.first_row, values_only=True), table.first_row,
    ):
        if any(clean_text(cell) for cell in cells):
            table.rows.append((number, [*cells[:width], *[None] * (width - len(cells))]))
    if not table.rows:
        raise RosterFileError('no_rows')


def _find_table(workbook, required):
    """Return the table whose heading row names the most fields, still without rows."""
    tables = []
    sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == 'visible']
    for sheet in sheets or workbook.worksheets:
        sheet.reset_dimensions()
        top = [list(cells) for cells in sheet.iter_rows(max_row=HEADER_SEARCH_ROWS + 1, values_only=True)]
        candidates = [
            (columns, number, cells)
            for number, cells in enumerate(top[:HEADER_SEARCH_ROWS], 1)
            if all(name in (columns := match_columns(cells)) for name in required)
        ]
        if not candidates:
            continue
        columns, number, cells = max(candidates, key=lambda candidate: len(candidate[0]))
        first_row = number + 1
        merged = _merge_subheadings(cells, top[number], columns, required) if number < len(top) else None
        if merged:
            cells, first_row = merged, number + 2
            columns = match_columns(cells)
        headings = [clean_text(cell) for cell in cells]
        while headings and not headings[-1]:
            headings.pop()
        tables.append(Table(sheet.title, number, first_row, headings, columns, epoch=workbook.epoch))
    if not tables:
        raise RosterFileError('no_header')
    best = max(tables, key=lambda table: len(table.columns))
    best.other_sheets = [table.sheet for table in tables if table is not best]
    return best


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
