from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon


@tagged('post_install', '-at_install')
@freeze_time('2027-05-10 02:00:00')
class TestMemberQuarterReport(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Report = cls.env['cfia.member.quarter.report']
        cls.category_rings = cls.env.ref('cfia_membership.cfia_enterprise_category_ring_rolling')

    @classmethod
    def enter(cls, name, day, **vals):
        """Return a unit in the ledger as a member from ``day`` on."""
        unit = cls.env['res.partner'].create({
            'name': name,
            'is_company': True,
            'state_id': cls.state_jiangsu.id,
            'enterprise_category_id': cls.category_forging.id,
            'ownership_id': cls.ownership_private.id,
            **vals,
        })
        unit._set_member_state('member', {unit: {'member_grade_id': cls.grade_member.id}})
        unit._record_member_event('joined', day)
        return unit

    def count(self, units, **expected):
        """Check the figures of ``units`` at quarters' ends, given as q2027_1=(members, entries, exits)."""
        rows = self.Report.search([('partner_id', 'in', units.ids)]).grouped('date')
        for quarter, figures in expected.items():
            year, number = int(quarter[1:5]), int(quarter[-1])
            end = date(year, number * 3, {1: 31, 2: 30, 3: 30, 4: 31}[number])
            found = rows.get(end, self.Report)
            self.assertEqual(
                (sum(found.mapped('member_count')), sum(found.mapped('entry_count')),
                 sum(found.mapped('exit_count'))),
                figures, quarter)
            self.assertEqual(sum(found.mapped('net_count')), figures[1] - figures[2])

    def test_quarter_of_approval_counts_and_the_past_one_does_not(self):
        unit = self.make_member("演示统计有限公司")
        self.count(unit, q2027_1=(0, 0, 0), q2027_2=(1, 1, 0))
        row = self.Report.search([('partner_id', '=', unit.id)])
        self.assertRecordValues(row, [{
            'date': date(2027, 6, 30),
            'region_id': self.state_jiangsu.cfia_region_id.id,
            'state_id': self.state_jiangsu.id,
            'enterprise_category_id': self.category_forging.id,
            'ownership_id': self.ownership_private.id,
            'grade_id': self.grade_member.id,
            'member_state': 'member',
        }])

    def test_past_quarters_stand(self):
        unit = self.enter("演示历年有限公司", '2026-01-15')
        unit._leave('withdrawn', date(2026, 9, 30))
        unit._rejoin(date(2027, 1, 1))
        self.count(
            unit, q2025_4=(0, 0, 0), q2026_1=(1, 1, 0), q2026_2=(1, 0, 0), q2026_3=(0, 0, 1),
            q2026_4=(0, 0, 0), q2027_1=(1, 1, 0), q2027_2=(1, 0, 0), q2027_3=(0, 0, 0))

    def test_in_and_out_in_one_quarter(self):
        unit = self.enter("演示短暂有限公司", '2027-01-15')
        unit._leave('expelled', date(2027, 2, 1))
        self.count(unit, q2027_1=(0, 1, 1), q2027_2=(0, 0, 0))

    def test_what_was_changed_counts_from_its_day(self):
        unit = self.enter("演示变更有限公司", '2026-07-01')
        unit.enterprise_category_id = self.category_stamping
        rows = self.Report.search([('partner_id', '=', unit.id)], order='date')
        self.assertEqual(rows.enterprise_category_id, self.category_forging + self.category_stamping)
        self.assertEqual(
            rows.mapped('enterprise_category_id.code'), ['die_forging', 'stamping'])
        self.assertEqual(rows[-1].enterprise_category_id, self.category_stamping)
        self.assertEqual(rows[:-1].enterprise_category_id, self.category_forging)

    def test_event_recorded_late_changes_only_its_own_value(self):
        unit = self.enter("演示补录有限公司", '2026-01-01')
        unit.with_context(tracking_disable=True).enterprise_category_id = self.category_stamping
        # today's event is followed by one that took effect a year ago
        unit._record_member_event('grade', date(2026, 5, 1), grade_id=self.grade_director.id)
        rows = self.Report.search([('partner_id', '=', unit.id)], order='date')
        self.assertEqual(rows.mapped('date'), [
            date(2026, 3, 31), date(2026, 6, 30), date(2026, 9, 30), date(2026, 12, 31),
            date(2027, 3, 31), date(2027, 6, 30)])
        self.assertEqual([row.grade_id for row in rows], [self.grade_member] + [self.grade_director] * 5)
        self.assertEqual(
            [row.enterprise_category_id for row in rows],
            [self.category_forging] * 5 + [self.category_stamping])

    def test_exit_recorded_late(self):
        unit = self.enter("演示晚报有限公司", '2026-01-01')
        unit.enterprise_category_id = self.category_rings
        unit._leave('withdrawn', date(2026, 11, 11))
        self.count(unit, q2026_3=(1, 0, 0), q2026_4=(0, 0, 1), q2027_1=(0, 0, 0), q2027_2=(0, 0, 0))

    def test_running_quarter_is_counted_as_of_today(self):
        unit = self.enter("演示将来有限公司", '2027-01-01')
        self.count(unit, q2027_2=(1, 0, 0))
        with freeze_time('2027-06-02 02:00:00'):
            unit._leave('withdrawn', date(2027, 6, 1))
            self.env.invalidate_all()
            self.count(unit, q2027_2=(0, 0, 1))

    def test_first_day_of_the_quarter_is_the_associations(self):
        with freeze_time('2027-06-30 17:00:00'):
            unit = self.make_member("演示跨日有限公司")
            self.assertEqual(unit.date_member_joined, date(2027, 7, 1))
            self.count(unit, q2027_2=(0, 0, 0), q2027_3=(1, 1, 0))

    def test_pivot_agrees_with_the_members(self):
        self.enter("演示未分类有限公司", '2027-02-02', enterprise_category_id=False, state_id=False)
        groups = self.Report._read_group(
            [('date', '=', '2027-06-30')], ['region_id', 'enterprise_category_id'], ['member_count:sum'])
        members = self.env['res.partner'].search_count([('member_state', '=', 'member')])
        self.assertEqual(sum(count for _region, _category, count in groups), members)
        self.assertIn((False, False), [(bool(region), bool(category)) for region, category, _count in groups])

    def test_entries_and_exits_explain_the_members(self):
        for unit in self.enter("演示甲有限公司", '2026-02-01') + self.enter("演示乙有限公司", '2026-08-01'):
            unit._leave('withdrawn', date(2027, 1, 20))
        previous = 0
        for _quarter, members, net in self.Report._read_group(
                [], ['date:quarter'], ['member_count:sum', 'net_count:sum'], order='date:quarter'):
            self.assertEqual(members, previous + net)
            previous = members

    def test_one_query_for_any_number(self):
        for number in range(12):
            self.enter(f"演示批量{number}有限公司", '2026-02-01')
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.Report._read_group([], ['date:quarter', 'grade_id'], ['member_count:sum'])

    def test_readers(self):
        for user in (
            self.user_organisation, self.user_secretary, self.user_leader, self.user_auditor, self.user_manager,
        ):
            self.assertTrue(self.Report.with_user(user).search([], limit=1).read(['region_id', 'member_count']))
        for user in (
            self.user_staff, self.user_editorial, self.user_network, self.user_training,
            self.user_accountant, self.user_portal, self.user_public,
        ):
            with self.assertRaises(AccessError):
                self.Report.with_user(user).search([], limit=1)
