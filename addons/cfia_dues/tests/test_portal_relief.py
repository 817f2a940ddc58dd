from odoo.http import Request
from odoo.tests import HttpCase, tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tests.test_upload import make_pdf


@tagged('post_install', '-at_install')
class TestPortalRelief(HttpCase, DuesCommon):

    URL = '/my/membership/dues/relief'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.make_member("演示他家困难有限公司")
        cls.lines = cls.make_dues(cls.unit_member, 2031)
        cls.foreign = cls.make_dues(cls.other, 2031)
        cls.user_portal.password = 'cfia_test_portal'
        cls.Relief = cls.env['cfia.dues.relief']

    def setUp(self):
        super().setUp()
        self.authenticate('cfia_test_portal', 'cfia_test_portal')

    def post(self, files=None, **form):
        return self.url_open(self.URL, data={
            'csrf_token': Request.csrf_token(self), 'line': str(self.lines.id), 'kind': 'deferral',
            'date_due_new': '2032-06-30', 'reason': "演示困难", **form,
        } if form.get('date_due_new') else {
            'csrf_token': Request.csrf_token(self), 'line': str(self.lines.id), 'kind': 'waiver', 'amount': '500',
            'reason': "演示困难", **form,
        }, files=files)

    def own(self):
        return self.Relief.search([('partner_id', 'in', (self.unit_member + self.other).ids)])

    def test_request_is_filed_for_the_own_unit(self):
        self.assertIn("2031", self.url_open(self.URL).text)
        answer = self.post(files={'evidence': ('letter.pdf', make_pdf(), 'application/pdf')})
        self.assertEqual(answer.status_code, 200)
        self.assertRecordValues(self.own(), [{
            'partner_id': self.unit_member.id, 'kind': 'waiver', 'amount': 500, 'source': 'portal', 'state': 'requested',
            'line_ids': self.lines.ids}])
        self.assertEqual(self.own().attachment_ids.name, 'letter.pdf')
        self.assertIn(self.own().name, self.url_open(self.URL).text)
        self.post()
        self.assertEqual(len(self.own()), 1)
        self.own().with_user(self.user_secretary).action_grant()
        self.assertEqual(self.lines.amount_residual, 1500)

    def test_dues_of_others_are_out_of_reach(self):
        self.assertNotIn(self.other.name, self.url_open(self.URL).text)
        self.post(line=str(self.foreign.id))
        self.assertFalse(self.own())

    def test_nonsense_is_refused(self):
        for form in (
            {'amount': 'nan'}, {'amount': '-1'}, {'amount': '99999'}, {'amount': ''}, {'kind': 'gift'}, {'reason': " "},
            {'line': 'x'}, {'date_due_new': 'tomorrow'}, {'date_due_new': '2001-01-01'}, {'date_due_new': '9999-12-31'},
        ):
            with self.subTest(form=form):
                self.assertEqual(self.post(**form).status_code, 200)
                self.assertFalse(self.own())
        self.post(files={'evidence': ('x.exe', b'MZ\x90', 'application/octet-stream')})
        self.assertFalse(self.own())

    def test_strangers_are_sent_home(self):
        self.unit_member._leave('withdrawn')
        answer = self.url_open(self.URL, allow_redirects=False)
        self.assertEqual(answer.status_code, 303)
