"""Decide what becomes of each row of a member list.

Rows are read one by one (:func:`read_rows`), then judged together and against what the association
knows already (:func:`judge`). A row is

* *rejected* whole when it cannot stand: its number stays reserved for the unit;
* *questioned* when it stands but a value in it is doubtful: that value is left empty;
* *accepted* otherwise.

The first of two rows with one number or one unit stands, whether or not it is itself accepted: a
number is for life, so the mended first row must still find its number and its unit free.
"""
import dataclasses
import re
from datetime import date, datetime

from odoo.addons.cfia_membership.tools.member_number import number_value
from odoo.addons.cfia_membership.tools.roster import values as read
from odoo.addons.cfia_membership.tools.roster.dues import find_year_columns, read_paid_to
from odoo.addons.cfia_membership.tools.roster.lookups import (
    PROVINCES_WITHOUT_ZIP,
    SIZES,
    Lookup,
    parse_province,
)
from odoo.addons.cfia_membership.tools.roster.people import PERSON_FIELDS, find_further_columns, read_people
from odoo.addons.cfia_membership.tools.roster.sections import Section, read_section
from odoo.addons.cfia_membership.tools.sheet.cells import parse_day
from odoo.addons.cfia_membership.tools.sheet.headings import normalise_heading
from odoo.addons.cfia_membership.tools.text import clean_text, clean_unit_name, normalise_unit_name
from odoo.addons.cfia_membership.tools.unit_match import Likeness, UnitIndex, UnitKeys
from odoo.addons.cfia_membership.tools.uscc import is_valid_uscc, normalise_uscc

# Codes in the order in which they are looked at: the first one found is the row's reason.
REJECTIONS = (
    'missing_name', 'missing_number', 'number', 'duplicate_number', 'reserved_number', 'duplicate_unit',
    'application_open', 'date', 'future_date',
)
QUESTIONS = (
    'unit_alike', 'uscc_checksum', 'unknown_grade', 'unknown_category', 'unknown_ownership', 'unknown_province',
    'email', 'phone', 'postcode', 'missing_date', 'partial_date', 'exit_unclear', 'exit_date',
    'exit_before_joined', 'paid_to', 'paid_after_exit',
)
# A number reserved for such a row may be taken by whatever its mended row names.
_UNIT_IN_DOUBT = ('missing_name', 'duplicate_unit', 'reserved_number', 'application_open')

_TOTAL = re.compile(
    r'(?:本页|全部|全国|总|以上)?(?:合计|总计|小计|共计|累计|总数|总共|计)[:：]?(?:\d+)?[家户个条名]?(?:单位|会员|企业)?'
    r'|共计?\d+[家户个条名](?:单位|会员|企业)?')
_FOOTER = re.compile(r'(?:注|备注|说明|填表人?|制表人?|审核人?|复核人?|经办人|填表日期|制表日期|打印日期|统计日期|单位盖章)[:：]')
_PAID_YEARS_AHEAD = 10
_MARKS = re.compile(r'^[★☆●○■□▲△◆◇※*＊#\s]+|[★☆●○■□▲△◆◇※*＊#\s]+$|^\d{1,4}[、.．]\s*(?=[\u3400-\u9fff])')
_NOTE = re.compile(r'[(（【\[](?P<note>[^()（）【】\[\]]*)[)）】\]]\s*$')
_FORMER = re.compile(r'[(（【\[]\s*(?:原名?称?|曾用名|更名前|前身为?)[:：]?\s*(?P<name>[^()（）【】\[\]]*)[)）】\]]\s*$')
_NO_UNIT = ('个人', '自然人', '无单位', '私人', '散客', '自由职业')


@dataclasses.dataclass
class Problem:
    """What is wrong with a row: a code, the field concerned, the cell, and what the message names."""

    code: str
    field: str
    raw: str = ''
    params: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Row:
    """A row of the list: its cells as they stand, its values as read, and what becomes of it."""

    number: int
    cells: list
    values: dict
    problems: list
    table: object = None
    section: str = ''
    place: int = 0
    member: int | None = None
    name_key: str = ''
    uscc_key: str = ''
    unit: object = None
    is_unchanged: bool = False

    @property
    def rejections(self):
        return [problem for problem in self.problems if problem.code in REJECTIONS]

    @property
    def state(self):
        return 'rejected' if self.rejections else 'questioned' if self.problems else 'accepted'

    @property
    def reason_code(self):
        return self.problems[0].code if self.problems else None

    def add(self, code, field_name, raw='', **params):
        """Note a problem; the gravest comes first."""
        self.problems.append(Problem(code, field_name, clean_text(raw), params))
        order = REJECTIONS + QUESTIONS
        self.problems.sort(key=lambda problem: order.index(problem.code))

    @property
    def unit_keys(self):
        """What the row tells its unit by."""
        return UnitKeys(self.name_key, self.uscc_key, normalise_unit_name(self.values.get('former_name')))

    def is_unit(self, keys):
        """Tell whether the row names the unit with these keys."""
        return self.unit_keys.compare(keys) in (
            Likeness.CODE, Likeness.NAME, Likeness.OTHER_CODE, Likeness.FORMER_NAME)


@dataclasses.dataclass
class Unit:
    """A unit that the association knows."""

    id: int
    name: str
    keys: UnitKeys
    member: int | None = None
    is_applicant: bool = False


@dataclasses.dataclass
class Reservation:
    """A number kept for a row that was rejected."""

    name: str
    name_key: str
    uscc: str
    reason_code: str

    def is_for(self, row):
        return (
            self.reason_code in _UNIT_IN_DOUBT
            or not (self.name_key or self.uscc)
            or row.is_unit(UnitKeys(self.name_key, self.uscc))
        )


@dataclasses.dataclass
class Known:
    """What the association knows before the import."""

    units: list = dataclasses.field(default_factory=list)
    reservations: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        self.by_member = {unit.member: unit for unit in self.units if unit.member}
        self._index = UnitIndex([(unit, unit.keys) for unit in self.units], lambda unit: bool(unit.member))

    def match(self, keys):
        """Return which unit a row with these keys is or may be.

        :param UnitKeys keys: of a row
        :rtype: UnitMatch
        """
        return self._index.match(keys)


@dataclasses.dataclass
class Setting:
    """What reading depends on beside the file."""

    today: date
    prefix: str
    grades: Lookup
    categories: Lookup
    ownerships: Lookup
    sizes: Lookup = dataclasses.field(default_factory=lambda: Lookup(SIZES))


def read_rows(roster, setting, passed=None):
    """Read every row that speaks of a member; total, heading and foot rows are left out.

    :param Roster roster: the member list
    :param Setting setting: classifications, number prefix and the association's day
    :param list passed: takes the rows that are left out or go on with the one above: (sheet, number, cells, reason)
    :rtype: list[Row]
    """
    rows, passed = [], [] if passed is None else passed
    for table in roster.tables:
        reader = _RowReader(table, setting)
        reader.enter_sheet(len(roster.tables) > 1)
        last = None
        passed += [(table.sheet, number, cells, reason) for number, cells, reason in table.passed]
        for number, cells in table.rows:
            if last and reader.is_continued(number, cells):
                reader.add_people(last, cells)
                passed.append((table.sheet, number, cells, 'person'))
            elif _is_no_member(cells, table, setting):
                passed.append((table.sheet, number, cells, reader.enter_section(cells)))
            else:
                last = reader.read_row(number, cells)
                rows.append(last)
    for place, row in enumerate(rows):
        row.place = place
    return rows


def judge(rows, known):
    """Reject what doubles a number or a unit, and mark the rows that say nothing new.

    :param list rows: as :func:`read_rows` gives them; changed in place
    :param Known known: what the association knows already
    """
    first_by_member, first_by_uscc, first_by_name = {}, {}, {}
    for row in rows:
        same_number = first_by_member.setdefault(row.member, row) if row.member else row
        same_unit = row
        if row.uscc_key:
            same_unit = first_by_uscc.setdefault(row.uscc_key, row)
        if row.name_key:
            namesake = first_by_name.setdefault(row.name_key, row)
            same_unit = same_unit if same_unit is not row else namesake
        if same_number is not row:
            row.add('duplicate_number', 'number', row.values['legacy'], row=same_number.number)
        if same_unit is not row:
            row.add('duplicate_unit', 'name', row.values['name'], row=same_unit.number)
        _judge_against_known(row, known)


def _judge_against_known(row, known):
    holder = known.by_member.get(row.member)
    match = known.match(row.unit_keys)
    # a list of members may hold an old name: the unit itself stands behind it
    unit = match.certain or (match.possible[0] if match.likeness == Likeness.FORMER_NAME else None)
    reservation = known.reservations.get(row.member)
    if holder and row.is_unit(holder.keys):
        row.unit = holder
        row.is_unchanged = True
        return
    has_double = any(problem.code == 'duplicate_number' for problem in row.problems)
    if holder and not has_double:
        row.add('duplicate_number', 'number', row.values['legacy'], unit=holder.name)
    if reservation and not has_double and not reservation.is_for(row):
        row.add('reserved_number', 'number', row.values['legacy'], unit=reservation.name)
    if any(problem.code == 'duplicate_unit' for problem in row.problems):
        return
    if not unit:
        if match.possible:
            row.add('unit_alike', 'name', row.values['name'], unit=match.possible[0].name)
        return
    if unit.member:
        row.add('duplicate_unit', 'name', row.values['name'], unit=unit.name)
    elif unit.is_applicant:
        row.add('application_open', 'name', row.values['name'], unit=unit.name)
    else:
        row.unit = unit


def _is_no_member(cells, table, setting):
    """Tell whether a row is a total, a group heading, a repeated heading row or a foot note."""
    texts = [(index, text) for index, text in ((i, read.cell_text(cell)) for i, cell in enumerate(cells)) if text]
    if not texts:
        return True
    number, name = table.columns['number'][0], table.columns['name'][0]
    name_text = normalise_unit_name(read.cell_text(cells[name]))
    if _TOTAL.fullmatch(name_text):
        return True
    if number_value(cells[number], setting.prefix):
        return False
    if any(
        _TOTAL.fullmatch(normalise_unit_name(text)) or _FOOTER.match(normalise_unit_name(text))
        for _index, text in texts[:3]
    ):
        return True
    # one cell alone, outside the columns of name and number: a group heading or a running number
    return len(texts) == 1 and (texts[0][0] != name or not _looks_like_unit(name_text))


def _looks_like_unit(text):
    return bool(re.search(r'公司|集团|厂|院|所|校|学|协会|商会|中心|部|局|社|店', text)) and not re.match(r'[一二三四五六七八九十]+、', text)


def _read_unit_name(text):
    """Return a unit's name, its former name and what else stands behind it: 某公司（原某厂）, 某公司（已退会）.

    Marks and numbers before the name are none of it.
    """
    text = _MARKS.sub('', text)
    former_name = ''
    if (match := _FORMER.search(text)) and _looks_like_unit(match['name']):
        text, former_name = text[:match.start()], match['name']
    text, note = _cut_note(text)
    return text, clean_unit_name(former_name), note


def _cut_note(cell):
    """Return a cell without what stands in brackets behind it of the unit's standing, and that."""
    text = cell if isinstance(cell, str) else ''
    match = _NOTE.search(text)
    if not match or not (read.is_in_doubt(match['note']) or re.search(r'退会|除名|离会|停止会籍|会籍', match['note'])):
        return cell, ''
    return text[:match.start()].strip(), match['note']


class _RowReader:
    """Reads the cells of one row after another."""

    def __init__(self, table, setting):
        self.table = table
        self.columns = table.first()
        self.epoch = table.epoch
        self.setting = setting
        self.section = Section()
        self.further = find_further_columns(table.headings)
        self._settle_posts()
        self.years = {} if 'paid_to' in self.columns else find_year_columns(table.headings)
        # a whole column that is missing is told once, not asked row by row
        self.has_grade = 'grade' in self.columns
        self.has_joined = 'joined' in table.columns

    def _settle_posts(self):
        """Tell the post in the association (副会长, 理事) from a contact's post where both are called 职务."""
        posts = [
            index for index, heading in enumerate(self.table.headings)
            if normalise_heading(heading) in ('职务', '职位', '职称职务')]
        for index in posts if 'grade' not in self.columns else ():
            texts = [text for _number, cells in self.table.rows if (text := read.cell_text(cells[index]))]
            if texts and all(self.setting.grades.get(text) for text in texts):
                self.columns['grade'] = index
                others = [other for other in posts if other != index]
                self.columns.pop('function', None)
                if others:
                    self.columns['function'] = others[0]
                return

    def enter_section(self, cells):
        """Let a heading within the list speak for the rows below it."""
        # a heading merged over the sheet's width, or written beside a number of rows
        texts = list(dict.fromkeys(text for cell in cells if (text := read.cell_text(cell))))
        if len(texts) == 1 and not _TOTAL.fullmatch(normalise_unit_name(texts[0])) and not _FOOTER.match(
                normalise_unit_name(texts[0])):
            self.section = read_section(texts[0], self.setting)
            return 'section'
        return 'total' if any(_TOTAL.fullmatch(normalise_unit_name(text)) for text in texts) else 'note'

    def enter_sheet(self, is_one_of_several):
        """Let the name of one of several sheets speak for its rows."""
        if is_one_of_several:
            self.section = read_section(self.table.sheet, self.setting)

    def is_continued(self, number, cells):
        """Tell whether a row brings but a further contact person of the unit above it."""
        has = {name: bool(read.cell_text(cells[index])) for name, index in self.columns.items() if index < len(cells)}
        if number in self.table.continued:
            return True
        if self.columns.get('contact', 0) < self.columns.get('name', 0):
            # a list of persons: one without a unit belongs to nobody
            return False
        return has.get('contact', False) and not any(
            has.get(name) for name in ('number', 'name', 'uscc', 'grade', 'joined', 'address', 'legal_representative'))

    def add_people(self, row, cells):
        """Take the contact persons of a row that goes on with the unit of ``row``."""
        for person in self._read_contacts(row, cells):
            known = {row.values['contact'], *(other['name'] for other in row.values['more_contacts'])}
            if person['name'] and person['name'] not in known:
                row.values['more_contacts'].append(person)

    def _read_contacts(self, row, cells):
        """Return the contact persons in the cells of a row; what cannot be understood is asked."""
        found = []
        for columns in (self.columns, *self.further):
            people, wrong = read_people({
                name: cells[columns[name]] for name in ('contact', *PERSON_FIELDS) if name in columns})
            for name, cell in wrong.items():
                row.add('email' if name == 'email' else 'phone', name, cell)
            found += people
        return found

    def read_row(self, number, cells):
        row = Row(number, cells, values={}, problems=[], table=self.table, section=self.section.text)
        self._read_identity(row)
        self._read_classifications(row)
        self._read_addresses(row)
        self._read_people(row)
        self._read_dates(row)
        return row

    def _cell(self, row, name):
        index = self.columns.get(name)
        return None if index is None else row.cells[index]

    def _parse(self, row, name, code, parse, *args):
        """Return the value of a cell, or None with a question when it cannot be understood."""
        cell = self._cell(row, name)
        try:
            return parse(cell, *args)
        except ValueError:
            row.add(code, name, cell)
            return None

    def _read_identity(self, row):
        values = row.values
        legacy = self._cell(row, 'number')
        values['legacy'] = read.cell_text(legacy)
        row.member = number_value(legacy, self.setting.prefix)
        self._read_unit(row)
        if not values['legacy']:
            row.add('missing_number', 'number')
        elif not row.member:
            row.add('number', 'number', legacy, prefix=self.setting.prefix)

    def _read_unit(self, row):
        """Read by what the row tells its unit."""
        values, cell = row.values, self._cell(row, 'uscc')
        name, former_name, self.name_note = _read_unit_name(read.cell_text(self._cell(row, 'name')))
        values['name'] = '' if name in _NO_UNIT else clean_unit_name(name)
        row.name_key = normalise_unit_name(values['name'])
        if not values['name']:
            row.add('missing_name', 'name')
        uscc = normalise_uscc(read.cell_text(cell))
        # a spreadsheet keeps fifteen digits of a number
        is_rounded = isinstance(cell, (int, float)) and abs(cell) >= 10**15
        if uscc and (is_rounded or not is_valid_uscc(uscc)):
            row.add('uscc_checksum', 'uscc', cell)
            uscc = ''
        values['uscc'] = row.uscc_key = uscc
        for column in ('name_en', 'former_name', 'website'):
            values[column] = read.cell_text(self._cell(row, column))
        values['former_name'] = values['former_name'] or former_name

    def _read_classifications(self, row):
        setting, values = self.setting, row.values
        cell, self.grade_note = _cut_note(self._cell(row, 'grade'))
        try:
            values['grade'] = setting.grades.parse(cell)
        except ValueError:
            values['grade'] = None
            row.add('unknown_grade', 'grade', self._cell(row, 'grade'))
        if not read.cell_text(self._cell(row, 'grade')):
            values['grade'] = self.section.grade
            if self.has_grade and not values['grade']:
                row.add('unknown_grade', 'grade')
        categories = self._parse(row, 'category', 'unknown_category', setting.categories.parse_many) or [None]
        values['category'], *values['secondary_categories'] = categories
        values['ownership'] = self._parse(row, 'ownership', 'unknown_ownership', setting.ownerships.parse)
        try:
            values['size'] = setting.sizes.parse(self._cell(row, 'size'))
        except ValueError:
            # figures and the like: the size is asked for in the data survey anyway
            values['size'] = None

    def _read_addresses(self, row):
        values = row.values
        values['province'] = self._parse(row, 'province', 'unknown_province', parse_province)
        values['province'] = values['province'] or self.section.province
        values['city'] = read.cell_text(self._cell(row, 'city'))
        values['address'] = read.cell_text(self._cell(row, 'address'))
        if values['province'] in PROVINCES_WITHOUT_ZIP:
            values['zip'] = read.cell_text(self._cell(row, 'zip'))
        else:
            values['zip'] = self._parse(row, 'zip', 'postcode', read.parse_zip)
        if not values['zip'] and 'zip' not in self.columns:
            values['address'], values['zip'] = read.split_zip(values['address'])

    def _read_people(self, row):
        values = row.values
        for name in ('legal_representative', 'representative', 'magazine'):
            values[name] = clean_unit_name(read.cell_text(self._cell(row, name)))
        first, *more = self._read_contacts(row, row.cells)
        values['contact'] = first['name'] or ''
        values.update({name: first[name] for name in PERSON_FIELDS})
        values['function'] = values['function'] or ''
        values['more_contacts'] = [person for person in more if person['name']]

    def _read_dates(self, row):
        values, today = row.values, self.setting.today
        values['joined'] = self._read_joined(row)
        values['exit'] = self._read_exit(row)
        left = values['exit']
        if left and not left.last_day:
            row.add('exit_date', 'exit_date', self._exit_text(row))
        elif left and values['joined'] and left.last_day < values['joined']:
            row.add('exit_before_joined', 'exit_date', self._exit_text(row))
            values['exit'] = left = read.Exit(left.state)
        values['paid_to'] = self._parse(row, 'paid_to', 'paid_to', read.parse_year, self.epoch)
        if self.years:
            try:
                values['paid_to'] = read_paid_to({year: row.cells[index] for year, index in self.years.items()})
            except ValueError as error:
                row.add('paid_to', 'paid_to', str(error))
        if values['paid_to'] and values['paid_to'] > today.year + _PAID_YEARS_AHEAD:
            row.add('paid_to', 'paid_to', self._cell(row, 'paid_to'))
            values['paid_to'] = None
        if values['paid_to'] and left and left.year and values['paid_to'] > left.year:
            row.add('paid_after_exit', 'paid_to', self._cell(row, 'paid_to'), year=left.year)
            values['paid_to'] = None

    def _read_joined(self, row):
        cell = self._cell(row, 'joined')
        try:
            parsed = parse_day(cell, self.epoch)
        except ValueError:
            row.add('date', 'joined', cell)
            return None
        if not parsed:
            if self.has_joined:
                row.add('missing_date', 'joined')
            return None
        day, is_exact = parsed
        if day > self.setting.today:
            row.add('future_date', 'joined', cell.date() if isinstance(cell, datetime) else cell)
            return None
        if not is_exact:
            row.add('partial_date', 'joined', cell)
        return day

    def _read_exit_words(self, row):
        today, at = self.setting.today, self.columns.get('status')
        heading = self.table.headings[at] if at is not None and at < len(self.table.headings) else ''
        found = (
            read.parse_status(self._cell(row, 'status'), heading, today),
            *(read.parse_remark(text, today) for text in (self._cell(row, 'remark'), self.name_note, self.grade_note)))
        return next(filter(None, found), self.section.exit)

    def _exit_text(self, row):
        return ' '.join(filter(None, (
            *(clean_text(self._cell(row, name)) for name in ('status', 'exit_date', 'remark')),
            self.name_note, self.grade_note,
            self.section.text if self.section.exit else '')))

    def _read_exit(self, row):
        """Return how the unit left, from its status, date of exit or remark."""
        today = self.setting.today
        if self.section.is_exit_unclear:
            row.add('exit_unclear', 'exit_date', self.section.text)
        try:
            left = self._read_exit_words(row)
            day = self._cell(row, 'exit_date')
            if read.cell_text(day):
                state = left.state if left else 'withdrawn'
                parsed, is_exact = parse_day(day, self.epoch)
                if not is_exact:
                    left = read.parse_exit(f'{read.cell_text(day)}退会', today)
                    return read.Exit(state, left.year, left.last_day)
                return read.exit_on(state, parsed.year, parsed.month, parsed.day, today)
        except read.UnclearExit:
            row.add('exit_unclear', 'exit_date', self._exit_text(row))
            return None
        except ValueError:
            return read.Exit(state)
        return left
