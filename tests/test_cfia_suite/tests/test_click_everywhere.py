import json

from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import ROLES
from odoo.addons.test_cfia_suite.tests.common import JourneyCommon, read_terms

APP = 'cfia_membership.cfia_menu_root'
CODE = "odoo.loader.modules.get('@test_cfia_suite/../tests/tours/walk').walk(...%s);"


@tagged('post_install', '-at_install')
class TestClickEverywhere(JourneyCommon):
    """Core's click-everywhere over the suite's menus, then the first tour of the role, all of it in Chinese.

    The administrator opens each view and each filter, the roles each of their menus.
    """

    allow_end_on_form = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.terms = cls.env['ir.attachment'].create({
            'name': 'terms.json', 'raw': json.dumps(read_terms(cls.env)).encode(), 'public': True})

    def _click(self, login, tour, menus_alone=False):
        self.browser_js(
            '/odoo', CODE % json.dumps([APP, tour, f'/web/content/{self.terms.id}', menus_alone]), 'odoo.isReady === true',
            login=login, timeout=600, success_signal='walk succeeded')

    def test_administrator(self):
        admin = self.env.ref('base.user_admin')
        admin.write({'lang': 'zh_CN', 'tour_enabled': False})
        self._click('admin', 'cfia_tour_manager')

    def test_each_role(self):
        for role in ROLES:
            with self.subTest(role=role):
                self._click(getattr(self, f'user_{role}').login, f'cfia_tour_{role}', menus_alone=True)
