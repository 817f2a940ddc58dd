from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_services.tests.common import ServicesCommon


@tagged('post_install', '-at_install')
class TestServicesPortal(HttpCase, ServicesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_portal.password = 'cfia_test_portal'

    def open_page(self):
        """Return the block of the services."""
        self.authenticate('cfia_test_portal', 'cfia_test_portal')
        response = self.url_open('/my/membership')
        self.assertEqual(response.status_code, 200)
        return response.text.split('id="cfia_services_block"')[1].split('</section>')[0]

    def test_entitlements_of_the_own_unit(self):
        self.open_learning(self.unit_member)
        other = self.make_member("演示他家门户会员")
        self.open_learning(other)
        self.env['cfia.service.usage'].create({
            'entitlement_id': self.unit_member.entitlement_ids.filtered('quota').id, 'quantity': 3})
        page = self.open_page()
        langs = [code for code, _name in self.env['res.lang'].get_installed()]
        for service in self.at_entry + self.service_learning:
            names = {service.with_context(lang=lang).name for lang in langs}
            self.assertEqual(sum(page.count(f'>{name}<') for name in names), 1, service.code)
        self.assertIn('7 / 10', page)
        self.assertEqual(page.count('text-bg-success'), len(self.at_entry) + 1)
        self.assertNotIn(other.name, page)

    def test_path_above_the_list_of_needs_names_none_of_them(self):
        need = self.env['cfia.need'].create({
            'name': "演示路径需求", 'description': "演示", 'partner_id': self.unit_member.id,
            'kind_id': self.env.ref('cfia_services.cfia_need_kind_training').id})
        self.authenticate('cfia_test_portal', 'cfia_test_portal')
        self.assertEqual(self.url_open('/my/membership/needs').text.count(need.name), 1)
        self.assertIn(f'{need.name}</li>', self.url_open(f'/my/membership/needs/{need.id}').text)

    def test_without_entitlements(self):
        unlocked(self.unit_member.entitlement_ids.sudo()).unlink()
        page = self.open_page()
        self.assertNotIn('<table', page)

    def test_of_a_unit_that_left(self):
        self.unit_member._leave('withdrawn')
        page = self.open_page()
        self.assertNotIn('text-bg-success', page)
        self.assertEqual(page.count('text-bg-secondary'), len(self.at_entry))

    def test_account_is_asked_for_and_read(self):
        page = self.open_page()
        address = f'/my/membership/services/{self.service_learning.id}/request'
        self.assertIn(address, page)
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        answer = self.url_open(address, data={'csrf_token': token})
        learning = self.unit_member.entitlement_ids.filtered(lambda row: row.service_id == self.service_learning)
        self.assertRecordValues(learning, [{'state': 'waiting', 'requested_by_id': self.user_portal.id}])
        self.assertTrue(answer.url.endswith(f'/my/membership/services/{learning.id}'))
        self.assertIn('alert-info', answer.text)
        # not a second time, and nothing that is not given on request
        for service in (self.service_learning, self.service_magazine):
            again = self.url_open(
                f'/my/membership/services/{service.id}/request', data={'csrf_token': token})
            self.assertEqual(again.status_code, 404)
        learning.account_name = "yadao-portal"
        self.env['cfia.service.usage'].create({'entitlement_id': learning.id, 'quantity': 2, 'note': "演示课时"})
        answer = self.url_open(f'/my/membership/services/{learning.id}').text
        for words in ("yadao-portal", '8 / 10', "演示课时"):
            self.assertIn(words, answer)
        self.assertNotIn(address, self.open_page())

    def test_other_units_services_are_not_found(self):
        other = self.open_learning(self.make_member("演示他家学习会员"))
        self.authenticate('cfia_test_portal', 'cfia_test_portal')
        for entitlement_id in (other.id, 99999999):
            self.assertEqual(self.url_open(f'/my/membership/services/{entitlement_id}').status_code, 404)
        self.unit_member._leave('withdrawn')
        token = self.url_open('/my/account').text.split('name="csrf_token" value="')[1].split('"')[0]
        answer = self.url_open(
            f'/my/membership/services/{self.service_learning.id}/request', data={'csrf_token': token})
        self.assertEqual(answer.status_code, 404)

    def test_member_price_in_plain_words(self):
        self.env['res.lang']._activate_lang('zh_CN')
        self.user_portal.lang = 'zh_CN'
        self.unit_member.specific_property_product_pricelist = False
        pricelist, special = self.env['product.pricelist'].create([
            {'name': "演示门户会员价", 'item_ids': [Command.create({
                'compute_price': 'percentage', 'percent_price': 15, 'applied_on': '3_global'})]},
            {'name': "演示另行商定价"},
        ])
        service = self.service_event_price
        service.pricelist_id = pricelist
        entitlement = self.unit_member.entitlement_ids.filtered(lambda row: row.service_id == service)
        magazine = self.unit_member.entitlement_ids.filtered(lambda row: row.service_id == self.service_magazine)
        self.authenticate('cfia_test_portal', 'cfia_test_portal')

        def read(row):
            response = self.url_open(f'/my/membership/services/{row.id}')
            self.assertEqual(response.status_code, 200)
            return response.text

        page = read(entitlement)
        for words in ("已享受会员优惠价", "演示门户会员价", "8.5折（优惠15%）"):
            self.assertIn(words, page)
        self.assertNotIn('cfia_price_terms', read(magazine))
        # where it depends on what is bought, no one percentage is told
        pricelist.item_ids = [Command.create({
            'compute_price': 'fixed', 'fixed_price': 4321, 'applied_on': '1_product',
            'product_tmpl_id': self.env['product.template'].create({'name': "演示内部价展位"}).id})]
        page = read(entitlement)
        self.assertIn("演示门户会员价", page)
        for words in ("8.5折", "4321", "演示内部价展位"):
            self.assertNotIn(words, page)
        # what was agreed with the unit is not told, nor a price that ended
        self.unit_member.specific_property_product_pricelist = special
        page = read(entitlement)
        for words in ('cfia_price_terms', "演示门户会员价", "演示另行商定价"):
            self.assertNotIn(words, page)
        self.unit_member.specific_property_product_pricelist = pricelist
        self.assertIn('cfia_price_terms', read(entitlement))
        self.unit_member._leave('withdrawn')
        self.assertNotIn('cfia_price_terms', read(entitlement))
