from freezegun import freeze_time

from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon


@tagged('post_install', '-at_install')
class TestPortal(MembershipCommon, HttpCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        cls.other_unit = cls.make_member("演示测试另一会员有限公司")
        cls.prospect = cls.env['res.partner'].create({'name': "演示测试潜在会员有限公司", 'is_company': True})
        for name, unit in (('portal', cls.unit_member), ('other', cls.other_unit), ('prospect', cls.prospect)):
            user = new_test_user(
                cls.env, login=f'cfia_http_{name}', password=f'cfia_http_{name}',
                groups='base.group_portal', name="演示测试联系人", email=f'{name}@member.example')
            user.partner_id.parent_id = unit
        cls.documents = cls.env['cfia.document'].search([('partner_id', '=', cls.unit_member.id)])
        cls.certificate = cls.documents.filtered(lambda document: document.kind == 'certificate')

    def setUp(self):
        super().setUp()
        self.documents._render()

    def _login(self, name):
        self.authenticate(f'cfia_http_{name}', f'cfia_http_{name}')

    # === /my/membership === #

    def test_own_membership(self):
        self._login('portal')
        response = self.url_open('/my/membership')
        self.assertEqual(response.status_code, 200)
        self.assertIn(self.unit_member.member_number, response.text)
        for document in self.documents:
            self.assertIn(f'/my/membership/documents/{document.id}', response.text)
        self.assertIn('id="cfia_membership_blocks"', response.text)

    def test_other_member_sees_nothing_of_it(self):
        self._login('other')
        response = self.url_open('/my/membership')
        self.assertNotIn(self.unit_member.member_number, response.text)
        for document in self.documents:
            self.assertNotIn(f'/my/membership/documents/{document.id}"', response.text)

    def test_unit_that_is_no_member(self):
        self._login('prospect')
        response = self.url_open('/my/membership')
        self.assertEqual(response.status_code, 200)
        self.assertIn('o_cfia_not_member', response.text)
        self.assertNotIn('id="cfia_membership_blocks"', response.text)

    def test_public_logs_in_first(self):
        response = self.url_open('/my/membership')
        self.assertIn('/web/login', response.url)

    def test_counter(self):
        for name, count in (('portal', 1), ('prospect', 0)):
            with self.subTest(user=name):
                self._login(name)
                result = self.make_jsonrpc_request('/my/counters', {'counters': ['membership_count']})
                self.assertEqual(result['membership_count'], count)

    # === /my/membership/documents === #

    def test_download(self):
        self._login('portal')
        response = self.url_open(f'/my/membership/documents/{self.certificate.id}')
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.content, self.certificate.attachment_id.raw)
        self.assertIn('attachment', response.headers['Content-Disposition'])

    def test_document_of_another_unit(self):
        for name in ('other', 'prospect'):
            with self.subTest(user=name):
                self._login(name)
                response = self.url_open(
                    f'/my/membership/documents/{self.certificate.id}', allow_redirects=False)
                self.assertEqual(response.status_code, 404)

    def test_document_that_does_not_exist_or_is_not_printed(self):
        pending = self.env['cfia.document']._issue('entry_notice', [
            {'partner_id': self.unit_member.id, 'data': {'unit_name': self.unit_member.name}}])
        self._login('portal')
        for document_id in (pending.id, pending.id + 1000):
            response = self.url_open(f'/my/membership/documents/{document_id}', allow_redirects=False)
            self.assertEqual(response.status_code, 404)

    def test_document_for_public(self):
        response = self.url_open(f'/my/membership/documents/{self.certificate.id}')
        self.assertIn('/web/login', response.url)

    # === /cfia/verify === #

    def _verify(self, token):
        response = self.url_open(f'/cfia/verify/{token}')
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.headers['X-Robots-Tag'], 'noindex, nofollow')
        return response.text

    def test_verify_valid(self):
        text = self._verify(self.certificate.token)
        self.assertIn('data-result="valid"', text)
        self.assertIn(self.unit_member.name, text)
        self.assertIn(self.unit_member.member_number, text)
        for secret in ("演示联系人", "演示法人", "演示路1号", 'contact@member.example'):
            self.assertNotIn(secret, text)

    def test_verify_unknown(self):
        text = self._verify('x' * 32)
        self.assertIn('data-result="invalid"', text)
        self.assertNotIn(self.unit_member.name, text)

    def test_verify_name_as_printed(self):
        name = self.unit_member.name
        self.unit_member.with_user(self.user_organisation).name = "演示测试更名有限公司"
        text = self._verify(self.certificate.token)
        self.assertIn(name, text)
        self.assertNotIn("演示测试更名有限公司", text)

    def test_verify_expired(self):
        with freeze_time(f'{self.certificate.date_to.year + 1}-06-01'):
            self.assertEqual(
                self.env['cfia.document']._verify(self.certificate.token)['result'], 'expired')

    def test_verify_of_former_member(self):
        self.unit_member._leave('withdrawn')
        text = self._verify(self.certificate.token)
        self.assertIn('data-result="invalid"', text)

    def test_verify_replaced(self):
        newer = self.env['cfia.document']._issue('certificate', [
            {'partner_id': self.unit_member.id, 'data': self.certificate.data}])
        Document = self.env['cfia.document']
        self.assertEqual(Document._verify(self.certificate.token)['result'], 'invalid')
        self.assertEqual(Document._verify(newer.token)['result'], 'valid')

    def test_verify_nothing(self):
        for token in ('', None, False):
            self.assertEqual(self.env['cfia.document']._verify(token), {'result': 'invalid'})
