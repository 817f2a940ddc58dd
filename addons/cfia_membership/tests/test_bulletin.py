from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


class BulletinCommon(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        bulletins = unlocked(cls.env['cfia.bulletin'].search([]))
        bulletins.write({'state': 'draft'})
        bulletins.unlink()
        # only what the tests enter is in the ledger
        cls.env.cr.execute("UPDATE cfia_member_event SET date_effective = '2200-01-01', is_backdated = FALSE")
        cls.env.ref('cfia_membership.cfia_department_organisation').user_ids = cls.user_organisation
        cls.env.company.cfia_date_in_force = '2025-01-01'
        cls.unit = cls.env['res.partner'].create({'name': "演示月报单位", 'is_company': True, 'phone': "010-88886666"})

    def record(self, kind, day, unit=None):
        return self.env['cfia.member.event']._record([
            {'partner_id': (unit or self.unit).id, 'kind': kind, 'date_effective': day}])

    def make(self, day):
        bulletin = self.env['cfia.bulletin'].create({'date': day}).with_user(self.user_organisation)
        bulletin.action_count()
        return bulletin


@tagged('post_install', '-at_install')
class TestBulletin(BulletinCommon):

    def test_a_month_s_events_by_kind(self):
        for kind, day in (('joined', '2025-03-01'), ('renamed', '2025-03-31'), ('grade', '2025-03-15'),
                          ('data', '2025-02-28'), ('withdrawn', '2025-04-01')):
            self.record(kind, day)
        bulletin = self.make('2025-03-01')
        self.assertRecordValues(bulletin, [{
            'joined_count': 1, 'left_count': 0, 'renamed_count': 1, 'changed_count': 1}])

    def test_members_read_names_and_kinds_alone(self):
        self.record('joined', '2025-03-01')
        rendition = self.make('2025-03-01')._get_members_rendition()
        self.assertEqual([group['units'] for group in rendition['groups']], [["演示月报单位"]])
        self.assertNotIn('88886666', str(rendition))

    def test_a_rename_is_told_with_the_former_name(self):
        unit = self.make_member("演示旧名月报有限公司")
        unit.member_event_ids.sudo()._write({'date_effective': date(2025, 2, 1)})
        unit.with_user(self.user_organisation).name = "演示新名月报有限公司"
        unit.member_event_ids.filtered(lambda event: event.kind == 'renamed').sudo()._write({
            'date_effective': date(2025, 3, 5)})
        self.env.invalidate_all()
        self.env['cfia.member.event']._record([
            {'partner_id': unit.id, 'kind': 'data', 'date_effective': '2025-03-09', 'note': "邮编"}])
        march = self.make('2025-03-01')
        [renamed] = march.line_ids.filtered(lambda line: line.kind == 'renamed')
        self.assertEqual(renamed.former_name, "演示旧名月报有限公司")
        [group] = [group for group in march._get_members_rendition()['groups'] if group['kind'] == 'renamed']
        self.assertIn("演示旧名月报有限公司", group['units'][0])
        self.assertTrue(group['units'][0].startswith("演示新名月报有限公司"))
        renamed, changed = (table['rows'][0]['note'] for table in march._get_tables())
        self.assertIn("演示旧名月报有限公司", renamed)
        self.assertEqual(changed, "邮编", "the staff read what changed")
        self.assertNotIn("邮编", str(march._get_members_rendition()))

    def test_entered_late_comes_next_and_nothing_comes_twice(self):
        self.record('joined', '2025-03-01')
        march, april = self.make('2025-03-01'), self.make('2025-04-01')
        self.assertFalse(april.line_ids, "March is not released, its events are not April's")
        with freeze_time('2025-04-02 02:00:00'):
            march.action_release()
        late = self.record('grade', '2025-03-20')
        self.record('data', '2025-04-05')
        with freeze_time('2025-05-02 02:00:00'):
            april.action_release()
        self.assertEqual(len(march.line_ids), 1, "frozen")
        self.assertEqual(april.line_ids.sorted('date_effective').mapped('is_late'), [True, False])
        self.assertIn(late, april.line_ids.sudo().event_id)
        with freeze_time('2025-06-02 02:00:00'):
            self.assertFalse(self.make('2025-05-01').line_ids)

    def test_released_in_order_and_kept(self):
        self.record('joined', '2025-03-01')
        march, april = self.make('2025-03-01'), self.make('2025-04-01')
        with freeze_time('2025-04-20 02:00:00'), self.assertRaisesRegex(UserError, "2025/4"):
            april.action_release()
        with freeze_time('2025-05-02 02:00:00'):
            with self.assertRaisesRegex(UserError, "2025/3"):
                april.action_release()
            (march + april).action_release()
        self.assertEqual(set((march + april).mapped('state')), {'released'})
        for change in ({'note': "<p>改</p>"}, {'state': 'draft'}, {'line_ids': [(5,)]}):
            with self.assertRaises(UserError):
                march.write(change)
        with self.assertRaises(UserError):
            march.sudo().unlink()
        with self.assertRaises(AccessError):
            march.line_ids.write({'is_late': True})

    def test_missed_months_are_drafted_once(self):
        with freeze_time('2025-02-01 02:00:00'):
            self.env['cfia.bulletin']._cron_draft()
        with freeze_time('2025-05-01 02:00:00'):
            for _time in range(2):
                self.env['cfia.bulletin']._cron_draft()
        bulletins = self.env['cfia.bulletin'].search([], order='date')
        self.assertEqual(bulletins.mapped('date'), [date(2025, month, 1) for month in (1, 2, 3, 4)])
        self.assertEqual(bulletins.activity_ids.user_id, self.user_organisation)
        with freeze_time('2025-05-01 02:00:00'):
            bulletins.with_user(self.user_organisation).action_release()
        self.assertFalse(bulletins.activity_ids)

    def test_months_missed_before_the_first_one(self):
        self.record('joined', '2025-01-15')
        with freeze_time('2025-04-01 02:00:00'):
            self.env['cfia.bulletin']._cron_draft()
        bulletins = self.env['cfia.bulletin'].search([], order='date')
        self.assertEqual(bulletins.mapped('date'), [date(2025, month, 1) for month in (1, 2, 3)])
        self.assertEqual(bulletins.line_ids.release_id, bulletins[0], "nothing that happened is told nowhere")

    def test_a_date_in_force_of_long_ago(self):
        self.env.company.cfia_date_in_force = '2004-10-01'
        with freeze_time('2025-04-01 02:00:00'):
            self.env['cfia.bulletin']._cron_draft()
        bulletins = self.env['cfia.bulletin'].search([], order='date')
        self.assertEqual((len(bulletins), bulletins[0].date), (12, date(2024, 4, 1)))

    def test_departments_read_released_ones(self):
        self.record('joined', '2025-03-01')
        march = self.make('2025-03-01')
        self.env.ref('cfia_membership.cfia_department_editorial').user_ids = self.user_editorial
        self.assertFalse(self.env['cfia.bulletin'].with_user(self.user_editorial).search([]))
        with freeze_time('2025-04-02 02:00:00'):
            march.action_release()
        found = self.env['cfia.bulletin'].with_user(self.user_editorial).search([])
        self.assertEqual(found.line_ids.unit_name, "演示月报单位")
        told = self.env['mail.message'].search([
            ('model', '=', 'cfia.bulletin'), ('res_id', '=', march.id)]).notified_partner_ids
        self.assertIn(self.user_editorial.partner_id, told)

    def test_counting_costs_the_same_for_any_number(self):
        bulletin = self.make('2025-03-01')
        units = self.env['res.partner'].create([{'name': f"演示月{number}", 'is_company': True} for number in range(60)])
        for unit in units[:20]:
            self.record('joined', '2025-03-01', unit)
        bulletin.action_count()  # a count replaces an earlier one
        few = self.count_queries(bulletin)
        for unit in units[20:]:
            self.record('joined', '2025-03-02', unit)
        self.assertLessEqual(self.count_queries(bulletin), few)
        self.assertEqual(bulletin.joined_count, 60)

    def count_queries(self, bulletin):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        bulletin.action_count()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before


@tagged('post_install', '-at_install')
class TestPublicationPortal(BulletinCommon, HttpCase):

    def test_members_read_what_was_released(self):
        self.record('joined', '2025-03-01')
        march = self.make('2025-03-01')
        statistics = self.env['cfia.statistics'].create({'date': '2025-03-31'})
        statistics._count()
        pages = (f'/my/membership/bulletins/{march.id}', f'/my/membership/statistics/{statistics.id}')
        self.authenticate(self.user_portal.login, self.user_portal.login)
        for page in (*pages, '/my/membership/bulletins/999999', '/my/membership/statistics/999999'):
            self.assertEqual(self.url_open(page).status_code, 404, page)
        with freeze_time('2025-04-02 02:00:00'):
            march.action_release()
            statistics.with_user(self.user_organisation).action_release()
        self.assertIn("演示月报单位", self.url_open(pages[0]).text)
        self.assertNotIn("88886666", self.url_open(pages[0]).text)
        self.assertEqual(self.url_open(pages[1]).status_code, 200)
        self.assertIn(pages[0], self.url_open('/my/membership/publications').text)
        self.unit_member._set_member_state('withdrawn')
        for page in (*pages, '/my/membership/publications'):
            self.assertEqual(self.url_open(page).status_code, 404, page)
