from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
@freeze_time('2030-06-03 02:00:00')
class TestDuesRound(DuesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(2029)
        applications = cls.make_applications([f"演示催缴{i}有限公司" for i in "甲乙丙丁"], state='verified')
        cls.owing, cls.paying, cls.child, cls.parent = applications.partner_id.sorted('id')
        cls.child.dues_payer_id = cls.parent
        applications.with_user(cls.user_secretary).action_approve()
        cls.units = cls.owing + cls.paying + cls.child + cls.parent
        # the dues of 2030 were billed at the approval
        cls.make_dues(cls.units, 2029)
        cls.lines = cls.units.dues_line_ids
        unlocked(cls.lines).date_due = '2030-03-31'
        cls.Round = cls.env['cfia.dues.round'].with_user(cls.user_organisation)
        cls.round = cls.Round.create({'date_deadline': '2030-07-15', 'partner_domain': str([
            ('id', 'in', cls.units.ids)])})

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref('cfia_membership.ir_cron_cfia_round').method_direct_trigger()

    def _print(self):
        """Issue the PDFs as the schedule does."""
        documents = self.env['cfia.document'].search([('kind', '=', 'dues_reminder'), ('state', '=', 'pending')])
        for document in documents:
            document._render_safely()
        return documents

    def _recipient(self, unit):
        return self.round.recipient_ids.filtered(lambda recipient: recipient.partner_id == unit)

    def test_one_letter_for_each_payer(self):
        self.round.action_prepare()
        self.assertEqual(self.round.recipient_ids.partner_id, self.owing + self.paying + self.parent)
        parent = self._recipient(self.parent)
        self.assertRecordValues(parent, [{'years_text': "2029、2030", 'amount_asked': 8000, 'state': 'waiting'}])
        self.round.action_open()
        self._run_cron()
        letter = parent.document_id
        self.assertEqual(
            [(line['unit_name'], line['year'], line['amount_open']) for line in letter.data['lines']],
            [(unit.name, year, 2000) for unit in (self.child, self.parent) for year in (2029, 2030)])
        self.assertEqual((letter.data['number'], letter.data['date_deadline']), (1, '2030-07-15'))
        self.assertRegex(letter.name, r'催〔2030〕\d+号')
        mails = self.env['mail.mail'].search([('model', '=', 'cfia.dues.round.recipient'), ('res_id', '=', parent.id)])
        self.assertFalse(mails)
        self._print()
        mail = self.env['mail.mail'].search([('model', '=', 'cfia.dues.round.recipient'), ('res_id', '=', parent.id)])
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.attachment_ids, letter.attachment_id)
        # nobody is written to twice, however often the schedule runs
        self._run_cron()
        self._print()
        self.assertEqual(set(self.round.recipient_ids.mapped('dispatch_count')), {1})

    def test_paid_in_between_drops_out(self):
        self.round.action_open()
        self.make_receipt(4000, f'2029年、2030年会费 {self.paying.member_number}').action_match_dues()
        self.make_receipt(2000, f'2029年会费 {self.owing.member_number}').action_match_dues()
        self._run_cron()
        self.assertRecordValues(self._recipient(self.paying), [{
            'state': 'excluded', 'excluded_reason': 'settled', 'document_id': False}])
        # what was paid in part is asked for in part
        self.assertRecordValues(self._recipient(self.owing), [{
            'state': 'sent', 'amount_asked': 2000, 'years_text': "2030"}])

    def test_result(self):
        self.round.action_open()
        self._run_cron()
        self._print()
        self.make_receipt(4000, f'2029年、2030年会费 {self.owing.member_number}').action_match_dues()
        self.round.invalidate_recordset()
        self.assertRecordValues(self.round, [{
            'amount_asked': 16000, 'amount_settled': 4000, 'paid_count': 1, 'paid_rate': 0.25}])
        self.round.action_close()
        self.make_receipt(4000, f'2029年、2030年会费 {self.paying.member_number}').action_match_dues()
        self.round.invalidate_recordset()
        self.assertRecordValues(self.round, [{'amount_settled': 4000, 'paid_count': 1}])
        self.assertEqual(self._recipient(self.paying).amount_settled, 0)

    def test_earlier_letters_are_named(self):
        notices = self.lines._issue_notices()
        self.round.action_open()
        self._run_cron()
        earlier = self._recipient(self.owing).document_id.data['earlier']
        own = notices.filtered(lambda notice: notice.partner_id == self.owing)
        self.assertEqual([letter['name'] for letter in earlier][-len(own):], own.mapped('name'))
        again = self.Round.create({'date_deadline': '2030-08-15', 'partner_domain': str([('id', '=', self.owing.id)])})
        self.assertEqual(again.number, 2)
        again.action_open()
        self._run_cron()
        self.assertEqual(
            again.recipient_ids.document_id.data['earlier'][-1]['name'], self._recipient(self.owing).document_id.name)

    def test_choice_by_year_age_and_grade(self):
        self.round.year_to = 2028
        self.round.action_prepare()
        self.assertFalse(self.round.recipient_ids)
        self.round.write({'year_to': 0, 'days_overdue': 90})
        self.round.action_prepare()
        self.assertFalse(self.round.recipient_ids)
        self.round.write({'days_overdue': 60, 'grade_ids': [Command.set(self.grade_director.ids)]})
        self.round.action_prepare()
        self.assertFalse(self.round.recipient_ids)
        self.round.grade_ids = self.grade_member
        self.round.action_prepare()
        self.assertEqual(len(self.round.recipient_ids), 3)

    def test_letters_by_post_are_issued_when_printed(self):
        self.round.channel_rule = 'letter'
        self.round.action_open()
        self._run_cron()
        self.assertFalse(self.round.recipient_ids.document_id)
        action = self.round.action_print_letters()
        self.assertEqual(action['report_name'], 'cfia_dues.report_dues_reminder')
        letters = self.round.recipient_ids.document_id
        self.assertEqual(len(letters), 3)
        self.round.action_print_letters()
        self.assertEqual(self.round.recipient_ids.document_id, letters)
        self.round.action_mark_posted()
        self._print()
        self.assertFalse(self.env['mail.mail'].search([('model', '=', 'cfia.dues.round.recipient')]))
        self.assertEqual(set(self.round.recipient_ids.mapped('state')), {'sent'})

    def test_departments_call(self):
        departments = self.env['cfia.department'].create([
            {'name': "演示甲部", 'code': 'demo_a', 'user_ids': self.user_editorial.ids},
            {'name': "演示乙部", 'code': 'demo_b', 'user_ids': self.user_network.ids},
        ])
        self.round.action_open()
        self._run_cron()
        self.env['cfia.dues.round.share'].with_user(self.user_organisation).create({
            'round_id': self.round.id, 'department_ids': departments.ids}).action_share()
        Recipient = self.env['cfia.dues.round.recipient']
        mine = Recipient.with_user(self.user_editorial).search([])
        others = Recipient.with_user(self.user_network).search([])
        self.assertEqual(sorted((len(mine), len(others))), [1, 2])
        self.assertFalse(Recipient.with_user(self.user_training).search([]))
        call = mine[:1]
        call.write({'call_result': 'promised', 'date_promised': '2030-06-10', 'call_note': "下周付款"})
        self.assertRecordValues(call.sudo(), [{
            'called_by_id': self.user_editorial.id, 'date_called': date(2030, 6, 3)}])
        log = self.env['cfia.contact.log'].search([('partner_id', '=', call.partner_id.id)])
        self.assertIn("下周付款", log.summary)
        for vals in ({'amount_asked': 1}, {'state': 'responded'}, {'round_id': False}):
            with self.assertRaises(UserError):
                call.write(vals)
        with freeze_time('2030-06-11 02:00:00'):
            self._run_cron()
        self.assertTrue(call.is_promise_broken)
        self.assertTrue(self.round.activity_ids)
        call.write({'call_result': 'promised', 'date_promised': '2030-06-20'})
        self.assertFalse(call.is_promise_broken)

    def test_planned_twice_a_year_and_caught_up(self):
        self.round.unlink()
        self.env['cfia.dues.round'].search([]).unlink()
        self.company.write({'cfia_dues_round_month_1': 5, 'cfia_dues_round_month_2': 10})
        self._run_cron()
        self._run_cron()
        rounds = self.env['cfia.dues.round'].search([('company_id', '=', self.company.id)])
        self.assertRecordValues(rounds, [{'year': 2030, 'number': 1, 'state': 'draft', 'date_planned': False}])
        self.assertTrue(rounds.activity_ids)
        with freeze_time('2030-12-20 02:00:00'):
            self._run_cron()
        self.assertEqual(sorted(self.env['cfia.dues.round'].search([]).mapped('number')), [1, 2])

    def test_sending_takes_constant_queries(self):
        units = self.make_applications([f"演示催缴批{i}有限公司" for i in range(12)], state='approved').partner_id
        unlocked(self.make_dues(units, 2029)).date_due = '2030-03-31'
        counts = []
        for batch in (units[:4], units[4:]):
            record = self.Round.create({
                'date_deadline': '2030-07-15', 'partner_domain': str([('id', 'in', batch.ids)])})
            record._open()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            record.recipient_ids._send_mails()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1, counts)

    def test_letter_prints(self):
        self.company.cfia_dues_consequence = "按照章程规定处理"
        self.round.action_open()
        self._run_cron()
        letter = self._recipient(self.parent).document_id
        html = self.env['ir.actions.report']._render_qweb_html(
            'cfia_dues.report_dues_reminder', letter.ids)[0].decode()
        for text in (self.child.name, "8,000.00", "按照章程规定处理", letter.name):
            self.assertIn(text, html)
