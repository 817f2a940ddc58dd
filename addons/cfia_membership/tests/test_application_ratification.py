from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.dates import association_today


@tagged('post_install', '-at_install')
class TestApplicationRatification(MembershipCommon):
    """Where the charter reserves admission to the council, its resolution comes after the signature."""

    def setUp(self):
        super().setUp()
        self.env.company.cfia_ratification = True

    def _make_resolution(self, **vals):
        return self.env['cfia.resolution'].with_user(self.user_organisation).create({
            'name': "演示入会决议", 'reference': "演示〔2026〕8号", 'body': 'council', 'kind': 'admission',
            'date': association_today(),
            'attachment_ids': self.env['ir.attachment'].with_user(self.user_organisation).create(
                {'name': '决议.pdf', 'raw': b'resolution'}).ids,
            **vals,
        })

    def _ratify(self, applications, resolution, user=None):
        self.env['cfia.membership.application.ratify'].with_user(user or self.user_organisation).create({
            'application_ids': applications.ids, 'resolution_id': resolution.id}).action_confirm()

    def _make_signed(self, *names):
        return self.make_applications(names, state='approved')

    def test_unit_is_a_member_by_the_resolution(self):
        applications = self._make_signed("演示追认甲有限公司", "演示追认乙有限公司")
        self.assertEqual(set(applications.mapped('state')), {'signed'})
        self.assertEqual(applications.approved_by_id, self.user_secretary)
        self.assertFalse(any(applications.mapped('date_approved')))
        units = applications.partner_id
        self.assertEqual(set(units.mapped('member_state')), {'applicant'})
        self.assertFalse(any(units.mapped('member_number')))
        resolution = self._make_resolution()
        self._ratify(applications, resolution)
        for application in applications:
            self.assertRecordValues(application, [{
                'state': 'approved', 'resolution_id': resolution.id, 'date_approved': resolution.date}])
            self.assertEqual(
                application.step_ids.mapped('kind'), ['submitted', 'verified', 'signed', 'ratified'])
            self.assertEqual(application.step_ids[-1].user_id, self.user_organisation)
            self.assertTrue(application.is_content_intact)
            self.assertEqual(application.partner_id.member_event_ids.mapped('kind'), ['joined'])
            self.assertIn(
                resolution.attachment_ids, application.partner_id.member_file_ids.paper_ids.attachment_id)
        self.assertEqual(set(units.mapped('member_state')), {'member'})
        self.assertEqual(len(set(units.mapped('member_number'))), 2)
        numbers = units.mapped('member_number')
        self._ratify(applications, resolution)
        self.assertEqual(units.mapped('member_number'), numbers)

    def test_signing_again_does_not_replace_the_council(self):
        application = self._make_signed("演示重复签批追认有限公司")
        application.with_user(self.user_secretary).action_approve()
        self.assertEqual(application.state, 'signed')
        with self.assertRaises(UserError):
            application.with_user(self.user_secretary).enterprise_category_id = self.category_stamping

    def test_resolution_has_to_fit(self):
        application = self._make_signed("演示决议不符有限公司")
        verified = self.make_application("演示尚未签批有限公司", state='verified')
        today = association_today()
        cases = (
            (application, {'date': today - timedelta(days=1)}, application.reference),
            (application, {'date': today + timedelta(days=1)}, "演示入会决议"),
            (application, {'attachment_ids': False}, "演示入会决议"),
            (verified, {}, verified.reference),
        )
        for record, vals, text in cases:
            resolution = self._make_resolution(**vals)
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, text), self.env.cr.savepoint():
                self._ratify(record, resolution)
        self.assertEqual((application.state, verified.state), ('signed', 'verified'))

    def test_council_may_refuse(self):
        application = self._make_signed("演示理事会未通过有限公司")
        application.with_user(self.user_organisation)._refuse('rejected', "理事会未通过")
        self.assertEqual(application.state, 'rejected')
        self.assertEqual(application.partner_id.member_state, 'prospect')

    def test_returned_after_the_signature_is_signed_again(self):
        application = self._make_signed("演示理事会退回有限公司")
        application.with_user(self.user_organisation)._refuse('returned', "补充材料")
        application.with_user(self.user_organisation).action_submit()
        self.assertRecordValues(application, [{
            'approved_by_id': False, 'date_signed': False, 'content_hash': False, 'round': 2}])

    def test_off_by_default(self):
        self.assertFalse(self.env['res.company'].new({}).cfia_ratification)
        self.env.company.cfia_ratification = False
        self.assertEqual(self.make_application("演示无需追认有限公司", state='approved').state, 'approved')

    def test_who_ratifies(self):
        application = self._make_signed("演示越权追认有限公司")
        resolution = self._make_resolution()
        resolution.action_apply()
        for user in (self.user_secretary, self.user_staff, self.user_treasurer):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                application.with_user(user)._ratify(resolution)
            with self.subTest(user=user.login), self.assertRaises(UserError):
                self._ratify(application, resolution, user=user)

    def test_many_at_constant_queries(self):
        self.patch(type(self.env['cfia.membership.application']), '_action_approve', lambda self: None)
        resolution = self._make_resolution()
        self._ratify(self._make_signed("演示预热追认有限公司"), resolution)
        counts = []
        for size in (10, 30):
            applications = self._make_signed(*(f"演示追认{size}-{index}有限公司" for index in range(size)))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._ratify(applications, resolution)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2, counts)


@tagged('post_install', '-at_install')
class TestApprovalTransaction(MembershipCommon):
    """All of an approval or none of it; tried again, it gives what it would have given."""

    def test_failed_approval_leaves_nothing_and_is_tried_again(self):
        applications = self.make_applications(["演示重试甲有限公司", "演示重试乙有限公司"], state='verified')
        units = applications.partner_id
        last = self.make_member("演示重试前有限公司").member_number
        Dispatch = type(self.env['cfia.dispatch'])
        for target, method in ((Dispatch, '_open'), (type(applications), '_action_approve')):
            with (
                self.subTest(method=method),
                patch.object(target, method, side_effect=RuntimeError("torn cable")),
                self.assertRaises(RuntimeError),
            ):
                applications.with_user(self.user_secretary).action_approve()
            self.assertEqual(set(applications.mapped('state')), {'verified'})
            self.assertFalse(any(units.mapped('member_number')))
            for records in (units.member_event_ids, units.member_file_ids, self.env['cfia.document'].search(
                    [('partner_id', 'in', units.ids)]), applications.step_ids.filtered(
                    lambda step: step.kind == 'signed')):
                self.assertFalse(records)
        applications.with_user(self.user_secretary).action_approve()
        numbers = sorted(int(unit.member_number.split('-')[-1]) for unit in units)
        following = int(last.split('-')[-1]) + 1
        self.assertEqual(numbers, [following, following + 1])
        applications.with_user(self.user_secretary).action_approve()
        self.assertEqual([len(unit.member_event_ids) for unit in units], [1, 1])

    def test_forwarding_takes_constant_queries_per_batch(self):
        self.make_applications(["演示预热有限公司"], state='submitted')
        counts = []
        for size in (10, 30):
            applications = self.make_applications([f"演示提交{size}-{index}有限公司" for index in range(size)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            applications.with_user(self.user_organisation).action_submit()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 5, counts)
