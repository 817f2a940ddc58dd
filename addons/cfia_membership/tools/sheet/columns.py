"""Find a small list by its headings."""
import re

from .cells import narrow

HEADER_SEARCH_ROWS = 60
_NOTE = re.compile(r'[(\[【][^)\]】]*[)\]】]?')


def find_list(sheets, headings, required):
    """Return where the columns of a list are and the rows below its heading row.

    The first visible sheet that has one counts. Blanks, line breaks, an asterisk and notes in brackets do
    not matter in a heading; blank rows and repeated headings are left out.

    :param list sheets: see :func:`read_sheets`
    :param dict headings: field → its headings, the best first
    :param required: fields without whose columns a row is no heading
    :return: ({field: column}, [(row number, {field: cell})]), None where no row is such a heading
    :rtype: tuple[dict, list[tuple[int, dict]]] | None
    """
    for sheet in sheets:
        if sheet.is_hidden:
            continue
        for at, cells in enumerate(sheet.rows[:HEADER_SEARCH_ROWS]):
            columns = match_headings(cells, headings)
            if all(name in columns for name in required):
                return columns, [
                    (number, values) for number, row in enumerate(sheet.rows[at + 1:], at + 2)
                    if any(map(narrow, (values := _take(row, columns)).values()))
                    and not all(name in match_headings(row, headings) for name in required)
                ]
    return None


def match_headings(cells, headings):
    """Return {field: column} for the headings in a row."""
    texts = [normalise_heading(cell) for cell in cells]
    bare = [_NOTE.sub('', text) for text in texts]
    columns = {}
    for name, known in headings.items():
        known = [normalise_heading(heading) for heading in known]
        for heading in known:
            column = next((at for at, text in enumerate(texts) if text == heading), None)
            if column is None:
                column = next((at for at, text in enumerate(bare) if text and text == _NOTE.sub('', heading)), None)
            if column is not None and column not in columns.values():
                columns[name] = column
                break
    return columns


def normalise_heading(cell):
    """Return a heading as one word in upper case."""
    return narrow(cell).replace(' ', '').strip('*:').upper()


def _take(row, columns):
    return {name: row[column] if column < len(row) else None for name, column in columns.items()}
