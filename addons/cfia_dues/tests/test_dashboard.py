from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.dates import association_today


@tagged('post_install', '-at_install')
class TestDashboard(DuesCommon):

    def test_figures(self):
        before = self.env['cfia.dues.dashboard'].browse(self.env['cfia.dues.dashboard'].action_open()['res_id'])
        known = {name: before[name] for name in (
            'amount_planned', 'amount_paid', 'amount_open', 'amount_unreceipted', 'unidentified_count', 'amount_credit')}
        member = self.make_member("演示看板有限公司")
        line = member.dues_line_ids.filtered(lambda line: line.year == association_today().year)
        self.make_receipt(line.amount + 300, member.member_number).action_match_dues()
        self.make_receipt(70, "不明款项").action_match_dues()
        for user in (self.user_accountant, self.user_auditor):
            Dashboard = self.env['cfia.dues.dashboard'].with_user(user)
            now = Dashboard.browse(Dashboard.action_open()['res_id'])
            self.assertEqual(now.amount_planned, known['amount_planned'] + line.amount)
            self.assertEqual(now.amount_paid, known['amount_paid'] + line.amount)
            self.assertEqual(now.amount_open, known['amount_open'])
            self.assertEqual(now.amount_unreceipted, known['amount_unreceipted'] + line.amount)
            self.assertEqual(now.unidentified_count, known['unidentified_count'] + 1)
            self.assertEqual(now.amount_credit, known['amount_credit'] + 300)
            for name in ('overdue', 'held', 'unreceipted', 'requested', 'unidentified'):
                action = getattr(now, f'action_view_{name}')()
                self.assertEqual(action['type'], 'ir.actions.act_window')
        with self.assertRaises(AccessError):
            self.env['cfia.dues.dashboard'].with_user(self.user_organisation).action_open()
