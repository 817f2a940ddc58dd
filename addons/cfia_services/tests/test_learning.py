import threading
from contextlib import closing
from datetime import date, timedelta

from freezegun import freeze_time

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError, UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, Form, get_db_name, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import is_unlocked
from odoo.addons.cfia_services.tests.common import ServicesCommon


@tagged('post_install', '-at_install')
class TestLearning(ServicesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['cfia.lesson'].search([]).active = False
        cls.Lesson = cls.env['cfia.lesson'].with_user(cls.user_training)
        cls.lessons = cls.Lesson.create([{'name': f"演示课时{number}"} for number in range(9)])

    def test_a_month_is_a_calendar_month(self):
        for date_from, date_to in (
            (date(2027, 1, 1), date(2027, 1, 31)),
            (date(2027, 1, 15), date(2027, 2, 14)),
            (date(2027, 1, 28), date(2027, 2, 27)),
            (date(2027, 1, 29), date(2027, 2, 28)),
            (date(2027, 1, 31), date(2027, 2, 28)),
            (date(2028, 1, 31), date(2028, 2, 29)),
            (date(2027, 2, 28), date(2027, 3, 27)),
            (date(2027, 12, 31), date(2028, 1, 30)),
        ):
            self.assertEqual(self.service_learning._get_validity_end(date_from), date_to, date_from)

    def test_fewer_lessons_than_promised(self):
        self.assertEqual(self.lessons.service_id, self.service_learning)
        self.assertEqual(self.service_learning.lesson_count, 9)
        self.assertTrue(self.service_learning.is_short_of_lessons)
        self.Lesson.create({'name': "演示课时十"})
        self.assertFalse(self.service_learning.is_short_of_lessons)
        self.lessons[0].active = False
        self.assertTrue(self.service_learning.is_short_of_lessons)
        self.assertFalse(self.service_magazine.is_short_of_lessons)

    def test_account_is_stamped(self):
        learning = self.open_learning(self.unit_member, account_name=False)
        self.assertFalse(learning.account_date)
        waiting = [('is_waiting', '=', True)]
        self.assertIn(learning, self.Entitlement.search(waiting))
        learning = learning.with_user(self.user_training)
        with Form(learning) as form:
            form.account_name = "yadao-1"
        self.assertRecordValues(learning, [{
            'account_name': "yadao-1", 'account_date': association_today(),
            'account_user_id': self.user_training.id}])
        self.assertNotIn(learning, self.Entitlement.search(waiting))
        learning.with_user(self.user_organisation).account_name = "yadao-01"
        self.assertEqual(learning.account_user_id, self.user_training)
        with self.assertRaisesRegex(UserError, "keeps its name"):
            learning.account_name = False

    def test_account_opened_at_once(self):
        learning = self.open_learning(
            self.unit_member, user=self.user_training, account_name="yadao-2")
        self.assertEqual(
            (learning.account_date, learning.account_user_id), (association_today(), self.user_training))
        self.assertFalse(is_unlocked(learning))
        with self.assertRaisesRegex(UserError, "cannot be given"):
            self.open_learning(
                self.unit_member, user=self.user_training, account_name="yadao-9", account_user_id=self.user_manager.id)

    def test_nothing_but_the_account_is_written(self):
        learning = self.open_learning(self.unit_member)
        for user in (self.user_training, self.user_organisation, self.user_manager):
            for vals in ({'quota': 99}, {'date_to': False}, {'quota_used': 7, 'account_name': "x"},
                         {'account_date': '2020-01-01'}):
                with self.assertRaises(UserError):
                    learning.with_user(user).write(vals)
        with self.assertRaises(AccessError):
            self.unit_member.entitlement_ids.filtered(
                lambda row: row.service_id == self.service_magazine
            ).with_user(self.user_training).account_name = "x"

    def test_reopened_is_new(self):
        first = self.open_learning(self.unit_member, account_name="yadao-3")
        self.env['cfia.service.usage'].create({'entitlement_id': first.id, 'quantity': 10})
        with freeze_time(f'{first.date_to + timedelta(days=1)} 02:00:00'):
            self.env.invalidate_all()
            self.assertEqual(first.state, 'expired')
            second = self.open_learning(self.unit_member, account_name="yadao-3")
            self.assertEqual((second.state, second.quota_left, first.quota_left), ('open', 10, 0))

    def test_lesson_of_the_service(self):
        learning = self.open_learning(self.unit_member)
        other = self.env['cfia.service'].create({
            'name': "Seminar", 'code': 'seminar', 'lesson_minimum': 1, 'department_id': self.service_learning.department_id.id})
        Usage = self.env['cfia.service.usage'].with_user(self.user_training)
        usage = Usage.create({'entitlement_id': learning.id, 'lesson_id': self.lessons[0].id})
        self.assertEqual(learning.usage_ids.lesson_id, self.lessons[0])
        self.assertEqual(usage.quantity, 1)
        lesson = self.Lesson.create({'name': "演示研讨", 'service_id': other.id})
        with self.assertRaisesRegex(UserError, "演示研讨"):
            Usage.create({'entitlement_id': learning.id, 'lesson_id': lesson.id})

    def test_lessons_taken_are_imported_by_account(self):
        learning = self.open_learning(self.unit_member, account_name="yadao-4")
        Usage = self.env['cfia.service.usage'].with_user(self.user_training)
        result = Usage.load(['entitlement_id', 'lesson_id', 'date', 'quantity'], [
            ["yadao-4", self.lessons[number].name, str(association_today()), '1'] for number in range(3)])
        self.assertFalse(result['messages'])
        self.assertEqual(learning.quota_left, 7)
        self.assertEqual(learning.usage_ids.lesson_id, self.lessons[:3])
        result = Usage.load(['entitlement_id', 'quantity'], [["yadao-4", '8']])
        self.assertIn("7 of 10 left", result['messages'][0]['message'])

    def test_evidence(self):
        evidence = self.env.ref('cfia_services.cfia_obligation_evidence_3_3')
        learning = self.open_learning(self.unit_member, account_name=False)
        self.assertTrue(evidence._is_available())
        domain = [('id', '=', learning.id), ('service_id.code', '=', 'learning'), ('account_date', '!=', False)]
        self.assertFalse(self.Entitlement.search(domain))
        learning.account_name = "yadao-5"
        self.assertEqual(self.Entitlement.search(domain), learning)


@tagged('post_install', '-at_install')
class TestAccountCourse(ServicesCommon):
    """From the request to the end of an account."""

    def request(self, day, unit=None):
        with freeze_time(f'{day} 02:00:00'):
            self.env.invalidate_all()
            return self.Entitlement.with_user(self.user_portal)._request(unit or self.unit_member, self.service_learning)

    def run_schedule(self, day):
        with freeze_time(f'{day} 02:00:00'), self.enter_registry_test_mode():
            self.env.invalidate_all()
            self.env.ref('cfia_services.ir_cron_cfia_account_end').method_direct_trigger()
        self.env.invalidate_all()

    def notices(self, user, words):
        return self.env['mail.message'].search([
            ('message_type', '=', 'user_notification'), ('partner_ids', 'in', user.partner_id.ids),
            ('body', 'ilike', words)])

    def test_the_month_begins_with_the_account(self):
        with freeze_time('2027-02-01 02:00:00'):
            unit = self.make_member("演示等待开通")
        learning = self.request('2027-03-01', unit)
        self.assertEqual(len(self.notices(self.user_training, unit.name)), 1)
        with freeze_time('2027-03-09 02:00:00'):
            self.env.invalidate_all()
            self.assertRecordValues(learning.sudo(), [{
                'state': 'waiting', 'date_to': False, 'date_account_due': date(2027, 3, 8), 'quota': 10,
                'date_requested': date(2027, 3, 1), 'requested_by_id': self.user_portal.id}])
            waiting = self.Entitlement.search([('state', '=', 'waiting')])
            self.assertIn(learning, waiting)
            self.assertNotIn(unit, self.service_learning._get_entitled()[self.service_learning])
            with self.assertRaisesRegex(UserError, "waits for its account"):
                self.env['cfia.service.usage'].create({'entitlement_id': learning.id})
            evidence = self.env.ref('cfia_services.cfia_obligation_evidence_3_3')
            before = evidence._count(date(2027, 3, 1), date(2027, 3, 31))[date(2027, 3, 1)]
            self.assertEqual((before['done'], before['overdue']), (0, 1))
            learning.with_user(self.user_training).account_name = "yadao-w"
            self.assertRecordValues(learning.sudo(), [{
                'state': 'open', 'date_from': date(2027, 3, 9), 'date_to': date(2027, 4, 8)}])
            after = evidence._count(date(2027, 3, 1), date(2027, 3, 31))[date(2027, 3, 1)]
            self.assertEqual((after['done'], after['overdue']), (1, 0))
            self.assertIn(unit, self.service_learning._get_entitled()[self.service_learning])

    def test_never_beyond_the_membership(self):
        with freeze_time('2027-02-01 02:00:00'):
            unit = self.make_member("演示即将退会")
        learning = self.request('2027-03-01', unit)
        with freeze_time('2027-03-02 02:00:00'):
            learning.with_user(self.user_training).account_name = "yadao-x"
        with freeze_time('2027-03-15 02:00:00'):
            unit._leave('withdrawn', date(2027, 3, 15))
            self.assertEqual(learning.sudo().date_to, date(2027, 3, 14))

    def test_asked_for_once_and_anew_after_its_end(self):
        with freeze_time('2027-02-01 02:00:00'):
            unit = self.make_member("演示再次申请")
        first = self.request('2027-03-01', unit)
        with self.assertRaisesRegex(UserError, "already"):
            self.request('2027-03-01', unit)
        with freeze_time('2027-03-01 02:00:00'):
            first.with_user(self.user_training).account_name = "yadao-y"
        with self.assertRaisesRegex(UserError, "already"):
            self.request('2027-03-31', unit)
        second = self.request('2027-04-01', unit)
        self.assertNotEqual(first, second)
        with freeze_time('2027-04-02 02:00:00'), self.assertRaisesRegex(UserError, "has ended"):
            self.env.invalidate_all()
            closed = self.open_learning(self.make_member("演示撤回"), account_name=False)
            closed.action_close()
            closed.with_user(self.user_training).account_name = "late"

    def test_who_has_no_right_cannot_ask(self):
        prospect = self.env['res.partner'].create({'name': "演示未入会", 'is_company': True})
        with self.assertRaises(UserError):
            self.Entitlement._request(prospect, self.service_learning)
        with self.assertRaises(UserError):
            self.Entitlement._request(self.unit_member, self.service_magazine)

    def test_member_is_told_its_account(self):
        self.make_contact(self.unit_member, "演示学习联系人", 'contact', email='learner@example.com')
        learning = self.open_learning(self.unit_member, account_name=False)
        sent = [('model', '=', 'cfia.entitlement'), ('res_id', '=', learning.id)]
        self.assertFalse(self.env['mail.mail'].search(sent))
        learning.with_user(self.user_training).account_name = "yadao-m"
        mail = self.env['mail.mail'].search(sent)
        self.assertEqual((len(mail), mail.email_to), (1, 'learner@example.com'))
        self.assertIn('yadao-m', mail.body_html)
        learning.with_user(self.user_training).account_name = "yadao-n"
        self.assertEqual(len(self.env['mail.mail'].search(sent)), 1)

    def test_ended_accounts_are_reported_once(self):
        with freeze_time('2027-03-01 02:00:00'):
            units = self.make_member("演示到期一") + self.make_member("演示到期二")
            accounts = self.open_learning(units[0]) + self.open_learning(units[1])
        for day, count in (('2027-03-31', 0), ('2027-04-01', 1), ('2027-04-02', 1)):
            self.run_schedule(day)
            self.assertEqual(len(self.notices(self.user_training, accounts[0].account_name)), count, day)
        self.assertEqual(set(accounts.mapped('date_account_ended')), {date(2027, 4, 1)})

    def test_each_year(self):
        self.service_learning.write({'opens': 'yearly', 'date_start': False})
        sync = self.env.ref('cfia_services.ir_cron_cfia_entitlement_sync')
        with freeze_time('2027-03-01 02:00:00'):
            unit = self.make_member("演示每年学习")
        for day, count in (('2027-03-02', 1), ('2027-09-01', 1), ('2028-01-05', 2), ('2028-06-01', 2)):
            with freeze_time(f'{day} 02:00:00'), self.enter_registry_test_mode():
                self.env.invalidate_all()
                sync.method_direct_trigger()
                self.env.invalidate_all()
                rows = unit.entitlement_ids.filtered(lambda row: row.service_id == self.service_learning)
                self.assertEqual(len(rows), count, day)
                rows.filtered('is_waiting').account_name = f'yadao-{day}'
        self.assertEqual(rows.sorted('date_from').mapped('date_to'), [date(2027, 4, 1), date(2028, 2, 4)])


@tagged('post_install', '-at_install')
class TestQuotaConcurrency(BaseCase):
    """Two real sessions draw on one entitlement at the same instant, more often than its quota allows."""

    QUOTA = 4

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with closing(self.registry.cursor()) as cr:
            env = api.Environment(cr, SUPERUSER_ID, {'tracking_disable': True})
            self.partner_id = env['res.partner'].create({'name': "演示并发额度", 'is_company': True}).id
            env.flush_all()
            self.addCleanup(self._clean)
            cr.execute("SELECT id FROM cfia_service WHERE code = 'learning'")
            [service_id] = cr.fetchone()
            cr.execute(
                "INSERT INTO cfia_entitlement (partner_id, service_id, date_from, date_requested, quota, quota_used,"
                " is_waiting) VALUES (%s, %s, %s, %s, %s, 0, FALSE) RETURNING id",
                [self.partner_id, service_id, association_today(), association_today(), self.QUOTA])
            [self.entitlement_id] = cr.fetchone()
            cr.commit()

    def _clean(self):
        with closing(self.registry.cursor()) as cr:
            cr.execute("DELETE FROM cfia_service_usage WHERE partner_id = %s", [self.partner_id])
            cr.execute("DELETE FROM cfia_entitlement WHERE partner_id = %s", [self.partner_id])
            cr.execute("DELETE FROM res_partner WHERE id = %s", [self.partner_id])
            cr.commit()

    def _draw(self, barrier, outcomes, transaction_class):
        try:
            for _index in range(self.QUOTA):
                barrier.wait(timeout=60)
                with closing(self.registry.cursor()) as cr:
                    # not through Registry(): the thread that runs the tests may hold its lock
                    cr.transaction = transaction_class(self.registry)
                    env = api.Environment(cr, SUPERUSER_ID, {})

                    def draw(env=env):
                        env['cfia.service.usage'].create({'entitlement_id': self.entitlement_id})

                    try:
                        retrying(draw, env)
                        cr.commit()
                        outcomes.append('used')
                    except UserError:
                        outcomes.append('refused')
        except Exception as error:  # noqa: BLE001 - reported by the test
            outcomes.append(error)
            barrier.abort()

    @mute_logger('odoo.sql_db')
    def test_never_beyond_the_quota(self):
        with closing(self.registry.cursor()) as cr:
            transaction_class = type(api.Environment(cr, SUPERUSER_ID, {}).transaction)
        barrier, outcomes = threading.Barrier(2), []
        threads = [
            threading.Thread(target=self._draw, args=(barrier, outcomes, transaction_class)) for _worker in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(map(str, outcomes)), ['refused'] * self.QUOTA + ['used'] * self.QUOTA)
        with closing(self.registry.cursor()) as cr:
            cr.execute(
                "SELECT e.quota_used, SUM(u.quantity), COUNT(*) FROM cfia_entitlement e"
                " JOIN cfia_service_usage u ON u.entitlement_id = e.id WHERE e.id = %s GROUP BY e.quota_used",
                [self.entitlement_id])
            self.assertEqual(cr.fetchone(), (self.QUOTA, self.QUOTA, self.QUOTA))
