from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user

from odoo.addons.cfia_membership.tools.address import TRIAL_PARAMETER

ROLES = (
    'staff', 'organisation', 'secretary_general', 'leader', 'editorial', 'network', 'training',
    'accountant', 'treasurer', 'auditor', 'manager',
)


class MembershipCommon(TransactionCase):
    """One user for each role, one member admitted the real way, its portal user and an applicant."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={
            **cls.env.context, 'tracking_disable': True, 'no_reset_password': True,
        })
        cls.env['ir.config_parameter'].set_param(TRIAL_PARAMETER, 'True')
        # at once, since every class makes them
        users = cls.env['res.users'].create([
            {
                'login': f'cfia_test_{role}', 'password': f'cfia_test_{role}', 'name': f"Test {role}",
                'email': f'{role}@association.example', 'tz': 'Asia/Shanghai',
                'group_ids': [Command.set(cls.env.ref(f'cfia_membership.group_cfia_{role}').ids)],
            }
            for role in ROLES])
        for role, user in zip(ROLES, users):
            setattr(cls, f'user_{role}', user)
        cls.user_secretary = cls.user_secretary_general
        cls.env.company.cfia_secretary_general_id = cls.user_secretary
        cls.grade_member = cls.env.ref('cfia_membership.cfia_grade_member')
        cls.grade_director = cls.env.ref('cfia_membership.cfia_grade_director')
        cls.category_forging = cls.env.ref('cfia_membership.cfia_enterprise_category_die_forging')
        cls.category_stamping = cls.env.ref('cfia_membership.cfia_enterprise_category_stamping')
        cls.ownership_private = cls.env.ref('cfia_membership.cfia_ownership_private')
        cls.state_jiangsu = cls.env.ref('base.state_cn_JS')
        cls.state_sichuan = cls.env.ref('base.state_cn_SC')
        cls.unit_member = cls.make_member("演示测试会员有限公司")
        cls.user_portal = new_test_user(
            cls.env, login='cfia_test_portal', groups='base.group_portal',
            name="演示测试联系人", email='portal@member.example')
        cls.user_portal.partner_id.parent_id = cls.unit_member
        cls.user_public = cls.env.ref('base.public_user')

    @classmethod
    def _prepare_application(cls, name, **vals):
        return {
            'name': name,
            'legal_representative': "演示法人",
            'enterprise_category_id': cls.category_forging.id,
            'ownership_id': cls.ownership_private.id,
            'state_id': cls.state_jiangsu.id,
            'street': "演示路1号",
            'zip': '210000',
            'representative_name': "演示代表",
            'contact_name': "演示联系人",
            'contact_phone': '025-0000 0000',
            'contact_email': 'contact@member.example',
            'grade_id': cls.grade_member.id,
            'is_committed': True,
            'is_informed': True,
            **vals,
        }

    @classmethod
    def make_application(cls, name="演示申请有限公司", state='draft', **vals):
        """Create an application and take it to ``state`` as the right users do.

        :param str state: draft, submitted, verified or approved
        """
        return cls.make_applications([name], state=state, **vals)

    @classmethod
    def make_applications(cls, names, state='draft', **vals):
        """Like :meth:`make_application`, for many units at once."""
        applications = cls.env['cfia.membership.application'].with_user(cls.user_organisation).create(
            [cls._prepare_application(name, **vals) for name in names])
        steps = ('draft', 'submitted', 'verified', 'approved').index(state)
        if steps >= 1:
            applications.action_submit()
        if steps >= 2:
            applications.check_ids.action_pass()
            applications.action_verify()
        if steps >= 3:
            applications.with_user(cls.user_secretary).action_approve()
        return applications.with_env(cls.env)

    @classmethod
    def make_member(cls, name, **vals):
        """Return a unit admitted by a signed application."""
        return cls.make_application(name, state='approved', **vals).partner_id

    @classmethod
    def make_contact(cls, unit, name, *role_codes, **vals):
        """Return a contact person of ``unit`` with roles."""
        roles = cls.env['cfia.contact.role'].search([('code', 'in', role_codes)])
        return cls.env['res.partner'].create({
            'name': name, 'parent_id': unit.id, 'contact_role_ids': [Command.set(roles.ids)], **vals,
        })
