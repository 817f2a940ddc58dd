from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_event_price import EventCommon


@tagged('post_install', '-at_install')
class TestEventProspects(EventCommon):

    @classmethod
    def register(cls, name, company, **vals):
        return cls.env['event.registration'].create({
            'event_id': cls.event.id, 'name': name, 'company_name': company, 'email': 'visitor@target.example',
            'phone': '025-11112222', 'state': 'open', **vals})

    def test_non_members_go_to_the_register_and_known_units_are_offered(self):
        known = self.env['res.partner'].create({
            'name': "演示已知对象有限公司", 'is_company': True, 'prospect_source': 'website'})
        self.register("张三", "演示展会新对象有限公司")
        self.register("李四", known.name)
        mine = self.register("王五", self.unit_member.name, partner_id=self.unit_member.id)
        for user in (self.user_staff, self.user_editorial):
            with self.assertRaisesRegex(UserError, "organisation department"):
                self.event.with_user(user).action_collect_prospects()
        action = self.event.with_user(self.user_organisation).action_collect_prospects()
        roster = self.env['cfia.prospect.import'].browse(action['res_id'])
        activity = self.event.recruitment_activity_id
        self.assertRecordValues(activity, [{'name': "演示年会", 'kind': 'own'}])
        self.assertEqual((roster.source, roster.activity_id, roster.state), ('activity', activity, 'checked'))
        self.assertEqual(roster.new_count, 1)
        self.assertEqual(len(roster.row_ids), 2)
        self.assertFalse(mine.prospect_import_id)
        roster.action_import()
        target = self.env['res.partner'].search([('name', '=', "演示展会新对象有限公司")])
        self.assertEqual((target.member_state, target.recruitment_activity_id), ('prospect', activity))
        # nothing is merged by itself
        self.assertEqual(len(roster.row_ids.filtered(lambda row: row.state == 'duplicate')), 1)
        self.assertFalse(known.recruitment_activity_id)
        with self.assertRaisesRegex(UserError, "no registrations"):
            self.event.with_user(self.user_organisation).action_collect_prospects()
        self.register("赵六", "演示展会又一对象有限公司")
        again = self.event.with_user(self.user_organisation).action_collect_prospects()
        self.assertEqual(len(self.env['cfia.prospect.import'].browse(again['res_id']).row_ids), 1)
        self.assertEqual(self.event.recruitment_activity_id, activity)
