from odoo.tests import common, tagged

from odoo.addons.test_cfia_suite.tests.common import CONTACT, CONTACT_EMAIL, UNIT, JourneyCommon

TOUR_TIMEOUT = 300  # a whole tour on a busy machine; the first one waits for the assets, too


@tagged('post_install', '-at_install')
class TestJourneyTour(JourneyCommon):
    """One member's way in the browser, in Chinese, each tour as the user whose work it is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # tours find these by names of their own
        for record, name in (
            (cls.category_forging, "演示旅程类别甲"),
            (cls.category_stamping, "演示旅程类别乙"),
            (cls.ownership_private, "演示旅程经济类型"),
        ):
            record.with_env(cls.env).name = name

    def start_tour(self, *args, timeout=TOUR_TIMEOUT, **kwargs):
        return super().start_tour(*args, timeout=timeout, **kwargs)

    def test_tour(self):
        # a missing browser is a failure here, not a reason to skip
        self.assertIsNotNone(common.websocket, "websocket-client is not installed")
        self.assertTrue(common._find_executable(), "Chromium is not installed")

        self.start_tour('/odoo', 'cfia_journey_staff', login=self.user_staff.login)
        enquiry = self.env['cfia.enquiry'].search([('name', '=', UNIT)])
        self.assertRecordValues(enquiry, [{
            'contact_name': CONTACT, 'user_id': self.user_staff.id, 'handed_over_by_id': self.user_staff.id}])
        mail = self.env['mail.mail'].search([('model', '=', 'cfia.enquiry'), ('res_id', '=', enquiry.id)])
        self.assertEqual((mail.email_to, len(mail.attachment_ids)), (CONTACT_EMAIL, 2))
        application = enquiry.application_ids
        self.assertRecordValues(application, [{
            'name': UNIT, 'state': 'submitted', 'received_by_id': self.user_staff.id,
            'enterprise_category_id': self.category_forging.id, 'state_id': self.state_jiangsu.id,
            'contact_email': CONTACT_EMAIL, 'is_committed': True,
        }])
        self.assertEqual(application.attachment_ids.raw, b'licence')

        self.start_tour('/odoo', 'cfia_journey_organisation', login=self.user_organisation.login)
        self.assertEqual(set(application.check_ids.mapped('result')), {'passed'})
        self.assertEqual(application.state, 'verified')
        self.assertEqual(application.activity_ids.user_id, self.user_secretary)

        self.start_tour('/odoo', 'cfia_journey_secretary_general', login=self.user_secretary.login)
        unit = application.partner_id
        self.check_admitted(application)
        self.check_billed(unit)
        self.check_entitled(unit)

        self.print_documents()
        self.check_printed(unit)

        receipt = self.make_receipt(unit)
        self.start_tour('/odoo', 'cfia_journey_accountant', login=self.user_accountant.login)
        self.check_paid(unit, receipt)

        self.start_tour('/odoo', 'cfia_journey_contacts', login=self.user_organisation.login)

        self.make_change_lists()
        self.start_tour('/odoo', 'cfia_journey_editorial', login=self.user_editorial.login)
        change_list = self.env['cfia.change.list'].search([('kind', '=', 'editorial')], limit=1)
        self.assertRecordValues(change_list, [{
            'state': 'received', 'received_by_id': self.user_editorial.id}])
        self.assertIn(unit, change_list.line_ids.partner_id)

        self.start_tour('/my', 'cfia_journey_member', login=self.make_portal_user(unit).login)

        joined = self.env['cfia.member.event'].search([
            ('kind', '=', 'joined'), ('date_effective', '>', self.last_quarter_end)])
        self.assertEqual(joined.partner_id, unit + self.unit_member)
        self.start_tour('/odoo', 'cfia_journey_leader', login=self.user_leader.login)
