import logging

from odoo.exceptions import AccessDenied, AccessError
from odoo.http import Request
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import MembershipCommon
from odoo.addons.cfia_membership.controllers.round import LINK_RATE
from odoo.addons.cfia_membership.tools.guard import locked, unlocked
from odoo.addons.cfia_membership.tools.link_token import HideTokens, hide_sign_up, hide_tokens


@tagged('post_install', '-at_install')
class TestLinkHygiene(MembershipCommon, HttpCase):
    """An address that is a right by itself stands in the mail that goes out and nowhere else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls.make_contact(cls.unit_member, "演示联系人甲", 'contact', email='link@member.example')
        cls.survey = cls.env['cfia.data.survey'].create({'kind': 'basic', 'year': 2036, 'date_deadline': '2099-03-31'})
        cls.recipient = unlocked(cls.env['cfia.data.survey.recipient']).create({
            'round_id': cls.survey.id, 'partner_id': cls.unit_member.id, 'email': 'link@member.example'})
        unlocked(cls.survey).write({'state': 'open'})
        cls.token = cls.recipient._make_link().rpartition('/')[2]
        cls.form = unlocked(cls.env['cfia.online.application']).create({
            'name': "演示陌生单位", 'email': 'stranger@unit.example', 'lang': 'zh_CN'})

    def setUp(self):
        super().setUp()
        LINK_RATE.clear()

    def get_kept(self, model, token):
        """Return where a token is kept in the tables of mails and logs."""
        self.env.flush_all()
        self.env.cr.execute("""
            SELECT 'message' FROM mail_message WHERE model = %(model)s AND body LIKE %(part)s
             UNION ALL SELECT 'mail' FROM mail_mail WHERE state = 'sent' AND body_html LIKE %(part)s""",
            {'model': model, 'part': f'%{token}%'})
        return [row[0] for row in self.env.cr.fetchall()]

    def test_mail_of_a_round(self):
        self.recipient._send_mails()
        mail = self.env['mail.mail'].search([('model', '=', self.recipient._name), ('res_id', '=', self.recipient.id)])
        part = '/cfia/r/'
        self.assertRegex(mail.body_html, r'/cfia/r/[\w.~-]{30,}', "who is written to gets the link")
        self.assertFalse(self.get_kept(self.recipient._name, f'{part}{self.token[:8]}'))
        for user in (self.user_auditor, self.user_leader, self.user_organisation, self.user_secretary):
            bodies = self.env['mail.message'].with_user(user).search([
                ('model', '=', self.recipient._name), ('res_id', '=', self.recipient.id)]).mapped('body')
            self.assertNotRegex(''.join(map(str, bodies)), r'/cfia/r/[\w.~-]{5,}')
        mail.write({'state': 'sent'})
        self.assertNotRegex(mail.body_html, r'/cfia/r/[\w.~-]{5,}')
        self.assertIn(f'{part}…', mail.body_html)

    def test_nobody_inside_renders_one(self):
        """A template that is rendered, previewed or sent elsewhere by a user gives no link."""
        template = self.survey.mail_template_id or self.env.ref('cfia_membership.mail_template_data_survey')
        for user in (self.user_auditor, self.user_organisation):
            rendered = template.with_user(user)._generate_template(self.recipient.ids, ('body_html',))
            self.assertNotRegex(rendered[self.recipient.id]['body_html'], r'/cfia/r/[\w.~-]{5,}')
        mail_id = template.with_user(self.user_organisation).send_mail(
            self.recipient.id, email_values={'email_to': 'me@association.example'})
        self.assertNotRegex(self.env['mail.mail'].browse(mail_id).body_html, r'/cfia/r/[\w.~-]{5,}')
        self.assertNotRegex(locked(self.form).with_user(self.user_organisation).sudo()._get_link(), r'/apply/[\w.~-]{5,}')

    def test_letters_are_for_who_posts_them(self):
        as_auditor = self.recipient.with_user(self.user_auditor)
        self.assertFalse(as_auditor._get_link_qr_code())
        self.assertTrue(self.recipient.with_user(self.user_organisation)._get_link_qr_code())
        html = self.env['ir.actions.report'].with_user(self.user_auditor)._render_qweb_html(
            self.recipient._get_letter_report_xmlid(), self.recipient.ids)[0]
        self.assertNotIn(b'data:image/png;base64,iVBOR', html.replace(b'\n', b''))

    def test_mails_to_applicants(self):
        """What a stranger wrote goes to no address that a stranger gave."""
        text = "贵司会费已逾期请汇款至新账户 http://cfia-pay.evil.example"
        unlocked(self.form).write({'name': text})
        application = self.make_application(text, contact_name=text, contact_email='stranger@unit.example')
        unlocked(self.form).application_id = application
        for send in (
            locked(self.form)._send_link,
            lambda: unlocked(self.env.ref(
                'cfia_membership.mail_template_online_application_received')).send_mail_batch(self.form.ids),
            lambda: unlocked(self.env.ref(
                'cfia_membership.mail_template_application_refused')).send_mail_batch(application.ids),
        ):
            for lang in ('zh_CN', 'en_US'):
                unlocked(self.form).lang = lang
                before = self.env['mail.mail'].search([])
                send()
                mail = self.env['mail.mail'].search([]) - before
                self.assertEqual(len(mail), 1)
                for part in (mail.subject, mail.body_html, str(mail.headers)):
                    self.assertNotIn('evil', part)
                    self.assertNotIn("账户", part)
        self.assertFalse(self.get_kept(self.form._name, '/cfia/apply/ey'))
        messages = self.env['mail.message'].search([('model', '=', self.form._name), ('res_id', '=', self.form.id)])
        self.assertTrue(messages)
        self.assertNotRegex(''.join(map(str, messages.mapped('body'))), r'/cfia/apply/[\w.~-]{5,}')

    def test_invitation(self):
        """An invitation to the portal is readable by nobody inside; other apps' are as Odoo has them."""
        stranger = self.env['res.partner'].create({'name': "Buyer", 'email': 'buyer@shop.example'})
        for partner, is_hidden in ((self.contact, True), (stranger, False)):
            wizard = self.env['portal.wizard'].create({'partner_ids': [(6, 0, partner.ids)]})
            before = self.env['mail.message'].search([])
            wizard.user_ids.action_grant_access()
            body = ''.join(map(str, (self.env['mail.message'].search([]) - before).mapped('body')))
            if is_hidden:
                self.assertNotRegex(body, r'token=[\w.~-]{5,}')
            mail = self.env['mail.mail'].create({
                'model': 'res.users', 'res_id': partner.user_ids.id, 'subject': 'x',
                'body': '<a href="/web/signup?db=x&amp;token=abcdefghij">x</a>',
                'body_html': '<a href="/web/signup?db=x&amp;token=abcdefghij">x</a>'})
            self.assertEqual('abcdefghij' in mail.mail_message_id.body, not is_hidden)
            self.assertIn('abcdefghij', mail.body_html)

    def test_who_may_sign_up(self):
        """No user inside gets what would log in as the person of a unit, nor opens the way."""
        self.env['ir.config_parameter'].set_param('auth_signup.invitation_scope', 'b2c')
        stranger = self.env['res.partner'].create({'name': "Buyer", 'email': 'buyer@shop.example'})
        for user in (self.user_staff, self.user_leader, self.user_auditor, self.user_organisation, self.user_manager):
            persons = (self.contact | self.unit_member | self.user_portal.partner_id).with_user(user)
            self.assertFalse(persons.signup_get_auth_param(), user.login)
            with self.assertRaises(AccessError):
                persons[:1].signup_prepare()
            self.assertIn('auth_signup_token', stranger.with_user(user).signup_get_auth_param()[stranger.id])
        self.assertIn('auth_signup_token', self.contact.sudo().signup_get_auth_param()[self.contact.id])
        with self.assertRaises(AccessDenied):
            self.contact.with_user(self.user_portal).signup_get_auth_param()

    def test_staff_answers_under_its_own_name(self):
        self.authenticate('cfia_test_organisation', 'cfia_test_organisation')
        answer = self.url_open(f'/cfia/r/{self.token}', data={'csrf_token': Request.csrf_token(self), 'answer': 'no_change'})
        self.assertEqual(answer.status_code, 403)
        self.assertEqual(self.recipient.state, 'waiting')
        self.recipient.with_user(self.user_organisation).action_enter_no_change()
        self.assertRecordValues(self.recipient, [{'state': 'responded', 'response_via': 'staff'}])
        self.assertEqual(self.recipient.write_uid, self.user_organisation)

    def test_logs(self):
        for line, secret in (
            (f'"GET /cfia/r/{self.token} HTTP/1.1" 200', self.token),
            ('"POST /cfia/apply/eyABCDEF.x-1?step=unit HTTP/1.1" 303', 'eyABCDEF'),
            ('"GET /cfia/apply/eyABCDEF/form.pdf HTTP/1.1" 200', 'eyABCDEF'),
            ('"GET /web/signup?db=x&token=eyABCDEF&x=1 HTTP/1.1" 200', 'eyABCDEF'),
        ):
            record = logging.LogRecord('werkzeug', logging.INFO, '', 0, '%s - %s', ('1.2.3.4', line), None)
            for present in logging.getLogger('werkzeug').filters:
                present.filter(record)
            self.assertNotIn(secret, record.getMessage())
            self.assertIn('1.2.3.4', record.getMessage())
        self.assertTrue(any(isinstance(present, HideTokens) for present in logging.getLogger('werkzeug').filters))
        with self.assertLogs('werkzeug', logging.INFO) as logs, mute_logger('odoo.http'):
            self.url_open(f'/cfia/r/{self.token}')
        self.assertIn('/cfia/r/…', '\n'.join(logs.output))
        self.assertNotIn(self.token, '\n'.join(logs.output))
        self.assertEqual(hide_tokens('/cfia/apply/uscc /cfia/apply/link /cfia/apply'), '/cfia/apply/uscc /cfia/apply/link /cfia/apply')
        self.assertEqual(hide_sign_up('/my/invoices/1?access_token=x'), '/my/invoices/1?access_token=x')


@tagged('post_install', '-at_install')
class TestSenders(MembershipCommon):
    """An address is what a sender claims."""

    def test_person_of_an_address(self):
        Partner = self.env['res.partner']
        contact = self.make_contact(self.unit_member, "演示真人", email='Real@member.example')
        self.assertEqual(Partner._find_sender('"x" <real@member.example>'), contact)
        # a stranger who registers with the address is nobody's contact
        stranger = new_test_user(
            self.env, login='real@member.example', groups='base.group_portal', name="陌生人", email='real@member.example')
        self.assertEqual(Partner._find_sender('real@member.example'), contact)
        self.assertNotEqual(Partner._find_sender('real@member.example'), stranger.partner_id)
        other = self.make_member("演示同址有限公司")
        self.make_contact(other, "演示同址", email='real@member.example')
        self.assertFalse(Partner._find_sender('real@member.example'))
        self.assertFalse(Partner._find_sender(''))

    def test_mails_come_by_the_server(self):
        mail = (
            'From: sg@association.example\nTo: x@x.example\nSubject: forged\nMessage-Id: <forged-1@x.example>\n\nforged\n')
        for user in (self.user_staff, self.user_auditor, self.user_portal):
            with self.assertRaises(AccessError):
                self.env['mail.thread'].with_user(user).message_process('cfia.enquiry', mail)
            with self.assertRaises(AccessError):
                self.env['mail.thread'].with_user(user).message_process(
                    'res.partner', mail, thread_id=self.unit_member.id)

    def test_notes_are_not_for_the_unit(self):
        self.unit_member.comment = "内部：信用差"
        unit = self.unit_member.with_user(self.user_portal)
        self.assertTrue(unit.read(['name']))
        with self.assertRaises(AccessError):
            unit.read(['comment'])
        self.assertNotIn('comment', self.env['res.partner'].with_user(self.user_portal).fields_get())
        self.assertIn("内部", self.unit_member.with_user(self.user_staff).comment)
        buyer = new_test_user(self.env, login='cfia_buyer', groups='base.group_portal')
        buyer.partner_id.comment = "Fragile"
        self.assertIn("Fragile", buyer.partner_id.with_user(buyer).comment)
