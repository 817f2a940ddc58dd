from io import BytesIO

from lxml import html
from openpyxl import load_workbook

from odoo.tests import tagged

from odoo.addons.test_cfia_suite.tests.common import CONTACT, CONTACT_EMAIL, UNIT, JourneyCommon


@tagged('post_install', '-at_install')
class TestJourney(JourneyCommon):
    """One member's way from his question to the quarterly figures, each step by who does it."""

    def test_journey(self):
        cell = (self.state_jiangsu, self.category_stamping, self.ownership_private)
        quarters = self.env['cfia.member.quarter.report'].search([('date', '>=', self.today)], limit=1)
        members_before = self.count_members(quarters.date, *cell)
        members_last_quarter = self.count_members(self.last_quarter_end, *cell)
        self.assertGreaterEqual(members_last_quarter, 1)

        enquiry = self.enquire()
        application = self.apply(enquiry)
        self.verify(application)
        self.sign(application)
        application = application.with_env(self.env)
        unit = application.partner_id
        self.check_admitted(application)
        self.check_billed(unit)
        self.print_documents()
        self.check_printed(unit)
        self.pay(unit)
        self.check_entitled(unit)
        self.read_contact_form(unit)
        self.receive_change_list(unit)
        self.visit_portal(unit)

        # (j) one more in this quarter, none more in the one before
        self.assertEqual(self.count_members(quarters.date, *cell), members_before + 1)
        self.assertEqual(self.count_members(self.last_quarter_end, *cell), members_last_quarter)

    def enquire(self):
        """(a) Any department records the enquiry and hands over form and guide."""
        enquiry = self.env['cfia.enquiry'].with_user(self.user_staff).create({
            'name': UNIT,
            'contact_name': CONTACT,
            'phone': '025-0000 0000',
            'email': CONTACT_EMAIL,
            'state_id': self.state_jiangsu.id,
            'enterprise_category_id': self.category_forging.id,
            'question': "会员享有哪些服务？",
        })
        self.assertEqual(enquiry.partner_id.sudo().member_state, 'prospect')
        enquiry.action_hand_over()
        self.assertTrue(enquiry.date_handed_over)
        self.assertEqual(enquiry.handed_over_by_id, self.user_staff)
        mail = self.env['mail.mail'].search([
            ('model', '=', 'cfia.enquiry'), ('res_id', '=', enquiry.id)])
        self.assertEqual(mail.email_to, CONTACT_EMAIL)
        self.assertEqual(len(mail.attachment_ids), 2)
        return enquiry

    def apply(self, enquiry):
        """(b) The application is entered from the enquiry with all its columns and the licence."""
        Application = self.env['cfia.membership.application'].with_user(self.user_staff)
        licence = self.env['ir.attachment'].with_user(self.user_staff).create({
            'name': "营业执照.png", 'raw': b'licence', 'res_model': Application._name, 'res_id': 0})
        vals = self._prepare_application(
            UNIT, staff_count=320, annual_revenue=15000, registered_capital=3000, city="南京市",
            magazine_recipient="演示收件人", attachment_ids=licence.ids)
        # these come from the enquiry
        for field in ('name', 'contact_name', 'contact_phone', 'contact_email', 'state_id', 'enterprise_category_id'):
            del vals[field]
        context = enquiry.action_create_application()['context']
        application = Application.with_context(**context).create(vals).with_context({})
        self.assertRecordValues(application, [{
            'name': UNIT, 'contact_name': CONTACT, 'contact_email': CONTACT_EMAIL,
            'enterprise_size': 'medium', 'received_by_id': self.user_staff.id, 'state': 'draft',
        }])
        application.action_submit()
        self.assertEqual(application.state, 'submitted')
        self.assertEqual(application.partner_id, enquiry.partner_id)
        return application

    def verify(self, application):
        """(c) The organisation department signs each item of the checklist."""
        application = application.with_user(self.user_organisation)
        self.assertEqual(application.attachment_ids.raw, b'licence')
        application.check_ids.action_pass()
        application.action_verify()
        self.assertEqual(application.state, 'verified')

    def sign(self, application):
        """(c) The secretary-general finds it among his activities, sets the category and signs."""
        activity = self.env['mail.activity'].with_user(self.user_secretary).search([
            ('user_id', '=', self.user_secretary.id), ('res_model', '=', application._name)])
        self.assertEqual(activity.mapped('res_id'), application.ids)
        application = application.with_user(self.user_secretary)
        self.assertEqual(application.attachment_ids.raw, b'licence')
        application.enterprise_category_id = self.category_stamping
        application.action_approve()
        self.assertFalse(application.activity_ids)

    def pay(self, unit):
        """(f) The accountant matches the bank's line."""
        receipt = self.make_receipt(unit)
        receipt.with_user(self.user_accountant).action_match_dues()
        self.check_paid(unit, receipt)

    def read_contact_form(self, unit):
        """(g) Dues, entitlements and file stand on the form in contacts."""
        form = self.env['res.partner'].with_user(self.user_organisation).get_view(view_type='form')['arch']
        for field in ('dues_line_ids', 'entitlement_ids', 'member_number'):
            self.assertIn(f'name="{field}"', form)
        unit = unit.with_user(self.user_organisation)
        self.assertTrue(unit.dues_line_ids and unit.entitlement_ids)
        self.assertEqual(unit.action_view_member_file()['res_id'], unit.member_file_ids.id)

    def receive_change_list(self, unit):
        """(h) The month's list to the editorial department holds him, also as a spreadsheet."""
        self.make_change_lists()
        change_list = self.env['cfia.change.list'].with_user(self.user_editorial).search([
            ('kind', '=', 'editorial'), ('month', '=', self.today.replace(day=1)), ('state', '=', 'waiting')])
        line = change_list.line_ids.filtered(lambda line: line.partner_id == unit)
        self.assertRecordValues(line, [{
            'change': 'new', 'member_number': unit.member_number, 'addressee': "演示收件人"}])
        self.authenticate(self.user_editorial.login, self.user_editorial.login)
        response = self.url_open(f'/report/xlsx/cfia_services.change_list_xlsx/{change_list.id}')
        self.assertEqual(response.status_code, 200)
        sheet = load_workbook(BytesIO(response.content)).active
        rows = [row for row in sheet.iter_rows(values_only=True) if UNIT in row]
        self.assertEqual(len(rows), 1)
        self.assertIn(unit.member_number, rows[0])
        change_list.action_receive()
        self.assertEqual(change_list.state, 'received')

    def visit_portal(self, unit):
        """(i) He sees number, certificate, dues and entitlements of his own unit."""
        user = self.make_portal_user(unit)
        self.authenticate(user.login, user.login)
        page = html.fromstring(self.url_open('/my/membership').content)
        text = page.text_content()
        self.assertIn(unit.member_number, text)
        self.assertIn(str(self.today.year), page.get_element_by_id('cfia_dues_block').text_content())
        self.assertTrue(page.xpath("//*[@id='cfia_dues_block']//*[hasclass('text-bg-success')]"))
        services = page.get_element_by_id('cfia_services_block').text_content()
        for service in unit.entitlement_ids.service_id:
            self.assertIn(service.name, services)
        self.assertNotIn(self.unit_old.name, text)
        for document in self.get_documents(unit):
            link = f'/my/membership/documents/{document.id}'
            self.assertTrue(page.xpath(f"//a[@href='{link}']"))
            self.assertEqual(self.url_open(link).content, document.attachment_id.raw)
