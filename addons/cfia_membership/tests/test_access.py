from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.access import AccessMatrixMixin
from odoo.addons.cfia_membership.tests.common import MembershipCommon


@tagged('post_install', '-at_install')
class TestAccessMatrix(AccessMatrixMixin, MembershipCommon):
    module = 'cfia_membership'


@tagged('post_install', '-at_install')
class TestRules(MembershipCommon):

    def test_staff_sees_own_enquiries_and_those_of_the_department(self):
        department = self.env.ref('cfia_membership.cfia_department_exhibition')
        department.user_ids = self.user_staff
        Enquiry = self.env['cfia.enquiry']
        own = Enquiry.with_user(self.user_staff).create({'name': "演示自有咨询有限公司"})
        colleague = Enquiry.create({
            'name': "演示同部门咨询有限公司", 'user_id': self.user_manager.id, 'department_id': department.id})
        other = Enquiry.create({
            'name': "演示他部门咨询有限公司", 'user_id': self.user_manager.id, 'department_id': False})
        seen = Enquiry.with_user(self.user_staff).search([])
        self.assertIn(own, seen)
        self.assertIn(colleague, seen)
        self.assertNotIn(other, seen)
        self.assertIn(other, Enquiry.with_user(self.user_organisation).search([]))
        with self.assertRaises(AccessError):
            other.with_user(self.user_staff).read(['name'])

    def test_staff_sees_applications_received(self):
        own = self.env['cfia.membership.application'].with_user(self.user_staff).create(
            self._prepare_application("演示自收申请有限公司"))
        other = self.make_application("演示他收申请有限公司")
        seen = self.env['cfia.membership.application'].with_user(self.user_staff).search([])
        self.assertIn(own, seen)
        self.assertNotIn(other, seen)
        for user in (self.user_organisation, self.user_secretary, self.user_auditor, self.user_manager):
            self.assertIn(other, self.env['cfia.membership.application'].with_user(user).search([]))

    def test_auditor_changes_nothing(self):
        application = self.make_application()
        with self.assertRaises(AccessError):
            application.with_user(self.user_auditor).write({'name': "改"})

    def test_workflow_columns_are_closed_to_rpc(self):
        application = self.make_application()
        for user in (self.user_staff, self.user_organisation, self.user_manager):
            for vals in (
                {'state': 'approved'}, {'verified_by_id': user.id}, {'approved_by_id': user.id},
                {'date_approved': '2020-01-01'}, {'content_hash': 'x'},
            ):
                with self.subTest(user=user.login, vals=vals), self.assertRaises(UserError):
                    application.with_user(user).write(vals)
                with self.subTest(user=user.login, vals=vals), self.assertRaises(UserError):
                    self.env['cfia.membership.application'].with_user(user).create(
                        {**self._prepare_application("演示伪造有限公司"), **vals})

    def test_only_the_organisation_department_signs_the_checklist(self):
        application = self.env['cfia.membership.application'].with_user(self.user_staff).create(
            self._prepare_application("演示核实有限公司"))
        application.action_submit()
        with self.assertRaises(AccessError):
            application.check_ids[:1].action_pass()
        with self.assertRaises(AccessError):
            self.env['cfia.membership.application.check'].with_user(self.user_secretary).create({
                'application_id': application.id,
                'item_id': self.env['cfia.checklist.item'].create({'name': "x", 'code': 'x'}).id,
                'result': 'passed',
            })
        check = application.check_ids[:1].with_user(self.user_organisation)
        with self.assertRaisesRegex(UserError, "Checked By"):
            check.write({'result': 'passed', 'checked_by_id': self.user_manager.id})
        check.write({'result': 'passed'})
        self.assertEqual(check.checked_by_id, self.user_organisation)
