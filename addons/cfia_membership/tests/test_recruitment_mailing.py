import base64
import io
from datetime import date

from freezegun import freeze_time
from openpyxl import load_workbook
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_membership.controllers.round import LINK_RATE
from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tests.test_enquiry import make_pdf
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked


class RecruitmentMailingCommon(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # contact targets of demo data or of other cases stay out of these mailings
        cls.env.cr.execute("UPDATE res_partner SET member_state = NULL WHERE member_state = 'prospect'")
        cls.env.invalidate_all()
        cls.env.company.write({
            'cfia_survey_month': 0, 'cfia_survey_full_month': 0, 'cfia_mailings_per_year': 0})
        cls.paper = cls.env['cfia.handout'].create({
            'kind': 'recruitment', 'title': "演示征集函", 'version': '7', 'file': base64.b64encode(make_pdf())})
        cls.paper.action_release()
        cls.by_post = cls.make_prospect("演示邮寄对象有限公司", email='post@target.example', recruitment_channel='letter')
        cls.by_mail = cls.make_prospect("演示电邮对象有限公司", email='mail@target.example', recruitment_channel='mail')
        cls.nowhere = cls.make_prospect("演示无址对象有限公司", street=False)
        cls.unwilling = cls.make_prospect("演示拒收对象有限公司", is_recruitment_opt_out=True)
        cls.mailing = cls.make_mailing()
        cls.cron = cls.env.ref('cfia_membership.ir_cron_cfia_round')

    @classmethod
    def make_prospect(cls, name, **vals):
        return cls.env['res.partner'].with_user(cls.user_organisation).create({
            'name': name, 'is_company': True, 'prospect_source': 'visitor', 'street': "演示路8号",
            'zip': '210000', 'state_id': cls.state_jiangsu.id, **vals})

    @classmethod
    def make_mailing(cls, **vals):
        return cls.env['cfia.recruitment.mailing'].with_user(cls.user_organisation).create(vals)

    def _get(self, unit, mailing=None):
        return (mailing or self.mailing).recipient_ids.filtered(lambda recipient: recipient.partner_id == unit)

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()

    def _open(self):
        self.mailing.action_open()
        self._run_cron()


@tagged('post_install', '-at_install')
class TestRecruitmentMailing(RecruitmentMailingCommon):

    def test_way_of_each_contact_target_and_opt_out(self):
        for rule in ('letter', 'mail_first', 'mail'):
            self.mailing.channel_rule = rule
            self.mailing.action_prepare()
            self.assertRecordValues(self._get(self.by_post), [{'channel': 'letter', 'state': 'waiting'}])
            self.assertRecordValues(self._get(self.by_mail), [{'channel': 'mail', 'state': 'waiting'}])
            self.assertRecordValues(self._get(self.unwilling), [{'state': 'excluded', 'excluded_reason': 'opt_out'}])
            self.assertEqual(self._get(self.nowhere).state, 'excluded')
        self.assertNotIn(self.unit_member, self.mailing.recipient_ids.partner_id, "members are not recruited")
        self.mailing.is_opt_out_respected = False
        self.mailing.action_prepare()
        self.assertEqual(self._get(self.unwilling).excluded_reason, 'opt_out')

    def test_a_filter_narrows_the_contact_targets(self):
        self.mailing.partner_domain = "[('recruitment_channel', '=', 'mail')]"
        self.mailing.action_prepare()
        self.assertEqual(self.mailing.recipient_ids.partner_id, self.by_mail)

    def test_opening_freezes_versions_and_sends_them(self):
        self._open()
        self.assertEqual(self.mailing.handout_ids, self.paper)
        mail = self.env['mail.mail'].search([
            ('model', '=', 'cfia.recruitment.mailing.recipient'), ('res_id', '=', self._get(self.by_mail).id)])
        self.assertEqual(mail.email_to, 'mail@target.example')
        self.assertEqual(mail.attachment_ids, self.paper.attachment_id)
        with self.assertRaises(UserError):
            self.mailing.handout_ids = False
        self.assertEqual(self.mailing.letter_due_count, 1)
        self.mailing.action_mark_posted()
        self.mailing.action_close()
        self.assertRecordValues(self.mailing, [{
            'state': 'closed', 'sent_count': 2, 'mail_count': 1, 'letter_count': 1, 'excluded_count': 2}])
        self.assertTrue(self.mailing.date_opened)

    def test_drafts_of_papers_are_not_enclosed(self):
        draft = self.env['cfia.handout'].create({'kind': 'recruitment', 'version': '8'})
        mailing = self.make_mailing(handout_ids=draft.ids)
        with self.assertRaisesRegex(UserError, draft.display_name):
            mailing.action_open()

    def test_letters_labels_and_courier_list(self):
        self._open()
        action = self.mailing.action_print_courier_list()
        content = self.env.ref('cfia_membership.action_report_recruitment_mailing_xlsx').with_user(
            self.user_organisation)._render_xlsx(
                action['report_name'], action['context']['active_ids'], {})[0]
        rows = list(load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True))
        self.assertEqual([row[0] for row in rows[1:]], [self.by_post.name])
        self.assertEqual(
            self.env['cfia.disclosure'].search([], limit=1, order='id desc').res_model,
            'cfia.recruitment.mailing.recipient')
        html = self.env['ir.actions.report']._render_qweb_html(
            'cfia_membership.action_report_recruitment_mailing_letter', self._get(self.by_post).ids)[0].decode()
        self.assertIn(self.by_post.name, html)
        self.assertIn(self.paper.display_name, html)

    def test_answers(self):
        self._open()
        recipient = self._get(self.by_mail)
        recipient.action_enter_interested()
        enquiry = recipient.enquiry_id
        self.assertRecordValues(enquiry, [{
            'partner_id': self.by_mail.id, 'intention': 'interested', 'source': 'visitor',
            'user_id': self.user_organisation.id, 'handout_ids': self.paper.ids}])
        self.assertTrue(enquiry.date_handed_over)
        self.assertTrue(enquiry.activity_ids, "interest is followed up")
        self.assertEqual(self.by_mail.prospect_intention, 'interested')
        recipient.action_enter_opt_out()
        self.assertRecordValues(self.by_mail, [{
            'is_recruitment_opt_out': True, 'prospect_intention': 'none', 'member_state': 'prospect'}])
        self.assertEqual(recipient.enquiry_id, enquiry, "one enquiry of one unit")
        self.assertEqual(self.mailing.opt_out_count, 1)

    def test_who_applies_or_opts_out_in_between_gets_nothing(self):
        self.mailing.action_open()
        self.by_mail.is_recruitment_opt_out = True
        self._run_cron()
        self.assertRecordValues(self._get(self.by_mail), [{'state': 'excluded', 'excluded_reason': 'settled'}])

    # === SCHEDULE === #

    def test_four_mailings_a_year_by_schedule(self):
        self.env.company.write({'cfia_mailings_per_year': 4, 'cfia_mailing_is_automatic': True})
        Mailing = self.env['cfia.recruitment.mailing']
        for day in ('2061-01-02', '2061-01-10', '2061-01-11', '2061-06-15', '2061-06-23', '2061-08-02', '2061-08-10',
                    '2061-12-01', '2061-12-09', '2061-12-30'):
            with freeze_time(f'{day} 04:00:00'):
                self._run_cron()
                self._run_cron()
        sent = Mailing.search([('period_key', 'like', '2061-')], order='id')
        self.assertEqual(sent.mapped('period_key'), ['2061-1/4', '2061-2/4', '2061-3/4', '2061-4/4'])
        self.assertNotIn('draft', sent.mapped('state'))
        self.assertEqual(sent[1].date_opened.date(), date(2061, 6, 23), "what was missed is made good")

    def test_a_mailing_by_hand_counts_for_its_part_of_the_year(self):
        self.env.company.cfia_mailings_per_year = 4
        with freeze_time('2062-02-01 04:00:00'):
            self.mailing.action_open()
            self._run_cron()
            self.assertFalse(self.env['cfia.recruitment.mailing'].search([('period_key', 'like', '2062-')]))
        with freeze_time('2062-04-01 04:00:00'):
            self._run_cron()
        drafted = self.env['cfia.recruitment.mailing'].search([('period_key', 'like', '2062-')])
        self.assertRecordValues(drafted, [{'period_key': '2062-2/4', 'state': 'draft', 'date_planned': False}])
        self.assertTrue(drafted.activity_ids)
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            unlocked(drafted.copy()).period_key = '2062-2/4'
            self.env.flush_all()

    # === SCALE AND RIGHTS === #

    def test_recipients_at_constant_queries(self):
        counts = []
        for size in (5, 45):
            for index in range(size):
                self.make_prospect(f"演示征集批量{size}-{index}有限公司", email=f'{size}.{index}@target.example')
            mailing = self.make_mailing()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            mailing._prepare_recipients()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 2)

    def test_staff_of_other_departments_send_nothing(self):
        for user in (self.user_staff, self.user_editorial):
            with self.assertRaises(AccessError):
                self.mailing.with_user(user).read(['name'])
        with self.assertRaises(AccessError):
            self.mailing.with_user(self.user_auditor).action_open()


@tagged('post_install', '-at_install')
class TestRecruitmentMailingPage(RecruitmentMailingCommon, HttpCase):

    def setUp(self):
        super().setUp()
        LINK_RATE.clear()

    def _post(self, link, **values):
        page = self.url_open(link)
        self.assertEqual(page.status_code, 200)
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        return self.url_open(link, data={'csrf_token': token, **values})

    def test_the_unit_answers_on_its_page(self):
        self.mailing.action_open()
        recipient = self._get(self.by_mail)
        link = recipient._make_link()
        page = self._post(link, answer='interested', responder='')
        self.assertIn('alert-danger', page.text)
        page = self._post(link, answer='nonsense', responder='演示人')
        self.assertIn('alert-danger', page.text)
        page = self._post(link, answer='interested', responder='演示人', phone='025-0000 0009', question='会费多少？')
        self.assertIn('data-result="thanks"', page.text)
        self.env.invalidate_all()
        self.assertRecordValues(recipient.enquiry_id, [{
            'contact_name': '演示人', 'phone': '025-0000 0009', 'question': '会费多少？', 'channel': 'website',
            'date': association_today()}])
        self._post(f'{link}?again=1', answer='opt_out')
        self.env.invalidate_all()
        self.assertTrue(self.by_mail.is_recruitment_opt_out)
