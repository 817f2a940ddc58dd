from odoo.tests import HttpCase, tagged

from odoo.addons.cfia_services.tests.common import ServicesCommon


@tagged('post_install', '-at_install')
class TestServicesPortal(HttpCase, ServicesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_portal.write({'password': 'cfia_test_portal', 'lang': 'en_US'})

    def open_page(self):
        self.authenticate('cfia_test_portal', 'cfia_test_portal')
        self.opener.cookies['frontend_lang'] = 'en_US'
        response = self.url_open('/my/membership')
        self.assertEqual(response.status_code, 200)
        return response.text.split('id="cfia_services_block"')[1]

    def test_entitlements_of_the_own_unit(self):
        self.open_learning(self.unit_member)
        other = self.make_member("演示他家门户会员")
        self.service_magazine.name = "Only Yours"
        self.env['cfia.service.usage'].create({
            'entitlement_id': self.unit_member.entitlement_ids.filtered('quota').id, 'quantity': 3})
        page = self.open_page()
        for service in self.at_entry + self.service_learning:
            self.assertIn(service.name, page)
        self.assertIn('7 / 10', page)
        self.assertEqual(page.count("Only Yours"), 1)
        self.assertNotIn(other.name, page)

    def test_without_entitlements(self):
        self.unit_member.entitlement_ids.sudo().unlink()
        self.assertIn("No service is open", self.open_page())

    def test_of_a_unit_that_left(self):
        self.unit_member._leave('withdrawn')
        self.assertIn("Closed", self.open_page())
