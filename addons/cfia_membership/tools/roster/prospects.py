"""Read a list of contact targets: the same columns as a member list, without numbers and dates."""
from odoo.addons.cfia_membership.tools.roster import values as read
from odoo.addons.cfia_membership.tools.roster.evaluate import _FOOTER, _TOTAL, Row, _RowReader
from odoo.addons.cfia_membership.tools.text import normalise_unit_name

REQUIRED_FIELDS = ('name',)


class _ProspectReader(_RowReader):
    """Reads the cells of one row after another; what cannot be understood is left empty and told."""

    def read_row(self, number, cells):
        row = Row(number, cells, values={}, problems=[], table=self.table, section=self.section.text)
        self._read_unit(row)
        if self.name_note:
            # 已注销 and the like: whoever looks the list through decides
            row.values['name'] += f'（{self.name_note}）'
        row.values['category'], *_others = self._parse(
            row, 'category', 'unknown_category', self.setting.categories.parse_many) or [None]
        self._read_addresses(row)
        self._read_people(row)
        return row


def read_prospect_rows(roster, setting, passed=None):
    """Read every row that speaks of a unit; totals, repeated headings and foot notes are left out.

    :param Roster roster: the list
    :param Setting setting: classifications and the association's day
    :param list passed: takes the rows that are left out or name a further person: (sheet, number, cells, reason)
    :rtype: list[Row]
    """
    rows, by_unit, passed = [], {}, [] if passed is None else passed
    for table in roster.tables:
        reader = _ProspectReader(table, setting)
        last = None
        passed += [(table.sheet, number, cells, reason) for number, cells, reason in table.passed]
        for number, cells in table.rows:
            if last and reader.is_continued(number, cells):
                reader.add_people(last, cells)
                passed.append((table.sheet, number, cells, 'person'))
                continue
            if _is_no_unit(cells, table):
                passed.append((table.sheet, number, cells, reader.enter_section(cells)))
                continue
            row = reader.read_row(number, cells)
            last = by_unit.setdefault(row.uscc_key or row.name_key, row) if row.name_key else row
            if last is not row and last.name_key == row.name_key and _is_further_person(row, last):
                # a list of persons: several of one unit
                reader.add_people(last, cells)
                passed.append((table.sheet, number, cells, 'person'))
            else:
                last = row
                rows.append(row)
    for place, row in enumerate(rows):
        row.place = place
    return rows


def _is_further_person(row, first):
    name = row.values['contact']
    return bool(name) and name != first.values['contact']


def judge_prospects(rows, known):
    """Mark the rows that name a unit twice or one that the association knows.

    The unit that a row is or may be stands in ``row.unit``; nothing is decided here.

    :param list rows: as :func:`read_prospect_rows` gives them; changed in place
    :param Known known: units that the association knows
    """
    first_by_uscc, first_by_name = {}, {}
    for row in rows:
        same = row
        if row.uscc_key:
            same = first_by_uscc.setdefault(row.uscc_key, row)
        if row.name_key:
            namesake = first_by_name.setdefault(row.name_key, row)
            same = same if same is not row else namesake
        if same is not row:
            row.add('duplicate_unit', 'name', row.values['name'], row=same.number)
        match = known.match(row.unit_keys)
        row.unit = match.certain or next(iter(match.possible), None)


def _is_no_unit(cells, table):
    texts = [(index, text) for index, text in ((i, read.cell_text(cell)) for i, cell in enumerate(cells)) if text]
    name = table.columns['name'][0]
    name_text = normalise_unit_name(read.cell_text(cells[name]))
    return (
        not texts
        or bool(_TOTAL.fullmatch(name_text))
        or any(
            _TOTAL.fullmatch(normalise_unit_name(text)) or _FOOTER.match(normalise_unit_name(text))
            for _index, text in texts[:3])
        or len(texts) == 1 and texts[0][0] != name
    )
