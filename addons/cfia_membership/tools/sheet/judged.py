"""Where each row of a list ends: taken, questioned or left out."""
import io
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import xlsxwriter

from .cells import narrow


@dataclass
class Left:
    """A row that is not taken: why, whether somebody has to answer it, and its cells as texts."""

    number: int
    sheet: str
    code: str
    reason: str
    texts: list = field(default_factory=list)
    is_question: bool = False


@dataclass
class Judged:
    """What an import would do with a list.

    ``taken`` are the importer's own entries, ``seen`` the number of rows below the headings, ``amounts`` gives
    (month, amount) of each entry taken where the list has them, ``rows`` the first entries as they will be booked,
    under ``titles``; ``details`` are the importer's own, one of each row that is left.
    """

    seen: int = 0
    taken: list = field(default_factory=list)
    left: list = field(default_factory=list)
    titles: list = field(default_factory=list)
    rows: list = field(default_factory=list)
    amounts: list = field(default_factory=list)
    headings: list = field(default_factory=list)
    notes: list = field(default_factory=list)
    details: list = field(default_factory=list)

    @property
    def questioned(self):
        return [row for row in self.left if row.is_question]

    @property
    def left_out(self):
        return [row for row in self.left if not row.is_question]

    @property
    def is_complete(self):
        """Whether every row of the file stands in one place."""
        return self.seen == len(self.taken) + len(self.left)

    def sums(self):
        """Return [(month, number of entries, what came in, what went out)], by month."""
        months = defaultdict(lambda: [0, 0.0, 0.0])
        for month, amount in self.amounts:
            found = months[month]
            found[0] += 1
            found[1 if amount > 0 else 2] += amount
        return [(month, count, round(came, 2), round(went, 2)) for month, (count, came, went) in sorted(months.items())]

    def reasons(self):
        """Return [(reason, number of rows)], the most frequent first."""
        return Counter(row.reason for row in self.left).most_common()


def render_left(left, headings, titles):
    """Return the rows that were not taken as an xlsx file, the reason beside each.

    :param list left: :class:`Left`
    :param list headings: of the cells
    :param titles: of sheet, row and reason, in the language of the list
    :rtype: bytes
    """
    output = io.BytesIO()
    workbook = xlsxwriter.Workbook(output, {'constant_memory': True, 'strings_to_formulas': False, 'strings_to_urls': False})
    sheet = workbook.add_worksheet()
    bold, red = workbook.add_format({'bold': True, 'bg_color': '#DDE6F0'}), workbook.add_format({'font_color': '#C00000'})
    width = max([len(headings), *(len(row.texts) for row in left)])
    sheet.set_column(0, width - 1, 16)
    sheet.set_column(width, width, 48)
    sheet.freeze_panes(1, 0)
    sheet_title, row_title, reason_title = titles
    # the reason stands last, so that the mended file is read as the list was
    sheet.write_row(0, 0, [*headings, *[''] * (width - len(headings)), reason_title, sheet_title, row_title], bold)
    for at, row in enumerate(left, 1):
        sheet.write_row(at, 0, [narrow(text)[:32000] for text in row.texts])
        sheet.write(at, width, row.reason, red)
        sheet.write_row(at, width + 1, [row.sheet, row.number])
    workbook.close()
    return output.getvalue()
