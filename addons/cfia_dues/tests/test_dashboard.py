from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.dates import association_today


@tagged('post_install', '-at_install')
class TestDashboard(DuesCommon):

    def test_figures(self):
        before = self.env['cfia.dues.dashboard'].create({})
        known = {name: before[name] for name in (
            'amount_planned', 'amount_paid', 'amount_open', 'amount_unreceipted', 'unidentified_count', 'amount_credit')}
        member = self.make_member("演示看板有限公司")
        line = member.dues_line_ids.filtered(lambda line: line.year == association_today().year)
        self.make_receipt(line.amount + 300, member.member_number).action_match_dues()
        self.make_receipt(70, "不明款项").action_match_dues()
        for user in (self.user_accountant, self.user_auditor):
            Dashboard = self.env['cfia.dues.dashboard'].with_user(user)
            now = Dashboard.create({})
            self.assertEqual(now.amount_planned, known['amount_planned'] + line.amount)
            self.assertEqual(now.amount_paid, known['amount_paid'] + line.amount)
            self.assertEqual(now.amount_open, known['amount_open'])
            self.assertEqual(now.amount_unreceipted, known['amount_unreceipted'] + line.amount)
            self.assertEqual(now.unidentified_count, known['unidentified_count'] + 1)
            self.assertEqual(now.amount_credit, known['amount_credit'] + 300)
        with self.assertRaises(AccessError):
            self.env['cfia.dues.dashboard'].with_user(self.user_organisation).get_board()

    def test_board_opens_what_it_counts(self):
        member = self.make_member("演示看板二有限公司")
        line = member.dues_line_ids.filtered(lambda line: line.year == association_today().year)
        self.make_receipt(line.amount, member.member_number).action_match_dues()
        self.make_receipt(70, "不明款项").action_match_dues()
        for user in (self.user_accountant, self.user_auditor):
            now = self.env['cfia.dues.dashboard'].with_user(user).create({})
            board = now.get_board()
            figures = {figure['key']: figure for section in board['sections'] for figure in section['figures']}

            def read_behind(key):
                action = figures[key]['action']
                window = self.env['ir.actions.act_window'].with_user(user)._for_xml_id(action['xmlid'])
                return self.env[window['res_model']].with_user(user).search(action['domain'] or [])

            for key, field in (
                    ('amount_paid', 'amount_paid'), ('amount_open', 'amount_residual'),
                    ('amount_unreceipted', 'amount_unreceipted'), ('amount_unidentified', 'amount'),
                    ('amount_overdue_year', 'amount_open')):
                with self.subTest(user=user.login, figure=key):
                    self.assertAlmostEqual(sum(read_behind(key).mapped(field)), now[key])
            for key in ('unidentified_count', 'requested_count', 'held_count'):
                with self.subTest(user=user.login, figure=key):
                    self.assertEqual(len(read_behind(key)), now[key])
            [years] = [chart for chart in board['charts'] if chart['key'] == 'dues_year']
            self.assertEqual(years['series'][0]['values'][-1], now.amount_paid)
