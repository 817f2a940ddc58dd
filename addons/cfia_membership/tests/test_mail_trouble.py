import contextlib
import smtplib
import socketserver
import threading
from datetime import timedelta
from email import message_from_bytes
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, fields
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_membership.tests.test_data_survey import DataSurveyCommon

MAIL_LOGGER = 'odoo.addons.mail.models.mail_mail'
SERVER_LOGGER = 'odoo.addons.base.models.ir_mail_server'


class MailServer(socketserver.ThreadingTCPServer):
    """A real mail server on a free port, which can be in trouble."""

    daemon_threads = True

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Conversation)
        self.answer, self.hangs_up, self.messages, self.refused = b'250 ok', False, [], set()
        threading.Thread(target=self.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True).start()

    def enter(self, env):
        """Make this a mail server of the database and return its record; whoever calls puts the others aside."""
        return env['ir.mail_server'].create({
            'name': "演示", 'smtp_host': '127.0.0.1', 'smtp_port': self.port, 'smtp_encryption': 'none'})

    def stop(self):
        self.shutdown()
        self.server_close()

    @property
    def port(self):
        return self.server_address[1]


class Conversation(socketserver.StreamRequestHandler):

    def say(self, text):
        self.wfile.write(text + b'\r\n')

    def handle(self):
        self.say(b'220 ready')
        for line in self.rfile:
            match line[:4].upper():
                case b'RCPT':
                    refused = any(address.encode() in line for address in self.server.refused)
                    self.say(b'550 no such user' if refused else self.server.answer)
                case b'DATA':
                    self.say(b'354 go on')
                    if self.server.hangs_up:
                        self.rfile.read(20)
                        return
                    self.server.messages.append(message_from_bytes(b''.join(iter(self.rfile.readline, b'.\r\n'))))
                    self.say(b'250 kept')
                case b'QUIT':
                    self.say(b'221 bye')
                    return
                case _:
                    self.say(b'250 ok')


@tagged('post_install', '-at_install')
class TestMailTrouble(DataSurveyCommon):
    """A mail server that is down, busy or hangs up: every letter goes out once in the end."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server = MailServer()
        cls.addClassCleanup(cls.server.stop)
        cls.env['ir.mail_server'].search([]).active = False
        cls.mail_server = cls.server.enter(cls.env)
        cls.queue = cls.env.ref('mail.ir_cron_mail_scheduler_action')

    def setUp(self):
        super().setUp()
        self.server.answer, self.server.hangs_up = b'250 ok', False
        self.server.messages.clear()
        self.startPatcher(patch.object(type(self.env['ir.mail_server']), '_disable_send', lambda server: False))
        self.survey.action_open()
        self._run_cron()
        self.recipient = self._get(self.unit_member)
        self.mail = self._mails(self.recipient).ensure_one()
        self.mail.auto_delete = False

    def send(self):
        with mute_logger(MAIL_LOGGER, SERVER_LOGGER):
            self.mail.send()

    def close_port(self):
        """Give the mails a port on which nobody listens."""
        closed = MailServer()
        closed.stop()
        self.mail_server.smtp_port = closed.port

    def check_waits(self, wait=timedelta(minutes=5)):
        """Check that the mail is in the queue for later, and that nobody has to do anything."""
        now = fields.Datetime.now()
        self.assertRecordValues(self.mail, [{'state': 'outgoing', 'failure_type': False}])
        self.assertTrue(self.mail.failure_reason)
        self.assertAlmostEqual(self.mail.scheduled_date, now + wait, delta=timedelta(seconds=60))
        self.assertTrue(self.env['ir.cron.trigger'].search_count([
            ('cron_id', '=', self.queue.id), ('call_at', '=', self.mail.scheduled_date)]))
        self.assertEqual(self.recipient.delivery_state, 'outgoing')
        self.assertFalse(self.get_problems())
        self.assertFalse(self.server.messages)

    def check_arrives(self):
        """Check that the mail goes out once, under the Message-ID that it always had."""
        message_id = self.mail.message_id
        self.mail_server.smtp_port = self.server.port
        self.server.answer, self.server.hangs_up = b'250 ok', False
        self.send()
        self.send()
        self.assertEqual([message['Message-Id'].strip() for message in self.server.messages], [message_id])
        self.assertRecordValues(self.mail, [{'state': 'sent', 'failure_reason': False}])
        self.assertEqual(self.recipient.delivery_state, 'sent')

    def test_nobody_listens(self):
        self.close_port()
        self.send()
        self.check_waits()
        self.check_arrives()

    def test_busy(self):
        self.server.answer = b'451 4.3.2 busy'
        self.send()
        self.check_waits()
        self.check_arrives()

    def test_hangs_up_in_the_middle_of_a_message(self):
        self.server.hangs_up = True
        other = self.mail.copy()
        with mute_logger(MAIL_LOGGER):
            (self.mail + other).send()
        self.check_waits()
        self.assertRecordValues(other, [{'state': 'outgoing', 'scheduled_date': False}])
        self.check_arrives()

    def test_waits_longer_each_time(self):
        self.close_port()
        for hours, wait in ((1, 1), (3, 3), (20, 4), (90, 4)):
            with self.subTest(hours=hours):
                self.age(timedelta(hours=hours))
                self.mail.write({'state': 'outgoing'})
                self.send()
                self.check_waits(timedelta(hours=wait))

    def test_gives_up_after_four_days(self):
        self.close_port()
        self.age(timedelta(days=4, minutes=1))
        self.send()
        self.assertEqual(self.mail.state, 'exception')
        self.assertEqual(self.recipient.delivery_state, 'failed')
        self.assertTrue(self.get_problems(), "somebody has to look")

    def test_refused_for_good(self):
        self.server.answer = b'550 5.1.1 unknown'
        self.send()
        self.assertEqual(self.mail.state, 'exception')
        self.assertEqual(self.recipient.delivery_state, 'failed')

    def test_mails_of_others_fail_as_ever(self):
        self.close_port()
        other = self.env['mail.mail'].create({'subject': "演示", 'email_to': 'other@example.com', 'email_from': 'a@example.com'})
        with mute_logger(MAIL_LOGGER):
            other.send()
        self.assertRecordValues(other, [{'state': 'exception', 'scheduled_date': False}])

    def test_mail_to_many_is_not_repeated(self):
        # whoever comes first may have it already
        self.server.hangs_up = True
        self.mail.recipient_ids = self.user_organisation.partner_id + self.user_secretary.partner_id
        with mute_logger(MAIL_LOGGER), contextlib.suppress(smtplib.SMTPServerDisconnected):
            self.mail.send()
            self.fail("the queue has to hear of it")
        self.assertEqual(self.mail.state, 'exception')

    def get_problems(self):
        problem = self.env.ref('cfia_membership.mail_act_round_problem')
        return self.survey.activity_ids.filtered(lambda activity: activity.activity_type_id == problem)

    def age(self, age):
        """Let the mail have been made so long ago."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE mail_mail SET create_date = %s WHERE id = %s", [fields.Datetime.now() - age, self.mail.id])
        self.env.invalidate_all()


@tagged('post_install', '-at_install')
class TestMailSessions(BaseCase):
    """Two processes with the same mail: one sends it."""

    def test_mail_in_the_hands_of_another(self):
        registry = Registry(get_db_name())
        server = MailServer()
        self.addCleanup(server.stop)
        with contextlib.closing(registry.cursor()) as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            others = env['ir.mail_server'].search([])
            others.active = False
            smtp = server.enter(env)
            mail = env['mail.mail'].create({
                'subject': "演示会话", 'email_to': 'session@example.com', 'email_from': 'a@example.com', 'auto_delete': False,
                'model': 'cfia.department', 'res_id': env['cfia.department'].search([], limit=1).id})
            cr.commit()
            try:
                self.check_one_sends(registry, server, mail.id)
            finally:
                cr.rollback()
                env.invalidate_all()
                mail.unlink()
                smtp.unlink()
                others.active = True
                cr.commit()

    def check_one_sends(self, registry, server, mail_id):
        with (
            contextlib.closing(registry.cursor()) as first, contextlib.closing(registry.cursor()) as second,
            patch.object(registry['ir.mail_server'], '_disable_send', lambda server: False),
        ):
            own, other = (api.Environment(cr, SUPERUSER_ID, {})['mail.mail'].browse(mail_id) for cr in (first, second))
            self.assertEqual((own.state, other.state), ('outgoing', 'outgoing'))
            own._take()
            other.send()
            self.assertEqual(len(server.messages), 0, "the first has it in hand")
            own.send()
            first.commit()
            # the second still sees it as it was
            other.send()
            self.assertEqual(len(server.messages), 1)
