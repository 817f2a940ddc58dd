from datetime import date, timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_services.controllers.website_vip import API_LIMIT
from odoo.addons.cfia_services.tests.common import ServicesCommon

ADDRESS = '/cfia/api/website-vip'


class WebsiteVipCommon(ServicesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Vip = cls.env['cfia.website.vip']
        cls.Status = cls.env['cfia.website.vip.status']

    @classmethod
    def receive(cls):
        """Return the work that a list received now opens."""
        change_list = cls.ChangeList._make('network')
        change_list.with_user(cls.user_network).action_receive()
        return cls.Vip.search([('list_id', '=', change_list.id)])

    def status_of(self, unit):
        return self.Status.search([('partner_id', '=', unit.id)]).status


@tagged('post_install', '-at_install')
class TestWebsiteVip(WebsiteVipCommon):

    def test_received_list_is_work_until_done(self):
        self.assertFalse(self.Vip.search([('partner_id', '=', self.unit_member.id)]))
        change_list = self.ChangeList._make('network')
        self.assertFalse(self.Vip.search([('list_id', '=', change_list.id)]))
        change_list.with_user(self.user_network).action_receive()
        work = self.Vip.search([('list_id', '=', change_list.id)])
        self.assertEqual(work.line_id, change_list.line_ids.sorted(lambda line: work.line_id.ids.index(line.id)))
        mine = work.filtered(lambda vip: vip.partner_id == self.unit_member)
        self.assertRecordValues(mine, [{
            'action': 'open', 'state': 'to_do', 'date': association_today(),
            'member_number': self.unit_member.member_number, 'unit_name': self.unit_member.name}])
        self.assertFalse(self.status_of(self.unit_member))
        # once is enough
        self.Vip._open_work(change_list)
        self.assertEqual(self.Vip.search_count([('list_id', '=', change_list.id)]), len(work))
        for user in (self.user_organisation, self.user_secretary):
            with self.assertRaisesRegex(UserError, "network department"):
                mine.with_user(user).action_done()
        with self.assertRaises(AccessError):
            mine.with_user(self.user_editorial).action_done()
        work.with_user(self.user_network).action_done()
        self.assertRecordValues(mine, [{'state': 'done', 'done_by_id': self.user_network.id}])
        done = mine.date_done
        mine.with_user(self.user_network).action_done()
        self.assertEqual(mine.date_done, done)
        self.assertEqual(self.status_of(self.unit_member), 'open')
        self.assertIn(mine, self.Vip.search([('state', '=', 'done')]))
        self.assertNotIn(mine, self.Vip.search([('state', '=', 'to_do')]))

    def test_course_of_a_member(self):
        self.receive().with_user(self.user_network).action_done()
        self.unit_member._get_role_contacts('contact')[self.unit_member].email = 'vip@member.example'
        work = self.receive()
        self.assertEqual(work.mapped('action'), ['change'])
        self.assertEqual(self.Status.search([('partner_id', '=', self.unit_member.id)]).open_count, 1)
        work.with_user(self.user_network).action_done()
        self.assertEqual(self.status_of(self.unit_member), 'open')
        self.unit_member._leave('withdrawn')
        work = self.receive()
        self.assertRecordValues(work, [{'action': 'close', 'member_number': self.unit_member.member_number}])
        self.assertEqual(self.status_of(self.unit_member), 'open')
        work.with_user(self.user_network).action_done()
        status = self.Status.search([('partner_id', '=', self.unit_member.id)])
        self.assertEqual((status.status, status.open_count), ('closed', 0))
        self.assertEqual(self.Vip.search(status.action_view_course()['domain']).mapped('action').count('close'), 1)

    def test_editorial_lists_open_no_work(self):
        change_list = self.ChangeList._make('editorial')
        change_list.with_user(self.user_editorial).action_receive()
        self.assertFalse(self.Vip.search([('list_id', '=', change_list.id)]))

    def test_append_only(self):
        vip = self.receive()[:1]
        for method, args in (('write', [{'date_done': fields.Datetime.now()}]), ('unlink', [])):
            with self.assertRaises(UserError):
                getattr(vip.sudo(), method)(*args)
        with self.assertRaises(UserError):
            self.Vip.create({'line_id': vip.line_id.id, 'list_id': vip.list_id.id, 'partner_id': self.unit_member.id,
                             'action': 'open', 'date': association_today()})
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute(
                "INSERT INTO cfia_website_vip (line_id, list_id, partner_id, action, date) VALUES (%s, %s, %s, 'open', now())",
                [vip.line_id.id, vip.list_id.id, vip.partner_id.id])

    def test_constant_queries(self):
        counts = []
        for number in (1, 12):
            self.make_applications([f"演示网站{number}-{index}" for index in range(number)], state='approved')
            change_list = self.ChangeList._make('network')
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            change_list.with_user(self.user_network).action_receive()
            work = self.Vip.search([('list_id', '=', change_list.id)])
            work.with_user(self.user_network).action_done()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])

    def test_done_is_evidence(self):
        duty = self.env.ref('cfia_membership.cfia_obligation_3_5b')
        today = association_today()

        def count():
            self.env.flush_all()
            months = duty.evidence_ids._count(date(today.year, 1, 1), today)
            return {key: sum(month[key] for month in months.values()) for key in ('done', 'open', 'overdue')}

        before = count()
        work = self.receive()
        opened = count()
        self.assertEqual(opened['open'], before['open'] + len(work))
        self.env.cr.execute("UPDATE cfia_website_vip SET date = %s WHERE id = %s", [today - timedelta(days=6), work[0].id])
        work.invalidate_recordset()
        if (today - timedelta(days=6)).year == today.year:
            self.assertEqual(count()['overdue'], before['overdue'] + 1)
        work.with_user(self.user_network).action_done()
        self.assertEqual(count()['done'], before['done'] + len(work))


@tagged('post_install', '-at_install')
class TestWebsiteInterface(WebsiteVipCommon, HttpCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.receive().with_user(cls.user_network).action_done()
        cls.user_website = new_test_user(
            cls.env, login='cfia_test_website', name="演示网站接口",
            groups='base.group_user,cfia_services.group_cfia_website_interface')

    def setUp(self):
        super().setUp()
        API_LIMIT.clear()
        # the route notes the disclosure with a cursor of its own, which test cursors refuse beside a read-only one
        self.set_registry_readonly_mode(False)
        self.addCleanup(self.set_registry_readonly_mode, True)

    def make_key(self, user):
        return self.env['res.users.apikeys'].with_user(user).sudo()._generate(
            None, "演示", fields.Datetime.now() + timedelta(days=1))

    def ask(self, key=None, address=ADDRESS, **headers):
        self.authenticate(None, None)
        if key:
            headers['Authorization'] = f'Bearer {key}'
        with mute_logger('odoo.http', 'odoo.addons.base.models.ir_http'):
            return self.url_open(address, headers=headers)

    def test_numbers_and_status_only(self):
        key = self.make_key(self.user_website)
        answer = self.ask(key)
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers['Content-Type'].split(';')[0], 'application/json')
        content = answer.json()
        self.assertEqual(set(content), {'as_of', 'page', 'pages', 'total', 'members'})
        self.assertIn({'number': self.unit_member.member_number, 'status': 'open'}, content['members'])
        self.assertEqual({tuple(sorted(member)) for member in content['members']}, {('number', 'status')})
        self.assertNotIn(self.unit_member.name, answer.text)
        self.assertRecordValues(self.env['cfia.disclosure'].search([], limit=1), [{
            'kind': 'api', 'user_id': self.user_website.id, 'recipient': "演示网站接口",
            'field_names': 'member_number, status', 'row_count': len(content['members'])}])

    def test_refused_without_key_or_group(self):
        before = self.env['cfia.disclosure'].search_count([])
        self.assertEqual(self.ask().status_code, 401)
        self.assertEqual(self.ask('nonsense').status_code, 401)
        for user in (self.user_network, self.user_organisation, self.user_staff, self.user_portal):
            answer = self.ask(self.make_key(user))
            self.assertEqual((answer.status_code, list(answer.json())), (403, ['error']), user.login)
        # not even a member with the group
        self.user_portal.sudo().group_ids += self.env.ref('cfia_services.group_cfia_website_interface')
        self.assertEqual(self.ask(self.make_key(self.user_portal)).status_code, 403)
        self.assertEqual(self.env['cfia.disclosure'].search_count([]), before)

    def test_pages(self):
        self.make_applications([f"演示分页{number}" for number in range(3)], state='approved')
        self.receive().with_user(self.user_network).action_done()
        key = self.make_key(self.user_website)
        total = self.ask(key).json()['total']
        numbers = []
        for page in range(1, -(-total // 2) + 1):
            content = self.ask(key, f'{ADDRESS}?page={page}&limit=2').json()
            self.assertEqual((content['page'], content['pages'], content['total']), (page, -(-total // 2), total))
            numbers += [member['number'] for member in content['members']]
        self.assertEqual(len(set(numbers)), total)
        self.assertEqual(numbers, sorted(numbers))
        self.assertFalse(self.ask(key, f'{ADDRESS}?page=999').json()['members'])
        for query in ('page=0', 'page=x', 'limit=0', 'limit=1001', 'since=yesterday'):
            self.assertEqual(self.ask(key, f'{ADDRESS}?{query}').status_code, 400, query)

    def test_only_what_changed(self):
        key = self.make_key(self.user_website)
        self.env.cr.execute("UPDATE cfia_website_vip SET date_done = date_done - interval '3 days'")
        self.env.invalidate_all()
        joined = self.make_member("演示新VIP会员")
        self.receive().with_user(self.user_network).action_done()
        since = association_today() - timedelta(days=1)
        for text in (since.isoformat(), f'{since}T00:00:00+08:00', f'{since}T00:00:00Z'):
            content = self.ask(key, f'{ADDRESS}?since={text}').json()
            self.assertEqual(content['members'], [{'number': joined.member_number, 'status': 'open'}], text)
        self.assertFalse(self.ask(key, f'{ADDRESS}?since=2999-01-01').json()['members'])

    def test_known_page_is_not_sent_again(self):
        key = self.make_key(self.user_website)
        answer = self.ask(key)
        before = self.env['cfia.disclosure'].search_count([])
        again = self.ask(key, **{'If-None-Match': answer.headers['ETag']})
        self.assertEqual((again.status_code, again.text), (304, ''))
        self.assertEqual(self.env['cfia.disclosure'].search_count([]), before)
        self.assertEqual(self.ask(key, f'{ADDRESS}?limit=7', **{'If-None-Match': answer.headers['ETag']}).status_code, 200)
        self.unit_member._leave('withdrawn')
        self.receive().with_user(self.user_network).action_done()
        answer = self.ask(key, **{'If-None-Match': answer.headers['ETag']})
        self.assertEqual(answer.status_code, 200)
        self.assertIn({'number': self.unit_member.member_number, 'status': 'closed'}, answer.json()['members'])

    def test_rate(self):
        key = self.make_key(self.user_website)
        self.assertEqual(self.ask(key, f'{ADDRESS}?limit=1').status_code, 200)
        while API_LIMIT.hit(self.user_website.id):
            pass
        answer = self.ask(key)
        self.assertEqual((answer.status_code, answer.headers['Retry-After']), (429, '60'))
