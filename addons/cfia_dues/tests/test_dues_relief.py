from datetime import date

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.guard import GUARD_KEY, unlocked


class ReliefCommon(DuesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.standard = cls.make_standard(2028)
        cls.unit, cls.other = cls.make_applications(
            ["演示困难甲有限公司", "演示困难乙有限公司"], state='approved').partner_id.sorted('id')
        cls.make_dues(cls.unit + cls.other, 2028, 2029)
        cls.lines = cls.unit.dues_line_ids.filtered(lambda line: line.year < 2030).sorted('year')
        unlocked(cls.unit.dues_line_ids).date_due = '2030-03-31'

    @classmethod
    def make_resolution(cls, body='council', day='2030-06-01'):
        paper = cls.env['ir.attachment'].create({'name': "决议.pdf", 'raw': b'%PDF'})
        return cls.env['cfia.resolution'].create({
            'name': "演示决议", 'body': body, 'kind': 'other', 'date': day, 'attachment_ids': [Command.set(paper.ids)]})


@tagged('post_install', '-at_install')
@freeze_time('2030-06-03 02:00:00')
class TestDuesRelief(ReliefCommon):

    @classmethod
    def make_relief(cls, **vals):
        return cls.env['cfia.dues.relief'].with_user(cls.user_organisation).create({
            'partner_id': cls.unit.id, 'line_ids': [Command.set(cls.lines.ids)], 'kind': 'waiver', 'amount': 2500,
            'reason': "演示困难", **vals})

    def test_waiver_becomes_credit_notes_from_the_oldest(self):
        paper = self.env['ir.attachment'].with_user(self.user_organisation).create({'name': "申请.pdf", 'raw': b'%PDF'})
        relief = self.make_relief(attachment_ids=[Command.set(paper.ids)])
        self.assertTrue(relief.with_user(self.user_secretary).attachment_ids.raw)
        self.assertEqual(relief.activity_ids.sudo().user_id, self.user_secretary)
        shown = relief.with_user(self.user_secretary).with_context(cfia_shown_hash=relief.shown_hash)
        relief.amount = 2600
        with self.assertRaisesRegex(UserError, "changed since you opened it"):
            shown.action_grant()
        relief.amount = 2500
        shown.action_grant()
        self.assertRecordValues(self.lines, [
            {'state': 'waived', 'amount_residual': 0, 'amount_credited': 2000},
            {'state': 'billed', 'amount_residual': 1500, 'amount_credited': 500},
        ])
        self.assertRecordValues(relief.sudo(), [{
            'state': 'granted', 'decided_by_id': self.user_secretary.id, 'date_decided': date(2030, 6, 3)}])
        self.assertEqual(set(relief.sudo().move_ids.mapped('move_type')), {'out_refund'})
        self.assertIn("申请.pdf", self.unit.member_file_ids.paper_ids.mapped('name'))
        self.assertFalse(relief.sudo().activity_ids)
        # repeating changes nothing
        relief.with_user(self.user_secretary).action_grant()
        self.assertEqual(self.lines[1].amount_residual, 1500)

    def test_deferral_moves_the_due_date(self):
        relief = self.make_relief(kind='deferral', date_due_new='2030-12-31')
        relief.with_user(self.user_secretary).action_grant()
        self.assertEqual(set(self.lines.mapped('state')), {'deferred'})
        self.assertEqual(set(self.lines.mapped('date_due')), {date(2030, 12, 31)})

    def test_who_decides(self):
        relief = self.make_relief()
        for user in (self.user_organisation, self.user_accountant, self.user_treasurer):
            with self.assertRaises(UserError):
                relief.with_user(user).action_grant()
        own = self.env['cfia.dues.relief'].with_user(self.user_secretary).sudo().create({
            'partner_id': self.unit.id, 'line_ids': [Command.set(self.lines.ids)], 'amount': 1, 'kind': 'waiver',
            'reason': "x"}).sudo(False)
        with self.assertRaises(UserError):
            own.with_user(self.user_secretary).action_grant()
        self.company.cfia_dues_relief_body = 'council'
        with self.assertRaises(UserError):
            relief.with_user(self.user_treasurer).action_grant()
        relief.with_user(self.user_organisation).resolution_id = self.make_resolution('congress')
        with self.assertRaises(UserError):
            relief.with_user(self.user_treasurer).action_grant()
        relief.with_user(self.user_organisation).resolution_id = self.make_resolution('council')
        relief.with_user(self.user_treasurer).action_grant()
        self.assertEqual(relief.state, 'granted')
        self.assertIn("决议.pdf", self.unit.member_file_ids.paper_ids.mapped('name'))

    def test_refusal_says_why(self):
        relief = self.make_relief()
        with self.assertRaises(UserError):
            relief.with_user(self.user_secretary).action_refuse()
        relief.decision_note = "不符合条件"
        relief.with_user(self.user_secretary).action_refuse()
        self.assertEqual((relief.state, self.lines[0].state), ('refused', 'billed'))
        with self.assertRaises(UserError):
            relief.amount = 1

    def test_bad_requests(self):
        for vals in (
            {'partner_id': self.other.id}, {'line_ids': [Command.set([])]},
            {'state': 'granted'}, {'decided_by_id': self.user_secretary.id},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self.make_relief(**vals)
        for vals in ({'amount': 0}, {'kind': 'deferral'}):
            with self.subTest(vals=vals), mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), \
                    self.cr.savepoint():
                self.make_relief(**vals)
        for vals in ({'amount': 9000}, {'kind': 'deferral', 'date_due_new': '2030-01-01'}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self.make_relief(**vals).with_user(self.user_secretary).action_grant()
        relief = self.make_relief()
        with self.assertRaises(UserError):
            relief.sudo().with_context(**{GUARD_KEY: True}).write({'state': 'granted'})
        with self.assertRaises(UserError):
            relief.sudo().unlink()
        self.make_receipt(4000, f'2028年、2029年会费 {self.unit.member_number}').action_match_dues()
        with self.assertRaises(UserError):
            relief.with_user(self.user_secretary).action_grant()


@tagged('post_install', '-at_install')
@freeze_time('2030-06-03 02:00:00')
class TestDuesConsequence(ReliefCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['cfia.dues.consequence.rule'].search([]).active = False
        cls.rule = cls.make_rule(years_unpaid=2, consequence='exit')
        cls.Consequence = cls.env['cfia.dues.consequence']

    @classmethod
    def make_rule(cls, **vals):
        return cls.env['cfia.dues.consequence.rule'].create({
            'name': "演示规则", 'clause': "章程第十六条", 'body': 'council', **vals})

    def _propose(self):
        self.Consequence._cron_propose()
        return self.Consequence.search([('partner_id', 'in', (self.unit + self.other).ids)])

    def test_proposed_once_with_evidence(self):
        notices = self.lines._issue_notices()
        item = self._propose()
        self.assertRecordValues(item.filtered(lambda item: item.partner_id == self.unit), [{
            'rule_id': self.rule.id, 'years_text': "2028、2029、2030", 'amount': 6000, 'state': 'proposed'}])
        self.assertLessEqual(notices, item.document_ids)
        self.assertEqual(self._propose(), item)
        # nothing happens by itself
        self.assertEqual(self.unit.member_state, 'member')

    def test_decision_writes_the_event(self):
        item = self._propose().filtered(lambda item: item.partner_id == self.unit).with_user(self.user_organisation)
        with self.assertRaises(UserError):
            item.action_decide()
        item.resolution_id = self.make_resolution('congress')
        with self.assertRaises(UserError):
            item.action_decide()
        item.resolution_id = self.make_resolution('council')
        for user in (self.user_accountant, self.user_secretary):
            with self.assertRaises(UserError):
                item.with_user(user).action_decide()
        item.action_decide()
        self.assertEqual(self.unit.member_state, 'withdrawn')
        event = self.unit.member_event_ids.sorted('id')[-1]
        self.assertEqual((event.kind, event.date_effective), ('withdrawn', date(2030, 6, 1)))
        self.assertIn("章程第十六条", event.note)
        self.assertIn("决议.pdf", self.unit.member_file_ids.paper_ids.mapped('name'))
        with self.assertRaises(UserError):
            item.note = "改"

    def test_paid_meanwhile_is_dropped(self):
        item = self._propose().filtered(lambda item: item.partner_id == self.unit)
        self.make_receipt(6000, f'2028年、2029年、2030年会费 {self.unit.member_number}').action_match_dues()
        self._propose()
        self.assertEqual(item.state, 'dropped')

    def test_dropped_with_a_note_stays_dropped(self):
        item = self._propose().filtered(lambda item: item.partner_id == self.unit).with_user(self.user_organisation)
        with self.assertRaises(UserError):
            item.action_drop()
        item.note = "已商定分期"
        item.action_drop()
        self._propose()
        self.assertEqual(item.state, 'dropped')

    def test_grade_and_post(self):
        self.rule.grade_ids = self.grade_director
        self.assertFalse(self._propose())
        self.rule.write({'grade_ids': [Command.clear()], 'consequence': 'post'})
        item = self._propose().filtered(lambda item: item.partner_id == self.unit).with_user(self.user_organisation)
        item.resolution_id = self.make_resolution('council')
        with self.assertRaises(UserError):
            item.action_decide()
        resolution = self.make_resolution('council')
        self.unit._set_grades({self.unit: self.grade_director}, resolution)
        item.action_decide()
        self.assertEqual(self.unit.grade_term_ids.filtered('is_council_post').state, 'suspended')
        self.assertEqual(self.unit.member_state, 'member')

    def test_only_the_schedule_proposes(self):
        with self.assertRaises(UserError):
            self.Consequence.create({'rule_id': self.rule.id, 'partner_id': self.unit.id})
        item = self._propose()[:1]
        for refused in (lambda: item.write({'state': 'decided'}), item.unlink):
            with self.assertRaises(UserError):
                refused()

    def test_constant_queries(self):
        units = self.make_applications([f"演示欠缴{i}有限公司" for i in range(9)], state='approved').partner_id
        unlocked(self.make_dues(units, 2028, 2029)).date_due = '2030-03-31'
        self._propose()
        counts = []
        for size in (2, 7):
            rule = self.make_rule(years_unpaid=2)
            rules = rule
            company = self.company
            self.env['cfia.dues.line'].search([('partner_id', 'in', units.ids)])
            batch, units = units[:size], units[size:]
            self.env['res.partner'].invalidate_model()
            other = self.env['cfia.dues.line'].search([
                ('partner_id', 'not in', batch.ids), ('state', 'in', ('billed', 'partial'))])
            unlocked(other).date_due = '2031-03-31'
            unlocked(batch.dues_line_ids).date_due = '2030-03-31'
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(self.Consequence._propose(company, rules)), size)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1, counts)
