from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user, tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon


@tagged('post_install', '-at_install')
class TestDepartment(MembershipCommon):
    """Who gets a department's tasks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.department = cls.env.ref('cfia_membership.cfia_department_organisation')
        groups = 'base.group_user,cfia_membership.group_cfia_organisation'
        cls.zhou = new_test_user(cls.env, 'cfia_zhou', groups, name="演示周")
        cls.new = new_test_user(cls.env, 'cfia_new', groups, name="AAA 演示新同事")
        cls.department.write({
            'user_ids': (cls.user_manager | cls.zhou | cls.new).ids, 'head_id': False, 'deputy_id': False})

    def away(self, user):
        now = fields.Datetime.now()
        user.write({'out_of_office_from': now - timedelta(days=1), 'out_of_office_to': now + timedelta(days=1)})
        self.env.invalidate_all()

    def test_the_staff_in_the_order_in_which_they_came(self):
        self.assertEqual(self.department._get_responsible(), self.zhou, "neither the manager nor whose name sorts first")

    def test_head_then_deputy_then_staff(self):
        self.department.write({'head_id': self.new.id, 'deputy_id': self.zhou.id})
        self.assertEqual(self.department._get_responsible(), self.new)
        self.away(self.new)
        self.assertEqual(self.department._get_responsible(), self.zhou)
        self.zhou.action_archive()
        self.assertEqual(self.department._get_responsible(), self.user_manager, "who is there")
        self.user_manager.action_archive()
        self.assertEqual(self.department._get_responsible(), self.new, "away, but still with us")
        self.new.action_archive()
        self.assertFalse(self.department._get_responsible())
        user = self.env['cfia.department']._get_responsible_of('organisation')
        self.assertTrue(user.active)
        self.assertTrue(user.has_group('cfia_membership.group_cfia_organisation'))

    def test_a_duty_has_a_person_in_charge(self):
        obligation = self.env['cfia.obligation'].search([('department_id', '=', self.department.id)], limit=1)
        self.assertEqual(obligation._get_department_user(), self.zhou)
        obligation.user_id = self.new
        self.assertEqual(obligation._get_department_user(), self.new)
        self.away(self.new)
        self.assertEqual(obligation._get_department_user(), self.zhou)

    def test_work_reaches_somebody_active(self):
        sg = self.user_secretary
        self.env.company.cfia_secretary_general_id = sg
        second = new_test_user(
            self.env, 'cfia_sg_two', 'base.group_user,cfia_membership.group_cfia_secretary_general', name="演示秘书长乙")
        self.zhou.action_archive()
        application = self.make_application("演示无人值守有限公司", state='submitted')
        self.assertEqual(application.activity_ids.user_id, self.new)
        sg.action_archive()
        application.with_user(self.user_organisation).check_ids.action_pass()
        application.with_user(self.user_organisation).action_verify()
        self.assertIn(second, application.activity_ids.user_id)
        self.assertNotIn(sg, application.activity_ids.user_id)
