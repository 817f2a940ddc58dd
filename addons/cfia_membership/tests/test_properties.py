import io
import math
import random
import re
from datetime import date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.exceptions import IllegalCharacterError

from odoo.exceptions import UserError
from odoo.tests import BaseCase, tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tests.sheets import to_csv, to_xlsx
from odoo.addons.cfia_membership.tests.test_roster_parse import HEADINGS, evaluate
from odoo.addons.cfia_membership.tools import official
from odoo.addons.cfia_membership.tools.member_number import canonical_number, format_number, number_value
from odoo.addons.cfia_membership.tools.roster import values
from odoo.addons.cfia_membership.tools.roster.columns import HEADINGS as NAMES
from odoo.addons.cfia_membership.tools.roster.evaluate import Setting, read_rows
from odoo.addons.cfia_membership.tools.roster.lookups import CATEGORIES, GRADES, OWNERSHIPS, Lookup
from odoo.addons.cfia_membership.tools.roster.reader import read_roster
from odoo.addons.cfia_membership.tools.sheet import ListError, SheetError
from odoo.addons.cfia_membership.tools.sheet.cells import parse_day
from odoo.addons.cfia_membership.tools.text import clean_text, normalise_unit_name, to_half_width
from odoo.addons.cfia_membership.tools.uscc import compute_check_character, is_valid_uscc, normalise_uscc

TODAY = date(2026, 11, 23)
MODERATE = settings(max_examples=100, deadline=None, database=None, derandomize=True)
FEW = settings(max_examples=20, deadline=None, database=None, derandomize=True)
# letters of the trade, digits of every kind, what Excel and people put between them, and anything else
TEXT = st.one_of(
    st.sampled_from(['nan', 'inf', '-Infinity', '1e309', '9' * 30, '-1', '1_000', '²', '１２', '2026-02-30', '0001-01-01', '1,000.5']),
    st.text(max_size=40),
    st.text(alphabet='0123456789０１２３²年月日-./ ，,；;@()（）会员证号CFIA演示公司退除名〇一二三四五六七八九十', max_size=40),
)
CELL = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXT,
    st.dates(), st.datetimes(), st.integers(0, 80000), st.floats(0, 80000),
)


@tagged('post_install', '-at_install')
class TestParsing(BaseCase):
    """Whatever stands in a cell, a parser gives a value of its kind or refuses with ValueError."""

    def parse(self, function, *args):
        try:
            return function(*args)
        except ValueError:
            return None

    @MODERATE
    @given(CELL)
    def test_cells(self, cell):
        day = self.parse(parse_day, cell)
        if day:
            self.assertIsInstance(day[0], date)
            self.assertNotIsInstance(day[0], datetime)
        year = self.parse(values.parse_year, cell)
        if year:
            self.assertTrue(1 <= year <= 9999)
        text = values.cell_text(cell)
        self.assertEqual(text, text.strip())
        postcode = self.parse(values.parse_zip, cell)
        if postcode:
            self.assertRegex(postcode, r'\A[0-9]{6}\Z')
        phones = self.parse(values.parse_phone, cell)
        for number in (phones or ())[1:]:
            self.assertTrue(number is None or re.fullmatch(r'1[3-9]\d{9}(; 1[3-9]\d{9})*', number), number)
        address = self.parse(values.parse_email, cell)
        if address:
            self.assertIn('@', address)
            self.assertNotIn('\n', address)
        left = self.parse(values.parse_exit, cell, TODAY)
        if left:
            self.assertIn(left.state, ('withdrawn', 'expelled'))

    @MODERATE
    @given(st.text(alphabet='0123456789０１２３ａＺ（）()　 ．,，演示锻造有限公司〇一Ａｂ\n\t', max_size=40))
    def test_cleaning_is_done_once(self, text):
        for clean in (to_half_width, clean_text, normalise_unit_name, normalise_uscc):
            self.assertEqual(clean(clean(text) or ''), clean(text))

    @MODERATE
    @given(st.integers(1, 10**8 - 1), st.integers(1, 8), st.sampled_from(['', 'CFIA-', '中锻', 'A/B ']))
    def test_numbers_come_back(self, value, width, prefix):
        text = format_number(value, prefix, width)
        self.assertEqual(number_value(text, prefix), value)
        self.assertEqual(canonical_number(text, prefix, width), text)
        self.assertEqual(number_value(f' {text} '.lower(), prefix), value)

    @MODERATE
    @given(TEXT, st.sampled_from(['', 'CFIA-', '中锻']), st.integers(1, 8))
    def test_texts_that_are_no_numbers(self, text, prefix, width):
        value = self.parse(number_value, text, prefix)
        self.assertTrue(value is None or value >= 0)
        self.parse(canonical_number, text, prefix, width)

    @MODERATE
    @given(st.text(alphabet='0123456789ABCDEFGHJKLMNPQRTUWXY', min_size=9, max_size=9), st.integers(0, 16))
    def test_check_character_finds_a_wrong_place(self, organisation, position):
        code = f'91320000{organisation}'
        whole = code + compute_check_character(code)
        self.assertTrue(is_valid_uscc(whole))
        wrong = whole[:position] + ('3' if whole[position] != '3' else '4') + whole[position + 1:]
        self.assertFalse(is_valid_uscc(wrong))

    @MODERATE
    @given(st.decimals(0, 10**9, places=2))
    def test_sums_in_capitals(self, amount):
        text = official.capital_amount(amount)
        self.assertRegex(text, r'\A[零壹贰叁肆伍陆柒捌玖拾佰仟万亿元圆角分整]+\Z')

    @FEW
    @given(st.binary(max_size=2000))
    def test_files_that_are_no_workbooks(self, content):
        for data in (content, b'PK\x03\x04' + content):
            with self.assertRaises((ListError, SheetError)):
                read_roster(data)

    @FEW
    @given(st.lists(st.lists(CELL, min_size=len(HEADINGS), max_size=len(HEADINGS)), min_size=1, max_size=5))
    def test_rows_are_judged(self, rows):
        """Every row of a workbook is taken, questioned or refused, and none twice."""
        workbook = Workbook()
        workbook.active.append(HEADINGS)
        for row in rows:
            try:
                workbook.active.append([None if isinstance(cell, float) and not math.isfinite(cell) else cell for cell in row])
            except (IllegalCharacterError, ValueError):
                # what Excel itself cannot hold
                return
        output = io.BytesIO()
        workbook.save(output)
        try:
            judged = evaluate(output.getvalue())
        except ListError as error:
            self.assertEqual(error.code, 'no_rows')
            return
        self.assertLessEqual(len(judged), len(rows))
        self.assertEqual(len({row.number for row in judged}), len(judged))
        for row in judged:
            self.assertIn(row.state, ('accepted', 'questioned', 'rejected'))

    @FEW
    @given(st.integers(0, 10**6))
    def test_any_list(self, seed):
        """Columns in any order, under any name, days in any form, rows of noise: each row ends in one place, none is misread."""
        chance = random.Random(seed)
        names = {column: chance.choice(NAMES.names[column]) for column in ('name', 'number', 'uscc', 'grade', 'email')}
        # 入会年份 and 入会年月 hold no day
        names['joined'] = chance.choice(["入会日期", "入会时间", "加入时间", "入会批准日期", "批准入会日期"])
        columns = list(names)
        chance.shuffle(columns)
        day_form = chance.choice(['%Y-%m-%d', '%Y.%m.%d', '%Y/%m/%d', '%Y%m%d', '%Y年%m月%d日', '%Y-%m-%d 00:00:00'])
        members = []
        for at in range(chance.randint(1, 25)):
            code = f'91320000{at:09d}'
            members.append({
                'name': f"演示{at}号锻造有限公司", 'number': f'CFIA-{at + 1:05d}', 'uscc': code + compute_check_character(code),
                'grade': chance.choice(["会员", "理事", "常务理事"]), 'email': f'm{at}@member.example',
                'joined': date(chance.randint(1990, 2025), chance.randint(1, 12), chance.randint(1, 28))})
        rows = [
            [cell.strftime(day_form) if name == 'joined' else cell for name in columns for cell in [member[name]]]
            for member in members]
        noise = [[names[column] for column in columns], [None], ["合计"], ["制表日期：2026-02-01"], ["注：以上名单截至年底"]]
        for _time in range(chance.randint(0, 6)):
            rows.insert(chance.randint(0, len(rows)), chance.choice(noise))
        content = chance.choice([to_xlsx, to_csv])([["演示协会会员名单"], [None], [names[column] for column in columns], *rows])
        passed = []
        setting = Setting(TODAY, 'CFIA-', *map(Lookup, (GRADES, CATEGORIES, OWNERSHIPS)))
        found = read_rows(read_roster(content), setting, passed)
        self.assertEqual(len(found) + len(passed), sum(any(row) for row in rows), names)
        self.assertEqual(
            [[row.values[name] for name in ('name', 'legacy', 'uscc', 'email', 'joined')] for row in found],
            [[member[name] for name in ('name', 'number', 'uscc', 'email', 'joined')] for member in members], names)
        self.assertFalse([row.problems for row in found if row.problems], names)


@tagged('post_install', '-at_install')
class TestAnswers(MembershipCommon):
    """Whatever stands in a form, it is read as a value that the database takes, or refused in words."""

    @MODERATE
    @given(TEXT, st.sampled_from(['staff_count', 'registered_capital', 'annual_revenue', 'date_founded', 'state_id', 'enterprise_size', 'name']))
    def test_survey_answers(self, text, name):
        recipient = self.env['cfia.data.survey.recipient']
        try:
            value = recipient._read_form_value(name, text.strip())
        except ValueError:
            return
        field = self.env['res.partner']._fields[name]
        if field.type in ('integer', 'many2one'):
            self.assertTrue(-2**31 <= value < 2**31)
        elif field.type == 'float':
            self.assertTrue(abs(value) <= 10**12, value)
        elif field.type == 'date' and value:
            self.assertTrue(1 <= value.year <= 9999)


@tagged('post_install', '-at_install')
class TestTransitions(MembershipCommon):
    """Whatever is asked in whatever order, a unit keeps its number and the ledger tells its state."""

    @settings(max_examples=12, deadline=None, database=None, derandomize=True)
    @given(st.lists(st.sampled_from(['withdrawn', 'expelled', 'rejoin', 'prospect', 'applicant', 'member', 'delete', 'number']), max_size=8))
    def test_courses(self, steps):
        with self.env.cr.savepoint() as savepoint:
            unit = self.unit_member
            number = unit.member_number
            for step in steps:
                state = unit.member_state
                try:
                    with self.env.cr.savepoint():
                        if step in ('withdrawn', 'expelled'):
                            unit._leave(step)
                        elif step == 'rejoin':
                            unit._rejoin()
                        elif step == 'delete':
                            unit.unlink()
                        elif step == 'number':
                            unit.member_number = 'CFIA-99999'
                        else:
                            unit._set_member_state(step)
                        self.env.flush_all()
                except UserError:
                    self.env.invalidate_all()
                    self.assertEqual(unit.member_state, state)
                    continue
                if unit.member_state != state:
                    self.assertIn(unit.member_state, unit._get_allowed_member_states(state))
            self.assertEqual(unit.member_number, number)
            self.assertEqual(self.env['cfia.member.number'].search([('partner_id', '=', unit.id)]).partner_id, unit)
            events = self.env['cfia.member.event'].search([('partner_id', '=', unit.id)], order='id')
            kinds = [kind for kind in events.mapped('kind') if kind in ('joined', 'rejoined', 'withdrawn', 'expelled')]
            # who is in leaves, who is out comes back
            self.assertTrue(all((kind in ('joined', 'rejoined')) == (index % 2 == 0) for index, kind in enumerate(kinds)), kinds)
            savepoint.rollback()
        self.env.invalidate_all()
