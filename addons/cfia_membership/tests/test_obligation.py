import base64
import csv
from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import file_open

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.regulation import refresh_regulation

SCAN = base64.b64encode(b'scan')
# every row of the regulation that this add-on alone cannot give evidence of
OF_OTHER_ADD_ONS = {
    '3.0a', '3.1', '3.2', '3.3', '3.4a', '3.4b', '3.5a', '3.5b', '3.6', '3.7a', '3.7b', '3.7c', '3.7d', '3.7e',
    '4.1.3', '4.3.1', '4.3.2', '4.3.3', '5.2f', '5.4b', '5.6',
}


class ObligationCommon(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.cfia_date_in_force = '2020-01-01'
        cls.env['cfia.obligation.act'].search([]).sudo()._write({'date': date(2000, 1, 1)})
        cls.Term = cls.env['cfia.obligation.term']
        cls.env.ref('cfia_membership.cfia_department_organisation').user_ids = cls.user_organisation

    def term(self, code, year, month=1):
        """Return the period of a duty that begins in a month, counted afresh."""
        self.env.flush_all()
        self.Term._refresh_years([year])
        return self.Term.search([
            ('code', '=', code), ('year', '=', year), ('date_from', '=', date(year, month, 1))])

    def enter(self, code, day, user=None, **vals):
        return self.env['cfia.obligation.act'].with_user(user or self.user_staff).create({
            'obligation_id': self.env.ref(f"cfia_membership.cfia_obligation_{code.replace('.', '_')}").id,
            'date': day, 'name': "演示补录", 'scan': SCAN, 'scan_name': "scan.pdf", **vals})

    def make_counted(self, **vals):
        vals.setdefault('evidence_ids', [Command.create({
            'model': 'cfia.contact.log', 'date_field': 'date', 'domain': "[('subject', '=', '演示')]"})])
        return self.env['cfia.obligation'].create({
            'code': "演示", 'article': "0", 'name': "演示工作", 'kind': 'counted',
            'department_id': self.env.ref('cfia_membership.cfia_department_organisation').id, **vals})


@tagged('post_install', '-at_install')
class TestObligation(ObligationCommon):

    def test_every_duty_has_its_evidence_or_its_add_on(self):
        obligations = self.env['cfia.obligation'].search([('sequence', '<', 1000)])
        self.assertEqual(len(obligations), 62)
        own = obligations.evidence_ids.filtered(lambda evidence: evidence._is_available())
        unbound = set((obligations - own.obligation_id).mapped('code'))
        self.assertLessEqual(unbound, OF_OTHER_ADD_ONS)

    def test_the_rows_are_those_of_the_regulation(self):
        """Kind, owner, cadence and terms as read from the regulation; an owner that it does not name is ours."""
        with file_open('cfia_membership/tests/data/obligations.csv') as file:
            rows = list(csv.DictReader(file))
        duties = self.env['cfia.obligation'].with_context(active_test=False).search([('sequence', '<', 1000)])
        self.assertEqual(duties.mapped('code'), [row['code'] for row in rows])
        for duty, row in zip(duties, rows):
            with self.subTest(code=duty.code):
                self.assertTrue(duty.active)
                self.assertEqual(duty.kind, row['kind'])
                self.assertEqual(duty.terms or '', row['terms'])
                self.assertTrue(duty.code.startswith(duty.article), "its clause")
                self.assertEqual(
                    (duty.period, str(duty.minimum)) if duty.kind == 'counted' else ('', ''),
                    (row['period'], row['minimum']))
                if row['owner']:
                    self.assertEqual(duty.department_id.code, row['owner'])
                self.assertGreaterEqual(duty.is_shared, bool(row['all_departments']))
                names = {duty.with_context(lang=lang).name for lang in ('en_US', 'zh_CN')}
                self.assertEqual(len(names), 2, "in Chinese, too")

    def test_migration_brings_rows_up_to_date_that_nobody_changed(self):
        def ref(name):
            return self.env.ref(f'cfia_membership.cfia_obligation_{name}')

        organisation, finance = (
            self.env.ref(f'cfia_membership.cfia_department_{code}') for code in ('organisation', 'finance'))
        untouched, handed_over, reworded = ref('5_6'), ref('5_2c'), ref('2_0b')
        evidence, own_evidence = ref('2_1b_evidence_1'), ref('4_2_2a_evidence_1')
        bound = evidence.domain
        # as an older version had them
        untouched.department_id = finance
        unlocked(handed_over).terms = "企业类别"
        unlocked(reworded).kind = 'event'
        evidence.domain = "[('state', '!=', 'draft')]"
        ref('2_4_evidence_1').unlink()
        # as the association has them
        handed_over.with_user(self.user_manager).write({'department_id': finance.id, 'days_ahead': 3})
        own_evidence.with_user(self.user_manager).domain = "[('kind', '=', 'basic')]"
        self.env.flush_all()
        for _time in range(2):
            refresh_regulation(self.env, 'cfia_membership', 'data/cfia_obligation_data.xml')
            self.assertEqual(untouched.department_id, organisation)
            self.assertEqual(reworded.kind, 'standing')
            self.assertEqual(evidence.domain, bound)
            self.assertEqual(ref('2_4_evidence_1').model, 'cfia.referral.call')
            self.assertRecordValues(handed_over, [{
                'terms': "确认企业类别; 秘书长签字批准; 方可入会", 'department_id': finance.id, 'days_ahead': 3,
                'write_uid': self.user_manager.id}])
            self.assertEqual(own_evidence.domain, "[('kind', '=', 'basic')]")
        self.assertEqual(self.env['cfia.obligation'].search_count([('sequence', '<', 1000)]), 62)

    def test_counted_duty_is_met_due_and_overdue(self):
        with freeze_time('2021-05-10'):
            term = self.term('2.1b', 2021)
            self.assertRecordValues(term, [{
                'state': 'due', 'required_count': 4, 'done_count': 0, 'date_next': date(2021, 4, 1)}])
            self.enter('2.1b', '2021-02-01')
            self.assertEqual(self.term('2.1b', 2021).date_next, date(2021, 7, 1))
        with freeze_time('2022-01-05'):
            self.assertEqual(self.term('2.1b', 2021).state, 'overdue')
            for day in ('2021-06-01', '2021-08-01', '2021-12-31'):
                self.enter('2.1b', day)
            self.assertRecordValues(self.term('2.1b', 2021), [{
                'state': 'met', 'done_count': 4, 'late_count': 4, 'date_next': False}])
            self.assertEqual(self.term('2.1b', 2022).done_count, 0)
            action = self.term('2.1b', 2021).action_view_late()
            acts = self.env[action['res_model']].search(action['domain'])
            self.assertEqual(len(acts), 4, "the scans are a click away")
            self.assertEqual(set(acts.obligation_id.mapped('code')), {'2.1b'})

    def test_a_period_that_has_ended_leaves_days_for_its_act(self):
        duty = self.make_counted(period='quarter', days_allowed=30)
        with freeze_time('2021-04-10'):
            self.assertEqual(self.term(duty.code, 2021).state, 'due')
            self.assertEqual(self.term(duty.code, 2021, 7).state, 'ahead')
        with freeze_time('2021-05-10'):
            self.assertEqual(self.term(duty.code, 2021).state, 'overdue')

    def test_days_are_those_of_the_association(self):
        duty = self.make_counted(period='month', evidence_ids=[Command.create({
            'model': 'cfia.disclosure', 'date_field': 'date', 'domain': "[('recipient', '=', '演示时区')]"})])
        self.env['cfia.disclosure'].sudo().create({
            'kind': 'list', 'res_model': 'res.partner', 'reason': "演示", 'recipient': "演示时区",
            'date': '2021-01-31 16:30:00'})  # 00:30 on 1 February in Shanghai
        self.assertEqual(self.term(duty.code, 2021, 1).done_count, 0)
        february = self.term(duty.code, 2021, 2)
        self.assertEqual((february.done_count, february.date_done), (1, date(2021, 2, 1)))
        action = february.line_ids.action_open()
        self.assertEqual(self.env[action['res_model']].search(action['domain']).recipient, "演示时区")

    def test_a_period_begun_counts_by_the_months_left(self):
        self.env.company.cfia_date_in_force = '2021-09-01'
        with freeze_time('2021-09-02'):
            self.assertEqual(self.term('2.1b', 2021).required_count, 1)
            self.assertFalse(self.term('2.1b', 2020))
        self.env.company.cfia_date_in_force = '2021-10-02'
        with freeze_time('2021-10-03'):
            self.assertRecordValues(self.term('2.1b', 2021), [{'required_count': 0, 'state': 'none'}])
            unbound = self.make_counted(minimum=2, evidence_ids=[])
            self.assertEqual(self.term(unbound.code, 2021).state, 'none', "nothing was required")

    def test_two_years_are_one_period(self):
        self.env.company.cfia_date_in_force = '2021-01-01'
        with freeze_time('2022-10-15'):
            self.assertFalse(self.term('4.2.2b', 2021))
            self.Term._refresh_years([2022])
            term = self.Term.search([('code', '=', '4.2.2b'), ('year', '=', 2022)])
            self.assertEqual((term.date_from, term.date_to, term.state), (date(2021, 1, 1), date(2022, 12, 31), 'due'))

    def test_cases_are_open_overdue_and_done(self):
        enquiry = self.env['cfia.enquiry'].create({
            'name': "演示咨询工作单位", 'date': '2019-05-01', 'channel': 'phone'})
        self.env.company.cfia_date_in_force = '2019-01-01'
        with freeze_time('2019-05-05'):
            self.assertRecordValues(self.term('5.1b', 2019), [{'state': 'due', 'open_count': 1, 'overdue_count': 0}])
        with freeze_time('2019-05-09'):
            term = self.term('5.1b', 2019)
            self.assertRecordValues(term, [{'state': 'overdue', 'open_count': 0, 'overdue_count': 1}])
            action = term.line_ids.action_open_missing()
            self.assertEqual(self.env[action['res_model']].search(action['domain']), enquiry)
            enquiry.intention = 'none'
            self.assertRecordValues(self.term('5.1b', 2019), [{'state': 'met', 'done_count': 1, 'overdue_count': 0}])

    def test_a_missing_add_on_is_never_met(self):
        duty = self.make_counted(evidence_ids=[Command.create({
            'model': 'cfia.not.installed', 'date_field': 'date'})])
        with freeze_time('2021-06-01'):
            term = self.term(duty.code, 2021)
            self.assertEqual(term.state, 'unbound')
            self.assertFalse(term.line_ids)
            self.enter_for(duty)
            self.assertEqual(self.term(duty.code, 2021).state, 'met')

    def enter_for(self, duty):
        return self.env['cfia.obligation.act'].create({
            'obligation_id': duty.id, 'date': '2021-03-01', 'name': "演示补录", 'scan': SCAN, 'scan_name': "a"})

    def test_the_charter_prevails(self):
        duty = self.env.ref('cfia_membership.cfia_obligation_2_1b')
        with self.assertRaises(ValidationError):
            duty.is_overridden = True
        duty.write({'is_overridden': True, 'override_reason': "章程另有规定（演示）", 'date_overridden': '2021-01-01'})
        with freeze_time('2021-06-01'):
            self.assertEqual(self.term('2.1b', 2021).state, 'overridden')
            self.assertEqual(self.term('2.1b', 2020).state, 'overdue')

    def test_a_binding_that_cannot_be_counted_is_refused(self):
        for vals in ({'date_field': 'nothing'}, {'domain': "[('nothing', '=', 1)]"}, {'domain': "import os"}):
            with self.assertRaises(ValidationError):
                self.make_counted(code=f"演示{vals}", evidence_ids=[Command.create({
                    'model': 'cfia.enquiry', 'date_field': 'date', **vals})])

    def test_late_entry_needs_its_scan_and_stays(self):
        with self.assertRaisesRegex(UserError, "演示补录"):
            self.enter('2.1b', '2021-01-01', scan=False)
        with self.assertRaises(UserError):
            self.enter('2.1b', '2999-01-01')
        act = self.enter('2.1b', '2021-01-01', user_id=self.user_manager.id)
        self.assertEqual(act.user_id, self.user_staff)
        for change in (lambda: act.sudo().write({'date': '2021-02-01'}), act.sudo().unlink):
            with self.assertRaises(UserError):
                change()

    def test_nobody_enters_figures(self):
        term = self.term('2.1b', 2021)
        for user in (self.user_organisation, self.user_manager, self.user_leader):
            with self.assertRaises(AccessError):
                term.with_user(user).write({'done_count': 9})
        self.Term.with_user(self.user_auditor).action_open_board()

    def test_the_owner_is_reminded_once_and_ahead(self):
        duty = self.make_counted(period='quarter', days_allowed=10, days_ahead=14)
        with freeze_time('2021-03-20'):
            self.Term._cron_refresh()
            self.assertFalse(self.term(duty.code, 2021).activity_ids)
        with freeze_time('2021-04-05'):
            for _time in range(2):
                self.Term._cron_refresh()
            term = self.term(duty.code, 2021)
            self.assertRecordValues(term.activity_ids, [{
                'user_id': self.user_organisation.id, 'date_deadline': date(2021, 4, 10)}])
            self.enter_for(duty)
            self.Term._cron_refresh()
            self.assertFalse(term.activity_ids)

    def test_what_is_counted_costs_no_queries(self):
        self.env['cfia.enquiry'].create([
            {'name': f"演示计数{number}", 'date': '2019-05-01', 'channel': 'phone'} for number in range(40)])
        self.env.company.cfia_date_in_force = '2019-01-01'
        with freeze_time('2020-06-01'):
            self.Term._refresh_years([2019])
            self.env.flush_all()
            self.env.invalidate_all()
            few = self.count_queries()
            self.env['cfia.enquiry'].create([
                {'name': f"演示计数又{number}", 'date': '2019-05-01', 'channel': 'phone'} for number in range(80)])
            self.Term._refresh_years([2019])
            self.env.flush_all()
            self.env.invalidate_all()
            self.assertLessEqual(self.count_queries(), few)

    def count_queries(self):
        before = self.env.cr.sql_log_count
        self.Term._refresh_years([2019])
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_a_duty_of_the_regulation_is_archived_not_deleted(self):
        with self.assertRaises(UserError):
            self.env.ref('cfia_membership.cfia_obligation_1_2').unlink()
        self.make_counted().unlink()

    def test_execution_is_not_met_while_a_duty_is_overdue(self):
        duty = self.make_counted(period='month')
        with freeze_time('2021-03-10'):
            self.term(duty.code, 2021)
            term = self.term('1.1', 2021)
            self.assertEqual(term.state, 'overdue')
            self.assertGreaterEqual(term.overdue_count, 2)
            action = term.line_ids.action_open_missing()
            self.assertIn(duty, self.Term.search(action['domain']).obligation_id)

    def test_what_the_regulation_says_stays(self):
        duty = self.env.ref('cfia_membership.cfia_obligation_2_1b').with_user(self.user_manager)
        for vals in ({'minimum': 1}, {'kind': 'standing'}, {'period': 'two_years'}, {'terms': "改"}):
            with self.assertRaisesRegex(UserError, "Article 2, item 1"):
                duty.write(vals)
        duty.write({'days_ahead': 30, 'department_id': self.env.ref('cfia_membership.cfia_department_editorial').id})
        own = self.make_counted().with_user(self.user_manager)
        own.minimum = 3
