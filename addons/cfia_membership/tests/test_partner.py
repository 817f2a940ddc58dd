from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon


@tagged('post_install', '-at_install')
class TestPartner(MembershipCommon):

    def test_changes_of_a_member_stand_in_the_ledger(self):
        unit = self.unit_member.with_user(self.user_organisation)
        old_name = unit.name
        unit.name = "演示新名有限公司"
        unit.enterprise_category_id = self.category_stamping
        unit.state_id = self.state_sichuan
        unit.sudo().member_grade_id = self.grade_director
        self.assertEqual(unit.former_name, old_name)
        events = unit.member_event_ids.sorted('id')[1:]
        self.assertRecordValues(events, [
            {'kind': 'renamed', 'unit_name': "演示新名有限公司"},
            {'kind': 'category', 'unit_name': "演示新名有限公司"},
            {'kind': 'data', 'unit_name': "演示新名有限公司"},
            {'kind': 'grade', 'unit_name': "演示新名有限公司"},
        ])
        self.assertEqual(events[-1].grade_id, self.grade_director)
        self.assertEqual(events[-1].state_id, self.state_sichuan)

    def test_same_value_leaves_no_event(self):
        before = len(self.unit_member.member_event_ids)
        self.unit_member.write({'state_id': self.unit_member.state_id.id, 'name': self.unit_member.name})
        self.assertEqual(len(self.unit_member.member_event_ids), before)

    def test_ledger_is_append_only(self):
        event = self.unit_member.member_event_ids
        for records in (event, event.sudo(), event.with_user(self.user_manager).sudo()):
            with self.assertRaises(UserError):
                records.write({'kind': 'withdrawn'})
            with self.assertRaises(UserError):
                records.unlink()

    def test_file_is_kept(self):
        with self.assertRaises(UserError):
            self.unit_member.member_file_ids.sudo().unlink()

    def test_search_finds_every_form_of_a_unit(self):
        unit = self.env['res.partner'].create({
            'name': "演示旧名单有限公司", 'is_company': True, 'uscc': '91320000max743957b '})
        self.env['res.partner']._enter_members([{
            'partner_id': unit.id, 'number': 71234, 'legacy': '71234号', 'date_joined': date(2001, 5, 1),
        }])
        unit.name = "演示改名有限公司"
        for term in ('CFIA-71234', '71234号', '91320000MAX743957B', "旧名单", "改名"):
            found = self.env['res.partner'].search([('display_name', 'ilike', term)])
            self.assertIn(unit, found, term)

    def test_wrong_uscc_is_refused(self):
        with self.assertRaises(ValidationError):
            self.env['res.partner'].create({'name': "演示代码有限公司", 'uscc': '91320000MADEM001X6'})

    def test_members_of_earlier_years(self):
        stayed, left = self.env['res.partner'].create([
            {'name': f"演示老会员{index}有限公司", 'is_company': True} for index in (1, 2)])
        self.env['res.partner']._enter_members([
            {'partner_id': stayed.id, 'number': 72001, 'date_joined': '2001-05-01',
             'grade_id': self.grade_director.id},
            {'partner_id': left.id, 'number': 72002, 'date_joined': '2002-05-01', 'state': 'withdrawn',
             'date_left': '2010-12-31'},
        ])
        self.assertRecordValues(stayed | left, [
            {'member_state': 'member', 'member_number': 'CFIA-72001', 'date_member_left': False},
            {'member_state': 'withdrawn', 'member_number': 'CFIA-72002', 'date_member_left': date(2010, 12, 31)},
        ])
        self.assertEqual(left.member_event_ids.sorted('id').mapped('kind'), ['joined', 'withdrawn'])
        self.assertTrue(left.member_file_ids)

    def test_illegal_moves_are_refused(self):
        with self.assertRaises(UserError):
            self.unit_member._set_member_state('prospect')
        merged = self.make_member("演示被合并有限公司")
        merged._leave('merged')
        with self.assertRaises(UserError):
            merged._set_member_state('member')

    def test_number_search_uses_the_index(self):
        self.env.cr.execute("SET LOCAL enable_seqscan = off")
        self.env.cr.execute(
            "EXPLAIN SELECT id FROM res_partner WHERE member_number = %s", ['CFIA-00001'])
        plan = "\n".join(row[0] for row in self.env.cr.fetchall())
        self.assertIn('res_partner_member_number_unique', plan)
