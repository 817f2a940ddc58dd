import base64

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tests.test_roster_parse import USCC_1, USCC_2, make_workbook
from odoo.addons.cfia_membership.tools.dates import association_today

HEADINGS = ['单位名称', '统一社会信用代码', '省份', '通讯地址', '邮编', '企业类别', '联系人', '手机', '电子邮箱']


@tagged('post_install', '-at_install')
class TestProspect(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Import = cls.env['cfia.prospect.import'].with_user(cls.user_organisation)

    def make_import(self, *rows, **vals):
        return self.Import.create({
            'file': base64.b64encode(make_workbook(*rows, headings=HEADINGS)),
            'filename': '观众.xlsx', 'source': 'visitor', **vals,
        })

    def make_prospect(self, name, **vals):
        return self.env['res.partner'].with_user(self.user_organisation).create({
            'name': name, 'is_company': True, 'prospect_source': 'other', **vals})

    # === CONTACT TARGETS === #

    def test_a_unit_with_a_source_is_a_contact_target(self):
        unit = self.make_prospect("演示发展对象有限公司")
        self.assertRecordValues(unit, [{
            'member_state': 'prospect', 'prospect_intention': 'unknown', 'date_prospect': association_today()}])
        plain = self.env['res.partner'].create({'name': "演示供应商有限公司", 'is_company': True})
        self.assertFalse(plain.member_state)
        plain.prospect_source = 'magazine'
        self.assertEqual(plain.member_state, 'prospect')

    def test_a_source_changes_no_member(self):
        self.unit_member.prospect_source = 'member'
        self.assertEqual(self.unit_member.member_state, 'member')

    def test_no_intention_keeps_the_unit_and_ends_the_next_step(self):
        unit = self.make_prospect("演示无意向有限公司")
        unit.activity_schedule('cfia_membership.mail_act_prospect_next', user_id=self.user_organisation.id)
        unit.action_no_intention()
        self.assertRecordValues(unit, [{'member_state': 'prospect', 'prospect_intention': 'none', 'active': True}])
        self.assertFalse(unit.activity_ids)

    def test_the_portal_does_not_see_what_the_association_notes(self):
        self.unit_member.sudo().prospect_intention = 'interested'
        with self.assertRaises(AccessError):
            self.unit_member.with_user(self.user_portal).read(['prospect_intention'])
        self.assertEqual(
            self.unit_member.with_user(self.user_staff).read(['prospect_intention'])[0]['prospect_intention'],
            'interested')

    # === IMPORT === #

    def test_import_enters_new_units_and_offers_known_ones(self):
        known = self.make_prospect("演示已知（江苏）有限公司", uscc=USCC_1)
        renamed = self.make_prospect("演示新名有限公司", former_name="演示旧名有限公司")
        roster = self.make_import(
            ["演示全新有限公司", '', '江苏', '演示路3号', '210000', '冲压', '演示甲', '13900000001', 'a@target.example'],
            ["演示 已知(江苏)有限公司", '', '江苏', '演示路4号', '210001', '', '演示乙', '', ''],
            ["演示别名有限公司", USCC_1, '', '', '', '', '', '', ''],
            ["演示旧名有限公司", '', '', '', '', '', '', '', ''],
            [self.unit_member.name, '', '', '演示路5号', '', '', '', '', ''],
            ["演示全新有限公司", '', '', '', '', '', '', '', ''],
            ["", USCC_2, '', '', '', '', '演示丙', '', ''],
        )
        roster.action_check()
        self.assertFalse(self.env['res.partner'].search([('name', '=', "演示全新有限公司")]))
        self.assertEqual(
            roster.row_ids.mapped('state'),
            ['new', 'duplicate', 'duplicate', 'duplicate', 'duplicate', 'rejected', 'rejected'])
        self.assertEqual(
            [row.partner_id for row in roster.row_ids[1:5]], [known, known, renamed, self.unit_member])
        with self.assertRaisesRegex(UserError, roster.filename):
            roster.row_ids[1].action_merge()
        roster.action_import()
        new = roster.row_ids[0].partner_id
        self.assertRecordValues(new, [{
            'name': "演示全新有限公司", 'member_state': 'prospect', 'prospect_source': 'visitor',
            'recruiter_id': self.user_organisation.id, 'enterprise_category_id': self.category_stamping.id,
            'state_id': self.state_jiangsu.id, 'zip': '210000', 'date_prospect': association_today(),
        }])
        self.assertRecordValues(new.child_ids, [{
            'name': "演示甲", 'mobile': '13900000001', 'email': 'a@target.example'}])
        self.assertFalse(known.street, "nothing is merged by itself")
        self.assertEqual(roster.duplicate_count, 4)
        with self.assertRaisesRegex(UserError, roster.filename):
            roster.action_import()

    def test_merging_fills_gaps_and_overwrites_nothing(self):
        known = self.make_prospect("演示补全有限公司", zip='100000', prospect_source='magazine')
        roster = self.make_import(
            ["演示补全有限公司", USCC_2, '江苏', '演示路6号', '210000', '', '演示丁', '13900000002', ''],
            [self.unit_member.name, '', '', '演示路7号', '', '', '演示戊', '', ''],
        )
        roster.action_import()
        street = self.unit_member.street
        contacts = self.unit_member.child_ids
        roster.row_ids.action_merge()
        self.assertRecordValues(known, [{
            'zip': '100000', 'prospect_source': 'magazine', 'street': "演示路6号", 'uscc': USCC_2}])
        self.assertEqual(known.child_ids.name, "演示丁")
        self.assertEqual(self.unit_member.street, street, "a member's data change by change request alone")
        self.assertEqual(self.unit_member.child_ids, contacts)
        self.assertEqual(roster.row_ids.mapped('state'), ['merged', 'merged'])
        self.assertEqual(roster.row_ids.decided_by_id, self.user_organisation)

    def test_a_namesake_is_entered_a_double_is_not(self):
        self.make_prospect("演示同名有限公司")
        self.make_prospect("演示同码有限公司", uscc=USCC_1)
        roster = self.make_import(
            ["演示同名有限公司", '', '四川', '', '', '', '', '', ''],
            ["演示同码公司", USCC_1, '', '', '', '', '', '', ''],
            ["演示同码有限公司", '', '', '', '', '', '', '', ''],
        )
        roster.action_import()
        namesake, double, skipped = roster.row_ids
        namesake.action_create_unit()
        self.assertEqual(namesake.state, 'created')
        self.assertEqual(self.env['res.partner'].search_count([('name', '=', "演示同名有限公司")]), 2)
        with self.assertRaisesRegex(UserError, USCC_1):
            double.action_create_unit()
        self.assertNotIn(USCC_2, skipped.message)
        skipped.action_skip()
        skipped.action_merge()
        self.assertEqual(skipped.state, 'skipped', "what was decided stays")

    def test_one_name_with_two_codes_is_told(self):
        self.make_prospect("演示两码有限公司", uscc=USCC_1)
        roster = self.make_import(["演示 两码有限公司", USCC_2, '', '', '', '', '', '', ''])
        roster.action_import()
        self.assertEqual(roster.row_ids.state, 'duplicate')
        for code in (USCC_1, USCC_2):
            self.assertIn(code, roster.row_ids.message)

    def test_rows_are_closed_to_rpc(self):
        roster = self.make_import(["演示封闭有限公司", *[''] * 8])
        roster.action_check()
        for rows in (roster.row_ids, roster.row_ids.sudo()):
            with self.assertRaises(UserError):
                rows.write({'state': 'merged'})
        with self.assertRaises(AccessError):
            roster.with_user(self.user_staff).action_check()

    def test_a_list_without_names_is_refused(self):
        roster = self.Import.create({
            'file': base64.b64encode(make_workbook(['1', '2'], headings=['甲', '乙'])),
            'filename': '空.xlsx', 'source': 'other'})
        with self.assertRaisesRegex((RedirectWarning, UserError), '单位名称'):
            roster.action_check()

    def test_import_at_constant_queries(self):
        counts = []
        for size in (5, 45):
            roster = self.make_import(*(
                [f"演示批量{size}-{index}有限公司", '', '江苏', '演示路', '210000', '冲压', f"演示{index}", '', '']
                for index in range(size)))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            roster.action_import()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 6)
