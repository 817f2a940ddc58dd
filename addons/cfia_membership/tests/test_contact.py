from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon


@tagged('post_install', '-at_install')
class TestContact(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls.unit_member.child_ids.filtered(lambda person: person.name == "演示联系人")
        cls.user_contact = new_test_user(
            cls.env, login='cfia_test_contact', groups='base.group_portal', partner_id=cls.contact.id)

    def hand_over(self, user=None, **vals):
        return self.env['cfia.contact.handover'].with_user(user or self.user_organisation).create(
            {'person_id': self.contact.id, **vals}).action_confirm()

    def test_roles_and_portal_go_to_the_new_person(self):
        roles = self.contact.contact_role_ids
        self.hand_over(name="演示接任", email='next@member.example', mobile='13911111111')
        successor = self.unit_member.child_ids.filtered(lambda person: person.name == "演示接任")
        self.assertEqual(successor.contact_role_ids, roles)
        self.assertEqual(successor.user_ids.group_ids & self.env.ref('base.group_portal'),
                         self.env.ref('base.group_portal'))
        self.assertFalse(self.contact.active)
        self.assertFalse(self.user_contact.active)
        self.assertEqual(self.unit_member._get_role_contacts('contact')[self.unit_member], successor)
        self.assertEqual(self.unit_member.member_event_ids.sorted('id')[-1].kind, 'data')

    def test_portal_needs_an_address(self):
        with self.assertRaisesRegex(UserError, "演示接任"):
            self.hand_over(name="演示接任")
        self.assertTrue(self.contact.active)

    def test_successor_is_of_the_same_unit(self):
        stranger = self.make_member("演示外单位有限公司").child_ids[:1]
        stranger.email = 'x@member.example'
        for successor in (stranger, self.contact):
            with self.assertRaises(UserError):
                self.hand_over(successor_id=successor.id)
        with self.assertRaises(AccessError):
            self.hand_over(user=self.user_staff, name="演示接任")

    def test_reported_leaving_closes_the_portal(self):
        request = self.env['cfia.change.request']._file([{
            'partner': self.unit_member, 'changes': {self.contact: {'active': False}}}])
        request.with_user(self.user_organisation).action_apply()
        self.assertFalse(self.contact.active or self.user_contact.active)

    def test_staff_of_the_association_does_not_leave_that_way(self):
        self.user_staff.partner_id.parent_id = self.unit_member
        with self.assertRaises(UserError):
            self.user_staff.partner_id._leave_unit()

    def test_contact_log(self):
        Log = self.env['cfia.contact.log'].with_user(self.user_staff)
        log = Log.create({'subject': "走访", 'kind': 'visit', 'partner_id': self.contact.id})
        self.assertRecordValues(log, [{
            'partner_id': self.unit_member.id, 'contact_id': self.contact.id, 'user_id': self.user_staff.id}])
        self.assertEqual(self.unit_member.contact_log_ids, log)
        self.assertTrue(log.with_user(self.user_editorial).subject)
        with self.assertRaises(AccessError):
            log.with_user(self.user_editorial).subject = "改"
        log.with_user(self.user_organisation).summary = "补充"
        action = self.unit_member.action_view_contact_log()
        self.assertEqual(Log.search(action['domain']), log)
