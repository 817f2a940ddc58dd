from odoo.tests import tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tests.common import ROLES
from odoo.addons.cfia_membership.tests.test_workplace import WorkplaceCommon
from odoo.addons.cfia_membership.tools.dates import association_today


@tagged('post_install', '-at_install')
class TestDuesWorkplace(WorkplaceCommon, DuesCommon):

    def test_each_role_opens_what_it_counts(self):
        self.make_dues(self.make_member("演示欠费有限公司"), 2024, association_today().year)
        self.make_receipt()
        for role in ROLES:
            user = getattr(self, f'user_{role}')
            for tile in self.get_workplace(user)['tiles']:
                with self.subTest(role=role, tile=tile['key']):
                    self.assertEqual(self.count_behind(user, tile['action']), tile['count'])

    def test_money_waits_for_the_accountant(self):
        before = self.get_tile(self.user_accountant, 'money_claim')['count']
        receipt = self.make_receipt(payer="演示待认领付款人")
        tile = self.get_tile(self.user_accountant, 'money_claim')
        self.assertEqual(tile['count'], before + 1)
        self.assertIn(receipt.partner_name, [row['title'] for row in tile['rows']['records']])
        for role in ('staff', 'organisation', 'secretary_general', 'leader', 'auditor'):
            self.assertIsNone(self.get_tile(getattr(self, f'user_{role}'), 'money_claim'))
        self.assertIsNone(self.get_chart(self.user_staff, 'dues_grade'))
        self.assertIsNone(self.get_figure(self.user_staff, 'dues_rate'))

    def test_dues_agree_with_the_dashboard(self):
        year = association_today().year
        self.make_dues(self.make_member("演示缴费有限公司"), year)
        self.make_dues(self.make_member("演示旧欠有限公司"), 2024, 2025, year)
        dashboard = self.env['cfia.dues.dashboard'].with_user(self.user_accountant).create({})
        chart = self.get_chart(self.user_accountant, 'dues_grade')
        paid, residual = (sum(series['values']) for series in chart['series'])
        self.assertAlmostEqual(paid, dashboard.amount_paid)
        self.assertAlmostEqual(residual, dashboard.amount_open)
        rate = self.get_figure(self.user_leader, 'dues_rate')
        self.assertEqual(rate['value'], f"{dashboard.rate:.1%}")
        ages = self.get_chart(self.user_leader, 'dues_age')['series'][0]['values']
        self.assertAlmostEqual(ages[0], dashboard.amount_overdue_quarter)
        self.assertAlmostEqual(ages[1], dashboard.amount_overdue_year)
        self.assertAlmostEqual(sum(ages[2:]), dashboard.amount_overdue_older)

    def test_arrears_open_what_they_sum(self):
        self.make_dues(self.make_member("演示旧欠有限公司"), 2023, 2024, 2025, association_today().year)
        for key in ('dues_age', 'dues_grade'):
            for series in self.get_chart(self.user_organisation, key)['series']:
                for value, action in zip(series['values'], series['actions'], strict=True):
                    lines = self.env['cfia.dues.line'].with_user(self.user_organisation).search(action['domain'])
                    field = 'amount_paid' if series['tone'] == 'success' else 'amount_residual'
                    with self.subTest(chart=key, series=series['label']):
                        self.assertAlmostEqual(sum(lines.mapped(field)), value)

    def test_queries_do_not_grow(self):
        members = self.env['res.partner']
        for number in range(7):
            members += self.make_member(f"演示会费{number}有限公司")
        year = association_today().year
        self.make_dues(members[:1], year - 1, year)
        for _number in range(7):
            self.make_receipt()
        self.get_workplace(self.user_accountant)
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.env['cfia.workplace'].with_user(self.user_accountant).get_workplace()
        count = self.env.cr.sql_log_count - before
        self.make_dues(members[1:], year - 1, year)
        for _number in range(9):
            self.make_receipt()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(count):
            self.env['cfia.workplace'].with_user(self.user_accountant).get_workplace()
