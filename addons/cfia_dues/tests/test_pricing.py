from datetime import date
from decimal import Decimal

from odoo.tests import BaseCase, tagged

from odoo.addons.cfia_dues.tools.pricing import Member, Rule, Standard, offers, price
from odoo.addons.cfia_dues.tools.remark import find_member_numbers, find_years

STANDARD = Standard(
    key=1,
    amounts={'member': Decimal(2000), 'director': Decimal(5000), 'odd': Decimal('333.33')},
    rules=(
        Rule('exempt', 'exemption', categories=frozenset({'university'})),
        Rule('late', 'second_half', Decimal(50), month_from=7),
        Rule('institute', 'category', Decimal(30), categories=frozenset({'institute'}), grades=frozenset({'member'})),
        Rule('ahead', 'years_ahead', Decimal(20), years_min=4, grades=frozenset({'director'})),
        Rule('early', 'early_payment', Decimal(10), until=(2, 31), grades=frozenset({'director'})),
    ),
)


@tagged('post_install', '-at_install')
class TestPricing(BaseCase):

    def test_table(self):
        for member, year, expected in (
            (Member('member'), 2026, ('standard', 2000, 2000, None)),
            (Member('director'), 2026, ('standard', 5000, 5000, None)),
            (Member('member', frozenset({'research', 'university'})), 2026, ('rule', 2000, 0, 'exempt')),
            (Member('member', date_joined=date(2026, 6, 30)), 2026, ('standard', 2000, 2000, None)),
            (Member('member', date_joined=date(2026, 7, 1)), 2026, ('rule', 2000, 1000, 'late')),
            (Member('member', date_joined=date(2026, 7, 1)), 2027, ('standard', 2000, 2000, None)),
            # the first rule that holds decides, rules do not add up
            (Member('member', frozenset({'university'}), date(2026, 9, 1)), 2026, ('rule', 2000, 0, 'exempt')),
            (Member('member', frozenset({'institute'}), date(2026, 9, 1)), 2026, ('rule', 2000, 1000, 'late')),
            (Member('member', frozenset({'institute'})), 2026, ('rule', 2000, 1400, 'institute')),
            (Member('director', frozenset({'institute'})), 2026, ('standard', 5000, 5000, None)),
            (Member('odd', date_joined=date(2026, 12, 31)), 2026, ('rule', Decimal('333.33'), Decimal('166.67'), 'late')),
            (Member('member', date_joined=date(2027, 1, 1)), 2026, ('not_yet_member', 0, 0, None)),
            (Member('director', years=4), 2026, ('rule', 5000, 4000, 'ahead')),
            (Member('director', years=3), 2026, ('standard', 5000, 5000, None)),
            (Member('director', date_paid=date(2026, 2, 28)), 2026, ('rule', 5000, 4500, 'early')),
            (Member('director', date_paid=date(2026, 3, 1)), 2026, ('standard', 5000, 5000, None)),
            (Member('director', date_paid=date(2025, 3, 1)), 2026, ('rule', 5000, 4500, 'early')),
            (Member('director', years=5, date_paid=date(2026, 1, 1)), 2026, ('rule', 5000, 4000, 'ahead')),
            (Member(None), 2026, ('no_grade', 0, 0, None)),
            (Member('president'), 2026, ('no_amount', 0, 0, None)),
        ):
            with self.subTest(member=member, year=year):
                answer = price(member, year, STANDARD)
                self.assertEqual((answer.reason, answer.base, answer.amount, answer.rule), expected)
                self.assertEqual(answer.is_known, expected[0] in ('standard', 'rule'))
                self.assertEqual(answer.discount, answer.base - answer.amount)

    def test_offers(self):
        def keys(member):
            return [(rule.key, offer.amount) for rule, offer in offers(member, 2026, STANDARD)]

        self.assertEqual(keys(Member('director')), [('ahead', 4000), ('early', 4500)])
        self.assertEqual(keys(Member('director', years=4)), [])
        # a rule that holds already stands before the offers: rules do not add up
        self.assertEqual(keys(Member('director', frozenset({'university'}))), [])
        self.assertEqual(keys(Member('member')), [])
        self.assertEqual(keys(Member('president')), [])

    def test_without_standard(self):
        self.assertEqual(price(Member('member'), 2026, None).reason, 'no_standard')


@tagged('post_install', '-at_install')
class TestRemark(BaseCase):

    def test_numbers(self):
        for text, expected in (
            ("2025、2026年会费 CFIA-00250", [250]),
            ("会费ＣＦＩＡ－００００４", [4]),
            ("代湖南演示70229紧固件有限公司缴会费 CFIA-00229", [229]),
            ("cfia 12", [12]),
            ("会费CFIA—00007", [7]),
            ("CFIA-000122025年会费", [12]),
            ("会员证号：00012 2025年度", [12]),
            ("会员号12", [12]),
            ("00012 会费", [12]),
            ("CFIA-00012、CFIA-00013", [12, 13]),
            ("CFIA-00012 CFIA-12", [12]),
            # neither years, amounts, telephones nor other numbers
            ("2025、2026年会费", []),
            ("会员2026会费", []),
            ("会费20000元", []),
            ("13800001234", []),
            ("付款凭证号12345", []),
            ("ACFIA-12", []),
            ("00000", []),
            ("", []),
            (None, []),
        ):
            with self.subTest(text=text):
                self.assertEqual(find_member_numbers(text, 'CFIA-', 5), expected)

    def test_years(self):
        for text, expected in (
            ("2025、2026年会费 CFIA-00250", [2025, 2026]),
            ("2024-2026年会费", [2024, 2025, 2026]),
            ("２０２４至２０２６年会费CFIA-00007", [2024, 2025, 2026]),
            ("25、26年会费", [2025, 2026]),
            ("2025-26年会费 cfia 12", [2025, 2026]),
            ("2025及26年会费", [2025, 2026]),
            ("会费：CFIA-00250/2025", [2025]),
            ("CFIA-000122025年会费", [2025]),
            ("会费CFIA-02026", []),
            ("2025年12月31日交会费", []),
            ("2025-12-31 会费", []),
            ("会费2000元", []),
            ("会费￥2025", []),
            ("2024、2025", [2024, 2025]),
            ("2024,2025,2026年度会费", [2024, 2025, 2026]),
            ("2024年、2025年会费", [2024, 2025]),
            ("2024年至2026年会费", [2024, 2025, 2026]),
            ("２０２４～２０２６", [2024, 2025, 2026]),
            ("2024—2026年会费", [2024, 2025, 2026]),
            ("24-26年会费", [2024, 2025, 2026]),
            ("24年、25年会费", [2024, 2025]),
            ("2024 2025 2026会费", [2024, 2025, 2026]),
            ("2025/2026年会费", [2025, 2026]),
            ("2025年起两年会费", [2025, 2026]),
            ("2024年开始连交3年", [2024, 2025, 2026]),
            ("二〇二六年会费", [2026]),
            ("二零二五、二零二六年会费", [2025, 2026]),
            ("两年会费", []),
            ("补交会费两年 CFIA-00250", []),
            ("今年会费", []),
            (None, []),
        ):
            with self.subTest(text=text):
                self.assertEqual(find_years(text, 'CFIA-', 5), expected)

    def test_years_told_from_the_payment(self):
        for text, expected in (
            ("今年会费", [2026]), ("本年度会费", [2026]), ("去年和今年会费", [2025, 2026]), ("预交明年会费", [2027]),
            ("2024年及本年会费", [2024, 2026]), ("三年会费", []),
        ):
            with self.subTest(text=text):
                self.assertEqual(find_years(text, 'CFIA-', 5, 2026), expected)
