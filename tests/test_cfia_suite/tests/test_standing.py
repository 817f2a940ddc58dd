from datetime import date
from itertools import permutations

from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon


@tagged('post_install', '-at_install')
class TestStanding(DuesCommon):
    """What a unit was on a day is one answer: statistics, dues and services read the ledger alike."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.state_other = cls.env['res.country.state'].search([
            ('country_id.code', '=', 'CN'), ('cfia_region_id', '!=', cls.state_jiangsu.cfia_region_id.id)], limit=1)
        cls.magazine = cls.env.ref('cfia_services.cfia_service_magazine')
        #: kind, day of effect, column of the unit, the ledger's column, value
        cls.changes = (
            ('grade', '2026-03-01', 'member_grade_id', 'grade_id', cls.grade_director),
            ('data', '2025-06-01', 'state_id', 'state_id', cls.state_other),
            ('category', '2025-09-01', 'enterprise_category_id', 'enterprise_category_id', cls.category_stamping),
        )

    def enter(self, name):
        unit = self.env['res.partner'].create({
            'name': name, 'is_company': True, 'state_id': self.state_jiangsu.id, 'street': "演示路1号",
            'enterprise_category_id': self.category_forging.id, 'ownership_id': self.ownership_private.id})
        unit._set_member_state('member', {unit: {
            'member_grade_id': self.grade_member.id, 'date_member_joined': date(2024, 1, 10)}})
        unit._record_member_event('joined', '2024-01-10')
        return unit

    def record(self, unit, changes):
        """Enter changes in the order given; each snapshot holds what was entered before it."""
        for kind, day, column, _ledger_column, value in changes:
            unit._set_member_state('member', {unit: {column: value.id}})
            unit._record_member_event(kind, day)

    def price(self, unit, year):
        line = self.Line._open(unit, year)
        line._price()
        return line.amount

    def region(self, unit, day):
        """Return the region in the statistics of members and in those of dues."""
        self.env.flush_all()
        query = self.env['cfia.member.event']._get_standing_query(date.fromisoformat(day))
        self.env.cr.execute(query.code, query.params)
        columns = [column.name for column in self.env.cr.description]
        [row] = [row for values in self.env.cr.fetchall()
                 if (row := dict(zip(columns, values)))['partner_id'] == unit.id]
        member_region = self.env['res.country.state'].browse(row['state_id']).cfia_region_id
        [dues_region] = {
            row['region_id']
            for row in self.env['cfia.dues.report']._recount(self.company, date.fromisoformat(day))
            if row['partner_id'] == unit.id
        }
        return member_region.id, dues_region

    @freeze_time('2027-03-10 02:00:00')
    def test_every_order_of_recording(self):
        for number, changes in enumerate(permutations(self.changes)):
            with self.subTest(order=[change[0] for change in changes]):
                unit = self.enter(f"演示沿革{number}")
                self.record(unit, changes)
                self.assertEqual(self.price(unit, 2025), 2000, "promoted the year after")
                self.assertEqual(self.price(unit, 2026), 5000)
                self.env['cfia.dues.line'].search([('partner_id', '=', unit.id)])._bill(date(2025, 3, 1))
                before, after = self.state_jiangsu.cfia_region_id.id, self.state_other.cfia_region_id.id
                self.assertEqual(self.region(unit, '2025-05-31'), (before, before))
                self.assertEqual(self.region(unit, '2025-06-01'), (after, after))
                self.assertEqual(self.region(unit, '2026-12-31'), (after, after))
                standings = self.env['cfia.member.event']._get_standings(unit)[unit]
                self.assertEqual(
                    [(str(standing.date), standing.grade, standing.category) for standing in standings], [
                        ('2024-01-10', self.grade_member, self.category_forging),
                        ('2025-06-01', self.grade_member, self.category_forging),
                        ('2025-09-01', self.grade_member, self.category_stamping),
                        ('2026-03-01', self.grade_director, self.category_stamping),
                    ])

    @freeze_time('2027-03-10 02:00:00')
    def test_a_repaired_day_counts_for_all(self):
        unit = self.enter("演示改日")
        self.record(unit, self.changes)
        event = unit.member_event_ids.filtered(lambda event: event.kind == 'grade')
        self.env['cfia.repair.make'].with_user(self.user_manager).create({
            'kind': 'event', 'partner_id': unit.id, 'event_id': event.id, 'reason': "演示更正",
            'date_effective': '2025-03-01',
        }).action_repair()
        self.assertEqual(self.price(unit, 2025), 5000)
        standings = self.env['cfia.member.event']._get_standings(unit)[unit]
        self.assertEqual(
            min(standing.date for standing in standings if standing.grade == self.grade_director), date(2025, 3, 1))

    @freeze_time('2027-03-10 02:00:00')
    def test_left_within_the_year(self):
        unit = self.enter("演示年中离会")
        self.record(unit, self.changes)
        unit._leave('withdrawn', date(2026, 8, 1))
        self.env['cfia.dues.standard'].search([]).leaving = 'due'
        self.assertEqual(self.price(unit, 2026), 5000, "as it was when it left")
