from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


class StatisticsCommon(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # only what the tests enter is in the ledger
        cls.env.cr.execute("UPDATE cfia_member_event SET date_effective = '2200-01-01', is_backdated = FALSE")
        unlocked(cls.env['cfia.statistics'].search([])).write({'state': 'draft'})
        cls.env['cfia.statistics'].search([]).unlink()
        cls.env.company.cfia_date_in_force = '2020-01-01'
        cls.env.ref('cfia_membership.cfia_department_organisation').user_ids = cls.user_organisation
        cls.Statistics = cls.env['cfia.statistics'].with_user(cls.user_organisation)
        cls.state_other = cls.env['res.country.state'].search([
            ('country_id.code', '=', 'CN'), ('cfia_region_id', '!=', cls.state_jiangsu.cfia_region_id.id)], limit=1)

    @classmethod
    def enter(cls, name, day, **vals):
        unit = cls.env['res.partner'].create({
            'name': name, 'is_company': True, 'state_id': cls.state_jiangsu.id,
            'enterprise_category_id': cls.category_forging.id, 'ownership_id': cls.ownership_private.id, **vals})
        unit._set_member_state('member', {unit: {'member_grade_id': cls.grade_member.id}})
        unit._record_member_event('joined', day)
        return unit

    def leave(self, unit, day):
        unit._set_member_state('withdrawn')
        unit._record_member_event('withdrawn', day)

    @classmethod
    def count(cls, day):
        statistics = cls.Statistics.create({'date': day})
        statistics.action_count()
        return statistics

    def row(self, statistics, dimension, name=None):
        return statistics.line_ids.filtered(
            lambda line: line.dimension == dimension and (name is None or line.name == name))


@tagged('post_install', '-at_install')
class TestStatistics(StatisticsCommon):

    def test_members_entries_and_exits_by_group(self):
        stayed = self.enter("演示常在", '2024-05-01')
        left = self.enter("演示离会", '2024-06-01')
        self.leave(left, '2025-02-10')
        self.enter("演示新会员", '2025-03-31', state_id=self.state_other.id, enterprise_size='large')
        self.enter("演示次季入会", '2025-04-01')
        statistics = self.count('2025-03-31')
        total = self.row(statistics, 'total')
        self.assertRecordValues(total, [{
            'member_count': 2, 'entry_count': 1, 'exit_count': 1, 'net_count': 0, 'previous_count': 2,
            'previous_change': 0, 'last_year_count': 0, 'last_year_change': 2, 'share': 1.0}])
        region = self.row(statistics, 'region', stayed.state_id.cfia_region_id.with_context(lang=statistics._get_paper_lang()).name)
        self.assertRecordValues(region, [{
            'member_count': 1, 'entry_count': 0, 'exit_count': 1, 'previous_count': 2, 'share': 0.5}])
        self.assertEqual(sum(self.row(statistics, 'size').mapped('member_count')), 2)
        unclassified = self.row(statistics, 'size').filtered(lambda line: not line.key)
        self.assertEqual(unclassified.member_count, 1, "a member without size is shown as unclassified")
        for dimension in ('region', 'province', 'category', 'category_detail', 'ownership', 'size', 'grade'):
            lines = self.row(statistics, dimension)
            for name in ('member_count', 'entry_count', 'exit_count', 'previous_count'):
                self.assertEqual(sum(lines.mapped(name)), total[name], (dimension, name))

    def test_released_figures_stay_and_late_entries_show_in_the_next(self):
        unit = self.enter("演示早入会", '2025-01-05')
        with freeze_time('2025-04-05 02:00:00'):
            first = self.count('2025-03-31')
            first.action_release()
        self.assertEqual(first.member_count, 1)
        late = self.enter("演示补记入会", '2025-02-01')
        self.leave(unit, '2025-03-30')
        with freeze_time('2025-07-05 02:00:00'):
            second = self.count('2025-06-30')
        self.assertEqual(first.member_count, 1, "frozen")
        self.assertEqual(self.row(second, 'total').previous_count, 1)
        self.assertEqual(set(second.late_event_ids.partner_id.ids), {unit.id, late.id})
        self.assertEqual((second.previous_id, second.published_count), (first, 1))
        for statistics in (first, second):
            self.assertEqual(statistics.action_check()['params']['type'], 'success')
        # a new count of the old day knows them
        again = self.count('2025-03-31')
        self.assertEqual((again.member_count, again.entry_count, again.exit_count), (1, 2, 1))

    def test_late_entries_are_told_by_the_associations_day(self):
        unit = self.enter("演示夜里补记", '2025-01-05')
        with freeze_time('2025-04-05 02:00:00'):
            self.count('2025-03-31').action_release()
        for moment, day in (('2025-06-30 15:59:59', '2025-06-30'), ('2025-06-30 16:00:00', '2025-07-01')):
            with freeze_time(moment):
                self.leave(unit, '2025-03-30') if unit.member_state == 'member' else unit._rejoin(date(2025, 3, 31))
                event = unit.member_event_ids.sorted('id')[-1]
            with freeze_time('2025-07-05 02:00:00'):
                table = self.count('2025-06-30')._get_agreement_table()
            [row] = [row for row in table['rows'] if row['kind'] == dict(
                event._fields['kind']._description_selection(self.env))[event.kind]]
            self.assertEqual(row['date_recorded'], day)

    def test_an_event_entered_late_touches_only_what_it_changed(self):
        unit = self.enter("演示补记", '2024-01-10')
        unit._set_member_state('member', {unit: {'member_grade_id': self.grade_director.id}})
        unit._record_member_event('grade', '2025-02-01')
        self.env['cfia.member.event']._record([{
            'partner_id': unit.id, 'kind': 'data', 'date_effective': '2024-06-01', 'state_id': self.state_other.id}])
        self.assertEqual(unit.member_event_ids.filtered('is_backdated').kind, 'data')
        statistics = self.count('2024-12-31')
        self.assertEqual(self.row(statistics, 'province').name, self.state_other.name)
        self.assertEqual(self.row(statistics, 'grade').key, str(self.grade_member.id))
        self.assertEqual(self.row(self.count('2024-03-31'), 'province').name, self.state_jiangsu.name)
        self.assertEqual(self.row(self.count('2025-03-31'), 'grade').filtered('member_count').key, str(self.grade_director.id))

    def test_recount_knows_the_later_events_that_were_known(self):
        unit = self.enter("演示先后", '2025-01-05')
        with freeze_time('2025-04-02 02:00:00'):
            unit.state_id = self.state_other
            self.env.flush_all()
        with freeze_time('2025-04-03 02:00:00'):
            # its snapshot holds the new province, which it did not change
            unit._record_member_event('grade', '2025-03-10', grade_id=self.grade_director.id)
        with freeze_time('2025-04-05 02:00:00'):
            statistics = self.count('2025-03-31')
            statistics.action_release()
        self.assertEqual(self.row(statistics, 'province').key.split(',')[-1], str(self.state_jiangsu.id))
        self.assertEqual(
            self.row(statistics, 'grade').filtered('member_count').key, str(self.grade_director.id))
        self.assertEqual(statistics.action_check()['params']['type'], 'success')

    def test_any_day_equals_the_live_report(self):
        units = [self.enter(f"演示对账{number}", f'2024-{number:02}-15') for number in range(1, 13)]
        for number, unit in enumerate(units[:4], 3):
            self.leave(unit, f'2024-{number + 4:02}-20')
        with freeze_time('2025-01-10'):
            for quarter, day in enumerate(('2024-03-31', '2024-06-30', '2024-09-30', '2024-12-31'), 1):
                rows = self.env['cfia.member.quarter.report'].search([('date', '=', day)])
                total = self.row(self.count(day), 'total')
                self.assertEqual(
                    [total.member_count, total.entry_count, total.exit_count],
                    [sum(rows.mapped(name)) for name in ('member_count', 'entry_count', 'exit_count')], quarter)

    def test_only_quarters_that_ended_are_released_once(self):
        self.enter("演示发布", '2025-01-05')
        with freeze_time('2025-03-31 02:00:00'), self.assertRaises(UserError):
            self.count('2025-03-31').action_release()
        with freeze_time('2025-04-01 02:00:00'):
            with self.assertRaises(UserError):
                self.count('2025-03-15').action_release()
            released = self.count('2025-03-31')
            released.action_release()
            with self.assertRaisesRegex(UserError, "2025"):
                self.count('2025-03-31').action_release()
        for change in ({'note': "<p>改</p>"}, {'member_count': 9}, {'state': 'draft'}):
            with self.assertRaises(UserError):
                released.write(change)
        with self.assertRaises(UserError):
            released.unlink()
        for lines in (released.line_ids[:1], released.line_ids[:1].sudo()):
            with self.assertRaises(UserError):
                lines.write({'member_count': 9})
            with self.assertRaises(UserError):
                lines.unlink()
            with self.assertRaises(UserError):
                lines.copy()

    def test_missed_quarters_are_drafted_later_and_once(self):
        self.enter("演示错过", '2024-01-05')
        self.env.company.cfia_date_in_force = '2023-05-31'
        with freeze_time('2024-02-03 02:00:00'):
            self.env['cfia.statistics']._cron_draft()
            drafts = self.env['cfia.statistics'].search([], order='date')
            self.assertEqual(
                drafts.mapped('date'), [date(2023, 6, 30), date(2023, 9, 30), date(2023, 12, 31)],
                "every quarter since the regulation is in force, the first one too")
            drafts.unlink()
        self.env.company.cfia_date_in_force = '2024-01-01'
        with freeze_time('2024-04-03 02:00:00'):
            self.env['cfia.statistics']._cron_draft()
            first = self.env['cfia.statistics'].search([])
            self.assertEqual(first.date, date(2024, 3, 31))
            self.assertTrue(first.activity_ids)
            first.action_release()
        with freeze_time('2025-01-03 02:00:00'):
            for _time in range(2):
                self.env['cfia.statistics']._cron_draft()
        self.assertEqual(
            self.env['cfia.statistics'].search([], order='date').mapped('date'),
            [date(2024, 3, 31), date(2024, 6, 30), date(2024, 9, 30), date(2024, 12, 31)])

    def test_departments_are_told_and_drafts_are_the_organisation_s(self):
        self.enter("演示告知", '2025-01-05')
        department = self.env.ref('cfia_membership.cfia_department_editorial')
        department.user_ids = self.user_editorial
        statistics = self.count('2025-03-31')
        self.assertFalse(self.env['cfia.statistics'].with_user(self.user_staff).search([]))
        with freeze_time('2025-04-05 02:00:00'):
            statistics.action_release()
        told = self.env['mail.message'].search([
            ('model', '=', 'cfia.statistics'), ('res_id', '=', statistics.id)]).notified_partner_ids
        self.assertIn(self.user_editorial.partner_id, told)
        self.assertEqual(self.env['cfia.statistics'].with_user(self.user_staff).search([]), statistics)
        with self.assertRaises(AccessError):
            self.env['cfia.statistics'].with_user(self.user_staff).create({'date': '2025-06-30'})

    def test_all_tables_are_one_query_of_the_ledger(self):
        self.enter("演示查询", '2025-01-05')
        statistics = self.Statistics.create({'date': '2025-03-31'})
        self.env.flush_all()
        with self.assertQueryCount(1):
            rows = statistics._read_counts()
        self.assertEqual({dimension for dimension, _key, _counts in rows}, {
            'total', 'region', 'province', 'category', 'category_detail', 'ownership', 'size', 'grade'})
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        statistics.action_count()
        few = self.env.cr.sql_log_count - before
        for number in range(30):
            self.enter(f"演示查询{number}", '2025-02-05')
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        statistics.action_count()
        self.assertLessEqual(self.env.cr.sql_log_count - before, few + 1)
