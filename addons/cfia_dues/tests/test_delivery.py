from ast import literal_eval
from datetime import timedelta
from email.message import EmailMessage
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tests.test_mail_trouble import MAIL_LOGGER, SERVER_LOGGER, MailServer
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

EVIDENCE = ('cfia_dues.cfia_obligation_evidence_4_1_3', 'cfia_dues.cfia_obligation_evidence_5_2f')
DELIVERED = ('sent', 'posted', 'handed')


@tagged('post_install', '-at_install')
class TestDelivery(DuesCommon):
    """What the register says of each letter agrees with what a mail server and the post really got."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = MailServer()
        cls.addClassCleanup(cls.server.stop)
        cls.env['ir.mail_server'].search([]).active = False
        cls.server.enter(cls.env)
        cls.Document = cls.env['cfia.document']
        cls.cron = cls.env.ref('cfia_membership.ir_cron_cfia_document_render')

    def setUp(self):
        super().setUp()
        self.startPatcher(patch.object(type(self.env['ir.mail_server']), '_disable_send', lambda server: False))
        self.server.messages.clear()
        self.server.refused = set()
        self.last_mail = self.env['mail.mail'].search([], order='id desc', limit=1).id or 0
        self.posted = []

    # === HELPERS === #

    def admit(self, name, **vals):
        return self.make_member(name, **vals)

    def print_all(self):
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.mails = self.env['mail.mail'].search([('id', '>', self.last_mail), ('model', '=like', 'cfia.%')])
        with mute_logger(MAIL_LOGGER, SERVER_LOGGER):
            self.mails.filtered(lambda mail: mail.state == 'outgoing').send()
        self.env.invalidate_all()

    def caught(self, address):
        """Return the mails that the server got for an address."""
        return [message for message in self.server.messages if address in message['To']]

    def papers(self, message):
        return [part.get_filename() for part in message.walk() if part.get_filename()]

    def letters(self, unit, kind=None):
        return self.Document.search([('partner_id', '=', unit.id), *([('kind', '=', kind)] if kind else [])])

    def post_all(self, units):
        """Post what waits for some units and note it in the book of the post."""
        dispatches = self.env['cfia.dispatch'].search([('partner_id', 'in', units.ids), ('state', '=', 'to_send')])
        dispatches = dispatches.filtered('address')
        dispatches.with_user(self.user_organisation).action_sent()
        self.posted += dispatches.line_ids.document_id.ids

    def bounce(self, mail, address):
        message = EmailMessage()
        message['From'], message['Subject'] = 'MAILER-DAEMON@server.example', "Undelivered"
        self.env['mail.thread']._routing_handle_bounce(message, {
            'bounced_email': address, 'bounced_partner': self.env['res.partner'],
            'bounced_message': mail.mail_message_id, 'bounced_msg_ids': [mail.message_id],
            'email_from': message['From'], 'to': 'bounce@association.example', 'message_id': '<b@x>', 'body': '',
        })

    def task(self, unit):
        activity_type = self.env.ref('cfia_membership.mail_act_undelivered')
        return unit.activity_ids.filtered(lambda activity: activity.activity_type_id == activity_type)

    # === TESTS === #

    def test_first_word_is_one_mail(self):
        """Entry notice, certificate, dues notice and the invitation come together; only the server's yes is evidence."""
        unit = self.admit("演示欢迎有限公司", contact_email='welcome@member.example')
        self.print_all()
        [message] = self.caught('welcome@member.example')
        self.assertEqual(len(self.papers(message)), 3)
        body = message.get_payload(0).as_string() if message.is_multipart() else ''
        letters = self.letters(unit)
        self.assertEqual(set(letters.mapped('kind')), {'entry_notice', 'certificate', 'dues_notice'})
        self.assertEqual(set(letters.mapped('delivery_state')), {'sent'})
        self.assertEqual(set(letters.mapped('date_delivered')), {association_today()})
        person = unit._get_role_contacts('contact')[unit]
        self.assertTrue(person.user_ids, "invited")
        self.assertTrue(body)
        # the way in stands in no mail that was kept
        kept = self.mails.exists().filtered(lambda mail: 'welcome@member.example' in (mail.email_to or ''))
        self.assertNotRegex(str(kept.body_html) + str(kept.mail_message_id.body), r'token=[A-Za-z0-9]')
        self.assertFalse(self.env['mail.mail'].search([('id', '>', self.last_mail), ('model', '=', 'res.users')]))

    def test_kinds_of_members(self):
        """Mail, post, both, neither, refused, bouncing, two addresses, left: no duty is met without it, none missed with it."""
        way = {
            'mail': {'contact_email': 'mail@kinds.example', 'street': False},
            'post': {'contact_email': False},
            'both': {'contact_email': 'both@kinds.example'},
            'neither': {'contact_email': 'neither@kinds.example'},
            'refused': {'contact_email': 'refused@kinds.example'},
            'bouncing': {'contact_email': 'bouncing@kinds.example'},
            'two': {'contact_email': 'one@kinds.example；two@kinds.example'},
            'left': {'contact_email': 'left@kinds.example'},
        }
        units = {kind: self.admit(f"演示{kind}有限公司", **vals) for kind, vals in way.items()}
        everybody = self.env['res.partner'].union(*units.values())
        unlocked(units['neither'] + units['neither'].child_ids).write({'email': False, 'street': False})
        unlocked(self.env['cfia.dispatch'].search([('partner_id', '=', units['neither'].id)])).address = False
        leaver = units['left']._get_role_contacts('contact')[units['left']]
        successor = self.make_contact(units['left'], "演示新人", email='successor@kinds.example')
        leaver._hand_over(successor)
        self.server.refused = {'refused@kinds.example'}
        self.print_all()
        self.post_all(units['post'])
        bounced = self.mails.exists().filtered(lambda mail: 'bouncing@kinds.example' in (mail.email_to or ''))
        self.bounce(bounced, 'bouncing@kinds.example')
        two = self.mails.exists().filtered(lambda mail: 'two@kinds.example' in (mail.email_to or ''))
        self.bounce(two, 'two@kinds.example')

        self.assertFalse(self.caught('left@kinds.example'), "who left gets nothing")
        reached = {'mail': 'mail@', 'both': 'both@', 'two': 'one@', 'left': 'successor@'}
        for kind, unit in units.items():
            with self.subTest(kind=kind):
                for letter in self.letters(unit):
                    arrived = letter.id in self.posted or kind in reached and any(
                        len(self.papers(message)) == 3 for message in self.caught(reached[kind] + 'kinds.example'))
                    self.assertEqual(letter.delivery_state in DELIVERED, arrived, letter.kind)
                    self.assertEqual(bool(letter.date_delivered), arrived)
                # two addresses of which one came back: arrived, but somebody has to see to it
                self.assertEqual(bool(self.task(unit)), kind in ('refused', 'bouncing', 'two'))
        self.assertEqual(units['neither'].undelivered_letter_count, 0)
        waiting = self.env['cfia.dispatch'].search([('partner_id', '=', units['neither'].id)])
        self.assertEqual(waiting.activity_ids.date_deadline, association_today(), "work for the department the same day")

        for xmlid in EVIDENCE:
            with self.subTest(evidence=xmlid):
                evidence = self.env.ref(xmlid)
                done = self.env[evidence.model].search(
                    evidence._get_domain(association_today(), association_today()) & Domain(
                        literal_eval(evidence.done_domain))).filtered(lambda record: record.partner_id in everybody)
                self.assertEqual(
                    done.partner_id, everybody - units['neither'] - units['refused'] - units['bouncing'])

        # the next way: post for the one, another contact for the other
        letters = self.letters(units['refused'])
        letters.with_user(self.user_organisation).action_by_post()
        self.assertFalse(self.task(units['refused']))
        self.post_all(units['refused'])
        self.assertEqual(set(letters.mapped('delivery_state')), {'posted'})
        dispatch = self.env['cfia.dispatch'].search([('partner_id', '=', units['refused'].id)])
        dispatch._return("查无此人")
        self.assertEqual(set(letters.mapped('delivery_state')), {'returned'})
        self.assertTrue(self.task(units['refused']))
        self.assertEqual(units['refused'].undelivered_letter_count, 3)
        person = units['bouncing']._get_role_contacts('contact')[units['bouncing']]
        unlocked(person).email = 'right@kinds.example'
        letters = self.letters(units['bouncing'])
        letters.with_user(self.user_organisation).action_mail_again()
        self.print_all()
        self.assertEqual(set(letters.mapped('delivery_state')), {'sent'})
        self.assertFalse(self.task(units['bouncing']))
        with self.assertRaisesRegex(UserError, units['neither'].name):
            self.letters(units['neither']).with_user(self.user_organisation).action_mail_again()

    def test_overdue_without_delivery(self):
        """A notice that reached nobody is overdue after its days, one handed over is not."""
        unit = self.admit("演示逾期有限公司", contact_email='late@kinds.example')
        self.server.refused = {'late@kinds.example'}
        self.print_all()
        evidence = self.env.ref('cfia_dues.cfia_obligation_evidence_4_1_3')
        today = association_today()
        with freeze_time(today + timedelta(days=20)):
            before = sum(month['overdue'] for month in evidence._count(today, today).values())
            self.letters(unit, 'dues_notice').with_user(self.user_organisation).action_handed_over()
            after = sum(month['overdue'] for month in evidence._count(today, today).values())
        self.assertEqual(before - after, 1)
