import base64
from collections import Counter
from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tests.test_enquiry import make_pdf
from odoo.addons.cfia_membership.tools.guard import unlocked

YEAR = 2031
# nobody works and no schedule runs: April and May are missed
MISSED = (date(YEAR, 3, 28), date(YEAR, 5, 31))


@tagged('post_install', '-at_install')
class TestSimulatedYear(MembershipCommon):
    """A year of the association by a controlled clock: every ten days its schedules run as the server runs
    them, and the organisation department does what its activities ask for. Two months are missed."""

    modules = ('cfia_membership',)
    releases = ('cfia.bulletin', 'cfia.statistics', 'cfia.change.release')
    rounds = ('cfia.recruitment.mailing', 'cfia.data.survey')
    # counted duty → its periods in the year
    counted = {'2.1b': 1, '4.2.2a': 1, '4.2.2b': 1, '4.2.2c': 1, '4.2.3': 12, '4.2.4': 4, '5.4a': 12, '5.5': 4}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        for model in cls.releases:
            releases = unlocked(cls.env[model].search([]))
            releases.write({'state': 'draft'})
            releases.unlink()
        for model in cls.rounds:
            unlocked(cls.env[model].search([('state', '=', 'draft')])).unlink()
        # members, contact targets and events of other cases and of demo data stay out of this year
        cls.env.cr.execute("UPDATE cfia_member_event SET date_effective = '2200-01-01', is_backdated = FALSE")
        cls.env.cr.execute("UPDATE res_partner SET member_state = NULL WHERE member_state IS NOT NULL")
        cls.env['cfia.compliance.report'].search([]).sudo()._write({'year': 2000})
        cls.env.invalidate_all()
        cls.env['cfia.department'].search([]).user_ids = [Command.clear()]
        cls.env.ref('cfia_membership.cfia_department_organisation').user_ids = cls.user_organisation
        cls.env.company.write({
            'cfia_date_in_force': date(YEAR, 1, 1), 'cfia_mailings_per_year': 4, 'cfia_mailing_is_automatic': False,
            'cfia_survey_month': 5, 'cfia_survey_full_month': 10, 'cfia_survey_is_automatic': False,
        })
        handout = cls.env['cfia.handout'].create({
            'kind': 'recruitment', 'title': "演示征集函", 'version': "演示版", 'file': base64.b64encode(make_pdf())})
        handout.action_release()
        cls.env['res.partner'].with_user(cls.user_organisation).create({
            'name': "演示全年对象有限公司", 'is_company': True, 'prospect_source': 'visitor', 'street': "演示路8号",
            'zip': '210000', 'state_id': cls.state_jiangsu.id, 'recruitment_channel': 'letter'})
        # papers are rendered after the acts and no part of what is counted here
        cls.schedules = cls.env['ir.cron'].search([]).filtered(
            lambda cron: cron.get_external_id()[cron.id].split('.')[0] in cls.modules
        ) - cls.env.ref('cfia_membership.ir_cron_cfia_document_render')

    def test_a_year_with_two_months_missed(self):
        self.assertGreaterEqual(len(self.schedules), 8)
        day, month = date(YEAR, 1, 2), None
        while day < date(YEAR + 1, 3, 10):
            if not MISSED[0] <= day <= MISSED[1]:
                with freeze_time(datetime(day.year, day.month, day.day, 2)):
                    if day.month != month:
                        month = day.month
                        self.happen(day)
                    self.run_schedules()
                    self.work()
                    if day.month == 6:
                        # back again: what runs a second time finds nothing to do
                        self.run_schedules()
                        self.work()
            day += timedelta(days=10)
        with freeze_time(datetime(YEAR + 1, 3, 10, 2)):
            self.run_schedules()
            self.check_duties()
        self.check_nothing_twice()

    # === WHAT HAPPENS === #

    def happen(self, day):
        """Let a unit join, and its predecessor change, in each month in which somebody works."""
        unit = self.make_member(f"演示全年{day:%Y%m}有限公司")
        if day.month % 3 == 0:
            unit.with_user(self.user_organisation).name = f"演示全年更名{day:%Y%m}有限公司"
        if day.month % 4 == 0:
            unit._leave('withdrawn', note="演示")

    def run_schedules(self):
        with self.enter_registry_test_mode():
            for schedule in self.schedules:
                schedule.method_direct_trigger()

    def work(self):
        """Do what the activities of the organisation department ask for."""
        activities = self.env['mail.activity'].search([
            ('user_id', '=', self.user_organisation.id), ('res_model', 'in', self.releases + self.rounds)])
        posting = self.env.ref('cfia_membership.mail_act_round_post')
        for model, own in activities.grouped('res_model').items():
            drafts = self.env[model].with_user(self.user_organisation).browse(own.mapped('res_id')).filtered(
                lambda record: record.state == 'draft')
            if model in self.releases:
                drafts.action_release()
            else:
                for draft in drafts:
                    draft.action_open()
                letters = own.filtered(lambda activity: activity.activity_type_id == posting)
                if letters:
                    self.env[model].with_user(self.user_organisation).browse(letters.mapped('res_id')).action_mark_posted()

    # === WHAT IS CHECKED === #

    def check_duties(self):
        Term = self.env['cfia.obligation.term']
        terms = Term.search([
            ('code', 'in', list(self.counted)), ('date_from', '>=', date(YEAR, 1, 1)), ('date_from', '<=', date(YEAR, 12, 31))])
        self.assertEqual(Counter(terms.mapped('code')), self.counted)
        wrong = terms.filtered(lambda term: term.state not in ('met', 'late'))
        self.assertFalse(wrong, wrong.mapped('display_name'))
        late = terms.filtered(lambda term: term.code == '4.2.3' and term.state == 'late')
        self.assertEqual(late.mapped('date_from'), [date(YEAR, 3, 1), date(YEAR, 4, 1)], "missed, and made good")
        self.assertFalse(terms.activity_ids, "what was done is not asked for any more")
        # other modules have duties of their own, and may count evidence of their own for these
        in_time = terms.filtered(lambda term: not term.late_count and term.code in TestSimulatedYear.counted)
        own = in_time.line_ids.filtered(lambda line: line.evidence_id.model in self.releases + self.rounds)
        self.assertEqual(own.term_id, in_time)
        self.assertTrue(all(line.done_count for line in own))
        report = self.env['cfia.compliance.report'].search([('year', '=', YEAR)])
        self.assertEqual(len(report), 1)
        rows = {row['name']: row for row in report.data['duties']}
        duties = self.env['cfia.obligation'].with_context(lang=self.env.company._get_association_lang()).search([])
        names = {duty.code: duty.display_name for duty in duties}
        for code in self.counted.keys() - {'4.2.2b'}:
            done, due = rows[names[code]]['periods'].split('/')
            self.assertEqual(done, due, code)

    def check_nothing_twice(self):
        """Every period published once, every event in one bulletin, every unit written to once in a round."""
        in_year = [('date', '>=', date(YEAR, 1, 1)), ('date', '<=', date(YEAR, 12, 31))]
        bulletins = self.env['cfia.bulletin'].search(in_year, order='date')
        self.assertEqual(bulletins.mapped('date'), [date(YEAR, month, 1) for month in range(1, 13)])
        events = self.env['cfia.member.event'].search([('date_effective', '<=', date(YEAR, 12, 31))])
        self.assertGreaterEqual(len(events), 10)
        self.assertEqual(sorted(bulletins.line_ids.event_id.ids), sorted(events.ids))
        self.assertEqual(len(bulletins.line_ids), len(events), "no event stands in two bulletins")
        statistics = self.env['cfia.statistics'].search(in_year, order='date')
        self.assertEqual([paper.date.month for paper in statistics], [3, 6, 9, 12])
        for paper in statistics:
            self.assertEqual(paper.action_check()['params']['type'], 'success')
        changes = self.env['cfia.change.release'].search(in_year)
        self.assertEqual(len(changes), 1)
        self.assertEqual(len(changes.line_ids), len(changes.line_ids.event_id))
        for papers in (bulletins, statistics, changes):
            self.assertEqual(set(papers.mapped('state')), {'released'})
        opened = [('date_opened', '>=', f'{YEAR}-01-01'), ('date_opened', '<', f'{YEAR + 1}-01-01')]
        mailings = self.env['cfia.recruitment.mailing'].search(opened)
        self.assertEqual(len(mailings), 4)
        surveys = self.env['cfia.data.survey'].search(opened)
        self.assertEqual(sorted(surveys.mapped('kind')), ['basic', 'full'])
        for rounds in (mailings, surveys):
            for one in rounds:
                self.assertEqual(len(one.recipient_ids), len(one.recipient_ids.partner_id))
