from datetime import timedelta

from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.dates import association_today


@tagged('post_install', '-at_install')
class TestApplicationSignature(MembershipCommon):
    """The secretary-general confirms the category and signs; a deputy signs under an authority alone."""

    def _prepare_authority(self, **vals):
        today = association_today()
        return {
            'deputy_id': self.user_staff.id,
            'date_from': today,
            'date_to': today + timedelta(days=5),
            'reason': "演示出差",
            'attachment_ids': self.env['ir.attachment'].with_user(self.user_organisation).create(
                {'name': '授权书.pdf', 'raw': b'authority'}).ids,
            **vals,
        }

    def _make_authority(self, **vals):
        authority = self.env['cfia.signing.authority'].with_user(self.user_organisation).create(
            self._prepare_authority(**vals))
        authority.with_user(self.user_secretary).action_grant()
        return authority

    # === CATEGORY === #

    def test_secretary_general_confirms_or_corrects_the_category(self):
        for corrected in (False, True):
            application = self.make_application(f"演示类别{corrected}有限公司", state='verified')
            as_secretary = application.with_user(self.user_secretary)
            self.assertTrue(as_secretary.can_sign)
            action = as_secretary.action_sign()
            form = Form(self.env[action['res_model']].with_user(self.user_secretary).with_context(action['context']))
            self.assertEqual(form.enterprise_category_id, self.category_forging)
            category = self.category_stamping if corrected else self.category_forging
            form.enterprise_category_id = category
            form.note = "同意"
            form.save().action_confirm()
            self.assertRecordValues(application, [{
                'state': 'approved', 'enterprise_category_id': category.id, 'approval_note': "同意",
                'authority_id': False,
            }])
            self.assertEqual(application.partner_id.enterprise_category_id, category)
            self.assertEqual(
                [(step.kind, step.enterprise_category_id) for step in application.step_ids], [
                    ('submitted', self.category_forging), ('verified', self.category_forging),
                    ('signed', category),
                ])

    def test_others_have_no_step_to_sign(self):
        application = self.make_application("演示无权签批有限公司", state='verified')
        for user in (self.user_organisation, self.user_manager, self.user_auditor):
            with self.subTest(user=user.login):
                self.assertFalse(application.with_user(user).can_sign)
        wizard = self.env['cfia.membership.application.sign'].with_user(self.user_manager).create({
            'application_id': application.id, 'enterprise_category_id': self.category_stamping.id})
        with self.assertRaises(UserError):
            wizard.action_confirm()
        self.assertRecordValues(application, [{
            'state': 'verified', 'enterprise_category_id': self.category_forging.id}])

    # === AUTHORITY === #

    def test_deputy_signs_and_the_signature_says_so(self):
        authority = self._make_authority()
        self.assertRecordValues(authority, [{
            'state': 'granted', 'granted_by_id': self.user_secretary.id, 'is_valid': True}])
        self.assertEqual(len(authority.content_hash), 64)
        application = self.make_application("演示代签有限公司", state='verified')
        tasks = self.env['mail.activity'].search([
            ('res_model', '=', application._name), ('res_id', '=', application.id)])
        self.assertEqual(tasks.user_id, self.user_secretary | self.user_staff)
        as_deputy = application.with_user(self.user_staff)
        self.assertIn(as_deputy, as_deputy.search([]))
        self.assertTrue(as_deputy.check_ids.mapped('result'))
        self.assertTrue(as_deputy.can_sign)
        form = Form(self.env['cfia.membership.application.sign'].with_user(self.user_staff).with_context(
            as_deputy.action_sign()['context']))
        self.assertEqual(form.authority_id, authority)
        form.enterprise_category_id = self.category_stamping
        form.save().action_confirm()
        self.assertRecordValues(application, [{
            'state': 'approved', 'approved_by_id': self.user_staff.id, 'authority_id': authority.id,
            'enterprise_category_id': self.category_stamping.id,
        }])
        self.assertEqual(application.step_ids[-1].authority_id, authority)
        self.assertTrue(application.member_number)
        self.assertFalse(tasks.exists())
        # what the deputy signed he sees on, also when the period is over
        self.assertEqual(authority.with_user(self.user_staff).application_count, 1)
        with freeze_time(fields.Datetime.now() + timedelta(days=30)):
            application.invalidate_recordset()
            self.assertEqual(application.with_user(self.user_staff).reference, application.reference)

    def test_only_a_valid_authority_lets_the_deputy_sign(self):
        today = association_today()
        application = self.make_application("演示无效授权有限公司", state='verified')
        as_deputy = application.with_user(self.user_staff)
        Application = self.env['cfia.membership.application'].with_user(self.user_staff)
        cases = {
            'not granted': lambda: self.env['cfia.signing.authority'].create(self._prepare_authority()),
            'not begun': lambda: self._make_authority(date_from=today + timedelta(days=1)),
            'of somebody else': lambda: self._make_authority(deputy_id=self.user_training.id),
            'revoked': lambda: self._make_authority().with_user(self.user_secretary).action_revoke(),
        }
        for case, make in cases.items():
            make()
            with self.subTest(case=case):
                self.assertFalse(application.with_user(self.user_staff).sudo().can_sign)
                self.assertNotIn(application, Application.search([]))
                with self.assertRaises(AccessError):
                    as_deputy.read(['reference'])
                with self.assertRaises(UserError):
                    as_deputy.sudo().with_user(self.user_staff).action_approve()
        authority = self._make_authority()
        self.assertIn(application, Application.search([]))
        with freeze_time(fields.Datetime.now() + timedelta(days=6)):
            self.env.invalidate_all()
            self.assertFalse(authority.is_valid)
            self.assertNotIn(authority, authority.search([('is_valid', '=', True)]))
            self.assertNotIn(application, Application.search([]))
            with self.assertRaises(UserError):
                as_deputy.action_approve()
        self.assertEqual(application.state, 'verified')

    def test_deputy_sees_what_waits_for_a_signature_and_no_more(self):
        waiting = self.make_application("演示待签有限公司", state='verified')
        other = self.make_application("演示待核有限公司", state='submitted')
        self._make_authority()
        task = self.env['mail.activity'].search([
            ('res_model', '=', waiting._name), ('res_id', '=', waiting.id), ('user_id', '=', self.user_staff.id)])
        self.assertEqual(len(task), 1)
        seen = self.env['cfia.membership.application'].with_user(self.user_staff).search([])
        self.assertIn(waiting, seen)
        self.assertNotIn(other, seen)
        with self.assertRaises(UserError):
            waiting.with_user(self.user_staff).name = "改名"

    def test_deputy_may_return_instead(self):
        application = self.make_application("演示代退有限公司", state='verified')
        refusal = self.env['cfia.membership.application.refuse'].with_user(self.user_staff)
        self.assertFalse(application.with_user(self.user_staff).sudo().can_refuse)
        with self.assertRaises(UserError):
            refusal.create({
                'application_ids': application.ids, 'state': 'returned', 'reason': "缺材料"}).action_confirm()
        self._make_authority()
        application.invalidate_recordset()
        self.assertTrue(application.with_user(self.user_staff).can_refuse)
        refusal.create({
            'application_ids': application.ids, 'state': 'returned', 'reason': "缺材料"}).action_confirm()
        self.assertRecordValues(application.step_ids[-1], [{
            'kind': 'returned', 'user_id': self.user_staff.id, 'note': "缺材料"}])

    def test_deputy_does_not_sign_what_he_verified(self):
        self._make_authority(deputy_id=self.user_organisation.id)
        application = self.make_application("演示代签自核有限公司", state='verified')
        self.assertFalse(application.with_user(self.user_organisation).can_sign)
        with self.assertRaisesRegex(UserError, application.reference):
            application.with_user(self.user_organisation).action_approve()

    def test_revoking_takes_the_tasks_and_leaves_the_signatures(self):
        authority = self._make_authority()
        signed, waiting = self.make_applications(["演示已代签有限公司", "演示未代签有限公司"], state='verified')
        signed.with_user(self.user_staff).action_approve()
        authority.with_user(self.user_secretary).action_revoke()
        self.assertEqual(authority.state, 'revoked')
        self.assertEqual((signed.state, signed.authority_id), ('approved', authority))
        self.assertFalse(self.env['mail.activity'].search([
            ('res_model', '=', waiting._name), ('res_id', '=', waiting.id), ('user_id', '=', self.user_staff.id)]))

    def test_only_the_secretary_general_grants(self):
        authority = self.env['cfia.signing.authority'].with_user(self.user_organisation).create(
            self._prepare_authority())
        for user in (self.user_organisation, self.user_manager):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                authority.with_user(user).action_grant()
            for vals in ({'state': 'granted'}, {'granted_by_id': self.user_secretary.id}):
                with self.subTest(user=user.login, vals=vals), self.assertRaises(UserError):
                    authority.with_user(user).write(vals)
                with self.subTest(user=user.login, vals=vals), self.assertRaises(UserError):
                    self.env['cfia.signing.authority'].with_user(user).create(self._prepare_authority(**vals))
        self.assertEqual(authority.state, 'draft')

    def test_what_an_authority_needs(self):
        today = association_today()
        for vals in (
            {'attachment_ids': []},
            {'deputy_id': self.user_leader.id},
            {'deputy_id': self.user_secretary.id},
            {'date_from': today - timedelta(days=9), 'date_to': today - timedelta(days=1)},
        ):
            authority = self.env['cfia.signing.authority'].with_user(self.user_organisation).create(
                self._prepare_authority(**vals))
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, authority.name):
                authority.with_user(self.user_secretary).action_grant()
        with mute_logger('odoo.sql_db'), self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self.env['cfia.signing.authority'].create(
                self._prepare_authority(date_to=today - timedelta(days=1)))

    def test_granted_authority_stays_as_it_is(self):
        authority = self._make_authority()
        for user in (self.user_organisation, self.user_secretary, self.user_manager):
            for vals in (
                {'deputy_id': self.user_training.id}, {'date_to': '2099-12-31'}, {'attachment_ids': False},
            ):
                with self.subTest(user=user.login, vals=vals), self.assertRaisesRegex(UserError, authority.name):
                    authority.with_user(user).write(vals)
            with self.subTest(user=user.login), self.assertRaises(UserError):
                authority.with_user(user).unlink()
        with self.assertRaisesRegex(UserError, authority.name):
            authority.attachment_ids.with_user(self.user_organisation).raw = b'forged'
        draft = self.env['cfia.signing.authority'].with_user(self.user_organisation).create(
            self._prepare_authority())
        draft.date_to = association_today() + timedelta(days=9)
        draft.unlink()

    def test_who_sees_authorities(self):
        authority = self._make_authority()
        Authority = self.env['cfia.signing.authority']
        for user in (
            self.user_staff, self.user_organisation, self.user_secretary, self.user_auditor, self.user_manager,
        ):
            self.assertIn(authority, Authority.with_user(user).search([]))
        self.assertNotIn(authority, Authority.with_user(self.user_editorial).search([]))
