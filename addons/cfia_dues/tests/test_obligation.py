from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
class TestDuesObligation(DuesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = association_today()
        cls.env.company.cfia_date_in_force = cls.today.replace(month=1, day=1)

    def term(self, code):
        self.env.flush_all()
        Term = self.env['cfia.obligation.term']
        Term._refresh_years([self.today.year])
        return Term.search([('code', '=', code), ('date_from', '<=', self.today), ('date_to', '>=', self.today)])

    def test_every_duty_of_dues_is_bound(self):
        codes = ('4.1.3', '4.3.1', '4.3.2', '4.3.3', '5.2f', '5.6')
        duties = self.env['cfia.obligation'].search([('code', 'in', codes)])
        self.assertEqual(len(duties), len(codes))
        self.assertTrue(all(duty.evidence_ids for duty in duties))

    def test_admission_leaves_dues_to_be_announced(self):
        done, waiting, open_before = self.term('5.2f').done_count, self.term('4.1.3').open_count, self.term('5.2f').open_count
        unit = self.make_member("演示缴费通知有限公司")
        self.assertEqual(self.term('5.2f').open_count, open_before + 1, "billed, but nothing reached the member")
        self.assertEqual(self.term('4.1.3').open_count, waiting + 1)
        notice = self.env['cfia.document'].search([('partner_id', '=', unit.id), ('kind', '=', 'dues_notice')])
        announced = self.term('4.1.3').done_count
        self.env['cfia.document'].search([('partner_id', '=', unit.id)])._render()
        self.assertEqual(notice.delivery_state, 'outgoing')
        self.assertEqual(self.term('4.1.3').done_count, announced, "printed and queued is not sent")
        notice._set_delivery('sent')
        self.assertRecordValues(self.term('4.1.3'), [{'done_count': announced + 1, 'open_count': waiting}])
        self.assertEqual(self.term('5.2f').done_count, done + 1)

    def test_admission_without_standard_is_work_to_do(self):
        unlocked(self.standard.sudo()).write({'state': 'draft'})
        before = self.term('5.2f').open_count
        self.make_member("演示无标准有限公司")
        term = self.term('5.2f')
        self.assertEqual((term.open_count, term.state), (before + 1, 'due'))

    def test_collective_reminder_counts_once_a_letter_went_out(self):
        unit = self.make_member("演示集中催缴有限公司")
        unlocked(unit.dues_line_ids).date_due = self.today - timedelta(days=30)
        record = self.env['cfia.dues.round'].with_user(self.user_organisation).create({
            'date_deadline': self.today + timedelta(days=30), 'partner_domain': str([('id', '=', unit.id)])})
        before = self.term('4.3.2').done_count
        record.action_open()
        self.assertEqual(self.term('4.3.2').done_count, before, "opened, but nothing went out")
        with self.enter_registry_test_mode():
            self.env.ref('cfia_membership.ir_cron_cfia_round').method_direct_trigger()
        self.assertEqual(record.sent_count, 1)
        self.assertEqual(self.term('4.3.2').done_count, before, "queued, but the server has not taken it")
        record.recipient_ids._set_delivery('sent')
        self.assertEqual(self.term('4.3.2').done_count, before + 1)
