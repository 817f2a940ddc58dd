import threading
from contextlib import closing
from datetime import date, datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError, UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, HttpCase, get_db_name, tagged, users
from odoo.tools import hash_sign, mute_logger

from odoo.addons.cfia_membership.controllers.round import LINK_RATE
from odoo.addons.cfia_membership.models.cfia_round_mixin import CfiaRoundMixin
from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tests.test_upload import make_pdf
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.rate_limit import RateLimit

RECIPIENT_LOGGER = 'odoo.addons.cfia_membership.models.cfia_round_recipient_mixin'
ROUND_LOGGER = 'odoo.addons.cfia_membership.models.cfia_round_mixin'


class DataSurveyCommon(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        # members of demo data or of other cases stay out of these surveys
        cls.env.cr.execute(
            "UPDATE res_partner SET member_state = NULL WHERE member_state = 'member' AND id != %s",
            [cls.unit_member.id])
        cls.env.invalidate_all()
        cls.env.company.write({'cfia_survey_month': 0, 'cfia_survey_full_month': 0})
        cls.env['cfia.data.survey'].search([]).filtered(lambda survey: survey.state == 'draft').unlink()
        cls.unit_letter = cls.make_member("演示测试无邮箱有限公司", contact_email=False)
        cls.unit_nowhere = cls.make_member("演示测试无地址有限公司", contact_email=False)
        unlocked(cls.unit_nowhere.child_ids + cls.unit_nowhere).write({'street': False})
        cls.cron = cls.env.ref('cfia_membership.ir_cron_cfia_round')
        cls.survey = cls.make_survey()

    @classmethod
    def make_survey(cls, **vals):
        return cls.env['cfia.data.survey'].with_user(cls.user_organisation).create({
            'kind': 'basic', 'year': 2031, **vals})

    def _run_cron(self):
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()

    def _get(self, unit, survey=None):
        return (survey or self.survey).recipient_ids.filtered(lambda recipient: recipient.partner_id == unit)

    def _mails(self, recipients):
        return self.env['mail.mail'].search([
            ('model', '=', recipients._name), ('res_id', 'in', recipients.ids)])

    def _open(self):
        self.survey.action_open()
        self._run_cron()


@tagged('post_install', '-at_install')
class TestDataSurvey(DataSurveyCommon):

    # === RECIPIENTS === #

    def test_preview_says_who_how_and_why_not(self):
        self.survey.action_prepare()
        self.assertEqual(
            self.survey.recipient_ids.partner_id, self.unit_member + self.unit_letter + self.unit_nowhere)
        self.assertRecordValues(self._get(self.unit_member), [{
            'channel': 'mail', 'state': 'waiting', 'email': 'contact@member.example', 'addressee': "演示联系人"}])
        self.assertRecordValues(self._get(self.unit_letter), [{'channel': 'letter', 'state': 'waiting'}])
        self.assertIn("演示路1号", self._get(self.unit_letter).address)
        self.assertRecordValues(self._get(self.unit_nowhere), [{
            'state': 'excluded', 'excluded_reason': 'no_address'}])
        self.assertFalse(self._mails(self.survey.recipient_ids))
        self.assertEqual(
            (self.survey.recipient_count, self.survey.excluded_count, self.survey.letter_count), (2, 1, 1))

    def test_preview_again_keeps_what_was_chosen_by_hand(self):
        self.survey.action_prepare()
        self._get(self.unit_member).action_exclude()
        self._get(self.unit_nowhere).address = "演示路9号"
        self._get(self.unit_nowhere).channel = 'letter'
        self._get(self.unit_nowhere).action_include()
        self.unit_letter._leave('withdrawn')
        self.survey.action_prepare()
        self.assertEqual(self.survey.recipient_ids.partner_id, self.unit_member + self.unit_nowhere)
        self.assertEqual(self._get(self.unit_member).excluded_reason, 'manual')
        self.assertEqual(self._get(self.unit_nowhere).state, 'waiting')

    def test_include_needs_an_address(self):
        self.survey.action_prepare()
        with self.assertRaisesRegex(UserError, self.unit_nowhere.name):
            self._get(self.unit_nowhere).action_include()

    def test_way_by_post_and_by_mail_alone(self):
        self.survey.channel_rule = 'letter'
        self.survey.action_prepare()
        self.assertEqual(self._get(self.unit_member).channel, 'letter')
        self.survey.channel_rule = 'mail'
        self.survey.action_prepare()
        self.assertEqual(self._get(self.unit_letter).excluded_reason, 'no_email')

    def test_opt_out_is_respected_where_the_round_says_so(self):
        self.env['mail.blacklist'].sudo()._add('contact@member.example')
        unlocked(self.unit_member).email = 'contact@member.example'
        self.survey.action_prepare()
        self.assertEqual(self._get(self.unit_member).state, 'waiting', "a survey goes to all members")
        self.survey.is_opt_out_respected = True
        self.survey.action_prepare()
        self.assertEqual(self._get(self.unit_member).excluded_reason, 'opt_out')

    def test_filter_that_cannot_be_read(self):
        for domain in ("[('nonsense', '=', 1)]", "[(", "__import__('os')"):
            self.survey.partner_domain = domain
            with self.subTest(domain=domain), self.assertRaisesRegex(UserError, self.survey.name):
                CfiaRoundMixin._get_recipient_domain(self.survey)

    def test_recipients_at_constant_queries(self):
        counts = []
        for size in (5, 45):
            self.make_applications([f"演示批量{size}-{i}有限公司" for i in range(size)], state='approved')
            survey = self.make_survey(year=2040 + size)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            survey._prepare_recipients()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 2)

    # === OPENING AND SENDING === #

    def test_open_sends_each_mail_once(self):
        self._open()
        self.assertEqual(self.survey.state, 'open')
        recipient = self._get(self.unit_member)
        self.assertRecordValues(recipient, [{
            'state': 'sent', 'is_due': False, 'dispatch_count': 1, 'delivery_state': 'outgoing'}])
        mail = self._mails(recipient)
        self.assertEqual(mail.email_to, 'contact@member.example')
        self.assertIn('/cfia/r/', mail.body_html)
        self._run_cron()
        self.assertEqual(len(self._mails(self.survey.recipient_ids)), 1)
        # the letter waits for staff
        self.assertRecordValues(self._get(self.unit_letter), [{'state': 'waiting', 'is_due': True}])
        self.assertEqual(self.survey.letter_due_count, 1)

    def test_mail_speaks_the_language_of_the_addressee(self):
        unlocked(self._contact()).lang = 'zh_CN'
        self._open()
        self.assertIn("核对", self._mails(self._get(self.unit_member)).subject)

    def _contact(self):
        return self.unit_member.child_ids.filtered(lambda contact: contact.email == 'contact@member.example')[:1]

    def test_open_twice_and_open_to_nobody(self):
        self._open()
        with self.assertRaisesRegex(UserError, self.survey.name):
            self.survey.action_open()
        (self.unit_member + self.unit_letter + self.unit_nowhere)._leave('withdrawn')
        with self.assertRaisesRegex(UserError, "reaches nobody"):
            self.make_survey(year=2033).action_open()

    def test_one_survey_of_a_kind_and_year_and_one_line_for_a_unit(self):
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            self.make_survey()
            self.env.flush_all()
        self.survey.action_prepare()
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            unlocked(self.env['cfia.data.survey.recipient']).create({
                'round_id': self.survey.id, 'partner_id': self.unit_member.id})
            self.env.flush_all()

    def test_one_broken_mail_stops_no_other(self):
        other = self.make_member("演示测试另一会员有限公司")
        self.survey.action_open()
        broken = self._get(self.unit_member)
        template_class = type(self.env['mail.template'])
        send_mail_batch = template_class.send_mail_batch

        def send_or_fail(template, res_ids, *args, **kwargs):
            if broken.id in res_ids:
                raise ValueError("演示故障")
            return send_mail_batch(template, res_ids, *args, **kwargs)

        with patch.object(template_class, 'send_mail_batch', send_or_fail), self.assertLogs(RECIPIENT_LOGGER, 'WARNING'):
            self._run_cron()
        self.assertRecordValues(broken, [{'delivery_state': 'failed', 'delivery_error': "演示故障", 'is_due': False}])
        self.assertEqual(self._get(other).state, 'sent')
        self.assertEqual(self.survey.problem_count, 1)
        broken.with_user(self.user_organisation).action_resend()
        self._run_cron()
        self.assertEqual(broken.state, 'sent')
        self.assertEqual(len(self._mails(broken)), 1)

    def test_who_left_in_between_gets_nothing(self):
        self.survey.action_open()
        self.unit_member._leave('withdrawn')
        self._run_cron()
        self.assertRecordValues(self._get(self.unit_member), [{'state': 'excluded', 'excluded_reason': 'settled'}])
        self.assertFalse(self._mails(self.survey.recipient_ids))

    def test_mails_at_constant_queries_per_batch(self):
        self.make_applications([f"演示批量{i}有限公司" for i in range(40)], state='approved')
        self.survey.action_open()
        mails = self.survey.recipient_ids.filtered(lambda recipient: recipient.channel == 'mail')
        counts = []
        for batch in (mails[:5], mails[5:40]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            batch._send_mails()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 10)

    # === SCHEDULE === #

    def test_planned_round_opens_by_itself_even_late(self):
        survey = self.make_survey(year=2032, date_planned=date(2026, 1, 10), date_deadline=date(2099, 1, 1))
        with freeze_time('2026-01-09 08:00:00'):
            self._run_cron()
        self.assertEqual(survey.state, 'draft')
        with freeze_time('2026-03-15 08:00:00'):
            self._run_cron()
            self._run_cron()
        self.assertEqual(survey.state, 'open')
        self.assertEqual(len(self._mails(survey.recipient_ids)), 1)

    def test_planned_round_that_was_missed_leaves_time_to_answer(self):
        survey = self.make_survey(year=2032, date_planned=date(2041, 1, 17), date_deadline=date(2041, 2, 7))
        with freeze_time('2041-04-20 02:00:00'):
            self._run_cron()
            self.assertRecordValues(survey, [{'state': 'open', 'date_deadline': date(2041, 5, 11)}])
        with freeze_time('2041-05-26 02:00:00'):
            self._run_cron()
            self.assertEqual(survey.state, 'open', "the links work for their grace")

    def test_planned_round_that_cannot_open_is_work(self):
        (self.unit_member + self.unit_letter + self.unit_nowhere)._leave('withdrawn')
        survey = self.make_survey(year=2032, date_planned=date(2026, 1, 10))
        with mute_logger(ROUND_LOGGER):
            self._run_cron()
            self._run_cron()
        self.assertEqual(survey.state, 'draft')
        self.assertEqual(len(survey.activity_ids), 1)

    def test_surveys_are_drafted_once_and_late_ones_too(self):
        self.env.company.write({'cfia_survey_month': 3, 'cfia_survey_full_month': 9})
        Survey = self.env['cfia.data.survey']
        drafted = []
        for moment in ('2051-02-28', '2051-07-01', '2051-07-02', '2051-10-01', '2052-04-01', '2052-12-01', '2053-12-01'):
            with freeze_time(f'{moment} 06:00:00'):
                Survey._cron_plan()
                Survey._cron_plan()
            drafted.append(sorted(Survey.search([('year', '>', 2050)]).mapped(lambda survey: (survey.year, survey.kind))))
        self.assertEqual(drafted[0], [])
        self.assertEqual(drafted[1], [(2051, 'basic')])
        self.assertEqual(drafted[2], drafted[1])
        self.assertEqual(drafted[3], [(2051, 'basic'), (2051, 'full')])
        self.assertEqual(drafted[5], [*drafted[3], (2052, 'basic')])
        self.assertEqual(drafted[6], [*drafted[5], (2053, 'basic'), (2053, 'full')])
        self.assertTrue(all(survey.activity_ids for survey in Survey.search([('year', '>', 2050)])))
        self.assertFalse(Survey.search([('year', '>', 2050)]).filtered('date_planned'))

    def test_surveys_that_open_by_themselves(self):
        self.env.company.write({'cfia_survey_month': 3, 'cfia_survey_is_automatic': True})
        with freeze_time('2051-03-02 06:00:00'):
            self._run_cron()
        survey = self.env['cfia.data.survey'].search([('year', '=', 2051)])
        self.assertEqual((survey.state, survey.date_planned), ('draft', date(2051, 3, 9)))
        self.assertTrue(survey.activity_ids)
        with freeze_time('2051-03-09 06:00:00'):
            self._run_cron()
        self.assertEqual(survey.state, 'open')
        self.assertNotIn(
            self.env.ref('cfia_membership.mail_act_round_problem'), survey.activity_ids.activity_type_id)

    def test_the_silent_are_reminded_and_nobody_twice(self):
        self.survey.write({'reminder_interval': 10, 'reminder_max': 2, 'date_deadline': date(2026, 3, 31)})
        with freeze_time('2026-02-01 02:00:00'):
            self._open()
        recipient = self._get(self.unit_member)
        for moment, mails in (
            ('2026-02-10 02:00:00', 1),
            ('2026-02-11 02:00:00', 2),
            ('2026-02-11 09:00:00', 2),
            ('2026-03-20 02:00:00', 3),  # the schedule did not run for a month: one reminder, not three
            ('2026-03-20 09:00:00', 3),
            ('2026-03-31 02:00:00', 3),
        ):
            with freeze_time(moment), self.subTest(moment=moment):
                self._run_cron()
                self.assertEqual(len(self._mails(recipient)), mails)
        self.assertEqual(recipient.reminder_count, 2)
        self.assertIn("提醒", self._mails(recipient).sorted('id')[-1:].subject)

    def test_who_answered_is_not_reminded(self):
        self._open()
        recipient = self._get(self.unit_member)
        recipient.with_user(self.user_organisation).action_enter_no_change()
        with self.assertRaisesRegex(UserError, "Nobody is silent"):
            self.survey.action_remind()
        with freeze_time(datetime.now() + timedelta(days=12)):
            self._run_cron()
        self.assertEqual(len(self._mails(recipient)), 1)

    def test_answer_before_sending_drops_the_reminder(self):
        self._open()
        recipient = self._get(self.unit_member)
        self.survey.action_remind()
        self.assertTrue(recipient.is_due)
        recipient._respond('staff', answer='no_change')
        self._run_cron()
        self.assertEqual(len(self._mails(recipient)), 1)

    # === DELIVERY === #

    def test_delivery_follows_the_mail(self):
        self._open()
        recipient = self._get(self.unit_member)
        mail = self._mails(recipient)
        mail._postprocess_sent_message([], [], failure_reason="演示", failure_type='mail_email_invalid')
        self.assertRecordValues(recipient, [{'delivery_state': 'failed', 'delivery_error': "演示"}])
        mail._postprocess_sent_message([], [])
        self.assertEqual(recipient.delivery_state, 'sent')

    def test_bounce_is_work_until_sent_to_another_address(self):
        self._open()
        recipient = self._get(self.unit_member)
        message = self._mails(recipient).mail_message_id
        self.env['mail.thread']._routing_handle_bounce(None, {
            'email_from': 'mailer-daemon@member.example', 'message_id': '<bounce@member.example>', 'subject': "Bounce",
            'to': 'bounce@association.example',
            'bounced_email': 'contact@member.example', 'bounced_partner': self.env['res.partner'],
            'bounced_msg_ids': [message.message_id], 'bounced_message': message,
        })
        self.assertEqual(recipient.delivery_state, 'bounced')
        self.assertEqual(self.survey.problem_count, 1)
        self.assertEqual(self.survey.activity_ids.user_id, self.user_organisation)
        recipient = recipient.with_user(self.user_organisation)
        recipient.email = 'new@member.example'
        recipient.action_resend()
        self.assertFalse(self.survey.problem_count)
        self._run_cron()
        self.assertEqual(self._mails(recipient.sudo()).sorted('id')[-1:].email_to, 'new@member.example')

    def test_mail_that_bounced_goes_by_letter(self):
        self._open()
        recipient = self._get(self.unit_member).with_user(self.user_organisation)
        recipient._set_delivery('bounced')
        recipient.action_by_letter()
        self.assertRecordValues(recipient, [{'channel': 'letter', 'is_due': True, 'delivery_state': False}])

    def test_letters_posted_and_returned(self):
        self._open()
        recipient = self._get(self.unit_letter).with_user(self.user_organisation)
        with self.assertRaises(UserError):
            recipient.action_returned()
        self.survey.action_mark_posted()
        self.assertRecordValues(recipient, [{'state': 'sent', 'is_due': False, 'delivery_state': 'sent'}])
        with self.assertRaisesRegex(UserError, "no letter to post"):
            self.survey.action_mark_posted()
        recipient.action_returned()
        self.assertEqual(self.survey.problem_count, 1)
        unlocked(self.unit_letter.child_ids).write({'street': "演示新路8号"})
        recipient.action_refresh_address()
        self.assertIn("演示新路8号", recipient.address)
        recipient.action_resend()
        self.assertEqual(self.survey.letter_due_count, 1)

    def test_letter_and_label(self):
        self._open()
        recipient = self._get(self.unit_letter)
        action = self.survey.action_print_letters()
        self.assertEqual(action['report_name'], 'cfia_membership.report_data_survey_letter')
        Report = self.env['ir.actions.report']
        html = Report._render_qweb_html('cfia_membership.action_report_data_survey_letter', recipient.ids)[0].decode()
        self.assertIn(self.unit_letter.name, html)
        self.assertIn("演示路1号", html)
        self.assertNotIn(self.unit_member.name, html)
        self.survey.action_print_labels()
        html = Report._render_qweb_html('cfia_membership.action_report_data_survey_label', recipient.ids)[0].decode()
        for text in ("210000", "演示路1号", self.unit_letter.name):
            self.assertIn(text, html)

    def test_letters_at_constant_queries(self):
        self.make_applications([f"演示批量{i}有限公司" for i in range(24)], state='approved', contact_email=False)
        self.survey._prepare_recipients()
        letters = self.survey.recipient_ids.filtered(lambda recipient: recipient.channel == 'letter')
        counts = []
        for batch in (letters[:4], letters[4:24]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env['ir.actions.report']._render_qweb_html('cfia_membership.action_report_data_survey_letter', batch.ids)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 3)

    def test_labels_are_noted_as_disclosure(self):
        self._open()
        before = self.env['cfia.disclosure'].search([])
        self.env['ir.actions.report'].with_user(self.user_organisation)._render_qweb_html(
            'cfia_membership.action_report_data_survey_label', self.survey.recipient_ids.ids)
        self.assertRecordValues(self.env['cfia.disclosure'].search([]) - before, [{
            'kind': 'label', 'user_id': self.user_organisation.id, 'row_count': 3, 'reason': self.survey.name}])

    def test_change_entered_by_staff_is_the_answer(self):
        self._open()
        recipient = self._get(self.unit_letter).with_user(self.user_organisation)
        action = recipient.action_enter_change()
        report = self.env['cfia.change.report'].with_user(self.user_organisation).with_context(
            **action['context']).create({'street': "演示新路8号"})
        report.action_file()
        self.assertRecordValues(recipient, [{'state': 'responded', 'answer': 'change', 'response_via': 'staff'}])
        self.assertEqual(recipient.change_request_id.partner_id, self.unit_letter)

    # === CLOSING === #

    def test_closing_freezes_figures_and_recipients(self):
        self._open()
        self._get(self.unit_member)._respond('staff', answer='no_change')
        self.survey.action_close()
        self.assertEqual(
            (self.survey.recipient_count, self.survey.responded_count, self.survey.no_change_count, self.survey.response_rate),
            (2, 1, 1, 0.5))
        recipient = self._get(self.unit_letter).with_user(self.user_organisation)
        with self.assertRaises(UserError):
            recipient.email = 'late@member.example'
        with self.assertRaises(UserError):
            recipient.action_enter_no_change()
        with self.assertRaises(UserError):
            self.survey.name = "演示"
        with self.assertRaises(UserError):
            self.survey.unlink()
        recipient._set_delivery('bounced')
        self.assertFalse(recipient.delivery_state)

    def test_expired_round_closes_by_itself_unless_something_is_open(self):
        self.survey.write({'date_deadline': date(2026, 3, 31), 'link_days': 15})
        with freeze_time('2026-03-01 02:00:00'):
            self._open()
            self.survey.action_mark_posted()
        with freeze_time('2026-04-15 02:00:00'):
            self._run_cron()
            self.assertEqual(self.survey.state, 'open')
        with freeze_time('2026-04-16 02:00:00'):
            with patch.object(type(self.survey), '_get_close_refusal', lambda record: "演示待办"):
                self._run_cron()
            self.assertEqual(self.survey.state, 'open')
            self.assertEqual(len(self.survey.activity_ids), 1)
            self._run_cron()
            self.assertEqual(self.survey.state, 'closed')

    def test_letters_to_post_are_asked_for_once_and_keep_the_round_open(self):
        posting = self.env.ref('cfia_membership.mail_act_round_post')
        self.survey.write({'date_deadline': date(2026, 3, 31), 'link_days': 15, 'reminder_max': 0})
        with freeze_time('2026-03-01 02:00:00'):
            self._open()
            self._run_cron()
        self.assertRecordValues(self.survey.activity_ids, [{
            'activity_type_id': posting.id, 'user_id': self.user_organisation.id}])
        with freeze_time('2026-04-16 02:00:00'):
            self._run_cron()
            self.assertEqual(self.survey.state, 'open', "nobody got it")
            self.assertEqual(len(self.survey.activity_ids), 2)
            self.survey.action_mark_posted()
            self.assertNotIn(posting, self.survey.activity_ids.activity_type_id)
            self._run_cron()
        self.assertEqual(self.survey.state, 'closed')
        self.assertFalse(self.survey.activity_ids)
        self.assertEqual(self.survey.sent_count, 2)

    def test_reminders_by_post_are_letters_to_post_too(self):
        self.survey.write({'date_deadline': date(2026, 3, 31), 'reminder_interval': 10})
        with freeze_time('2026-02-01 02:00:00'):
            self._open()
            self.survey.action_mark_posted()
        self.assertFalse(self.survey.activity_ids)
        with freeze_time('2026-02-12 02:00:00'):
            self._run_cron()
            self.assertEqual(self.survey.letter_due_count, 1)
            self.assertTrue(self.survey.activity_ids)
            self.survey.action_mark_posted()
        self.assertFalse(self.survey.letter_due_count)
        self.assertFalse(self.survey.activity_ids)

    def test_letters_posted_one_by_one_end_the_request(self):
        self._open()
        self._get(self.unit_letter).with_user(self.user_organisation).action_mark_posted()
        self.assertFalse(self.survey.activity_ids)

    def test_a_round_closed_by_hand_asks_for_no_letters(self):
        self._open()
        self.survey.action_close()
        self.assertFalse(self.survey.activity_ids)
        self.assertEqual(self.survey.sent_count, 1)

    def test_refusal_to_close_is_told(self):
        self._open()
        with patch.object(type(self.survey), '_get_close_refusal', lambda record: "演示待办"), \
                self.assertRaisesRegex(UserError, "演示待办"):
            self.survey.action_close()

    # === GUARDS === #

    @users('cfia_test_organisation')
    def test_the_workflow_alone_writes_the_workflow(self):
        survey = self.survey.with_user(self.env.user)
        survey.action_prepare()
        recipient = survey.recipient_ids[:1]
        with self.assertRaises(UserError):
            survey.state = 'closed'
        for vals in ({'state': 'responded'}, {'is_due': True}, {'partner_id': self.unit_letter.id}, {'date_sent': '2026-01-01'}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                recipient.with_context(cfia_guard=True).write(vals)
        with self.assertRaises(UserError):
            recipient.unlink()
        with self.assertRaises(UserError):
            self.env['cfia.data.survey.recipient'].create({
                'round_id': survey.id, 'partner_id': self.unit_member.id})
        Survey = self.env['cfia.data.survey'].with_context(default_state='closed')
        with self.assertRaises(UserError):
            Survey.create({'year': 2034, 'state': 'closed'})
        self.assertEqual(Survey.create({'year': 2035}).state, 'draft')
        survey.action_open()
        with self.assertRaises(UserError):
            survey.channel_rule = 'letter'
        survey.date_deadline = date(2099, 1, 1)

    def test_draft_may_be_deleted(self):
        self.survey.action_prepare()
        self.survey.unlink()
        self.assertFalse(self.survey.exists())

    def test_other_roles_act_on_nothing(self):
        self.survey.action_prepare()
        for user in (self.user_auditor, self.user_secretary):
            with self.subTest(user=user.login):
                self.assertTrue(self.survey.with_user(user).read(['name']))
                with self.assertRaises(AccessError):
                    self.survey.with_user(user).action_open()
                with self.assertRaises(AccessError):
                    self.survey.recipient_ids.with_user(user).action_exclude()
        for user in (self.user_staff, self.user_portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.survey.with_user(user).read(['name'])


@tagged('post_install', '-at_install')
class TestDataSurveyLink(DataSurveyCommon, HttpCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.survey.action_open()
        cls.recipient = cls.survey.recipient_ids.filtered(
            lambda recipient: recipient.partner_id == cls.unit_member)
        unlocked(cls.recipient).write({'state': 'sent', 'is_due': False, 'lang': 'zh_CN'})
        cls.user_portal.password = 'cfia_test_portal'
        cls.contact = cls.unit_member.child_ids.filtered(
            lambda contact: contact.email == 'contact@member.example')[:1]

    def setUp(self):
        super().setUp()
        LINK_RATE.clear()

    def _path(self, via=None):
        return self.recipient._make_link(via).split('/cfia/r/')[1]

    def _get_page(self, token=None, path=''):
        return self.url_open(f'/cfia/r/{token or self._path()}{path}')

    def _post(self, answer, token=None, **values):
        token = token or self._path()
        page = self.url_open(f'/cfia/r/{token}?again=1').text
        csrf = page.split('name="csrf_token" value="')[1].split('"')[0]
        return self.url_open(f'/cfia/r/{token}', data={
            'csrf_token': csrf, 'answer': answer, 'responder': "演示填表人", **values}, allow_redirects=True)

    def test_page_shows_own_data_in_chinese(self):
        response = self._get_page()
        self.assertEqual(response.status_code, 200)
        for text in (self.unit_member.name, self.unit_member.member_number, "演示路1号", "演示联系人", "无变更"):
            self.assertIn(text, response.text)
        self.assertNotIn(self.unit_letter.name, response.text)
        self.assertEqual(response.headers['Cache-Control'], 'no-store')
        self.assertEqual(response.headers['Referrer-Policy'], 'no-referrer')

    def test_no_change(self):
        response = self._post('no_change')
        self.assertIn('data-result="thanks"', response.text)
        self.assertRecordValues(self.recipient, [{
            'state': 'responded', 'answer': 'no_change', 'response_via': 'mail', 'responder': "演示填表人"}])
        self.assertEqual(self.survey.response_rate, 0.5)

    def test_changes_become_a_request_and_nothing_else(self):
        self._post('change', **{
            'unit.name': self.unit_member.name,
            'unit.street': "演示新路8号",
            f'contact.{self.contact.id}.mobile': '13900000000',
            'new.0.name': "演示新人", 'new.0.mobile': '13900000001',
            'new.0.role': str(self.env.ref('cfia_membership.cfia_contact_role_finance').id),
        })
        request = self.recipient.change_request_id
        self.assertEqual(self.recipient.answer, 'change')
        self.assertEqual(request.partner_id, self.unit_member)
        self.assertEqual(self.unit_member.street, "演示路1号", "组织部 verifies first")
        self.assertEqual(self.survey.change_count, 1)

    def test_nothing_differs(self):
        response = self._post('change', **{'unit.street': "演示路1号"})
        self.assertIn('alert-danger', response.text)
        self.assertEqual(self.recipient.state, 'sent')

    def test_bad_input_is_told_and_kept(self):
        for key, value in (
            ('unit.state_id', '999999'), ('unit.name', ''), (f'contact.{self.contact.id}.name', ' '),
            ('new.0.mobile', '13900000001'), ('responder', ''),
        ):
            with self.subTest(key=key):
                response = self._post('change', **{'unit.city': "演示市", key: value})
                self.assertIn('alert-danger', response.text)
                self.assertIn("演示市", response.text)
                self.assertEqual(self.recipient.state, 'sent')

    def test_person_of_another_unit_is_out_of_reach(self):
        other = self.unit_letter.child_ids[:1]
        self._post('change', **{'unit.street': "演示新路8号", f'contact.{other.id}.name': "演示冒名"})
        self.assertNotEqual(other.name, "演示冒名")
        self.assertNotIn("演示冒名", str(self.recipient.change_request_id.line_ids.mapped('new_value')))

    def test_evidence(self):
        token = self._path()
        page = self.url_open(f'/cfia/r/{token}').text
        csrf = page.split('name="csrf_token" value="')[1].split('"')[0]
        data = {'csrf_token': csrf, 'answer': 'change', 'responder': "演示", 'unit.street': "演示新路8号"}
        response = self.url_open(f'/cfia/r/{token}', data=data, files={'evidence': ('a.html', b'<script>', 'application/pdf')})
        self.assertIn('alert-danger', response.text)
        response = self.url_open(f'/cfia/r/{token}', data=data, files={'evidence': ('a.pdf', make_pdf(), 'application/pdf')})
        self.assertIn('data-result="thanks"', response.text)
        self.assertEqual(self.recipient.change_request_id.sudo().attachment_ids.mapped('name'), ['a.pdf'])

    def test_forged_expired_and_closed_links(self):
        token = self._path()
        flipped = token[:-2] + ('A' if token[-2] != 'A' else 'B') + token[-1]
        for wrong in (flipped, 'x', 'é', token[:40]):
            with self.subTest(token=wrong):
                response = self._get_page(wrong)
                self.assertEqual(response.status_code, 404)
                self.assertNotIn(self.unit_member.name, response.text)
        with freeze_time(self.survey.date_expiry + timedelta(days=2)):
            self.assertEqual(self.env['cfia.round.recipient.mixin']._from_token(token), (None, None))
        self.assertTrue(self.env['cfia.round.recipient.mixin']._from_token(token)[0])
        self.survey.action_close()
        self.assertEqual(self._get_page(token).status_code, 404)

    def test_link_names_rounds_alone(self):
        Mixin = self.env['cfia.round.recipient.mixin']
        for model in ('res.partner', 'cfia.round.recipient.mixin', 'nonsense'):
            token = hash_sign(self.env, 'cfia-round', [model, self.unit_member.id, 'mail'])
            self.assertEqual(Mixin._from_token(token), (None, None))
        token = hash_sign(self.env, 'other-scope', [self.recipient._name, self.recipient.id, 'mail'])
        self.assertEqual(Mixin._from_token(token), (None, None))

    def test_get_changes_nothing(self):
        self._get_page(path='?answer=no_change&responder=x')
        self.assertEqual(self.recipient.state, 'sent')

    def test_post_needs_its_own_page(self):
        with mute_logger('odoo.http'):
            response = self.url_open(f'/cfia/r/{self._path()}', data={'answer': 'no_change', 'responder': 'x'})
        self.assertEqual(response.status_code, 400)

    def test_rate(self):
        token = self._path()
        with patch.object(LINK_RATE, 'times', 2):
            self.assertEqual([self._get_page(token).status_code for _i in range(3)], [200, 200, 429])
        limit = RateLimit('test', 1, 60)
        self.assertEqual([limit.hit('a'), limit.hit('a'), limit.hit('b')], [True, False, True])

    def test_too_many_answers(self):
        unlocked(self.recipient).response_count = self.recipient._max_responses
        self.assertIn('alert-danger', self._post('no_change').text)

    def test_portal(self):
        self.authenticate('cfia_test_portal', 'cfia_test_portal')
        page = self.url_open('/my/membership').text
        token = page.split('/cfia/r/')[1].split('"')[0]
        recipient, via = self.env['cfia.round.recipient.mixin']._from_token(token)
        self.assertEqual((recipient, via), (self.recipient, 'portal'))
        self._post('no_change', token=token)
        self.assertEqual(self.recipient.response_via, 'portal')

    def test_portal_of_another_unit(self):
        self.user_portal.partner_id.parent_id = self.make_member("演示测试另一会员有限公司")
        self.authenticate('cfia_test_portal', 'cfia_test_portal')
        self.assertNotIn('/cfia/r/', self.url_open('/my/membership').text)


@tagged('post_install', '-at_install')
class TestRoundConcurrency(BaseCase):
    """Two real sessions send the same round at the same instant."""

    MARK = "演示并发调查"
    COUNT = 40

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.addCleanup(self._clean)
        with closing(self.registry.cursor()) as cr:
            env = api.Environment(cr, SUPERUSER_ID, {'tracking_disable': True})
            self.transaction_class = type(env.transaction)
            units = unlocked(env['res.partner']).create([
                {'name': f'{self.MARK}{i}', 'is_company': True, 'member_state': 'member',
                 'email': f'{i}@member.example'} for i in range(self.COUNT)])
            survey = unlocked(env['cfia.data.survey']).create({
                'name': self.MARK, 'kind': 'basic', 'year': 2999, 'state': 'open', 'date_deadline': date(2999, 1, 1)})
            unlocked(env['cfia.data.survey.recipient']).create([
                {'round_id': survey.id, 'partner_id': unit.id, 'is_due': True, 'channel': 'mail',
                 'email': f'{unit.id}@member.example'}
                for unit in units])
            cr.commit()

    def _clean(self):
        with closing(self.registry.cursor()) as cr:
            recipients = "(SELECT r.id FROM cfia_data_survey_recipient r JOIN cfia_data_survey s ON s.id = r.round_id WHERE s.name = %s)"
            cr.execute(
                f"DELETE FROM mail_message WHERE model = 'cfia.data.survey.recipient' AND res_id IN {recipients}", [self.MARK])
            cr.execute("DELETE FROM cfia_data_survey WHERE name = %s", [self.MARK])
            cr.execute("DELETE FROM res_partner WHERE name LIKE %s", [self.MARK + '%'])
            cr.commit()

    def _send(self, barrier, errors):
        try:
            with closing(self.registry.cursor()) as cr:
                cr.transaction = self.transaction_class(self.registry)
                env = api.Environment(cr, SUPERUSER_ID, {})
                barrier.wait(timeout=60)
                # where the two meet the database refuses one, which the server repeats
                with mute_logger('odoo.sql_db'):
                    retrying(lambda: env['cfia.data.survey']._cron_send(batch_size=5), env)
                cr.commit()
        except Exception as error:  # noqa: BLE001 - reported by the test
            errors.append(error)

    def test_each_gets_one_mail(self):
        barrier, errors = threading.Barrier(2), []
        threads = [threading.Thread(target=self._send, args=(barrier, errors)) for _i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])
        with closing(self.registry.cursor()) as cr:
            cr.execute("""
                SELECT r.dispatch_count, COUNT(m.id)
                  FROM cfia_data_survey_recipient r
                  JOIN cfia_data_survey s ON s.id = r.round_id AND s.name = %s
             LEFT JOIN mail_message mm ON mm.model = 'cfia.data.survey.recipient' AND mm.res_id = r.id
             LEFT JOIN mail_mail m ON m.mail_message_id = mm.id
              GROUP BY r.id""", [self.MARK])
            self.assertEqual(cr.fetchall(), [(1, 1)] * self.COUNT)
