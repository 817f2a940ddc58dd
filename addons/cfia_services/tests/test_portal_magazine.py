from odoo.http import Request
from odoo.tests import HttpCase, tagged

from odoo.addons.cfia_services.tests.test_magazine_issue import MagazineCommon


@tagged('post_install', '-at_install')
class TestMagazinePortal(HttpCase, MagazineCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_portal.password = 'cfia_test_portal'

    def setUp(self):
        super().setUp()
        self.authenticate('cfia_test_portal', 'cfia_test_portal')

    def send(self, **vals):
        data = {
            'csrf_token': Request.csrf_token(self), 'addressee-name': self.addressee.name,
            'addressee-mobile': self.addressee.mobile or '', 'addressee-phone': self.addressee.phone or '',
            'addressee-state_id': str(self.state_jiangsu.id), 'addressee-city': "南京市",
            'addressee-street': "寄送路2号", 'addressee-zip': '210001', **vals}
        return self.url_open('/my/membership/magazine', data=data)

    def get_requests(self):
        return self.env['cfia.change.request'].search([('partner_id', '=', self.unit_member.id)], order='id')

    def test_own_addressee_and_issues(self):
        issue = self.make_issue(listed=True)
        other = self.make_member("演示他家杂志会员")
        page = self.url_open('/my/membership').text
        block = page.split('id="cfia_magazine_block"')[1].split('</section>')[0]
        self.assertIn("演示收件人", block)
        self.assertIn("寄送路2号", block)
        page = self.url_open('/my/membership/magazine').text
        self.assertNotIn('<tbody>', page)
        self.post(issue)
        page = self.url_open('/my/membership/magazine').text
        self.assertEqual(page.split('<tbody>')[1].count('<tr>'), 1)
        self.assertNotIn(other.name, page)

    def test_another_address(self):
        self.assertIn('reported=1', self.send(**{'addressee-street': "新址路9号", 'reason': "迁址"}).url)
        [line] = self.get_requests()[-1].line_ids
        self.assertEqual((line.target_id, line.field_name, line.new_value), (self.addressee, 'street', "新址路9号"))
        self.assertEqual(self.addressee.street, "寄送路2号")
        self.get_requests()[-1].with_user(self.user_organisation).action_apply()
        self.assertEqual(self.addressee.street, "新址路9号")

    def test_nothing_differs(self):
        before = self.get_requests()
        self.assertIn('reported=0', self.send().url)
        self.assertEqual(self.get_requests(), before)

    def test_another_addressee_where_there_was_none(self):
        self.addressee.contact_role_ids = False
        self.assertIn('reported=1', self.send(**{'addressee-name': "演示专责收件人", 'addressee-street': "收发室"}).url)
        request = self.get_requests()[-1]
        request.with_user(self.user_organisation).action_apply()
        addressee = self.unit_member._get_role_contacts('magazine')[self.unit_member]
        self.assertRecordValues(addressee, [{'name': "演示专责收件人", 'street': "收发室"}])
        self.assertEqual(addressee.contact_role_ids.mapped('code'), ['magazine'])

    def test_incomplete(self):
        before = self.get_requests()
        answer = self.send(**{'addressee-name': ''})
        self.assertIn('alert-danger', answer.text)
        self.assertEqual(self.get_requests(), before)
