from datetime import UTC

from freezegun import freeze_time

from odoo.tests import HttpCase, tagged
from odoo.tools import hash_sign

from odoo.addons.cfia_membership.controllers.round import LINK_RATE
from odoo.addons.cfia_membership.controllers.verify import VERIFY_LIMIT
from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.guard import unlocked

HEADERS = {'X-Robots-Tag': 'noindex, nofollow', 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-store'}


@tagged('post_install', '-at_install')
class TestPersonalLinks(MembershipCommon, HttpCase):
    """Links that are a right by themselves: they end, are of one member, cannot be guessed and are not indexed.

    Every kind of round shares them, so one round stands for all.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.make_member("演示链接他家有限公司")
        cls.survey = cls.env['cfia.data.survey'].create({'kind': 'basic', 'year': 2034, 'date_deadline': '2034-03-31'})
        cls.own, cls.foreign = unlocked(cls.env['cfia.data.survey.recipient']).create([
            {'round_id': cls.survey.id, 'partner_id': unit.id} for unit in (cls.unit_member, cls.other)])
        unlocked(cls.survey).write({'state': 'open'})
        cls.certificate = cls.env['cfia.document'].search(
            [('partner_id', '=', cls.unit_member.id), ('kind', '=', 'certificate')], limit=1)

    def setUp(self):
        super().setUp()
        LINK_RATE.clear()
        VERIFY_LIMIT.clear()

    def ask(self, token, route='r'):
        return self.url_open(f'/cfia/{route}/{token}')

    def token(self, recipient=None):
        return (recipient or self.own)._make_link().rpartition('/')[2]

    def test_not_indexed_whatever_the_answer(self):
        for route, token in (
            ('r', self.token()), ('r', 'x'), ('verify', self.certificate.token), ('verify', 'x' * 32),
        ):
            with self.subTest(route=route, token=token[:5]):
                answer = self.ask(token, route)
                self.assertEqual({name: answer.headers.get(name) for name in HEADERS}, HEADERS)
        for route in ('/cfia/r/x', '/cfia/verify/x'):
            self.assertNotIn(route, self.url_open('/sitemap.xml').text)

    def test_of_one_member(self):
        page = self.ask(self.token()).text
        self.assertIn(self.unit_member.name, page)
        self.assertNotIn(self.other.name, page)
        self.assertNotIn(self.unit_member.name, self.ask(self.token(self.foreign)).text)

    def test_it_ends(self):
        token = self.token()
        self.assertEqual(self.ask(token).status_code, 200)
        end = self.survey._get_expiry().astimezone(UTC).replace(tzinfo=None)
        with freeze_time(end):
            self.assertEqual(self.ask(token).status_code, 404)
        unlocked(self.survey).write({'state': 'closed'})
        self.assertEqual(self.ask(token).status_code, 404)

    def test_no_guessing(self):
        """Every letter of the link counts, and what is signed for something else is no link."""
        token = self.token()
        self.assertGreaterEqual(len(token), 40)
        for position in range(0, len(token), 5):
            wrong = token[:position] + ('A' if token[position] != 'A' else 'B') + token[position + 1:]
            LINK_RATE.clear()
            with self.subTest(position=position):
                self.assertEqual(self.ask(wrong).status_code, 404)
        for scope, payload in (
            ('other', [self.own._name, self.own.id, 'mail']),
            ('cfia-round', ['res.users', self.user_manager.id, 'mail']),
            ('cfia-round', [self.own._name, self.own.id + 10000, 'mail']),
            ('cfia-round', 'x'),
        ):
            with self.subTest(scope=scope, payload=payload):
                self.assertEqual(self.ask(hash_sign(self.env, scope, payload, expiration=self.survey._get_expiry())).status_code, 404)

    def test_certificates_cannot_be_counted_through(self):
        tokens = self.env['cfia.document'].search([('token', '!=', False)]).mapped('token')
        self.assertEqual(len(tokens), len(set(tokens)))
        self.assertTrue(all(len(token) >= 20 for token in tokens))
        for guess in (self.certificate.id, self.certificate.name, self.unit_member.member_number):
            self.assertIn('data-result="invalid"', self.ask(guess, 'verify').text)

    def test_guessers_are_braked(self):
        answers = [self.ask('x').status_code for _time in range(LINK_RATE.times + 1)]
        self.assertEqual(answers[-1], 429)
