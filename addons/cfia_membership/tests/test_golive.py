from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.dates import association_today


@tagged('post_install', '-at_install')
class TestGoLiveSteps(MembershipCommon):

    def test_for_the_manager_alone(self):
        action = self.env['cfia.golive'].with_user(self.user_manager).action_open()
        golive = self.env['cfia.golive'].browse(action['res_id'])
        self.assertTrue(golive.step_ids)
        with self.assertRaises(AccessError):
            self.env['cfia.golive'].with_user(self.user_organisation).action_open()
        with self.assertRaises(AccessError):
            golive.with_user(self.env['res.users'].create({
                'name': "演示另一管理员", 'login': 'cfia_test_manager2',
                'group_ids': [Command.link(self.env.ref('cfia_membership.group_cfia_manager').id)]})).read(['progress'])

    def test_nobody_registers_uninvited(self):
        def read_step():
            return next(step for step in self.env['cfia.golive']._read_steps() if step['key'] == 'signup')

        parameters = self.env['ir.config_parameter']
        self.assertEqual(parameters.get_param('auth_signup.invitation_scope'), 'b2b', "set at installation")
        self.assertEqual(read_step()['state'], 'done')
        parameters.set_param('auth_signup.invitation_scope', 'b2c')
        self.assertEqual(read_step()['state'], 'open')

    def test_verifier_and_signer_are_two(self):
        for role in ('organisation', 'secretary_general', 'manager'):
            self.env.ref(f'cfia_membership.group_cfia_{role}').user_ids = [Command.clear()]
        steps = {step['key']: step for step in self.env['cfia.golive']._read_steps()}
        self.assertEqual(steps['roles']['state'], 'open')
        both = self.user_staff
        both.group_ids += (
            self.env.ref('cfia_membership.group_cfia_organisation') + self.env.ref('cfia_membership.group_cfia_secretary_general'))
        steps = {step['key']: step for step in self.env['cfia.golive']._read_steps()}
        self.assertIn("second person", steps['roles']['detail'])


@tagged('post_install', '-at_install')
class TestPortalInvitation(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Line = cls.env['cfia.portal.invitation.line']
        cls.units = cls.unit_member
        for number in range(3):
            cls.units += cls.make_member(f"演示邀请{number}有限公司", contact_email=f'invite{number}@member.example')
        cls.with_access, cls.one, cls.two, cls.without = cls.units
        # Odoo's own user of the unit's contact person
        cls.contact_of(cls.with_access).email = 'access@member.example'
        cls.user_portal.partner_id = cls.contact_of(cls.with_access)
        cls.contact_of(cls.without).email = False
        cls.without.email = False

    @classmethod
    def contact_of(cls, unit):
        return unit._get_role_contacts('contact')[unit]

    def run_invitation(self, **vals):
        invitation = self.env['cfia.portal.invitation'].with_user(self.user_organisation).create(vals)
        invitation.action_start()
        self.run_schedule()
        return invitation

    def run_schedule(self):
        with self.enter_registry_test_mode():
            self.env.ref('cfia_membership.ir_cron_cfia_portal_invitation').method_direct_trigger()
        self.env.invalidate_all()

    def states(self, invitation):
        return {line.unit_id: line.state for line in invitation.line_ids if line.unit_id in self.units}

    def test_each_is_invited_once(self):
        invitation = self.run_invitation()
        self.assertEqual(self.states(invitation), {
            self.with_access: 'has_access', self.one: 'invited', self.two: 'invited', self.without: 'no_email'})
        self.assertEqual((invitation.state, invitation.progress), ('done', 100))
        users = self.contact_of(self.one).user_ids
        self.assertTrue(users._is_portal())
        again = self.run_invitation()
        self.assertEqual(self.states(again)[self.one], 'has_access')
        self.assertEqual(self.contact_of(self.one).user_ids, users)

    def test_missing_address_is_listed_and_tried_again(self):
        invitation = self.run_invitation()
        listed = self.Line.search(invitation.action_view_problems()['domain'])
        self.assertIn(self.without, listed.unit_id)
        self.assertNotIn(self.one, listed.unit_id)
        self.contact_of(self.one).message_bounce = 2
        self.assertIn(self.one, self.Line.search(invitation.action_view_problems()['domain']).unit_id)
        self.contact_of(self.without).email = 'invite9@member.example'
        invitation.action_retry()
        self.run_schedule()
        self.assertEqual(self.states(invitation)[self.without], 'invited')

    def test_one_address_of_two_persons(self):
        self.contact_of(self.two).email = self.contact_of(self.one).email
        invitation = self.run_invitation()
        self.assertEqual(sorted((self.states(invitation)[self.one], self.states(invitation)[self.two])), ['invited', 'taken'])

    def test_guards(self):
        invitation = self.run_invitation()
        with self.assertRaises(UserError):
            invitation.write({'state': 'draft'})
        with self.assertRaises(UserError):
            invitation.unlink()
        with self.assertRaises(UserError):
            invitation.line_ids[:1].sudo().write({'state': 'failed'})
        for user in (self.user_staff, self.user_secretary):
            with self.assertRaises(AccessError):
                self.env['cfia.portal.invitation'].with_user(user).create({})
        Invitation = self.env['cfia.portal.invitation'].with_user(self.user_organisation)
        with self.assertRaisesRegex(UserError, "make new ones"):
            Invitation.create({'state': 'done'})
        Invitation.create({}).unlink()

    def test_old_certificates(self):
        Partner = self.env['res.partner']
        unit = self.unit_member
        self.assertNotIn(unit, Partner.search(Partner._get_certificate_gap_domain()), "it has one of this system")
        self.env['cfia.document'].search([('partner_id', '=', unit.id)])
        old = self.env['res.partner'].create({'name': "演示旧证有限公司", 'is_company': True})._enter_members([{
            'partner_id': self.env['res.partner'].search([('name', '=', "演示旧证有限公司")]).id, 'number': 98765,
            'date_joined': '2010-01-01', 'grade_id': self.grade_member.id}])
        self.assertIn(old, Partner.search(Partner._get_certificate_gap_domain()))
        number = old.member_number
        wizard = self.env['cfia.certificate.takeover'].with_user(self.user_organisation).create({
            'partner_ids': old.ids, 'date_end': association_today() + timedelta(days=1)})
        wizard.action_confirm()
        self.assertEqual(old.member_number, number)
        self.assertNotIn(old, Partner.search(Partner._get_certificate_gap_domain()))
        wizard.copy({'date_end': association_today() - timedelta(days=1)}).action_confirm()
        self.assertIn(old, Partner.search(Partner._get_certificate_gap_domain()), "it ran out: to reissue")
        with self.assertRaises(UserError):
            self.env['cfia.certificate.takeover'].with_user(self.user_organisation).create({
                'partner_ids': self.user_staff.partner_id.ids, 'date_end': association_today()}).action_confirm()
