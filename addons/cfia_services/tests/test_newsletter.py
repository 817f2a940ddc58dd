import io
import re
from datetime import date, datetime
from urllib.parse import parse_qs, urlsplit

import openpyxl
from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import ServicesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


class NewsletterCommon(ServicesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # issues and members of demo data or of other cases stay out
        cls.env.cr.execute("""
            DELETE FROM cfia_newsletter_block; DELETE FROM cfia_newsletter_recipient; DELETE FROM cfia_newsletter;
            DELETE FROM cfia_newsletter_opt_out; UPDATE res_partner SET member_state = NULL WHERE member_state = 'member';
            UPDATE cfia_recruitment_activity SET date_from = '2001-01-01', date_to = NULL""")
        cls.env.invalidate_all()
        for model in ('cfia.bulletin', 'cfia.statistics'):
            releases = unlocked(cls.env[model].search([]))
            releases.write({'state': 'draft'})
            releases.unlink()
        cls.env.company.write({
            'cfia_newsletter_day': 10, 'cfia_newsletter_lead_days': 7, 'cfia_newsletter_is_automatic': False,
            'cfia_newsletter_email_from': '"演示协会" <newsletter@association.example>',
            'cfia_newsletter_reply_to': 'reply@association.example', 'cfia_date_in_force': date(2020, 1, 1),
        })
        cls.env.ref('cfia_membership.cfia_department_organisation').user_ids = cls.user_organisation
        cls.env['cfia.newsletter.section'].search([]).write({'is_shown': True})
        cls.Newsletter = cls.env['cfia.newsletter']
        cls.unit_roles = cls.make_member("演示通讯甲有限公司", contact_email='contact-a@member.example')
        cls.make_contact(cls.unit_roles, "演示通讯员一", 'newsletter', email='news-1@member.example')
        cls.make_contact(cls.unit_roles, "演示通讯员二", 'newsletter', email='news-2@member.example')
        cls.unit_contact = cls.make_member("演示通讯乙有限公司", contact_email='contact-b@member.example')
        cls.unit_shared = cls.make_member("演示通讯丙有限公司", contact_email='contact-b@member.example')
        cls.unit_paper = cls.make_member("演示通讯丁有限公司", contact_email=False)
        cls.unit_out = cls.make_member("演示通讯戊有限公司", contact_email='out@member.example')
        cls.env['cfia.newsletter.opt.out'].create({'email': 'OUT@member.example'})
        cls.units = cls.unit_roles + cls.unit_contact + cls.unit_shared + cls.unit_paper + cls.unit_out

    @classmethod
    def make_issue(cls, user=None, **vals):
        return cls.Newsletter.with_user(user or cls.user_organisation).create(vals)

    def get_recipients(self, issue, unit):
        return issue.recipient_ids.filtered(lambda recipient: recipient.partner_id == unit)

    def run_schedules(self, *xmlids):
        with self.enter_registry_test_mode():
            for xmlid in xmlids or (
                    'cfia_membership.ir_cron_cfia_round', 'mass_mailing.ir_cron_mass_mailing_queue'):
                self.env.ref(xmlid).method_direct_trigger()
        if not xmlids:
            # under test no mail leaves: the server's answer is noted as its queue does
            mails = self.env['mail.mail'].search([('mailing_id', '!=', False), ('state', '=', 'outgoing')])
            mails.write({'state': 'sent'})
            mails._postprocess_sent_message([], [])
        self.env.invalidate_all()

    def get_traces(self, issue):
        return self.env['mailing.trace'].search([('mass_mailing_id', '=', issue.sudo().mailing_id.id)])

    def send(self, issue):
        issue.action_open()
        self.run_schedules()


@tagged('post_install', '-at_install')
class TestNewsletter(NewsletterCommon):

    def release_month(self, day='2031-03-02 02:00:00', month=date(2031, 2, 1)):
        """Return the released bulletin of a month in which a unit joined and another changed its name."""
        with freeze_time(datetime(month.year, month.month, 15, 2)):
            joined = self.make_member(f"演示{month:%Y%m}新会员有限公司", contact_email=f'{month:%m}@member.example')
            joined.with_user(self.user_organisation).name = f"演示{month:%Y%m}更名有限公司"
        with freeze_time(day):
            bulletin = self.env['cfia.bulletin'].create({'date': month})
            bulletin.action_release()
        return bulletin

    # === MAKING === #

    def test_an_issue_starts_filled_and_says_no_contact(self):
        self.env['res.lang']._activate_lang('zh_CN')
        self.env.company.partner_id.lang = 'zh_CN'
        bulletin = self.release_month()
        self.env['cfia.recruitment.activity'].create([
            {'name': "演示自办会议", 'kind': 'own', 'date_from': '2031-04-20', 'place': "演示地点"},
            {'name': "演示兄弟展会", 'kind': 'sister_exhibition', 'date_from': '2031-04-20'},
        ])
        with freeze_time('2031-04-02 02:00:00'):
            statistics = self.env['cfia.statistics'].create({'date': date(2031, 3, 31)})
            statistics.action_release()
        with freeze_time('2031-04-03 02:00:00'):
            issue = self.make_issue(date_issue=date(2031, 4, 3))
        self.assertEqual(issue.block_ids.mapped('code'), ['joined', 'changes', 'statistics', 'events'])
        self.assertRecordValues(issue.block_ids[:3], [
            {'date': date(2031, 2, 1), 'res_model': 'cfia.bulletin', 'res_id': bulletin.id},
            {'date': date(2031, 2, 1), 'res_model': 'cfia.bulletin', 'res_id': bulletin.id},
            {'date': date(2031, 3, 31), 'res_model': 'cfia.statistics', 'res_id': statistics.id},
        ])
        body = issue.sudo().mailing_id.body_html
        for text in ("演示203102新会员有限公司", "2031年2月，共有1家单位加入本会", "协会要闻", "按地区", "演示自办会议", "第1期"):
            self.assertIn(text, body)
        for text in ("演示兄弟展会", '02@member.example', '025-0000 0000', "演示联系人"):
            self.assertNotIn(text, body)
        for block in issue.block_ids:
            self.assertIn(block._get_marker(), body)
            self.assertIn(block._get_marker(), issue.sudo().mailing_id.body_arch)

    def test_a_source_is_printed_once(self):
        first = self.release_month()
        issue = self.make_issue(date_issue=date(2031, 3, 10))
        self.assertEqual(issue.block_ids.mapped('res_id'), [first.id, first.id])
        second = self.release_month('2031-04-02 02:00:00', date(2031, 3, 1))
        issue.action_fill()
        self.assertEqual(issue.block_ids.mapped('res_id'), [first.id, first.id], "not ended by the day of the issue")
        other = self.make_issue(date_issue=date(2031, 4, 10), month=False)
        self.assertEqual(set(other.block_ids.mapped('res_id')), {second.id})
        block = issue.block_ids[0]
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            unlocked(self.env['cfia.newsletter.block']).create({
                'newsletter_id': other.id, 'section_id': block.section_id.id, 'name': "again",
                'res_model': block.res_model, 'res_id': block.res_id})

    def test_what_was_taken_out_is_no_evidence_and_comes_again(self):
        bulletin = self.release_month()
        issue = self.make_issue(date_issue=date(2031, 3, 10))
        mailing = issue.with_user(self.user_organisation).mailing_id
        joined, changes = issue.block_ids
        mailing.write({'body_arch': "<p>演示正文</p>", 'body_html': f'<p class="{changes._get_marker()}">演示正文</p>'})
        self.assertIn(joined.name, issue.missing_text)
        issue.action_open()
        self.assertEqual((joined.is_printed, changes.is_printed), (False, True))
        other = self.make_issue(date_issue=date(2031, 4, 10), month=False)
        self.assertEqual(other.block_ids.mapped(lambda block: (block.code, block.res_id)), [('joined', bulletin.id)])

    def test_new_blocks_are_added_to_a_text_that_was_written(self):
        issue = self.make_issue(date_issue=date(2031, 3, 10))
        mailing = issue.mailing_id
        for name in ('body_arch', 'body_html'):
            mailing[name] = mailing[name].replace('</p>', "演示手写</p>", 1)
        self.release_month()
        self.assertTrue(issue.missing_text)
        issue.action_fill()
        for body in (mailing.body_arch, mailing.body_html):
            self.assertIn("演示手写", body)
            self.assertIn("演示203102新会员有限公司", body)
            self.assertLess(body.index("演示203102新会员有限公司"), body.index('cfia_newsletter_foot'))
        self.assertFalse(issue.missing_text)
        issue.action_rebuild()
        self.assertNotIn("演示手写", mailing.body_html)

    def test_sections_are_a_setting(self):
        self.env.ref('cfia_services.cfia_newsletter_section_joined').is_shown = False
        self.release_month()
        self.assertEqual(self.make_issue(date_issue=date(2031, 3, 10)).block_ids.mapped('code'), ['changes'])

    # === RECIPIENTS AND SENDING === #

    def test_one_copy_for_each_addressee(self):
        issue = self.make_issue()
        issue.action_prepare()
        self.assertEqual(issue.recipient_ids.partner_id, self.units)
        self.assertEqual(
            set(self.get_recipients(issue, self.unit_roles).mapped('email')), {'news-1@member.example', 'news-2@member.example'})
        first, second = (self.get_recipients(issue, unit) for unit in (self.unit_contact, self.unit_shared))
        self.assertRecordValues(first + second, [
            {'email': 'contact-b@member.example', 'state': 'waiting', 'excluded_reason': False},
            {'email': 'contact-b@member.example', 'state': 'excluded', 'excluded_reason': 'same_address'}])
        self.assertRecordValues(self.get_recipients(issue, self.unit_paper), [{'channel': 'letter', 'state': 'waiting'}])
        self.assertEqual(self.get_recipients(issue, self.unit_out).excluded_reason, 'opt_out')
        # taking them anew changes nothing, also where the first of an address left
        issue.action_prepare()
        self.assertEqual(second.state, 'excluded')
        self.unit_contact._leave('withdrawn', note="演示")
        issue.action_prepare()
        self.assertEqual(second.state, 'waiting')
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            unlocked(self.get_recipients(issue, self.unit_out)).write(
                {'state': 'waiting', 'email': second.email, 'channel': 'mail'})

    def test_who_is_not_entitled_gets_none(self):
        self.unit_contact.entitlement_ids.filtered(
            lambda entitlement: entitlement.service_id == self.service_newsletter)._end(date(2020, 1, 1))
        issue = self.make_issue()
        issue.action_prepare()
        self.assertEqual(self.get_recipients(issue, self.unit_contact).excluded_reason, 'not_entitled')
        self.assertEqual(self.get_recipients(issue, self.unit_shared).state, 'waiting', "the address is free")

    def test_the_queue_sends_each_one_mail_once(self):
        issue = self.make_issue()
        self.send(issue)
        traces = self.get_traces(issue)
        self.assertEqual(
            sorted(traces.mapped('email')),
            ['contact-b@member.example', 'news-1@member.example', 'news-2@member.example'])
        self.assertEqual(set(traces.mapped('trace_status')), {'sent'})
        self.assertEqual(issue.sudo().mailing_id.state, 'done')
        mailed = issue.recipient_ids.filtered(lambda recipient: recipient.channel == 'mail' and recipient.state == 'sent')
        self.assertEqual(len(mailed), 3)
        self.assertEqual(set(mailed.mapped('delivery_state')), {'sent'})
        self.assertFalse(any(mailed.mapped('is_due')))
        # schedules run again, and the mailing is queued again: nobody is written to twice
        issue.sudo().mailing_id.action_put_in_queue()
        self.run_schedules()
        self.assertEqual(self.get_traces(issue), traces)
        self.assertRecordValues(issue, [{
            'state': 'open', 'recipient_count': 4, 'mail_count': 3, 'letter_count': 1, 'letter_due_count': 1,
            'excluded_count': 2, 'problem_count': 0}])
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            traces[0].copy()

    def test_the_mail_has_sender_replies_and_a_way_out(self):
        issue = self.make_issue()
        issue.action_open()
        self.run_schedules('mass_mailing.ir_cron_mass_mailing_queue')
        mails = self.env['mail.mail'].search([('mailing_id', '=', issue.sudo().mailing_id.id)])
        self.assertEqual(len(mails), 3)
        self.assertEqual(set(mails.mapped('email_from')), {'"演示协会" <newsletter@association.example>'})
        self.assertEqual(set(mails.mapped('reply_to')), {'reply@association.example'})
        self.assertFalse(mails.recipient_ids, "no unit is written to besides its contact")
        [values] = mails[0]._prepare_outgoing_list()
        self.assertIn('/unsubscribe_oneclick?', values['headers']['List-Unsubscribe'])
        self.assertIn('/confirm_unsubscribe?', values['body'])

    def test_who_leaves_between_opening_and_sending_gets_none(self):
        issue = self.make_issue()
        issue.action_open()
        self.env['cfia.newsletter.opt.out'].create({'email': 'news-1@member.example'})
        self.run_schedules()
        gone = issue.recipient_ids.filtered(lambda recipient: recipient.email == 'news-1@member.example')
        self.assertRecordValues(gone, [{'state': 'excluded', 'excluded_reason': 'opt_out', 'is_due': False}])
        self.assertEqual(len(self.get_traces(issue).filtered(lambda trace: trace.trace_status == 'sent')), 2)

    def test_opting_out_of_the_newsletter_leaves_other_letters_alone(self):
        self.assertFalse(self.env['mail.blacklist'].search_count([('email', '=', 'out@member.example')]))
        self.env['cfia.need.form'].create({'version': "演示通讯", 'intro': "请填写（演示）"}).action_release()
        needs = self.env['cfia.need.round'].with_user(self.user_organisation).create({})
        needs.action_open()
        self.assertRecordValues(
            needs.recipient_ids.filtered(lambda recipient: recipient.partner_id == self.unit_out),
            [{'email': 'out@member.example', 'state': 'waiting', 'is_due': True, 'channel': 'mail'}])

    def test_bounces_are_work_and_lead_to_the_change(self):
        issue = self.make_issue()
        self.send(issue)
        trace = self.get_traces(issue).filtered(lambda trace: trace.email == 'contact-b@member.example')
        self.env['mail.thread']._routing_handle_bounce(None, {
            'email_from': 'mailer-daemon@member.example', 'message_id': '<bounce@member.example>', 'subject': "Bounce",
            'to': 'bounce@association.example', 'body': "User unknown",
            'bounced_email': 'contact-b@member.example', 'bounced_partner': self.env['res.partner'],
            'bounced_msg_ids': [trace.message_id], 'bounced_message': self.env['mail.message'],
        })
        recipient = self.get_recipients(issue, self.unit_contact)
        self.assertRecordValues(recipient, [{'delivery_state': 'bounced', 'delivery_error': "User unknown"}])
        self.assertRecordValues(issue, [{'bounced_count': 1, 'problem_count': 1}])
        self.assertEqual(issue.activity_ids.user_id, self.user_organisation)
        self.assertEqual(recipient.action_report_change()['res_model'], 'cfia.change.report')
        # put right and sent again: one more mail to this one
        recipient.email = 'right@member.example'
        recipient.action_resend()
        self.run_schedules()
        self.assertRecordValues(recipient, [{'delivery_state': 'sent', 'dispatch_count': 2, 'is_due': False}])
        self.assertEqual(len(self.get_traces(issue)), 3)
        self.assertEqual(issue.problem_count, 0)

    def test_opened_mails_are_counted_once(self):
        issue = self.make_issue()
        self.send(issue)
        traces = self.get_traces(issue)
        for _time in range(2):
            traces[0].set_opened()
        self.assertRecordValues(issue, [{'opened_count': 1, 'open_rate': 1 / 3}])
        issue.action_close()
        traces[1].set_opened()
        self.env.invalidate_all()
        self.assertRecordValues(issue, [{'opened_count': 1, 'state': 'closed'}])

    # === PAPER === #

    def test_printed_edition_labels_and_courier_list(self):
        issue = self.make_issue()
        issue.action_open()
        paper = self.get_recipients(issue, self.unit_paper)
        self.assertTrue(paper.is_due)
        self.assertFalse(issue.attachment_id, "rendered after the commit")
        issue.sudo().with_context(force_report_rendering=True)._print_safely()
        attachment = issue.attachment_id
        self.assertTrue(attachment.raw.startswith(b'%PDF'))
        self.assertIn(str(attachment.id), issue.action_print_letters()['url'])
        self.assertEqual(issue.action_check_hash()['params']['type'], 'success')
        Disclosure = self.env['cfia.disclosure']
        count = Disclosure.search_count([])
        report = self.env['ir.actions.report'].with_user(self.user_organisation)
        html, _type = report._render_qweb_html('cfia_services.report_newsletter_label', paper.ids)
        self.assertIn("演示通讯丁有限公司", html.decode())
        content, _type = report._render_xlsx('cfia_services.newsletter_xlsx', paper.ids, {})
        rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.values)
        self.assertIn("演示通讯丁有限公司", rows[1])
        self.assertEqual(Disclosure.search_count([]), count + 2)
        issue.action_mark_posted()
        self.assertEqual((paper.state, issue.letter_due_count), ('sent', 0))

    def test_what_was_sent_stays(self):
        issue = self.make_issue()
        mailing = issue.sudo().mailing_id
        image = self.env['ir.attachment'].create({
            'name': "chart.png", 'raw': b'png', 'res_model': 'cfia.newsletter', 'res_id': issue.id})
        picture = self.env['ir.attachment'].create({
            'name': "photo.png", 'raw': b'png', 'res_model': 'mailing.mailing', 'res_id': mailing.id})
        issue.action_open()
        body = issue.body
        for name, value in (('body_html', "<p>Other</p>"), ('body_arch', "<p>Other</p>"), ('subject', "Other")):
            for record in (mailing, mailing.with_user(self.user_organisation)):
                with self.assertRaises(UserError):
                    record[name] = value
        for vals in ({'body': "<p>Other</p>"}, {'sha256': 'other'}, {'number': 99}, {'date_issue': date(2030, 1, 1)}):
            with self.assertRaises(UserError):
                issue.sudo().write(vals)
        for attachment in (image, picture):
            with self.assertRaises(UserError):
                attachment.raw = b'other'
            with self.assertRaises(UserError):
                attachment.unlink()
        with self.assertRaises(UserError):
            issue.unlink()
        self.assertEqual(issue.body, body)
        self.assertNotIn('unsubscribe_from_list', issue._get_reading_body())
        self.env.cr.execute("UPDATE cfia_newsletter SET body = 'other' WHERE id = %s", [issue.id])
        issue.invalidate_recordset()
        with self.assertRaises(UserError):
            issue.action_check_hash()

    def test_sections_that_nobody_wrote_are_not_sent(self):
        issue = self.make_issue()
        mailing = issue.mailing_id
        prompt = self.env.ref('cfia_services.cfia_newsletter_section_news').with_context(lang=issue._get_lang()).prompt
        self.assertIn(prompt, mailing.body_html)
        mailing.write({name: mailing[name].replace(prompt, "演示要闻一则") for name in ('body_arch', 'body_html')})
        issue.action_open()
        self.assertIn("演示要闻一则", issue.body)
        self.assertNotIn('cfia_section_trade', issue.body)

    def test_text_holds_no_directives(self):
        mailing = self.make_issue().with_user(self.user_organisation).mailing_id
        for vals in (
            {'body_html': '<p t-out="object.email"/>'}, {'body_arch': '<t t-out="user.env"/>'},
            {'body_html': '<p\nt-if="True">x</p>'}, {'subject': "{{ object.email }}"}, {'preview': "{{ user }}"},
        ):
            with self.assertRaises(UserError):
                mailing.write(vals)
        mailing.write({'body_html': '<p class="t-out" title="t-out">演示</p>', 'subject': "演示主题"})

    def test_an_issue_without_text_is_not_sent(self):
        issue = self.make_issue()
        issue.mailing_id.write({'body_html': '<p> </p>', 'body_arch': '<p> </p>'})
        with self.assertRaises(UserError):
            issue.action_open()
        self.assertEqual(issue.state, 'draft')

    def test_deleting_a_draft_takes_its_text_along(self):
        issue = self.make_issue()
        mailing = issue.sudo().mailing_id
        issue.unlink()
        self.assertFalse(mailing.exists())

    # === SCHEDULE === #

    def plan(self, day):
        with freeze_time(f'{day} 02:00:00'):
            self.Newsletter._cron_plan()
        return self.Newsletter.search([], order='year, number').mapped(lambda issue: (issue.year, issue.number, issue.month and issue.month.month))

    def test_each_month_once_and_missed_months_later(self):
        self.assertEqual(self.plan('2031-02-28'), [(2031, 1, 2)])
        self.assertEqual(self.plan('2031-03-02'), [(2031, 1, 2)], "not seven days ahead")
        made = [(2031, 1, 2), (2031, 2, 3)]
        self.assertEqual(self.plan('2031-03-03'), made)
        self.assertEqual(self.plan('2031-03-03'), made)
        issue = self.Newsletter.search([], limit=1)
        self.assertEqual(issue.activity_ids.user_id, self.user_organisation)
        made += [(2031, 3, 4), (2031, 4, 5), (2031, 5, 6)]
        self.assertEqual(self.plan('2031-06-20'), made)
        self.assertEqual(self.plan('2031-06-21'), made)
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            self.Newsletter.create({'year': 2031, 'number': 50, 'month': date(2031, 6, 1)})

    def test_missed_issues_go_out_by_themselves_one_after_the_other(self):
        self.env.company.cfia_newsletter_is_automatic = True
        self.plan('2031-02-05')
        self.plan('2031-04-20')
        issues = self.Newsletter.search([], order='month')
        self.assertEqual(
            issues.mapped('date_planned'), [date(2031, 2, 10), date(2031, 4, 20), date(2031, 4, 27)])
        for day, opened in (('2031-04-21', 2), ('2031-04-21', 2), ('2031-04-28', 3)):
            with freeze_time(f'{day} 02:00:00'):
                self.run_schedules()
            self.assertEqual(len(issues.filtered('date_opened')), opened, day)
        for issue in issues:
            self.assertEqual(len(self.get_traces(issue)), 3)

    def test_an_issue_made_by_hand_is_that_of_its_month(self):
        with freeze_time('2031-03-03 02:00:00'):
            issue = self.make_issue()
            extra = self.make_issue()
        self.assertEqual((issue.month, extra.month), (date(2031, 3, 1), False))
        self.assertEqual((issue.number, extra.number), (1, 2))
        self.plan('2031-03-05')
        self.assertEqual(self.Newsletter.search_count([]), 2)

    def test_duties_have_their_evidence(self):
        self.release_month()
        with freeze_time('2031-03-05 02:00:00'):
            issue = self.make_issue(date_issue=date(2031, 3, 10))
            issue.action_open()
            Term = self.env['cfia.obligation.term']
            Term._refresh_years([2031])
            terms = {code: Term.search([
                ('code', '=', code), ('date_from', '<=', date(2031, 2, 1)), ('date_to', '>=', date(2031, 2, 1))])
                for code in ('3.2', '5.4b')}
            self.assertRecordValues(terms['5.4b'], [{'state': 'met', 'done_count': 1, 'date_done': date(2031, 3, 5)}])
            self.assertRecordValues(terms['3.2'], [{'done_count': 1, 'required_count': 12, 'state': 'due'}])
        self.assertEqual(terms['5.4b'].line_ids.action_open()['res_model'], 'cfia.newsletter.block')

    # === MANY RECORDS === #

    def count_queries(self, action):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        action()
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def test_queries_do_not_grow_with_members(self):
        """Taking recipients and making an issue: five members or fifteen, the same queries."""
        self.make_issue()._prepare_recipients()
        few = self.make_issue()
        first = self.count_queries(few._prepare_recipients)
        self.make_more(10)
        many = self.make_issue()
        self.assertLessEqual(self.count_queries(many._prepare_recipients), first)
        self.assertEqual(len(many.recipient_ids), len(few.recipient_ids) + 10)
        self.release_month('2031-02-02 02:00:00', date(2031, 1, 1))
        self.make_issue(date_issue=date(2031, 2, 10))
        self.release_month()
        made = self.count_queries(lambda: self.make_issue(date_issue=date(2031, 3, 10)))
        self.release_month('2031-04-02 02:00:00', date(2031, 3, 1))
        self.make_more(10)
        # what the registry caches in between counts for one or two, ten members for none
        self.assertLessEqual(self.count_queries(lambda: self.make_issue(date_issue=date(2031, 4, 10))), made + 2)

    def test_queries_of_traces_do_not_grow(self):
        """Noting that mails are on their way: three or thirteen, the same queries."""
        counts = []
        for extra in (0, 0, 10):
            self.make_more(extra)
            issue = self.make_issue()
            issue.action_open()
            due = issue.recipient_ids.filtered(lambda recipient: recipient.is_due and recipient.channel == 'mail')
            values = [{
                'mass_mailing_id': issue.sudo().mailing_id.id, 'model': due._name, 'res_id': recipient.id,
                'email': recipient.email} for recipient in due]
            counts.append((len(due), self.count_queries(
                lambda values=values: self.env['mailing.trace'].sudo().create(values))))
        self.assertEqual([number for number, _queries in counts], [3, 3, 13])
        self.assertEqual(counts[1][1], counts[2][1])

    def make_more(self, count):
        self.more = getattr(self, 'more', 0)
        for number in range(self.more, self.more + count):
            unit = self.make_member(f"演示通讯多{number}有限公司", contact_email=f'more{number}@member.example')
            self.assertEqual(unit.member_state, 'member')
        self.more += count


@tagged('post_install', '-at_install')
class TestNewsletterAccess(NewsletterCommon):

    def test_the_department_edits_its_texts_and_no_other_mailing(self):
        issue = self.make_issue()
        own = issue.with_user(self.user_organisation).mailing_id
        self.env.invalidate_all()
        own.write({'subject': "演示改题", 'body_arch': "<p>演示</p>", 'body_html': "<p>演示</p>"})
        self.assertEqual(own.read(['subject'])[0]['subject'], "演示改题")
        other = self.env['mailing.mailing'].create({'subject': "Other", 'body_html': "<p>Other</p>"})
        Mailing = self.env['mailing.mailing'].with_user(self.user_organisation)
        self.assertEqual(Mailing.search([]), own)
        with self.assertRaises(AccessError):
            other.with_user(self.user_organisation).write({'subject': "Mine"})
        with self.assertRaises(AccessError):
            Mailing.create({'subject': "New"})
        with self.assertRaises(AccessError):
            own.unlink()
        for vals in (
            {'mailing_domain': '[]'}, {'state': 'in_queue'}, {'user_id': self.user_staff.id}, {'use_exclusion_list': False},
            {'attachment_ids': [Command.clear()]}, {'cfia_newsletter_ids': [Command.clear()]},
        ):
            with self.assertRaises(UserError):
                own.write(vals)
        for name in ('action_put_in_queue', 'action_launch', 'action_send_mail'):
            with self.assertRaises(UserError):
                getattr(own, name)()
        for name in ('action_put_in_queue', 'action_send_mail'):
            with self.assertRaises(UserError):
                getattr(own.sudo(), name)()

    def test_users_of_mailings_keep_theirs(self):
        self.user_organisation.group_ids += self.env.ref('mass_mailing.group_mass_mailing_user')
        other = self.env['mailing.mailing'].create({'subject': "Other", 'body_html': "<p>Other</p>"})
        other.with_user(self.user_organisation).subject = "Mine"

    def test_others_read_or_do_not(self):
        issue = self.make_issue()
        for role in ('secretary_general', 'auditor'):
            user = getattr(self, f'user_{role}')
            self.env.invalidate_all()
            seen = issue.with_user(user)
            self.assertTrue(seen.read(['name', 'body_shown', 'recipient_count', 'missing_text']))
            self.assertIn('cfia_section_news', seen.body_shown)
            for action in ('action_open', 'action_edit', 'action_fill', 'action_rebuild', 'action_send_test'):
                with self.assertRaises(AccessError):
                    getattr(seen, action)()
            with self.assertRaises(AccessError):
                self.env['mailing.mailing'].with_user(user).search([])
        for role in ('staff', 'leader', 'editorial', 'network', 'training', 'accountant', 'treasurer', 'portal'):
            with self.assertRaises(AccessError):
                issue.with_user(getattr(self, f'user_{role}')).read(['name'])

    def test_values_of_a_client_make_no_text(self):
        for vals in ({'body': "<p>x</p>"}, {'sha256': 'x'}, {'mailing_id': 1}, {'state': 'open'}):
            with self.assertRaises(UserError):
                self.make_issue(**vals)

    def test_a_test_goes_to_oneself(self):
        issue = self.make_issue()
        issue.action_send_test()
        mail = self.env['mail.mail'].search([], order='id desc', limit=1)
        self.assertIn('organisation@association.example', mail.email_to)
        self.assertEqual(issue.state, 'draft')


@tagged('post_install', '-at_install')
class TestNewsletterPages(NewsletterCommon, HttpCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_portal.partner_id.parent_id = cls.unit_contact
        cls.issue = cls.make_issue()
        cls.issue.mailing_id.write({
            'body_html': '<p onclick="x()">演示门户正文</p><script>alert(1)</script><a href="/unsubscribe_from_list">x</a>',
            'body_arch': '<p>演示门户正文</p>'})

    def test_members_read_what_was_sent(self):
        self.authenticate('cfia_test_portal', 'cfia_test_portal')
        page = f'/my/membership/newsletters/{self.issue.id}'
        self.assertEqual(self.url_open(page).status_code, 404, "not sent")
        self.issue.action_open()
        self.issue.sudo().with_context(force_report_rendering=True)._print()
        response = self.url_open(page)
        self.assertIn("演示门户正文", response.text)
        self.assertNotIn('alert(1)', response.text)
        self.assertNotIn('onclick="x()"', response.text)
        self.assertNotIn('unsubscribe_from_list', response.text)
        self.assertIn(page, self.url_open('/my/membership/newsletters').text)
        self.assertIn(page, self.url_open('/my/membership/publications').text)
        pdf = self.url_open(f'{page}/pdf')
        self.assertTrue(pdf.content.startswith(b'%PDF'))

    def test_nobody_else_does(self):
        self.issue.action_open()
        page = f'/my/membership/newsletters/{self.issue.id}'
        self.assertIn('/web/login', self.url_open(page).url)
        self.unit_contact._leave('withdrawn', note="演示")
        self.authenticate('cfia_test_portal', 'cfia_test_portal')
        for url in (page, f'{page}/pdf', '/my/membership/newsletters'):
            self.assertEqual(self.url_open(url).status_code, 404)

    def get_link(self, path):
        self.issue.action_open()
        recipient = self.get_recipients(self.issue, self.unit_contact)
        mailing = self.issue.sudo().mailing_id
        url = getattr(mailing, f'_get_{path}_url')(recipient.email, recipient.id)
        parts = urlsplit(url)
        return f'{parts.path}?{parts.query}', {name: values[0] for name, values in parse_qs(parts.query).items()}

    def is_out(self):
        return bool(self.env['cfia.newsletter.opt.out'].search_count([('email', '=', 'contact-b@member.example')]))

    def test_the_link_asks_then_takes_off_the_newsletter_alone(self):
        url, values = self.get_link('unsubscribe')
        response = self.url_open(url)
        self.assertIn('cfia_choice_in', response.text)
        self.assertFalse(self.is_out(), "programs that follow links take nobody off")
        token = re.search(r'name="csrf_token" value="([^"]+)"', response.text)[1]
        post = {**values, 'mailing_id': self.issue.sudo().mailing_id.id, 'csrf_token': token}
        response = self.url_open('/cfia/newsletter/choice', data={**post, 'choice': 'out'})
        self.assertIn('cfia_choice_out', response.text)
        self.assertTrue(self.is_out())
        self.assertFalse(self.env['mail.blacklist'].search_count([('email', '=', 'contact-b@member.example')]))
        self.url_open('/cfia/newsletter/choice', data={**post, 'choice': 'in'})
        self.assertFalse(self.is_out())
        wrong = self.url_open('/cfia/newsletter/choice', data={**post, 'email': 'news-1@member.example', 'choice': 'out'})
        self.assertEqual(wrong.status_code, 401)
        self.assertFalse(self.env['cfia.newsletter.opt.out'].search_count([('email', '=', 'news-1@member.example')]))

    def test_one_click_of_the_mail_program(self):
        url, _values = self.get_link('unsubscribe_oneclick')
        self.assertEqual(self.url_open(url, data={'List-Unsubscribe': 'One-Click'}).status_code, 200)
        self.assertTrue(self.is_out())
        self.assertFalse(self.env['mail.blacklist'].search_count([('email', '=', 'contact-b@member.example')]))

    def test_the_portal_takes_the_users_choice(self):
        self.authenticate('cfia_test_portal', 'cfia_test_portal')
        page = self.url_open('/my/membership/newsletters').text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        OptOut = self.env['cfia.newsletter.opt.out']
        for choice, count in (('out', 1), ('out', 1), ('in', 0)):
            self.url_open('/my/membership/newsletters/choice', data={'csrf_token': token, 'choice': choice})
            self.assertEqual(OptOut.search_count([('email', '=', 'portal@member.example')]), count)
