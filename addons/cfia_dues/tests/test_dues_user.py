from odoo.tests import new_test_user, tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
class TestDuesUser(DuesCommon):

    def test_what_is_held_back_reaches_somebody_active(self):
        self.company.cfia_dues_user_id = self.user_accountant
        self.user_accountant.action_archive()
        other = new_test_user(
            self.env, 'cfia_accountant_two', 'base.group_user,cfia_membership.group_cfia_accountant', name="演示会计乙")
        users = self.env.ref('cfia_membership.group_cfia_accountant').all_user_ids.filtered('active')
        unit = self.make_member("演示暂缓有限公司")
        unlocked(unit).write({'member_grade_id': False})
        line = self.Line._open(unit, 2027)
        line._price()
        self.assertTrue(line.hold_reason)
        line._schedule_hold_activities()
        self.assertTrue(line.activity_ids.user_id.active)
        self.assertIn(line.activity_ids.user_id, users)
        self.assertTrue(other.active)
        self.assertNotIn(self.user_accountant.name, self.company._prepare_dues_sender_data().values())
