from datetime import date

from odoo.tests import TransactionCase, tagged

from odoo.addons.cfia_membership.tools.official import (
    capital_amount,
    chinese_date,
    official_date,
    official_period,
    qr_data_uri,
)


@tagged('post_install', '-at_install')
class TestOfficial(TransactionCase):

    def test_capital_amount(self):
        for amount, capitals in (
            (3000, '叁仟元整'),
            (3000.0, '叁仟元整'),
            ('3000.00', '叁仟元整'),
            (0, '零元整'),
            (0.5, '伍角'),
            (0.05, '伍分'),
            (10, '壹拾元整'),
            (10.10, '壹拾元壹角'),
            (16409.02, '壹万陆仟肆佰零玖元零贰分'),
            (1005, '壹仟零伍元整'),
            (10000, '壹万元整'),
            (20003, '贰万零叁元整'),
            (100000.05, '壹拾万元零伍分'),
            (30000000, '叁仟万元整'),
            (100010001, '壹亿零壹万零壹元整'),
            (0.1 + 0.2, '叁角'),
            (2.675, '贰元陆角捌分'),
        ):
            with self.subTest(amount=amount):
                self.assertEqual(capital_amount(amount), capitals)

    def test_capital_amount_negative(self):
        with self.assertRaises(ValueError):
            capital_amount(-1)

    def test_chinese_date(self):
        self.assertEqual(chinese_date(date(2025, 3, 1)), '2025年3月1日')
        self.assertEqual(chinese_date('2025-12-31'), '2025年12月31日')
        self.assertEqual(chinese_date(False), '')

    def test_dates_follow_the_language(self):
        self.env['res.lang']._activate_lang('zh_CN')
        self.env['res.lang']._activate_lang('en_US')
        chinese = self.env['base'].with_context(lang='zh_CN').env
        english = self.env['base'].with_context(lang='en_US').env
        self.assertEqual(official_date(chinese, '2025-03-01'), '2025年3月1日')
        self.assertEqual(official_date(english, '2025-03-01'), 'March 1, 2025')
        self.assertEqual(
            official_period(chinese, '2025-03-01', '2029-12-31'), '2025年3月1日至2029年12月31日')
        self.assertEqual(official_period(chinese, '2025-03-01', False), '2025年3月1日')

    def test_qr_code_needs_no_server(self):
        self.assertTrue(qr_data_uri('https://www.example.com').startswith('data:image/png;base64,'))
