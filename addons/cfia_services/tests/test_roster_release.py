import base64
import io
from datetime import timedelta

import openpyxl
from freezegun import freeze_time
from lxml import html

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from .common import ServicesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


class RosterCommon(ServicesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute("DELETE FROM cfia_roster_copy; DELETE FROM cfia_roster_release")
        cls.env.invalidate_all()
        cls.env['cfia.department'].search([]).user_ids = False
        cls.editorial = cls.env.ref('cfia_membership.cfia_department_editorial')
        cls.network = cls.env.ref('cfia_membership.cfia_department_network')
        cls.editorial.user_ids, cls.network.user_ids = cls.user_editorial, cls.user_network
        cls.editorial.roster_column_ids = cls.env['cfia.roster.column'].search(
            [('code', 'in', ('member_number', 'unit_name', 'contact_name', 'contact_phone'))])
        cls.network.roster_column_ids = False
        cls.make_contact(cls.unit_member, "演示名册联系人", 'contact', mobile='13900001234')
        cls.make_member("演示名册第二家有限公司")
        cls.Release = cls.env['cfia.roster.release']

    def make(self, day='2027-03-02 02:00:00'):
        with freeze_time(day):
            self.Release._cron_make()
        return self.Release.search([], limit=1)

    def copy_of(self, release, department):
        return release.copy_ids.filtered(lambda copy: copy.department_id == department)


@tagged('post_install', '-at_install')
class TestRosterRelease(RosterCommon):

    def test_every_two_months_once_and_missed_ones_later(self):
        for day, months in (('2027-03-02', [3]), ('2027-03-03', [3]), ('2027-04-30', [3]), ('2027-09-10', [3, 5, 7, 9])):
            self.make(f'{day} 02:00:00')
            self.assertEqual([release.date.month for release in self.Release.search([], order='date')], months, day)

    def test_frozen_and_checked(self):
        release = self.make()
        name = self.unit_member.name
        unlocked(self.unit_member).name = "演示改名后"
        rows = release.sudo()._read_rows()
        self.assertIn(name, {row['unit_name'] for row in rows})
        self.assertEqual(release.member_count, len(rows))
        release.sudo().content = base64.b64encode(b'other')
        with self.assertRaises(UserError):
            release.sudo()._read_rows()
        with self.assertRaises(UserError):
            release.sudo().unlink()
        with self.assertRaises(UserError):
            self.copy_of(release, self.editorial).sudo().write({'state': 'received'})

    def test_each_department_gets_its_columns_and_every_look_is_noted(self):
        release = self.make()
        before = self.env['cfia.disclosure'].search_count([])
        with freeze_time('2027-03-03'):
            columns, rows, total = self.copy_of(release, self.editorial).with_user(self.user_editorial)._take_rows()
            basic, basic_rows, _total = self.copy_of(release, self.network).with_user(self.user_network)._take_rows()
        self.assertIn('contact_phone', columns.mapped('code'))
        self.assertIn('13900001234', str(rows))
        self.assertNotIn('contact_phone', basic.mapped('code'))
        self.assertNotIn('13900001234', str(basic_rows))
        disclosures = self.env['cfia.disclosure'].search([], limit=2)
        self.assertEqual(self.env['cfia.disclosure'].search_count([]), before + 2)
        self.assertEqual(disclosures.user_id, self.user_editorial + self.user_network)
        self.assertEqual(disclosures.mapped('row_count'), [total, total])
        self.assertGreater(total, 1)
        with freeze_time('2027-03-03'):
            shown = self.copy_of(release, self.editorial).with_user(self.user_editorial)._take_rows(9999, 2)[1]
        noted = self.env['cfia.disclosure'].search([], limit=1)
        self.assertEqual(noted.row_count, len(shown), "of a page, what it shows")
        self.assertEqual(len(shown), 2 - total % 2, "beyond the last page stands the last one")
        labels = noted.with_context(lang='zh_CN').column_labels
        self.assertIn("、".join(columns.with_context(lang='zh_CN').mapped('name')[:2]), labels)
        self.assertNotRegex(labels, '_', "names of columns are for people")

    def test_for_its_staff_and_until_it_ends(self):
        release = self.make()
        copy = self.copy_of(release, self.editorial)
        with freeze_time('2027-03-03'), self.assertRaises(UserError):
            copy.with_user(self.user_network)._take_rows()
        with freeze_time(copy.date_expiry + timedelta(days=1)), self.assertRaises(UserError):
            copy.with_user(self.user_editorial)._take_rows()
        with freeze_time('2027-06-01'):
            old = copy.sudo().token
            release.with_user(self.user_organisation).action_send_again()
            self.assertNotEqual(copy.sudo().token, old)
            copy.with_user(self.user_editorial)._take_rows()

    def test_the_frozen_data_are_read_by_the_links_alone(self):
        release = self.make()
        stored = self.env['ir.attachment'].sudo().search([
            ('res_model', '=', 'cfia.roster.release'), ('res_id', '=', release.id), ('res_field', '!=', False)])
        self.assertTrue(stored)
        for user in (self.user_staff, self.user_editorial, self.user_organisation, self.user_auditor):
            with self.assertRaises(AccessError):
                stored.with_user(user).read(['raw'])
            with self.assertRaises(AccessError):
                release.with_user(user).read(['content'])
            self.assertFalse(self.env['ir.attachment'].with_user(user).search([
                ('res_model', '=', 'cfia.roster.release'), ('res_id', '=', release.id)]))

    def test_who_has_not_confirmed_is_reminded_once_a_week(self):
        release = self.make('2027-03-02 02:00:00')
        copy, other = self.copy_of(release, self.editorial), self.copy_of(release, self.network)
        other.with_user(self.user_network).action_receive()
        told = [('model', '=', 'cfia.roster.release'), ('res_id', '=', release.id), ('message_type', '=', 'user_notification')]

        def count(user):
            return self.env['mail.message'].search_count([*told, ('partner_ids', 'in', user.partner_id.ids)])
        self.assertEqual((count(self.user_editorial), count(self.user_network)), (1, 1))
        for day, times in (('03-08', 1), ('03-09', 2), ('03-10', 2), ('03-16', 3), ('04-20', 4)):
            token = copy.sudo().token
            self.make(f'2027-{day} 02:00:00')
            self.assertEqual((count(self.user_editorial), count(self.user_network)), (times, 1), day)
        self.assertNotEqual(copy.sudo().token, token, "a link that had ended is a new one")
        copy.with_user(self.user_editorial).action_receive()
        self.make('2027-04-28 02:00:00')
        self.assertEqual(count(self.user_editorial), 4)

    def test_receipts_are_the_evidence(self):
        release = self.make()
        with self.assertRaises(UserError):
            self.copy_of(release, self.editorial).with_user(self.user_network).action_receive()
        own = release.with_user(self.user_editorial)
        self.assertTrue(own.is_to_receive)
        with freeze_time('2027-03-03'):
            self.assertIn(f'/cfia/roster/{own.own_copy_id.sudo().token}', own.action_open_own()['url'])
        own.action_receive_own()
        self.assertFalse(own.is_to_receive)
        self.assertFalse(release.with_user(self.user_staff).own_copy_id)
        self.assertFalse(release.date_received)
        self.copy_of(release, self.network).with_user(self.user_network).action_receive()
        self.assertTrue(release.date_received)
        self.assertEqual(release.received_count, 2)

    def test_queries_do_not_grow_with_the_members(self):
        def count(number):
            self.env['res.partner'].with_context(tracking_disable=True).create([
                {'name': f"演示名册{number}-{index}", 'is_company': True} for index in range(number)])
            self.env.flush_all()
            self.env.cr.execute("UPDATE res_partner SET member_state = 'member' WHERE name LIKE '演示名册%'")
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertGreaterEqual(len(self.Release.sudo()._prepare_rows()), number)
            return self.env.cr.sql_log_count - before
        count(5)
        self.assertLessEqual(count(300), count(10) + 1)


@tagged('post_install', '-at_install')
class TestRosterPage(RosterCommon, HttpCase):

    def test_link_asks_for_log_in_department_and_receipt(self):
        self.Release._cron_make()
        release = self.Release.search([], limit=1)
        copy = self.copy_of(release, self.editorial).sudo()
        page = f'/cfia/roster/{copy.token}'
        self.assertIn('/web/login', self.url_open(page).url)
        self.authenticate(self.user_portal.login, self.user_portal.login)
        self.assertEqual(self.url_open(page).status_code, 404)
        self.authenticate(self.user_network.login, self.user_network.login)
        answer = self.url_open(page)
        self.assertEqual(answer.status_code, 403)
        self.assertNotIn('13900001234', answer.text)
        self.authenticate(self.user_editorial.login, self.user_editorial.login)
        self.assertEqual(self.url_open('/cfia/roster/nothing').status_code, 404)
        answer = self.url_open(page)
        self.assertIn('13900001234', answer.text)
        book = openpyxl.load_workbook(io.BytesIO(self.url_open(f'{page}/xlsx').content))
        self.assertIn('13900001234', {cell.value for row in book.active.rows for cell in row})
        token = html.fromstring(answer.content).xpath("//input[@name='csrf_token']/@value")[0]
        self.url_open(f'{page}/receive', data={'csrf_token': token})
        self.assertEqual((copy.state, copy.received_by_id), ('received', self.user_editorial))
        self.assertEqual(copy.open_count, 3)
