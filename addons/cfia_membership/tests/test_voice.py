from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import email_normalize, html2plaintext

from odoo.addons.cfia_membership.tests.common import ROLES, MembershipCommon
from odoo.addons.cfia_membership.tools.schedule import scheduled
from odoo.addons.cfia_membership.tools.text import drop_advertising
from odoo.addons.mail.tests.common import MockEmail

ADDRESS = 'office@association.example'


@tagged('post_install', '-at_install')
class TestVoice(MembershipCommon, MockEmail):
    """Who speaks where nobody in person does, and in which language."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        cls.company = cls.env.company
        cls.company.write({'name': "演示协会", 'email': ADDRESS})
        cls.enquiry = cls.env['cfia.enquiry'].with_user(cls.user_staff).create({
            'name': "演示来询有限公司", 'email': 'asker@member.example'}).with_env(cls.env)
        cls.stranger = cls.env['res.partner'].create({'name': "演示别处", 'email': 'elsewhere@other.example'})
        cls.robot = cls.env.ref('base.partner_root')

    def assertSaidBy(self, message, author, address):
        self.assertEqual(message.author_id, author)
        self.assertEqual(email_normalize(message.email_from), address)
        self.assertEqual(email_normalize(message.reply_to), address)

    def test_association_speaks_for_superuser_and_public(self):
        for user in (self.env.ref('base.user_root'), self.user_public):
            enquiry = self.enquiry.with_user(user).sudo()
            for message in (
                enquiry.message_post(body="演示"), enquiry._message_log(body="演示"),
                enquiry.message_notify(body="演示", partner_ids=self.user_staff.partner_id.ids),
                self.env['mail.message'].with_user(user).sudo().create({'model': enquiry._name, 'res_id': enquiry.id}),
                self.env['mail.mail'].with_user(user).sudo().create({
                    'model': enquiry._name, 'res_id': enquiry.id, 'email_from': self.robot.email}).mail_message_id,
            ):
                self.assertSaidBy(message, self.company.partner_id, ADDRESS)

    def test_persons_speak_for_themselves(self):
        message = self.enquiry.with_user(self.user_staff).message_post(body="演示")
        self.assertSaidBy(message, self.user_staff.partner_id, self.user_staff.email)
        message = self.enquiry.message_post(body="演示", author_id=self.stranger.id)
        self.assertSaidBy(message, self.stranger, self.stranger.email)
        message = self.enquiry.message_post(body="演示", author_id=False, email_from='unknown@other.example')
        self.assertEqual((message.author_id.id, message.email_from), (False, 'unknown@other.example'))

    def test_records_of_others_are_left_alone(self):
        message = self.stranger.message_post(body="演示")
        self.assertEqual(message.author_id, self.robot)
        # the mark of a schedule is no value that a client can send
        message = self.stranger.with_user(self.user_organisation).with_context(cfia_schedule=True).message_post(body="演示")
        self.assertEqual(message.author_id, self.user_organisation.partner_id)
        template = self.env['mail.template'].create({
            'name': "演示", 'model_id': self.env['ir.model']._get_id('res.partner'), 'subject': "演示",
            'body_html': '<p>演示 <a href="https://www.odoo.com">Odoo</a></p>', 'email_to': 'x@other.example'})
        mail = template.send_mail(self.stranger.id, email_layout_xmlid='mail.mail_notification_light')
        mail = self.env['mail.mail'].browse(mail)
        self.assertEqual(email_normalize(mail.email_from), self.robot.email_normalized)
        self.assertEqual(mail.body_html.count('www.odoo.com'), 2)
        self.assertFalse(self.env.ref('mail.ir_cron_mail_scheduler_action')._is_of_suite())

    def test_a_schedule_speaks_for_the_association_everywhere(self):
        partner = scheduled(self.stranger)
        self.assertSaidBy(partner.message_post(body="演示"), self.company.partner_id, ADDRESS)
        template = self.env.ref('auth_signup.portal_set_password_email').with_env(partner.env)
        mail = self.env['mail.mail'].browse(template.send_mail(self.user_portal.id))
        self.assertSaidBy(mail.mail_message_id, self.company.partner_id, ADDRESS)
        self.assertNotIn('odoo.com', mail.body_html)
        self.assertIn(self.user_portal.login, mail.body_html)

    def test_templates_of_a_clerk_come_from_the_association(self):
        self.env['mail.mail'].search([]).unlink()
        template = self.env.ref('cfia_membership.mail_template_enquiry_documents')
        for layout in (False, 'mail.mail_notification_light', 'mail.mail_notification_layout'):
            mail = self.env['mail.mail'].browse(template.with_user(self.user_organisation).sudo().with_context(
                email_notification_force_footer=True).send_mail(self.enquiry.id, email_layout_xmlid=layout))
            self.assertEqual(email_normalize(mail.email_from), ADDRESS)
            self.assertEqual(email_normalize(mail.reply_to), ADDRESS)
            self.assertNotIn('odoo.com', mail.body_html)
        template.email_from = 'letters@association.example'
        mail = self.env['mail.mail'].browse(template.send_mail(self.enquiry.id))
        self.assertEqual(mail.email_from, 'letters@association.example', "an address set on the letter stays")

    def test_cores_mails_to_our_users_praise_nobody(self):
        stranger = new_test_user(self.env, login='stranger', groups='base.group_user', email='stranger@other.example')
        users = self.user_organisation + self.user_portal + stranger
        with self.mock_mail_gateway():
            users._action_reset_password()
        mails = {email_normalize(mail['email_to'][0]): mail['body'] for mail in self._mails}
        self.assertEqual(
            {user: 'odoo.com' in mails[user.email] for user in users},
            {self.user_organisation: False, self.user_portal: False, stranger: True})
        for user in users:
            self.assertIn('/web/reset_password', mails[user.email], "the rest of the mail stays")

    def test_advertising_ends_where_its_line_ends(self):
        praise = '<tr><td>Powered by <a href="https://www.odoo.com?utm=x">Odoo</a></td></tr>'
        page = f'<!DOCTYPE html><html><head><style>p {{}}</style></head><body><table><tr><td>演示</td></tr>{praise}</table></body></html>'
        self.assertIn('<style>', drop_advertising(page))
        for text in (page, f'<table><tr><td>演示</td></tr>{praise}</table>'):
            self.assertIn("演示", drop_advertising(text))
            self.assertNotIn("Powered", drop_advertising(text))

    def test_tasks_without_a_language_are_chinese(self):
        self.company.partner_id.lang = False
        department = self.env.ref('cfia_membership.cfia_department_organisation')
        department.user_ids = [Command.set(self.user_organisation.ids)]
        self.user_organisation.write({'name': "演示干事", 'lang': False})
        enquiry = self.enquiry.with_user(self.env.ref('base.user_root')).with_context(lang=False)
        self.assertFalse(enquiry.env.lang)
        activity = enquiry.activity_schedule(
            'cfia_membership.mail_act_enquiry_follow_up', user_id=self.user_organisation.id)
        activity._action_done()
        self.assertRegex(html2plaintext(enquiry.message_ids[0].body), r'完成')
        self.assertNotRegex(html2plaintext(enquiry.message_ids[0].body), r'[A-Za-z]{3}')

    def test_association_without_address(self):
        self.company.email = False
        department = self.env.ref('cfia_membership.cfia_department_organisation')
        department.user_ids = [Command.set(self.user_organisation.ids)]
        author, address = self.company._get_sender()
        self.assertEqual(author, self.company.partner_id)
        self.assertEqual(email_normalize(address), self.user_organisation.email)

    def test_tasks_are_handed_out_by_the_association(self):
        self.env['mail.mail'].search([]).unlink()
        self.enquiry.activity_schedule('cfia_membership.mail_act_enquiry_follow_up', user_id=self.user_organisation.id)
        mail = self.env['mail.mail'].search([('model', '=', 'cfia.enquiry')])
        self.assertIn("演示协会", mail.body_html)
        self.assertNotIn(self.robot.name, mail.body_html)
        self.assertEqual(email_normalize(mail.email_from), ADDRESS)
        self.enquiry.with_user(self.user_staff).activity_schedule(
            'cfia_membership.mail_act_enquiry_follow_up', user_id=self.user_organisation.id)
        other = self.env['mail.mail'].search([('model', '=', 'cfia.enquiry')]) - mail
        self.assertIn(self.user_staff.name, other.body_html)

    def test_language_of_the_reader_else_of_the_association(self):
        self.env['res.lang']._activate_lang('en_US')
        company, unit = self.company, self.unit_member
        company.partner_id.lang = 'en_US'
        self.assertEqual(company._get_association_lang(), 'en_US')
        company.partner_id.lang = False
        self.assertEqual(company._get_association_lang(), 'zh_CN')
        contact = self.make_contact(unit, "演示联系")
        unit.lang = contact.lang = False
        self.assertEqual(contact._get_reader_lang(), 'zh_CN')
        unit.lang = 'en_US'
        self.assertEqual(contact._get_reader_lang(), 'en_US')
        contact.lang = 'zh_CN'
        self.assertEqual(contact._get_reader_lang(), 'zh_CN')
        self.assertEqual(self.env['res.partner']._get_reader_lang(), 'zh_CN')

    def test_template_without_language_is_chinese(self):
        self.company.partner_id.lang = False
        template = self.env.ref('cfia_membership.mail_template_enquiry_documents')
        mail = self.env['mail.mail'].browse(template.send_mail(self.enquiry.id))
        self.assertIn("入会申请表", mail.subject)


@tagged('post_install', '-at_install')
class TestFirstScreen(MembershipCommon):

    def test_workplace_is_the_first_screen_of_every_role(self):
        for role in ROLES:
            with self.subTest(role=role):
                user = getattr(self, f'user_{role}')
                menus = self.env['ir.ui.menu'].with_user(user).load_menus(False)
                first = menus[menus['root']['children'][0]]
                self.assertEqual(first['xmlid'], 'cfia_membership.cfia_menu_root')
                self.assertEqual(menus[first['children'][0]]['xmlid'], 'cfia_membership.cfia_workplace_menu')
                self.assertFalse(user.action_id)

    def test_apps_are_for_who_may_install(self):
        menu = self.env.ref('base.menu_management')
        for role in ROLES:
            user = getattr(self, f'user_{role}')
            self.assertFalse(user.has_group('base.group_system'))
            self.assertNotIn(menu.id, self.env['ir.ui.menu'].with_user(user)._visible_menu_ids())
        self.assertIn(menu.id, self.env['ir.ui.menu'].with_user(self.env.ref('base.user_admin'))._visible_menu_ids())

    def test_manager_is_shown_the_way_to_the_first_day(self):
        Workplace = self.env['cfia.workplace']
        self.assertIsNone(Workplace.with_user(self.user_staff).get_workplace()['golive'])
        self.assertIsNone(
            Workplace.with_user(self.user_manager).get_workplace()['golive'], "a member has been signed here")
        self.env['cfia.membership.application'].search([('state', '=', 'approved')])._write({'state': 'draft'})
        self.env.invalidate_all()
        golive = Workplace.with_user(self.user_manager).get_workplace()['golive']
        self.assertIn("Next", golive['text'])
        self.assertTrue(self.env.ref(golive['action']))
        self.assertIsNone(Workplace.with_user(self.user_staff).get_workplace()['golive'])
