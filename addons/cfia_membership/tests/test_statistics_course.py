from collections import Counter
from datetime import date, timedelta
from random import Random

from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.cfia_membership.models.cfia_member_event import STANDING_COLUMNS
from odoo.addons.cfia_membership.tests.test_statistics import StatisticsCommon

START, END = date(2024, 1, 1), date(2025, 6, 30)


@tagged('post_install', '-at_install')
class TestStatisticsCourse(StatisticsCommon):
    """Statistics through a year and a half in which everything happens that can happen to a unit."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.chance = Random(424)
        cls.units = cls.env['res.partner']
        cls.released = cls.env['cfia.statistics']
        cls.known = {}
        for day in range(0, (END - START).days, 4):
            cls.happen(START + timedelta(days=day))

    @classmethod
    def happen(cls, today):
        """Let the association have a day: something happens, at a quarter's start the last one is released."""
        with freeze_time(f'{today} 02:00:00'):
            members = cls.units.filtered(lambda unit: unit.member_state == 'member')
            gone = cls.units.filtered(lambda unit: unit.member_state in ('withdrawn', 'expelled'))
            acts = [cls.act_enter]
            if len(members) > 3:
                acts += [cls.act_enter, cls.act_leave, cls.act_merge, cls.act_change, cls.act_change, cls.act_late, cls.act_repair]
            if gone:
                acts.append(cls.act_return)
            # recorded up to two months after it took effect, sometimes ahead of it, save exits
            day = today + timedelta(days=cls.chance.choice((0, 0, 0, 0, -5, -20, -60, 15)))
            cls.chance.choice(acts)(day, members, gone)
            cls.env.flush_all()
            quarter_end = cls.Statistics._default_date()
            if quarter_end not in cls.released.mapped('date') and cls.units:
                statistics = cls.Statistics.create({'date': quarter_end})
                statistics.action_release()
                cls.released += statistics
                cls.known[statistics] = cls.read_ledger()

    @classmethod
    def act_enter(cls, day, members, gone):
        cls.units += cls.enter(
            f"演示历程{len(cls.units)}", day, state_id=cls.chance.choice(cls.state_jiangsu + cls.state_other).id)

    @classmethod
    def act_leave(cls, day, members, gone):
        cls.pick(members)._leave(cls.chance.choice(('withdrawn', 'expelled')), min(day, date.today()))

    @classmethod
    def act_merge(cls, day, members, gone):
        unit = cls.pick(members)
        unit._leave('merged', min(day, date.today()), survivor=cls.pick(members - unit))

    @classmethod
    def act_return(cls, day, members, gone):
        cls.pick(gone)._rejoin(day, grade=cls.chance.choice(cls.grade_member + cls.grade_director))

    @classmethod
    def act_change(cls, day, members, gone):
        cls.pick(members).write(cls.chance.choice((
            {'enterprise_category_id': cls.chance.choice(cls.category_forging + cls.category_stamping).id},
            {'enterprise_size': cls.chance.choice(('large', 'small', False))},
            {'state_id': cls.chance.choice(cls.state_jiangsu + cls.state_other).id},
        )))

    @classmethod
    def act_late(cls, day, members, gone):
        cls.pick(members)._record_member_event(
            'grade', day, grade_id=cls.chance.choice(cls.grade_member + cls.grade_director).id)

    @classmethod
    def act_repair(cls, day, members, gone):
        unit = cls.pick(members)
        event = cls.pick(unit.member_event_ids)
        cls.env['cfia.repair.make'].with_user(cls.user_manager).create({
            'kind': 'event', 'partner_id': unit.id, 'event_id': event.id, 'reason': "演示更正",
            'date_effective': min(event.date_effective - timedelta(days=cls.chance.choice((3, 40))), date.today()),
        }).action_repair()

    @classmethod
    def pick(cls, records):
        return cls.chance.choice(records.sorted('id'))

    @classmethod
    def read_ledger(cls):
        """Return the events of the units as they stand, in the order of recording."""
        return cls.units.member_event_ids.sorted('id').read(['partner_id', 'date_effective', *STANDING_COLUMNS], load=None)

    def replay(self, events, day):
        """Return what each unit was on a day, event by event: the definition, without SQL."""
        standing, before = {}, {}
        for event in events:
            unit = event['partner_id']
            last = before.get(unit)
            before[unit] = event
            for name in STANDING_COLUMNS:
                changed = last is None or last[name] != event[name]
                place = standing.setdefault(unit, {}).get(name, (date.min, None))
                if changed and event['date_effective'] <= day and event['date_effective'] >= place[0]:
                    standing[unit][name] = (event['date_effective'], event[name])
        return {unit: {name: value for name, (_day, value) in values.items()} for unit, values in standing.items()}

    def count_by_hand(self, events, day, name):
        return Counter(
            standing.get(name) or None for standing in self.replay(events, day).values()
            if standing.get('member_state') == 'member')

    def count_by_query(self, statistics, dimension):
        return Counter({
            key[-1]: counts['member_count'] for found, key, counts in statistics._read_counts()
            if found == dimension and counts['member_count']})

    def test_any_day_equals_the_ledger_read_by_hand(self):
        events = self.read_ledger()
        self.assertGreater(len(events), 100)
        self.assertTrue(self.units.member_event_ids.filtered('is_backdated'))
        self.assertTrue(self.env['cfia.repair'].search([('date_before', '!=', False)]))
        for number in range(0, (END - START).days, 17):
            day = START + timedelta(days=number)
            statistics = self.Statistics.create({'date': day})
            for dimension, name in (
                ('grade', 'grade_id'), ('province', 'state_id'), ('size', 'enterprise_size'),
                ('category_detail', 'enterprise_category_id'),
            ):
                self.assertEqual(self.count_by_query(statistics, dimension), self.count_by_hand(events, day, name), (day, dimension))

    def test_what_was_released_is_found_again(self):
        self.assertEqual(len(self.released), 6)
        for statistics in self.released:
            self.assertEqual(statistics.action_check()['params']['type'], 'success', statistics.date)
            kept = Counter({
                int(line.key) if line.key else None: line.member_count
                for line in self.row(statistics, 'grade') if line.member_count})
            self.assertEqual(
                kept, self.count_by_hand(self.known[statistics], statistics.date, 'grade_id'), statistics.date)

    def test_what_came_late_explains_the_difference(self):
        changed = 0
        for before, after in zip(self.released, self.released[1:]):
            then = {event['id']: event['date_effective'] for event in self.known[before]}
            late = {
                event['id'] for event in self.known[after]
                if event['date_effective'] <= before.date and then.get(event['id']) != event['date_effective']
                or then.get(event['id'], date.max) <= before.date and then[event['id']] != event['date_effective']
            }
            self.assertEqual(set(after.late_event_ids.ids), late, after.date)
            total = self.row(after, 'total')
            self.assertEqual(after.published_count, before.member_count)
            self.assertEqual(
                total.previous_count + total.entry_count - total.exit_count, total.member_count,
                "as known today, the quarters follow from each other")
            if total.previous_count != before.member_count:
                self.assertTrue(late)
                changed += 1
        self.assertTrue(changed, "late entries have changed what was released")
