"""Do we know this unit? One answer for applications, the public form, enquiries, referrals and lists."""
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tests.test_roster_parse import USCC_1, USCC_2, evaluate, make_row, make_workbook
from odoo.addons.cfia_membership.tools.roster.evaluate import Known, Unit
from odoo.addons.cfia_membership.tools.unit_match import (
    Likeness,
    UnitIndex,
    UnitKeys,
    head_office_name,
    head_office_name_sql,
)

NAME = "演示同一（上海）锻造有限公司"
SPELLINGS = (
    "演示同一(上海)锻造有限公司", "演示同一 （上海）锻造　有限公司", "演示同一〔上海〕锻造有限公司", "演示同一【上海】锻造有限公司\u200b",
)


@tagged('post_install', '-at_install')
class TestUnitMatch(MembershipCommon):

    def test_why_two_descriptions_may_be_one_unit(self):
        known = UnitKeys.of(NAME, USCC_1, "演示同旧锻造厂")
        cases = {
            ("别名有限公司", USCC_1.lower(), None): Likeness.CODE,
            **{(name, None, None): Likeness.NAME for name in SPELLINGS},
            (SPELLINGS[0], USCC_2, None): Likeness.OTHER_CODE,
            ("演示同旧 锻造厂", None, None): Likeness.FORMER_NAME,
            ("演示新名有限公司", None, SPELLINGS[1]): Likeness.FORMER_NAME,
            (f"{SPELLINGS[0]}苏州分公司", USCC_2, None): Likeness.BRANCH,
            (f"{NAME}（无锡第二分公司）", None, None): Likeness.BRANCH,
            ("演示同一（上海）铸造有限公司", None, None): None,
            ("", None, None): None,
        }
        for written, likeness in cases.items():
            self.assertEqual(UnitKeys.of(*written).compare(known), likeness, written)
            # whichever of the two was known first
            self.assertEqual(known.compare(UnitKeys.of(*written)), likeness, written)

    def test_only_one_unit_is_certain(self):
        units = {unit: UnitKeys.of(NAME) for unit in self.env['res.partner'].create(
            [{'name': NAME, 'is_company': True}, {'name': NAME, 'is_company': True}])}
        first, second = units
        match = UnitIndex(units.items(), lambda unit: False).match(UnitKeys.of(SPELLINGS[0]))
        self.assertEqual((match.certain, match.possible), (None, [first, second]))
        # among namesakes the member is meant
        match = UnitIndex(units.items(), lambda unit: unit == second).match(UnitKeys.of(SPELLINGS[0]))
        self.assertEqual((match.certain, match.possible), (second, [second, first]))

    def test_the_database_finds_branches_as_the_rule_does(self):
        names = [
            NAME, f"{NAME}苏州分公司", "演示锻造集团有限公司(北京)办事处", "演示公司分公司", "分公司", "演示大学第一附属医院",
            "演示研究院上海分院", "演示厂分厂", "Demo Forging Co., Ltd. 上海代表处", "演示有限公司公司分公司",
        ]
        for name in names:
            found, = self.env.execute_query(SQL("SELECT %s", head_office_name_sql(SQL("%s", name))))
            self.assertEqual(found[0], head_office_name(UnitKeys.of(name).name), name)

    def test_matching_costs_one_query_for_any_number(self):
        unit = self.env['res.partner'].create({'name': NAME, 'is_company': True})
        for size in (1, 40):
            written = {number: UnitKeys.of(f"{SPELLINGS[0]}{number or ''}") for number in range(size)}
            self.env.invalidate_all()
            with self.assertQueryCount(2):
                found = self.env['res.partner']._match_units(written)
            self.assertEqual(found[0].certain, unit)

    # === ONE WAY OF ASKING === #

    def test_an_application_of_a_member_spelt_otherwise_makes_no_second_unit(self):
        member = self.make_member(NAME)
        for spelling in SPELLINGS:
            application = self.make_application(spelling, uscc=False)
            with self.assertRaisesRegex(UserError, member.member_number):
                application._link_partners()
        self.assertEqual(self.env['res.partner'].search_count([('name', 'like', '演示同一')]), 1)

    def test_an_application_that_may_be_a_known_unit_is_asked_about(self):
        known = self.env['res.partner'].create({'name': NAME, 'is_company': True, 'uscc': USCC_1})
        branch = self.make_application(f"{SPELLINGS[0]}苏州分公司", uscc=USCC_2)
        self.assertEqual(branch.candidate_ids, known)
        with self.assertRaisesRegex(UserError, "may be a unit"):
            branch.with_user(self.user_organisation).action_submit()
        branch.with_user(self.user_organisation).action_new_unit()
        branch.with_user(self.user_organisation).action_submit()
        self.assertNotEqual(branch.partner_id, known)
        renamed = self.make_application("演示同改名有限公司", uscc=USCC_1)
        self.assertFalse(renamed.candidate_ids)
        renamed.with_user(self.user_organisation).action_submit()
        self.assertEqual(renamed.partner_id, known)

    def test_a_member_is_not_renamed_into_another(self):
        other = self.make_member("演示更名前有限公司")
        for name in (self.unit_member.name, f' {self.unit_member.name[:2]} {self.unit_member.name[2:]}'):
            with self.assertRaisesRegex(ValidationError, self.unit_member.member_number), self.env.cr.savepoint():
                other.with_user(self.user_organisation).name = name
            other.invalidate_recordset()
        self.assertEqual(other.name, "演示更名前有限公司")
        other.with_user(self.user_organisation).name = "演示更名后有限公司"
        # back again, and under a name that a unit had that is no member any more
        other.with_user(self.user_organisation).name = "演示更名前有限公司"
        gone = self.make_member("演示已离会有限公司")
        gone._leave('withdrawn', note="演示")
        other.with_user(self.user_organisation).name = "演示已离会有限公司"
        self.assertEqual(other.name, "演示已离会有限公司")

    def test_rows_of_lists_are_judged_by_the_same_rule(self):
        known = Known(units=[Unit(1, NAME, UnitKeys.of(NAME, USCC_1), member=1), Unit(2, "演示乙有限公司", UnitKeys.of(
            "演示乙有限公司", USCC_1))])
        rows = evaluate(make_workbook(
            make_row('5', SPELLINGS[0]), make_row('6', f"{NAME}苏州分公司"), make_row('7', "演示乙有限公司", uscc=USCC_2),
        ), known)
        self.assertEqual(
            [(row.state, row.reason_code) for row in rows],
            [('rejected', 'duplicate_unit'), ('questioned', 'unit_alike'), ('questioned', 'unit_alike')])
