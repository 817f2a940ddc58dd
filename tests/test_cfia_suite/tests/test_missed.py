from collections import Counter
from datetime import date, datetime, timedelta

from odoo.tests import freeze_time, tagged

from odoo.addons.cfia_membership.tests.test_simulated_year import YEAR
from odoo.addons.test_cfia_suite.tests import test_year

# what schedules make; what people make is no part of it
MADE = (
    'cfia.bulletin', 'cfia.bulletin.line', 'cfia.statistics', 'cfia.statistics.line', 'cfia.change.release',
    'cfia.compliance.report', 'cfia.change.list', 'cfia.change.list.line', 'cfia.roster.release', 'cfia.roster.copy',
    'cfia.newsletter', 'cfia.need.round', 'cfia.need.step', 'cfia.dues.round', 'cfia.recruitment.mailing', 'cfia.data.survey',
    'cfia.obligation.term', 'cfia.entitlement', 'cfia.dues.line', 'cfia.document', 'cfia.member.event', 'mail.activity', 'mail.mail',
)
LAST, BACK = datetime(YEAR, 1, 10, 2), datetime(YEAR, 4, 20, 2)


@tagged('post_install', '-at_install')
class TestThreeMonthsMissed(test_year.TestYear):
    """The server stands still from 10 January to 20 April while people go on working on paper and enter it late."""

    # the year is simulated elsewhere
    test_a_year_with_two_months_missed = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({
            'cfia_dues_round_month_1': 2, 'cfia_dues_round_month_2': 10, 'cfia_newsletter_is_automatic': False,
            'cfia_need_round_is_automatic': True})
        cls.env.cr.execute("UPDATE cfia_dues_line SET date_due = '2200-01-01'")
        cls.env.invalidate_all()

    def test_everything_is_made_good_once(self):
        with freeze_time(LAST):
            units = self.make_applications(
                [f"演示停机{number}有限公司" for number in range(4)], state='approved').partner_id
            self.run_schedules()
            learning = self.env['cfia.entitlement'].with_user(self.user_training).create({
                'partner_id': units[0].id, 'service_id': self.learning.id, 'account_name': 'yadao-missed'})
            need = self.env['cfia.need'].with_user(self.user_organisation).create({
                'partner_id': units[1].id, 'name': "演示需求", 'description': "演示需求",
                'department_id': self.env.ref('cfia_membership.cfia_department_training').id})
            enquiry = self.env['cfia.enquiry'].with_user(self.user_staff).create({'name': "演示停机前来询有限公司"})
            enquiry.sudo().activity_ids.unlink()
            follow_up = enquiry.activity_schedule(
                'cfia_membership.mail_act_enquiry_follow_up', user_id=self.user_staff.id, date_deadline=date(YEAR, 1, 20))
            self.change_lists('received')
        later = units.browse()
        for month in (2, 3):
            with freeze_time(datetime(YEAR, month, 10, 2)):
                later += self.make_member(f"演示停机期间{month}有限公司")
        with freeze_time(BACK):
            self.run_schedules()
            self.check_papers(units, later)
            self.check_lists(later)
            self.check_rounds()
            self.check_duties_of_the_months()
            self.assertEqual(learning.date_account_ended, BACK.date())
            self.assertEqual(need.escalation, 'department')
            self.assertEqual(follow_up.sudo().cfia_date_escalated, BACK.date())
            made = self.count()
        self.check_nothing_more(need, made)
        notices = self.env['mail.message'].search_count([
            ('message_type', '=', 'user_notification'), ('body', 'ilike', 'yadao-missed')])
        self.assertEqual(notices, 1, "the end of an account is told once")
        told = enquiry.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref('cfia_membership.mail_act_follow_up_overdue'))
        self.assertEqual(len(told), 1, "so is a follow-up that nobody did")

    def check_nothing_more(self, need, made):
        """Check that running again, a clock that is set back and the next day make nothing twice."""
        for moment in (BACK + timedelta(hours=3), BACK - timedelta(days=1), BACK + timedelta(hours=6), BACK + timedelta(days=1)):
            with self.subTest(moment=moment), freeze_time(moment):
                self.run_schedules()
                now = self.count()
                # the need goes on to the secretary-general, once
                for model in ('cfia.need.step', 'mail.activity'):
                    self.assertLessEqual(now[model] - made[model], 1, model)
                    now[model] = made[model]
                self.assertEqual(now, made)
        self.assertEqual(need.escalation, 'secretary_general')
        steps = need.step_ids.filtered(lambda step: step.kind == 'escalated')
        self.assertEqual(len(steps), 2)
        doubled = [key for key, count in Counter(
            (activity.res_model, activity.res_id, activity.activity_type_id.name, activity.user_id.login, activity.summary)
            for activity in self.env['mail.activity'].search([('res_model', 'in', MADE)])).items() if count > 1]
        self.assertFalse(doubled, "nobody is asked twice")

    def count(self):
        self.env.flush_all()
        return {model: self.env[model].with_context(active_test=False).search_count([]) for model in MADE}

    def change_lists(self, state):
        for kind in ('editorial', 'network'):
            self.env['cfia.change.list'].with_user(getattr(self, f'user_{kind}')).search([
                ('kind', '=', kind), ('state', '=', 'waiting')]).action_receive()
        self.assertEqual(set(self.env['cfia.change.list'].search([('month', '=', date(YEAR, 1, 1))]).mapped('state')), {state})

    def check_papers(self, units, later):
        """Bulletins of all months, the statistics of the quarter: each once, each event in one."""
        bulletins = self.env['cfia.bulletin'].search([('date', '>=', date(YEAR, 1, 1))], order='date')
        self.assertEqual(bulletins.mapped('date'), [date(YEAR, month, 1) for month in (1, 2, 3)])
        self.assertEqual(
            [line.partner_id for line in bulletins.line_ids.sorted('date_effective')], [*units, *later])
        statistics = self.env['cfia.statistics'].search([('date', '>=', date(YEAR, 1, 1))])
        self.assertEqual(statistics.mapped('date'), [date(YEAR, 3, 31)])
        self.assertEqual(statistics.member_count, 6)
        issues = self.env['cfia.newsletter'].search([('month', '>=', date(YEAR, 1, 1))], order='month')
        self.assertEqual(issues.mapped('month')[:4], [date(YEAR, month, 1) for month in (1, 2, 3, 4)])
        self.assertEqual(issues.mapped('number'), list(range(1, len(issues) + 1)))

    def check_lists(self, later):
        """Change lists tell all that is new since the last one; rosters are made for all months."""
        for kind in ('editorial', 'network'):
            lists = self.env['cfia.change.list'].search([
                ('kind', '=', kind), ('month', '>=', date(YEAR, 1, 1))], order='month')
            self.assertEqual(lists.mapped('month'), [date(YEAR, 1, 1), date(YEAR, 4, 1)])
            self.assertEqual(lists[1].line_ids.partner_id, later)
            self.assertEqual(len(lists[1].line_ids), len(later))
        rosters = self.env['cfia.roster.release'].search([('date', '>=', date(YEAR, 1, 1))], order='date')
        self.assertEqual(rosters.mapped('date'), [date(YEAR, 1, 1), date(YEAR, 3, 1)])
        for roster in rosters:
            self.assertEqual(len(roster.copy_ids), len(roster.copy_ids.department_id))

    def check_rounds(self):
        """The collection round of February is drafted; the needs round of January opened, the one of April drafted."""
        collections = self.env['cfia.dues.round'].search([('year', '=', YEAR)])
        self.assertEqual(collections.mapped('number'), [1])
        needs = self.env['cfia.need.round'].search([('year', '=', YEAR)], order='number')
        self.assertEqual(needs.mapped('number'), [1, 2])
        self.assertEqual(needs.mapped('state'), ['open', 'draft'])
        self.assertEqual(len(needs[0].recipient_ids), len(needs[0].recipient_ids.partner_id))

    def check_duties_of_the_months(self):
        """Each period of each counted duty stands once on the board, those missed as overdue."""
        terms = self.env['cfia.obligation.term'].search([
            ('date_from', '>=', date(YEAR, 1, 1)), ('date_from', '<=', date(YEAR, 4, 1))])
        self.assertEqual(len(terms), len({(term.obligation_id, term.date_from, term.date_to) for term in terms}))
        bulletins = terms.filtered(lambda term: term.code == '4.2.3').sorted('date_from')
        self.assertEqual(bulletins.mapped('date_from')[:3], [date(YEAR, month, 1) for month in (1, 2, 3)])
        self.assertEqual(set(bulletins[:2].mapped('state')), {'overdue'})
        asked = Counter(term.id for term in terms for _activity in term.activity_ids)
        self.assertLessEqual(set(asked.values()), {1})
