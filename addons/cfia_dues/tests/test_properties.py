import io
import math
from datetime import date, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.exceptions import IllegalCharacterError

from odoo.tests import BaseCase, tagged

from odoo.addons.cfia_dues.tools.bank.read import read_bank_sheet
from odoo.addons.cfia_dues.tools.pricing import Member, Rule, Standard, offers, price
from odoo.addons.cfia_dues.tools.receipt_sheet import read_receipt_sheet
from odoo.addons.cfia_dues.tools.remark import find_member_numbers, find_years
from odoo.addons.cfia_membership.tools.sheet import ListError, SheetError
from odoo.addons.cfia_membership.tools.sheet.cells import parse_number, read_date

MODERATE = settings(max_examples=100, deadline=None, database=None, derandomize=True)
FEW = settings(max_examples=20, deadline=None, database=None, derandomize=True)
TEXT = st.one_of(
    st.sampled_from(['nan', 'inf', '-Infinity', '1e309', '9' * 30, '1_000', '²', '１２', '(５)', '2026-02-30', '1,000.5']),
    st.text(max_size=60),
    st.text(alphabet='0123456789０１２²年月日度会费-至、,./ ¥元CFIAcfia会员证号:：naniftyNIe+_()', max_size=60),
)
CELL = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.dates(), st.datetimes(), st.integers(0, 90000))
HEADINGS = ('交易日期', '对方户名', '对方账号', '收入金额', '支出金额', '摘要', '附言', '流水号')

GRADES = ('member', 'director', 'standing')
CATEGORIES = ('forging', 'stamping', 'university')
RULE = st.builds(
    Rule,
    key=st.integers(1, 9),
    kind=st.sampled_from(['exemption', 'category', 'second_half', 'years_ahead', 'early_payment']),
    percent=st.decimals(0, 100, places=2),
    categories=st.frozensets(st.sampled_from(CATEGORIES)),
    grades=st.frozensets(st.sampled_from(GRADES)),
    month_from=st.integers(1, 12),
    years_min=st.integers(2, 5),
    until=st.tuples(st.integers(1, 12), st.integers(1, 31)),
)
STANDARD = st.builds(
    Standard, key=st.just('resolution'),
    amounts=st.dictionaries(st.sampled_from(GRADES), st.decimals(0, 10**6, places=2)),
    rules=st.lists(RULE, max_size=5).map(tuple),
)
MEMBER = st.builds(
    Member, grade=st.sampled_from((*GRADES, None)), category_path=st.frozensets(st.sampled_from(CATEGORIES)),
    date_joined=st.none() | st.dates(date(1980, 1, 1), date(2040, 12, 31)), years=st.integers(1, 6),
    date_paid=st.none() | st.dates(date(1980, 1, 1), date(2040, 12, 31)),
)


@tagged('post_install', '-at_install')
class TestPricing(BaseCase):

    @MODERATE
    @given(MEMBER, st.integers(1990, 2040), STANDARD)
    def test_price(self, member, year, standard):
        """A price lies between nothing and the amount of the grade, in whole cents, and is always the same."""
        answer = price(member, year, standard)
        self.assertEqual(answer, price(member, year, standard))
        if not answer.is_known:
            self.assertEqual((answer.base, answer.amount), (0, 0))
            return
        self.assertEqual(answer.base, standard.amounts[member.grade])
        self.assertTrue(0 <= answer.amount <= answer.base)
        self.assertEqual(answer.amount, answer.amount.quantize(Decimal('0.01')))
        if answer.rule is None:
            self.assertEqual(answer.discount, 0)
        else:
            self.assertIn(answer.rule, [rule.key for rule in standard.rules])

    @MODERATE
    @given(MEMBER, st.integers(1990, 2040), STANDARD)
    def test_offers_are_cheaper(self, member, year, standard):
        now = price(member, year, standard)
        for rule, offer in offers(member, year, standard):
            self.assertLess(offer.amount, now.amount)
            self.assertIn(rule.kind, ('years_ahead', 'early_payment'))

    @MODERATE
    @given(MEMBER, st.integers(1990, 2040), STANDARD, RULE)
    def test_the_first_rule_decides(self, member, year, standard, rule):
        """What stands behind a rule that holds changes nothing."""
        answer = price(member, year, standard)
        if answer.rule is not None:
            longer = Standard(standard.key, standard.amounts, (*standard.rules, rule))
            self.assertEqual(price(member, year, longer), answer)


@tagged('post_install', '-at_install')
class TestBank(BaseCase):

    @MODERATE
    @given(CELL)
    def test_cells(self, cell):
        number = parse_number(cell)
        self.assertTrue(number is None or math.isfinite(number) and abs(number) < 10**12, number)
        day = read_date(cell)
        self.assertTrue(day is None or isinstance(day, date) and not isinstance(day, datetime))

    @MODERATE
    @given(st.floats(-10**9, 10**9).map(lambda value: round(value, 2)))
    def test_numbers_come_back(self, value):
        for text in (f'{value:,.2f}', f'¥{value:.2f}', f'{value:.2f}元', f'({-value:.2f})' if value < 0 else f'{value:.2f}'):
            self.assertEqual(parse_number(text), value)

    @FEW
    @given(st.lists(st.lists(CELL, min_size=len(HEADINGS), max_size=len(HEADINGS)), max_size=5))
    def test_rows(self, rows):
        """A list is read or refused with a code; read twice, its rows carry the same references."""
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
        read = [self._read(output.getvalue()) for _time in range(2)]
        self.assertEqual(*read)
        for row in read[0]:
            self.assertTrue(row.error or (isinstance(row.date, date) and row.reference and math.isfinite(row.amount)))

    def _read(self, content):
        try:
            return read_bank_sheet(content).rows
        except ListError as error:
            self.assertTrue(error.code)
            return []

    @FEW
    @given(st.binary(max_size=2000))
    def test_files_that_are_no_lists(self, content):
        for data in (content, b'PK\x03\x04' + content, b'\xd0\xcf\x11\xe0' + content):
            with self.assertRaises((ListError, SheetError)):
                read_bank_sheet(data)
            with self.assertRaises((ListError, SheetError)):
                read_receipt_sheet(data)

    @MODERATE
    @given(TEXT, st.sampled_from(['', 'CFIA-', '中锻']), st.integers(1, 8))
    def test_remarks(self, text, prefix, width):
        numbers = find_member_numbers(text, prefix, width)
        self.assertEqual(len(numbers), len(set(numbers)))
        self.assertTrue(all(0 < number < 10**9 for number in numbers))
        years = find_years(text, prefix, width)
        self.assertEqual(list(years), sorted(set(years)))
        self.assertTrue(all(2000 <= year < 2100 for year in years), years)

    @MODERATE
    @given(st.integers(1, 99999), st.lists(st.integers(2020, 2035), min_size=1, max_size=3, unique=True))
    def test_what_we_print_is_found(self, number, years):
        """The remark that the notice asks for leads to member and years."""
        text = f"{'、'.join(map(str, sorted(years)))}年会费 CFIA-{number:05}"
        self.assertEqual(find_member_numbers(text, 'CFIA-', 5), [number])
        self.assertEqual(list(find_years(text, 'CFIA-', 5)), sorted(years))
