"""Find the member list in a file."""
from dataclasses import dataclass, field

from odoo.addons.cfia_membership.tools.roster.columns import HEADINGS, REQUIRED_FIELDS
from odoo.addons.cfia_membership.tools.sheet import ListError, find_tables, read_sheets
from odoo.addons.cfia_membership.tools.sheet.headings import normalise_heading


@dataclass
class Roster:
    """The tables of a list, and the other sheets with a list that is none of it, as {name: rows}."""

    tables: list
    other_sheets: dict = field(default_factory=dict)


def read_roster(content, required=REQUIRED_FIELDS, limits=None, taught=None, is_section=None):
    """Return the list in a file.

    The heading row may stand anywhere in the first rows of a sheet. Of several sheets those are read that have the
    same headings as the fullest, or whose name speaks for their rows. Cells of formulas give the value that was
    last computed.

    :param bytes content: a file of any kind that :func:`read_sheets` reads
    :param required: fields without whose columns a table is not taken for the list
    :param is_section: says of the name of a sheet whether it speaks for its rows (理事单位)
    :rtype: Roster
    :raise ListError: when the file holds no member list
    :raise SheetError: when the file cannot be read
    """
    sheets = read_sheets(content, limits)
    tables = find_tables(sheets, HEADINGS, lambda columns, _cells: all(name in columns for name in required), taught)
    tables = [table for table in tables if not table.is_hidden] or tables
    if not tables:
        raise ListError('no_header', sheets)
    best = max(tables, key=lambda table: len(table.columns))
    own = [
        table for table in tables
        if table.sheet == best.sheet or _keys(table) == _keys(best) or (is_section and is_section(table.sheet))]
    for table in own:
        name = table.columns['name'][0]
        #: rows over which the cell of the unit's name goes on from above
        table.continued = {
            number + 1 for row, column, last_row, last_column in table.merged
            if column <= name <= last_column for number in range(row + 1, last_row + 1)}
    if not any(table.rows for table in own):
        raise ListError('no_rows', sheets)
    others = {table.sheet: len(table.rows) for table in tables if table not in own}
    read = {table.sheet for table in own} | set(others)
    others.update({sheet.name: 0 for sheet in sheets if sheet.is_hidden and sheet.name not in read and any(map(any, sheet.rows))})
    return Roster(own, others)


def _keys(table):
    return [normalise_heading(heading) for heading in table.headings]
