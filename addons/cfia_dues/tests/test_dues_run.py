from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
@freeze_time('2027-01-10 02:00:00')
class TestRun(DuesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.units = cls.make_applications(
            [f"演示批次{n}有限公司" for n in range(6)], state='approved').partner_id.sorted('id')
        cls.units.street = "演示路1号"
        cls.Run = cls.env['cfia.dues.run'].with_user(cls.user_accountant)

    def make_run(self, units=None, **vals):
        units = self.units if units is None else units
        return self.Run.create({'year': 2028, 'scope': 'selected', 'partner_ids': units.ids, **vals})

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref('cfia_dues.ir_cron_cfia_dues_run').method_direct_trigger()
        self.env.invalidate_all()

    def test_bills_in_batches(self):
        run = self.make_run()
        run.action_start()
        with patch.object(type(self.env['ir.cron']), '_commit_progress', side_effect=[60, 60, 0]):
            self.env['cfia.dues.run']._cron_process(batch_size=2)
        run.invalidate_recordset()
        self.assertEqual((run.billed_count, run.pending_count, round(run.progress)), (4, 2, 67))
        # stopped in the middle: what is there is whole
        lines = self.units.dues_line_ids.filtered(lambda line: line.year == 2028)
        self.assertEqual(lines.mapped('state'), ['billed'] * 4)
        run.action_pause()
        self.run_cron()
        self.assertEqual(run.pending_count, 2)
        run.action_resume()
        self.run_cron()
        self.assertEqual((run.state, run.billed_count, run.amount_billed), ('done', 6, 12000))
        lines = self.units.dues_line_ids.filtered(lambda line: line.year == 2028)
        self.assertEqual(len(lines.move_id), 6)
        self.assertEqual(lines.mapped('origin'), ['run'] * 6)
        self.assertEqual(len(self.env['cfia.document'].search([
            ('kind', '=', 'dues_notice'), ('res_model', '=', lines._name), ('res_id', 'in', lines.ids)])), 6)

    def test_one_bill_for_a_payer_however_its_members_stand(self):
        parent = self.env['res.partner'].create({'name': "演示集团", 'is_company': True, 'street': "演示路9号"})
        (self.units[0] + self.units[3] + self.units[5]).dues_payer_id = parent
        self.units[4].dues_payer_id = self.units[1]
        run = self.make_run()
        run.action_start()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)['cfia.dues.run']._cron_process(batch_size=1)
        self.env.invalidate_all()
        lines = run.member_ids.dues_line_id
        self.assertEqual(sorted(map(len, lines.grouped('move_id').values())), [1, 2, 3])
        notices = self.env['cfia.document'].search([
            ('kind', '=', 'dues_notice'), ('res_model', '=', lines._name), ('res_id', 'in', lines.ids)])
        self.assertEqual(notices.partner_id, parent + self.units[1] + self.units[2])
        self.assertEqual(len(notices), 3)

    def test_twice_bills_nothing_twice(self):
        for expected in ((6, 0), (0, 6)):
            run = self.make_run()
            run.action_start()
            run.action_start()
            self.run_cron()
            self.assertEqual((run.billed_count, run.skipped_count), expected)
        self.assertEqual(set(run.member_ids.mapped('reason')), {'exists'})
        self.assertEqual(len(self.units.dues_line_ids.filtered(lambda line: line.year == 2028)), 6)

    def set_up_who_is_not_billed(self):
        """Give each unit but the fifth a reason why it is not billed."""
        units = [unlocked(unit) for unit in self.units]
        no_grade, exempt, prepaid, no_address, _ok, no_amount = units
        no_grade.member_grade_id = False
        exempt.enterprise_category_id = self.category_university
        self.Line._open_paid_history({prepaid: 2029})
        no_address.write({'street': False, 'email': False})
        no_address.child_ids.email = False
        no_amount.member_grade_id = self.env.ref('cfia_membership.cfia_grade_president')
        return units

    def test_who_was_not_billed_and_why(self):
        no_grade, exempt, prepaid, no_address, ok, no_amount = self.set_up_who_is_not_billed()
        run = self.make_run()
        run.action_start()
        self.run_cron()
        self.assertEqual({member.partner_id.id: member.reason for member in run.member_ids}, {
            no_grade.id: 'no_grade', exempt.id: 'exempt', prepaid.id: 'prepaid', no_address.id: 'no_address',
            ok.id: False, no_amount.id: 'no_amount',
        })
        self.assertEqual((run.state, run.billed_count, run.skipped_count), ('done', 1, 5))
        # once the reasons are gone
        no_grade.member_grade_id = self.grade_member
        no_address.street = "演示路2号"
        run.action_retry()
        self.run_cron()
        self.assertEqual((run.billed_count, run.skipped_count), (3, 3))

    def test_what_a_run_will_do_is_shown_before(self):
        self.set_up_who_is_not_billed()
        ok = self.units[4]
        unlocked(ok).write({'email': False})
        ok.child_ids.email = False
        run = self.make_run()
        before = {model: self.env[model].search_count([]) for model in ('cfia.dues.line', 'account.move', 'cfia.document')}
        action = run.action_preview()
        preview = self.env[action['res_model']].with_user(self.user_accountant).browse(action['res_id'])
        self.assertRecordValues(preview, [{
            'member_count': 1, 'amount': 2000, 'mail_count': 0, 'letter_count': 1, 'left_out_count': 5}])
        self.assertIn('2,000.00', preview.summary)
        left_out = {line.partner_id.id: line.reason for line in preview.left_out_ids}
        self.assertEqual(before, {model: self.env[model].search_count([]) for model in before})
        self.assertRecordValues(run, [{'state': 'draft', 'member_count': 0}])
        preview.action_confirm()
        self.run_cron()
        self.assertEqual(left_out, {line.partner_id.id: line.reason for line in run.skipped_member_ids})
        self.assertEqual((run.state, run.billed_count, run.amount_billed), ('done', 1, preview.amount))
        ok.email = 'ok@member.example'
        again = self.make_run(year=2029)
        preview = preview.browse(again.action_preview()['res_id'])
        self.assertRecordValues(preview, [{'mail_count': 1, 'letter_count': 0}])
        self.assertFalse(self.make_run(year=2029, with_notices=False)._prepare_start()['mail_count'])

    def test_the_preview_costs_the_same_queries_however_many(self):
        counts = []
        for units in (self.units[:2], self.units):
            run = self.make_run(units)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            run._prepare_start()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 4, counts)

    def test_one_broken_member_stops_nobody(self):
        price = type(self.Line)._price
        broken = self.units[2]

        def fail(lines):
            if broken in lines.partner_id:
                raise ValueError("broken")
            return price(lines)

        run = self.make_run()
        run.action_start()
        with patch.object(type(self.Line), '_price', fail), mute_logger('odoo.addons.cfia_dues.models.cfia_dues_run'):
            self.run_cron()
        self.assertEqual((run.billed_count, run.skipped_count), (5, 1))
        self.assertRecordValues(run.member_ids.filtered(lambda member: member.state == 'skipped'), [
            {'partner_id': broken.id, 'reason': 'refused', 'note': "broken"}])

    def test_refusals(self):
        with self.assertRaises(UserError):
            self.make_run(self.env['res.partner']).action_start()
        run = self.make_run()
        run.action_start()
        with self.assertRaises(UserError):
            run.sudo().unlink()
        self.company.cfia_dues_journal_id = False
        with self.assertRaises(UserError):
            self.make_run(year=2029).action_start()

    def test_all_members(self):
        prospect = self.env['res.partner'].create({'name': "演示联络", 'is_company': True})
        members = self.make_run(scope='all')._get_members()
        self.assertLessEqual(self.units, members)
        self.assertNotIn(prospect, members)

    def test_queries_per_member(self):
        run = self.make_run(with_notices=False)
        run.action_start()
        counts = []
        for members in (run.member_ids[:2], run.member_ids[2:]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            run.sudo()._bill_members(members.sudo())
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLess((counts[1] - counts[0]) / 2, 3, counts)
