from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.test_bulletin import BulletinCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
class TestChangeRelease(BulletinCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        releases = unlocked(cls.env['cfia.change.release'].search([]))
        releases.write({'state': 'draft'})
        releases.unlink()
        cls.env.company.cfia_date_in_force = '2024-01-01'
        cls.editorial = cls.env.ref('cfia_membership.cfia_department_editorial')
        cls.editorial.user_ids = cls.user_editorial

    def draft(self, day):
        with freeze_time(day):
            self.env['cfia.change.release']._cron_draft()
        return self.env['cfia.change.release'].search([], limit=1).with_user(self.user_organisation)

    def test_a_year_s_changes_by_department(self):
        unit = self.make_member("演示年度变更有限公司")
        with freeze_time('2024-06-10 02:00:00'):
            request = self.env['cfia.change.request'].with_user(self.user_editorial)._file([
                {'partner': unit, 'changes': {unit: {'street': "演示新路1号"}}}])
            request.with_user(self.user_organisation).action_apply()
        self.record('joined', '2024-12-31')
        self.record('grade', '2025-01-01')
        release = self.draft('2025-01-05 02:00:00')
        self.assertEqual(release.date.year, 2024)
        self.assertEqual(
            {(line.unit_name, line.department_id.code) for line in release.line_ids},
            {(unit.name, 'editorial'), (self.unit.name, 'organisation')})
        name = self.editorial.with_context(lang=release._get_paper_lang()).name
        [table, _other] = sorted(release._get_tables(), key=lambda table: name not in table['title'])
        self.assertEqual(table['rows'][0]['unit_name'], unit.name)
        self.assertNotIn("演示新路", str(release._get_tables()))

    def test_released_once_and_acknowledged_by_each_department(self):
        self.record('joined', '2024-05-31')
        release = self.draft('2025-01-05 02:00:00')
        with freeze_time('2025-01-06 02:00:00'):
            release.action_release()
        mine = release.with_user(self.user_editorial)
        self.assertTrue(mine.can_acknowledge)
        mine.action_acknowledge()
        self.assertFalse(mine.can_acknowledge)
        receipt = release.receipt_ids.filtered(lambda receipt: receipt.department_id == self.editorial)
        self.assertEqual(receipt.user_id, self.user_editorial)
        self.assertIn(self.user_editorial.name, str(release._get_tables()))
        with self.assertRaises(UserError):
            mine.action_acknowledge()
        with self.assertRaises(UserError):
            receipt.sudo().write({'date': False})
        with self.assertRaises(UserError):
            release.with_user(self.user_staff).action_acknowledge()

    def test_missed_years_are_collected_and_late_entries_come_next(self):
        self.env.company.cfia_date_in_force = '2023-01-01'
        self.record('joined', '2023-05-31')
        first = self.draft('2024-01-05 02:00:00')
        with freeze_time('2024-01-06 02:00:00'):
            first.action_release()
        late = self.record('data', '2023-07-01')
        second = self.draft('2026-01-05 02:00:00')
        self.assertEqual(second.search_count([]), 3)
        releases = second.search([], order='date')
        self.assertEqual(releases.line_ids.sudo().filtered(lambda line: line.event_id == late).release_id.date.year, 2024)
        with freeze_time('2026-01-06 02:00:00'):
            releases.action_release()
        self.assertEqual(len(releases.line_ids), 2)
