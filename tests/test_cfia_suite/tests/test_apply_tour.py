from odoo.tests import common, tagged

from odoo.addons.cfia_membership.controllers import apply
from odoo.addons.test_cfia_suite.tests.common import CONTACT_EMAIL, UNIT, JourneyCommon

FIRST_TIMEOUT = 180  # the first tour waits for the assets


class ApplyTourCommon(JourneyCommon):
    """The public form in the browser, by somebody who never logs in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for record, name in (
            (cls.category_forging, "演示旅程类别甲"),
            (cls.category_stamping, "演示旅程类别乙"),
            (cls.ownership_private, "演示旅程经济类型"),
        ):
            record.with_env(cls.env).name = name

    def setUp(self):
        super().setUp()
        for limit in (apply.START_LIMIT, apply.PAGE_LIMIT, apply.USCC_LIMIT):
            limit.clear()

    def apply_online(self):
        """Return the application that the tour sends."""
        self.assertIsNotNone(common.websocket, "websocket-client is not installed")
        self.assertTrue(common._find_executable(), "Chromium is not installed")
        self.start_tour('/cfia/apply', 'cfia_apply', timeout=FIRST_TIMEOUT)
        application = self.env['cfia.membership.application'].search([('name', '=', UNIT)])
        self.assertRecordValues(application, [{
            'state': 'draft', 'is_online': True, 'contact_email': CONTACT_EMAIL,
            'enterprise_category_id': self.category_forging.id, 'state_id': self.state_jiangsu.id}])
        self.assertEqual(sorted(application.attachment_ids.mapped('name')), ['licence.png', 'sealed.png'])
        return application


@tagged('post_install', '-at_install')
class TestApplyTour(ApplyTourCommon):
    browser_size = '1400x900'

    def test_from_the_public_form_to_the_signature(self):
        application = self.apply_online()
        application.with_user(application.received_by_id).action_submit()
        self.start_tour('/odoo', 'cfia_journey_organisation', login=self.user_organisation.login, timeout=FIRST_TIMEOUT)
        self.start_tour('/odoo', 'cfia_journey_secretary_general', login=self.user_secretary.login)
        self.check_admitted(application)
        form = application._get_online_forms()
        self.assertEqual(form._prepare_status()['member_number'], application.partner_id.member_number)


@tagged('post_install', '-at_install')
class TestApplyTourOnTelephone(ApplyTourCommon):
    browser_size = '390x844'

    def test_the_public_form(self):
        self.apply_online()
