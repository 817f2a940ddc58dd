from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from odoo.addons.account.models.account_payment_method import AccountPaymentMethod
from odoo.addons.cfia_dues.tests.common import DuesCommon


@tagged('post_install', '-at_install')
class TestPortalPayment(DuesCommon, HttpCase):
    """A member pays its dues by a payment provider."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.make_member("演示他家有限公司")
        cls.Line.search([('partner_id', 'in', (cls.unit_member + cls.other).ids)]).move_id.button_draft()
        cls.own_line, cls.other_line = (
            cls.make_dues(unit, 2028) for unit in (cls.unit_member, cls.other))
        cls.user_portal.password = 'cfia_test_portal'

    def setUp(self):
        super().setUp()
        self.authenticate('cfia_test_portal', 'cfia_test_portal')

    def make_provider(self):
        """Return a provider that takes yuan, as a module of a real one would set it up."""
        method = self.env.ref('payment.payment_method_unknown')
        provider = self.env['payment.provider'].create({
            'name': "演示支付", 'code': 'none', 'state': 'test', 'is_published': True,
            'company_id': self.company.id, 'payment_method_ids': [Command.set(method.ids)],
            'redirect_form_view_id': self.env['ir.ui.view'].create({
                'name': "演示跳转", 'type': 'qweb', 'arch': '<form action="demo" method="post"/>'}).id,
        })
        method.active = True
        get_information = AccountPaymentMethod._get_payment_method_information
        with patch.object(AccountPaymentMethod, '_get_payment_method_information', lambda method: {
                **get_information(method), 'none': {'mode': 'electronic', 'type': ('bank',)}}):
            self.env['account.payment.method'].create({
                'name': "演示支付", 'code': 'none', 'payment_type': 'inbound'})
            provider.journal_id = self.bank_journal
        return provider

    def open_payment(self, line):
        return self.url_open(f'/my/membership/dues/{line.id}/pay', allow_redirects=False)

    def pay(self, line, provider):
        """Pay as the payment page does, and let the provider confirm it."""
        bill = line.move_id
        address = urlsplit(self.open_payment(line).headers['Location'])
        amount = float(parse_qs(address.query)['amount'][0])
        self.make_jsonrpc_request(f'/invoice/transaction/{bill.id}', {
            'access_token': bill._portal_ensure_token(), 'amount': amount, 'provider_id': provider.id,
            'payment_method_id': provider.payment_method_ids.id, 'token_id': None, 'flow': 'redirect',
            'tokenization_requested': False, 'landing_route': '/my/membership',
        })
        transaction = bill.transaction_ids
        transaction._set_done()
        transaction._post_process()
        return transaction

    def test_nothing_is_offered_without_a_provider(self):
        self.assertNotIn(f'/my/membership/dues/{self.own_line.id}/pay', self.url_open('/my/membership').text)
        self.assertEqual(
            urlsplit(self.open_payment(self.own_line).headers['Location']).path, '/my/membership')

    def test_dues_are_paid(self):
        provider = self.make_provider()
        self.assertIn(f'/my/membership/dues/{self.own_line.id}/pay', self.url_open('/my/membership').text)
        page = self.url_open(f'/my/membership/dues/{self.own_line.id}/pay')
        self.assertEqual((page.status_code, urlsplit(page.url).path), (200, '/payment/pay'))
        self.assertIn(self.own_line.move_id.name, page.text)
        self.assertIn('data-landing-route="/my/membership"', page.text)
        self.assertNotIn("发票", page.text)
        transaction = self.pay(self.own_line, provider)
        self.assertEqual(transaction.amount, 2000)
        self.assertRecordValues(self.own_line, [{'state': 'paid', 'amount_paid': 2000, 'amount_residual': 0}])
        self.assertNotIn(f'/my/membership/dues/{self.own_line.id}/pay', self.url_open('/my/membership').text)
        self.assertEqual(urlsplit(self.open_payment(self.own_line).headers['Location']).path, '/my/membership')

    def test_paying_early_earns_the_discount(self):
        provider = self.make_provider()
        self.make_standard(2029, rule_ids=[Command.create({
            'name': "Early", 'kind': 'early_payment', 'clause': "Clause 5", 'percent': 10,
            'month_until': 2, 'day_until': 31})])
        line = self.make_dues(self.unit_member, 2029)
        with freeze_time('2029-02-10 02:00:00'):
            self.assertEqual(line.move_id._get_dues_online_amount(), 1800)
        with freeze_time('2029-03-10 02:00:00'):
            self.assertEqual(line.move_id._get_dues_online_amount(), 2000)
        transaction = self.env['payment.transaction'].create({
            'payment_method_id': provider.payment_method_ids.id, 'amount': 1800, 'provider_id': provider.id,
            'currency_id': self.company.currency_id.id, 'reference': "演示早缴", 'operation': 'online_redirect',
            'partner_id': self.user_portal.partner_id.id, 'invoice_ids': [Command.set(line.move_id.ids)],
        })
        with freeze_time('2029-02-10 02:00:00'):
            transaction._set_done()
        with freeze_time('2029-03-02 02:00:00'):
            transaction._post_process()
        self.assertRecordValues(line, [{
            'state': 'paid', 'amount_paid': 1800, 'amount_credited': 200, 'amount_residual': 0}])

    def test_another_members_bill_is_not_found(self):
        provider = self.make_provider()
        for line_id in (self.other_line.id, self.other_line.id + 100000):
            self.assertEqual(self.url_open(f'/my/membership/dues/{line_id}/pay').status_code, 404)
        with self.assertRaises(JsonRpcException), mute_logger('odoo.http'):
            self.make_jsonrpc_request(f'/invoice/transaction/{self.other_line.move_id.id}', {
                'access_token': 'x', 'amount': 2000, 'provider_id': provider.id,
                'payment_method_id': provider.payment_method_ids.id, 'token_id': None, 'flow': 'redirect',
                'tokenization_requested': False, 'landing_route': '/my/membership',
            })
        self.assertFalse(self.other_line.move_id.transaction_ids)
