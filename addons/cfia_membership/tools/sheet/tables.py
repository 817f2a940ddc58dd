"""Find the lists in the sheets of a file, wherever their headings stand."""
import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from .cells import answer_to, narrow, read_scale
from .headings import LONGEST_NAME, bare_heading, normalise_heading, strip_blank
from .open import read_sheets
from odoo.addons.cfia_membership.tools.text import clean_text

HEADER_SEARCH_ROWS = 60
EPOCHS = {False: datetime(1899, 12, 30), True: datetime(1904, 1, 1)}
# what stands below a heading and says how to fill the column in
_UNIT = re.compile(r'\(.*\)|\[.*\]|(?:单位[:]?)?(?:人民币)?[千万亿]?元|(?:年[-/.]?月[-/.]?日?|Y+[-/.]?M+[-/.]?D*)|RMB|CNY|必填项?|选填项?|文本|数字|日期格式|格式.*|[家人份个]')
_EXAMPLE = re.compile(r'^[(\[]?(?:例|示例|样例|范例|填写示例|填表示例|填写说明)[:)\]如]?')


@dataclass
class Table:
    """A list: its headings, where its columns are, and its rows as they stand, blank ones left out.

    ``columns`` gives the positions of each column, the most particular heading's first. ``rows`` are (number,
    cells); ``passed`` are the rows that are none of the list's: (number, cells, reason) with the reasons
    ``heading`` (printed again) and ``units`` (what is meant by the headings, an example).
    """

    sheet: str
    header_row: int
    headings: list
    columns: dict
    above: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    passed: list = field(default_factory=list)
    merged: list = field(default_factory=list)
    is_hidden: bool = False
    epoch: datetime = EPOCHS[False]

    def scale(self, column):
        """Return by what the numbers of a column are multiplied: 金额(万元), or 单位：万元 below or above the headings."""
        position = self.columns[column][0]
        below = [cells[position] for _number, cells, reason in self.passed if reason == 'units']
        texts = [self.headings[position] if position < len(self.headings) else '', *map('({})'.format, filter(None, below)),
                 *(cell for cells in self.above for cell in cells if isinstance(cell, str) and '单位' in cell)]
        return next((scale for text in texts if (scale := read_scale(text)) != 1), 1)

    def first(self):
        """Return {column: position}."""
        return {column: positions[0] for column, positions in self.columns.items()}


def find_tables(sheets, headings, is_heading, taught=None):
    """Return the lists in a file: one a sheet, two where halves stand side by side.

    :param list sheets: see :func:`read_sheets`
    :param Headings headings: what such lists call their columns
    :param is_heading: says of {column: positions} and the cells whether a row is the heading of such a list
    :param Taught taught: what persons have said of headings
    :rtype: list[Table]
    """
    found = []
    for sheet in sheets:
        found += _find_in_sheet(sheet, headings, is_heading, taught)
    return found


def _find_in_sheet(sheet, headings, is_heading, taught):
    top = sheet.rows[:HEADER_SEARCH_ROWS]
    candidates = [
        (number, columns) for number, cells in enumerate(top)
        if is_heading(columns := headings.match(cells, taught), cells)]
    if not candidates:
        return _find_two_lines(sheet, headings, is_heading, taught)
    # a heading that a page repeats names no more than the first
    number, columns = max(candidates, key=lambda candidate: len(candidate[1]))
    cells, last = sheet.rows[number], number
    merged = number + 1 < len(sheet.rows) and _merge_lines(cells, sheet.rows[number + 1], columns, headings, taught)
    if merged:
        cells, last = merged, number + 1
        columns = headings.match(cells, taught)
    elif number and _share_texts(sheet.rows[number - 1], cells) and (
            merged := _merge_lines(sheet.rows[number - 1], cells, None, headings, taught)):
        # cells merged downwards make the lower line the one with most headings
        above = headings.match(merged, taught)
        if is_heading(above, merged):
            cells, columns, number = merged, above, number - 1
    return _split(sheet, number, last, cells, columns, headings, is_heading, taught)


def _find_two_lines(sheet, headings, is_heading, taught):
    """Return the list whose heading needs both of its lines to be one."""
    for number in range(min(len(sheet.rows) - 1, HEADER_SEARCH_ROWS)):
        merged = _merge_lines(sheet.rows[number], sheet.rows[number + 1], None, headings, taught)
        if merged and is_heading(columns := headings.match(merged, taught), merged):
            return _split(sheet, number, number + 1, merged, columns, headings, is_heading, taught)
    return []


def _merge_lines(upper, lower, columns, headings, taught):
    """Return the headings of two lines (联系人 over 姓名, 职务, 电话), None where the lower is none.

    :param dict columns: what the upper line names; below its first columns nothing else may stand
    """
    width = max(len(upper), len(lower))
    upper, lower = ([*map(clean_text, line), *[''] * (width - len(line))] for line in (upper, lower))
    # a cell merged downwards stands in both lines
    own = [text if text != above else '' for above, text in zip(upper, lower)]
    texts = [text for text in own if text]
    if len(texts) < 2 or sum(map(bool, upper)) < 2 or any(re.search(r'\d{4}', text) for text in (*texts, *upper)):
        return None
    if columns is not None and any(own[positions[0]] for column, positions in columns.items() if column in ('number', 'name', 'date')):
        return None
    merged, group, named = [], '', 0
    for above, below in zip(upper, own):
        group = above or (group if below else '')
        is_named = bool(headings.match([group + below], taught)) if below and group else False
        alone = bool(below) and bool(headings.match([below], taught))
        named += is_named or alone
        is_other = bool(group) and not {'contact'}.issuperset(headings.match([group], taught))
        # 法定代表人 over 电话 is not the contact's telephone
        merged.append(group + below if below and (is_named or is_other) else below or above)
    return merged if named * 2 > len(texts) else None


def _share_texts(upper, lower):
    return any(clean_text(above) and clean_text(above) == clean_text(below) for above, below in zip(upper, lower))


def _split(sheet, number, last, cells, columns, headings, is_heading, taught):
    """Return the table below a heading, two where the same headings stand twice beside one another."""
    keys = strip_blank(normalise_heading(clean_text(cell)) for cell in cells)
    first = next(filter(None, keys), None)
    starts = [at for at, key in enumerate(keys) if key and key == first]
    blocks = [(0, None)]
    if len(starts) > 1:
        bounds = [*starts, len(keys)]
        parts = [strip_blank(keys[start:end]) for start, end in pairwise(bounds)]
        if len(set(parts)) == 1 and len(parts[0]) > 1:
            blocks = [*pairwise(starts), (starts[-1], None)]
    tables = []
    for start, end in blocks:
        own = columns if (start, end) == (0, None) else headings.match(cells[start:end], taught)
        if is_heading(own, cells[start:end]):
            tables.append(_read_rows(sheet, number, last, cells[start:end], own, start, end, headings))
    return tables


def _read_rows(sheet, number, last, cells, columns, start, end, headings):
    texts = [clean_text(cell) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    merged = [
        (row, column - start, last_row, last_column - start)
        for row, column, last_row, last_column in sheet.merged if column >= start and (end is None or column < end)]
    table = Table(
        sheet.name, number + 1, texts, columns, [row[start:end] for row in sheet.rows[:number]] if not start else [],
        merged=merged, is_hidden=sheet.is_hidden, epoch=EPOCHS[sheet.is_1904])
    width = max(len(texts), 1 + max(position for positions in columns.values() for position in positions))
    keys = [normalise_heading(text) for text in texts]
    named = {
        position: {keys[position], bare_heading(keys[position])}
        for positions in columns.values() for position in positions if position < len(keys) and keys[position]}
    for at, row in enumerate(sheet.rows[last + 1:], last + 2):
        part = row[start:end]
        if all(cell in (None, '') for cell in part):
            continue
        part = [*part[:width], *[None] * (width - len(part))]
        if _is_printed_again(part, named):
            table.passed.append((at, part, 'heading'))
        elif not table.rows and _is_units(part, headings):
            table.passed.append((at, part, 'units'))
        elif any(narrow(cell) for cell in part):
            table.rows.append((at, part))
    return table


def _is_printed_again(cells, named):
    """Tell whether a row is the heading once more: its own texts where the columns are."""
    same = 0
    for position, texts in named.items():
        cell = cells[position]
        if cell in (None, ''):
            continue
        if not isinstance(cell, str) or len(cell) > LONGEST_NAME:
            return False
        key = normalise_heading(cell)
        if key and key not in texts and bare_heading(key) not in texts:
            return False
        same += bool(key)
    return same * 2 > len(named)


def _is_units(cells, headings):
    """Tell whether a row says what is meant by the headings: units, forms, the same in English, an example."""
    texts = [narrow(cell) for cell in cells if narrow(cell)]
    if texts and _EXAMPLE.match(texts[0]):
        return True
    if not texts or any(re.search(r'\d', text) for text in texts):
        return False
    named = sum(map(len, headings.match(texts).values())) if all(text.isascii() for text in texts) else 0
    return named * 2 > len(texts) or all(_UNIT.fullmatch(text.upper()) for text in texts)


class ListError(Exception):
    """A file without such a list. ``code`` is ``no_header`` or ``no_rows``; ``sheets`` are what stands in it."""

    def __init__(self, code, sheets=()):
        super().__init__(code)
        self.code = code
        self.sheets = sheets


@dataclass
class Line:
    """A row of a list: ``values`` are its cells by column."""

    number: int
    sheet: str
    values: dict
    cells: list
    table: Table = None
    reason: str = ''

    def answers(self, column):
        """Return what the cells of a column say, of each that has its name; see :func:`answer_to`."""
        return [
            answer_to(self.table.headings[position], self.cells[position]) for position in self.table.columns.get(column, ())]


def read_lines(content, headings, required, limits=None, taught=None):
    """Return the rows of a plain list, of all its sheets, and those that are none of it.

    :param bytes content: a file of any kind that :func:`read_sheets` reads
    :param Headings headings: what such lists call their columns
    :param required: groups of columns of each of which a heading row has one
    :return: the rows; the rows passed over with ``reason`` ``heading``, ``units`` or ``hidden_sheet``
    :rtype: tuple[list[Line], list[Line]]
    :raise ListError: when there is no such list in it
    :raise SheetError: when the file cannot be read
    """
    sheets = read_sheets(content, limits)
    tables = find_tables(
        sheets, headings, lambda columns, _cells: all(any(name in columns for name in names) for names in required), taught)
    if all(table.is_hidden for table in tables):
        raise ListError('no_header', sheets)
    lines, passed = [], []
    for table in tables:
        columns = table.first()
        for number, cells in table.rows:
            line = Line(number, table.sheet, {name: cells[at] for name, at in columns.items()}, cells, table)
            if table.is_hidden:
                line.reason = 'hidden_sheet'
            elif not any(map(narrow, line.values.values())):
                line.reason = 'note'
            (passed if line.reason else lines).append(line)
        if not table.is_hidden:
            passed += [Line(number, table.sheet, {}, cells, table, reason) for number, cells, reason in table.passed]
    return lines, passed
