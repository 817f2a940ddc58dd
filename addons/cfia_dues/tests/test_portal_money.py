from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
class TestPortalMoney(DuesCommon, HttpCase):
    """The contact for dues of one member, and what he must not reach of another's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.make_member("演示他家有限公司")
        cls.Line.search([('partner_id', 'in', (cls.unit_member + cls.other).ids)]).move_id.button_draft()
        cls.lines = cls.make_dues(cls.unit_member + cls.other, 2027, 2028)
        for unit in (cls.unit_member, cls.other):
            cls.make_receipt(2000, f"2027年会费 {unit.member_number}").action_match_dues()
        cls.own_line, cls.other_line = (
            cls.lines.filtered(lambda line, unit=unit: line.partner_id == unit and line.year == 2027)
            for unit in (cls.unit_member, cls.other))
        cls.user_portal.password = 'cfia_test_portal'

    def setUp(self):
        super().setUp()
        self.authenticate('cfia_test_portal', 'cfia_test_portal')

    def issue(self, line, number):
        receipt = self.env['cfia.dues.receipt']._request(line)
        receipt.write({
            'number': number, 'date_issued': '2027-03-01', 'file': b'JVBERi0xLjQ=', 'file_name': 'r.pdf'})
        receipt.action_issue()
        return receipt

    def ask(self, line):
        return self.url_open(
            f'/my/membership/dues/{line.id}/receipt', data={'csrf_token': Request.csrf_token(self)}, allow_redirects=False)

    def test_transfer_text(self):
        page = self.url_open('/my/membership').text
        self.assertIn(f'2028年会费 {self.unit_member.member_number}', page)
        self.assertIn('user-select-all', page)
        self.assertNotIn(self.other.name, page)

    def test_ask_for_a_receipt(self):
        response = self.ask(self.own_line)
        self.assertEqual(response.status_code, 303)
        receipt = self.own_line.receipt_item_ids.receipt_id
        self.assertRecordValues(receipt, [{'origin': 'portal', 'state': 'requested', 'amount': 2000}])
        # nothing is left to ask for
        open_line = self.lines.filtered(lambda line: line.partner_id == self.unit_member and line.year == 2028)
        self.make_receipt(500, f"2028年会费 {self.unit_member.member_number}").action_match_dues()
        self.assertEqual(self.ask(open_line).status_code, 303)
        self.ask(self.own_line)
        self.assertEqual(self.own_line.receipt_item_ids.receipt_id, receipt)

    def test_fetch_the_receipt(self):
        receipt = self.issue(self.own_line, '0000000001')
        self.assertIn(f'/my/membership/receipts/{receipt.id}', self.url_open('/my/membership').text)
        response = self.url_open(f'/my/membership/receipts/{receipt.id}')
        self.assertEqual((response.status_code, response.content), (200, b'%PDF-1.4'))
        receipt._void("演示")
        self.assertEqual(self.url_open(f'/my/membership/receipts/{receipt.id}').status_code, 404)

    def test_another_members_ids_are_not_found(self):
        receipt = self.issue(self.other_line, '0000000002')
        document = self.other_line._issue_notices()
        attachment = self.env['ir.attachment'].create({'name': 'n.pdf', 'raw': b'%PDF-1.4'})
        unlocked(document).write({'state': 'done', 'attachment_id': attachment.id})
        for address in (
            f'/my/membership/receipts/{receipt.id}',
            f'/my/membership/receipts/{receipt.id + 1000}',
            f'/my/membership/documents/{document.id}',
            f'/my/membership/documents/{document.id + 1000}',
            f'/my/invoices/{self.other_line.move_id.id}',
            f'/web/content/{receipt.attachment_id.id}',
            f'/web/content/cfia.dues.receipt/{receipt.id}/file',
            f'/web/content/{attachment.id}',
            f'/report/pdf/cfia_dues.report_dues_notice/{document.id}',
        ):
            with self.subTest(address=address), mute_logger('odoo.http'):
                self.assertIn(
                    self.url_open(address, allow_redirects=False).status_code, (403, 404) if 'report' in address else (404,))
        for line_id in (self.other_line.id, self.other_line.id + 1000):
            response = self.url_open(
                f'/my/membership/dues/{line_id}/receipt', data={'csrf_token': Request.csrf_token(self)}, allow_redirects=False)
            self.assertEqual(response.status_code, 404)
        self.assertEqual(self.other_line.receipt_item_ids.receipt_id, receipt)

    def test_every_address_with_an_id_is_tried(self):
        """A new route fails here until it is tried with another member's id."""
        tried = {
            '/my/membership/receipts/<int:receipt_id>', '/my/membership/dues/<int:line_id>/receipt',
            # in the test of payments
            '/my/membership/dues/<int:line_id>/pay',
        }
        IrHttp = self.env['ir.http']
        rules = {
            address for address, endpoint in IrHttp._generate_routing_rules(
                self.env.registry._init_modules, IrHttp._get_converters())
            if endpoint.func.__module__.startswith('odoo.addons.cfia_dues.') and '<' in address
            and address.startswith('/my/membership')}
        self.assertEqual(rules, tried)

    def test_the_public_has_to_log_in(self):
        self.logout()
        response = self.url_open(f'/my/membership/receipts/{self.own_line.id}', allow_redirects=False)
        self.assertEqual(response.status_code, 303)
        self.assertIn('/web/login', response.headers['Location'])

    def test_dues_are_no_invoices(self):
        page = self.url_open('/my/invoices').text
        self.assertNotIn(self.own_line.move_id.name, page)
        own = self.url_open(f'/my/invoices/{self.own_line.move_id.id}', allow_redirects=False)
        self.assertEqual(own.status_code, 404)
        token = self.own_line.move_id._portal_ensure_token()
        self.assertEqual(
            self.url_open(f'/my/invoices/{self.own_line.move_id.id}?access_token={token}').status_code, 404)

    def test_a_payer_sees_what_he_pays(self):
        child = self.make_member("演示子公司有限公司")
        child.dues_payer_id = self.unit_member
        line = self.make_dues(child, 2028)
        page = self.url_open('/my/membership').text
        self.assertIn(child.name, page)
        self.make_receipt(5000, f"2028年会费 {child.member_number}").action_match_dues()
        self.assertEqual(self.ask(line).status_code, 303)
        self.assertEqual(line.receipt_item_ids.receipt_id.partner_id, self.unit_member)

    def test_printed_bills_are_not_called_invoices(self):
        html = self.env['ir.actions.report'].with_context(lang='zh_CN')._render_qweb_html(
            'account.report_invoice', self.own_line.move_id.ids)[0].decode()
        self.assertIn(self.own_line.move_id.with_context(lang='zh_CN')._get_dues_title(), html)
        self.assertFalse("发票" in html, "发票 on a bill of dues")
        self.assertIn(self.own_line.move_id.name.replace('/', '_'), self.own_line.move_id._get_invoice_report_filename())
