from datetime import date, timedelta

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.tests.test_ir_cron import CronMixinCase
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_services.tests.common import ServicesCommon


@tagged('post_install', '-at_install')
class TestEntitlement(CronMixinCase, ServicesCommon):

    def rows(self, unit, service=None):
        """Return the entitlements of ``unit`` as (from, until, ended early)."""
        return [
            (row.date_from, row.date_to or None, row.is_closed)
            for row in self.Entitlement.search([
                ('partner_id', '=', unit.id), ('service_id', '=', (service or self.service_magazine).id),
            ], order='date_from')
        ]

    # === OPENING === #

    def test_signature_opens(self):
        entitlements = self.unit_member.entitlement_ids
        self.assertEqual(entitlements.service_id, self.at_entry)
        self.assertNotIn(self.service_learning, entitlements.service_id)
        self.assertEqual(set(entitlements.mapped('state')), {'open'})
        self.assertEqual(set(entitlements.mapped('date_from')), {self.unit_member.date_member_joined})
        self.assertEqual(set(entitlements.event_id.mapped('kind')), {'joined'})
        self.assertEqual(self.unit_member.open_entitlement_count, len(self.at_entry))

    def test_by_grade_and_category(self):
        service = self.env['cfia.service'].create({
            'name': "Council letter", 'code': 'council',
            'department_id': self.env.ref('cfia_membership.cfia_department_organisation').id,
            'grade_ids': self.grade_director.ids,
            'category_ids': self.env.ref('cfia_membership.cfia_enterprise_category_forging').ids,
        })
        entitled = self.make_member("演示理事锻造", grade_id=self.grade_director.id)
        wrong_category = self.make_member(
            "演示理事冲压", grade_id=self.grade_director.id, enterprise_category_id=self.category_stamping.id)
        wrong_grade = self.make_member("演示会员锻造")
        self.assertEqual(
            self.Entitlement._get_entitled(services=service).partner_id
            & (entitled + wrong_category + wrong_grade), entitled)

    def test_constant_queries(self):
        few = self.make_applications(["演示一", "演示二"], state='verified').sudo()
        many = self.make_applications([f"演示批{number}" for number in range(12)], state='verified').sudo()
        counts = []
        for applications in (few, many):
            partners = applications.partner_id
            for partner in partners:
                partner._set_member_state('member', {partner: {'member_grade_id': self.grade_member.id}})
            partners._record_member_event('joined')
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Entitlement._sync(dict.fromkeys(partners, association_today()))
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(partners.entitlement_ids), len(partners) * len(self.at_entry))
        self.assertLessEqual(counts[1], counts[0])
        with self.assertQueryCount(20):
            self.env.invalidate_all()
            self.Entitlement._sync(dict.fromkeys(many.partner_id, association_today()))

    def test_one_member_more_opens_with_no_query_more(self):
        def enter(names):
            partners = self.make_applications(names, state='verified').sudo().partner_id
            for partner in partners:
                partner._set_member_state('member', {partner: {'member_grade_id': self.grade_member.id}})
            partners._record_member_event('joined')
            self.env.flush_all()
            self.env.invalidate_all()
            return dict.fromkeys(partners, association_today())

        three, four = enter([f"演示三{number}" for number in range(3)]), enter([f"演示四{number}" for number in range(4)])
        self.Entitlement._sync(enter(["演示先行"]))
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.Entitlement._sync(three)
        self.env.flush_all()
        count = self.env.cr.sql_log_count - before
        self.env.invalidate_all()
        with self.assertQueryCount(count):
            self.Entitlement._sync(four)
            self.env.flush_all()
        for partner in (*three, *four):
            self.assertEqual(partner.entitlement_ids.service_id, self.at_entry)

    def test_repeating_changes_nothing(self):
        before = self.unit_member.entitlement_ids
        self.Entitlement._sync({self.unit_member: date(2000, 1, 1)})
        self.env.invalidate_all()
        self.assertEqual(self.unit_member.entitlement_ids, before)

    # === CLOSING === #

    def test_leaving_closes(self):
        for state in ('withdrawn', 'expelled', 'merged'):
            with self.subTest(state=state):
                unit = self.make_member(f"演示离会{state}")
                learning = self.open_learning(unit)
                day = association_today() + timedelta(days=5)
                self.assertEqual(set(unit.entitlement_ids.mapped('state')), {'open'})
                with freeze_time(f'{day} 02:00:00'):
                    unit._leave(state, day)
                    self.env.invalidate_all()
                    self.assertEqual(set(unit.entitlement_ids.mapped('state')), {'closed'})
                    self.assertEqual(
                        self.Entitlement.search([('partner_id', '=', unit.id), ('state', '=', 'closed')]),
                        unit.entitlement_ids)
                self.assertEqual(learning.date_to, day - timedelta(days=1))
                self.assertFalse(self.Entitlement._get_entitled(day).filtered(
                    lambda entitlement: entitlement.partner_id == unit))
                self.assertTrue(self.Entitlement._get_entitled(day - timedelta(days=1)).filtered(
                    lambda entitlement: entitlement.partner_id == unit))

    def test_leaving_and_returning(self):
        with freeze_time('2027-01-10 02:00:00'):
            unit = self.make_member("演示重返")
        with freeze_time('2027-03-01 02:00:00'):
            unit._leave('withdrawn')
        with freeze_time('2027-06-01 02:00:00'):
            unit._rejoin()
        self.assertEqual(self.rows(unit), [
            (date(2027, 1, 10), date(2027, 2, 28), True), (date(2027, 6, 1), None, False)])
        for day, is_entitled in (
            ('2027-01-09', False), ('2027-01-10', True), ('2027-02-28', True), ('2027-03-01', False),
            ('2027-05-31', False), ('2027-06-01', True),
        ):
            entitled = self.service_magazine._get_entitled(date.fromisoformat(day))[self.service_magazine]
            self.assertEqual(unit in entitled, is_entitled, day)

    def test_exit_recorded_late(self):
        with freeze_time('2027-01-10 02:00:00'):
            unit = self.make_member("演示晚报退会")
        with freeze_time('2027-08-01 02:00:00'):
            unit._leave('withdrawn', date(2027, 4, 1))
        self.assertEqual(self.rows(unit), [(date(2027, 1, 10), date(2027, 3, 31), True)])

    def test_grade_change(self):
        self.service_magazine.grade_ids = self.grade_director
        with freeze_time('2027-01-10 02:00:00'):
            self.service_magazine.date_start = False
            unit = self.make_member("演示升级")
        self.assertFalse(self.rows(unit))
        with freeze_time('2027-03-01 02:00:00'):
            unit.member_grade_id = self.grade_director
        with freeze_time('2027-05-01 02:00:00'):
            unit.member_grade_id = self.grade_member
        self.assertEqual(self.rows(unit), [(date(2027, 3, 1), date(2027, 4, 30), True)])
        # what both grades give goes on
        self.assertEqual(self.rows(unit, self.service_newsletter), [(date(2027, 1, 10), None, False)])

    def test_grade_change_recorded_late(self):
        self.service_magazine.write({'grade_ids': self.grade_director.ids, 'date_start': False})
        with freeze_time('2027-01-10 02:00:00'):
            unit = self.make_member("演示补录升级")
        with freeze_time('2027-06-01 02:00:00'):
            unit._record_member_event('grade', date(2027, 2, 1), grade_id=self.grade_director.id)
        self.assertEqual(self.rows(unit), [(date(2027, 2, 1), None, False)])

    def test_category_change(self):
        self.service_magazine.write({'category_ids': self.category_stamping.ids, 'date_start': False})
        with freeze_time('2027-01-10 02:00:00'):
            unit = self.make_member("演示改类")
        with freeze_time('2027-03-01 02:00:00'):
            unit.enterprise_category_id = self.category_stamping
        self.assertEqual(self.rows(unit), [(date(2027, 3, 1), None, False)])

    def test_former_members_keep_it(self):
        self.service_magazine.includes_withdrawn = True
        self.service_magazine.date_start = False
        with freeze_time('2027-01-10 02:00:00'):
            left, expelled = self.make_member("演示退会保留"), self.make_member("演示除名停止")
        with freeze_time('2027-03-01 02:00:00'):
            left._leave('withdrawn')
            expelled._leave('expelled')
            self.run_sync()
        self.assertEqual(self.rows(left), [(date(2027, 1, 10), None, False)])
        self.assertEqual(self.rows(expelled), [(date(2027, 1, 10), date(2027, 2, 28), True)])
        self.assertEqual(self.rows(left, self.service_newsletter), [(date(2027, 1, 10), date(2027, 2, 28), True)])

    def test_periods_without_the_days_of_gaps(self):
        standing = self.env['cfia.member.event']._get_standings(self.unit_member)[self.unit_member]
        start = standing[0].date
        day = lambda number: start + timedelta(days=number)  # noqa: E731
        for gaps, expected in (
            ([], [(0, None)]),
            ([(10, 19)], [(0, 9), (20, None)]),
            ([(10, None)], [(0, 9)]),
            ([(-5, None)], []),
            ([(-5, 3)], [(4, None)]),
            ([(10, 19), (15, 30)], [(0, 9), (31, None)]),
            ([(30, 40), (10, 19)], [(0, 9), (20, 29), (41, None)]),
            ([(-9, -1)], [(0, None)]),
        ):
            periods = self.service_magazine._get_periods(
                standing, [(day(first), day(last) if last is not None else None) for first, last in gaps])
            self.assertEqual(
                [(date_from, date_to) for date_from, date_to, _event in periods],
                [(day(first), day(last) if last is not None else None) for first, last in expected], gaps)

    def test_what_proves_a_service(self):
        self.assertIn("Article 3, item 4", self.service_magazine.evidence)
        self.assertIn("Article 3, item 3", self.service_learning.evidence)

    # === ON REQUEST === #

    def test_on_request(self):
        with freeze_time('2027-01-30 18:00:00'):
            unit = self.make_member("演示学习")
            learning = self.open_learning(unit)
            # in Shanghai it is the 31st already
            self.assertEqual((learning.date_from, learning.date_to), (date(2027, 1, 31), date(2027, 2, 28)))
            self.assertEqual((learning.quota, learning.quota_left), (10, 10))
        with freeze_time('2027-03-01 02:00:00'):
            self.env.invalidate_all()
            self.assertEqual(learning.state, 'expired')
            self.assertEqual(self.open_learning(unit).state, 'open')

    def test_on_request_needs_the_right(self):
        prospect = self.env['res.partner'].create({'name': "演示非会员", 'is_company': True})
        with self.assertRaisesRegex(ValidationError, "not entitled"):
            self.open_learning(prospect)
        with self.assertRaisesRegex(ValidationError, "by itself"):
            self.Entitlement.with_user(self.user_organisation).create({
                'partner_id': self.unit_member.id, 'service_id': self.service_magazine.id,
                'date_from': '2000-01-01', 'date_to': '2000-02-01'})
        with self.assertRaisesRegex(UserError, "cannot be given"):
            self.open_learning(self.unit_member, event_id=self.unit_member.member_event_ids[0].id)

    def test_overlap_is_refused_by_the_database(self):
        today = association_today()
        self.open_learning(self.unit_member)
        for days in (0, 10, 27):
            with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.open_learning(self.unit_member, date_from=today + timedelta(days=days))
        self.open_learning(self.unit_member, date_from=today + timedelta(days=40))

    def test_end_by_hand(self):
        learning = self.open_learning(self.unit_member)
        learning.with_user(self.user_training).action_close()
        self.assertEqual(learning.state, 'closed')
        self.open_learning(self.unit_member)
        upcoming = self.open_learning(
            self.unit_member, date_from=association_today() + timedelta(days=60), account_name=False)
        upcoming.action_close()
        self.assertFalse(upcoming.exists())
        with self.assertRaisesRegex(UserError, "follows the membership"):
            self.unit_member.entitlement_ids.filtered('event_id')[0].with_user(
                self.user_organisation).action_close()
        with self.assertRaises(AccessError):
            self.open_learning(self.unit_member, date_from=association_today() + timedelta(days=90), account_name=False).with_user(
                self.user_secretary).action_close()

    # === SCHEDULE === #

    def run_sync(self):
        with self.enter_registry_test_mode():
            self.env.ref('cfia_services.ir_cron_cfia_entitlement_sync').method_direct_trigger()
        self.env.invalidate_all()

    def take_in(self, number):
        """Return members as a list taken in makes them: in the ledger, without a signature."""
        units = self.env['res.partner'].create([
            {'name': f"演示名册{index}", 'is_company': True, 'enterprise_category_id': self.category_forging.id}
            for index in range(number)
        ])
        units._set_member_state('member', {
            unit: {'member_grade_id': self.grade_member.id} for unit in units})
        units._record_member_event('joined', date(2015, 5, 5))
        return units

    def test_schedule_opens_for_lists_taken_in(self):
        self.run_sync()
        for number in (1, 3):
            units = self.take_in(number)
            self.assertFalse(units.entitlement_ids)
            self.run_sync()
            self.assertEqual(len(units.entitlement_ids), number * len(self.at_entry))
            self.assertEqual(set(units.entitlement_ids.mapped('date_from')), {date(2015, 5, 5)})

    def test_schedule_in_batches(self):
        units = self.take_in(5)
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)['cfia.service']._cron_sync_entitlements(batch_size=2)
        self.env.invalidate_all()
        self.assertEqual(len(units.entitlement_ids), 5 * len(self.at_entry))

    def test_taking_in_calls_the_schedule(self):
        cron = self.env.ref('cfia_services.ir_cron_cfia_entitlement_sync')
        with self.capture_triggers(cron.id) as captured:
            self.make_member("演示签批")
            self.assertFalse(captured.records)
            self.take_in(2)
            self.assertTrue(captured.records)

    def test_new_terms_count_from_their_day(self):
        with freeze_time('2027-01-10 02:00:00'):
            unit = self.make_member("演示新规")
        with freeze_time('2027-05-01 02:00:00'):
            self.service_magazine.grade_ids = self.grade_director
            self.run_sync()
            self.assertEqual(self.rows(unit), [(date(2027, 1, 10), date(2027, 4, 30), True)])
        with freeze_time('2027-07-01 02:00:00'):
            self.service_magazine.grade_ids = False
            self.run_sync()
            self.assertEqual(self.rows(unit), [
                (date(2027, 1, 10), date(2027, 4, 30), True), (date(2027, 7, 1), None, False)])
        with freeze_time('2027-08-01 02:00:00'):
            self.service_magazine.active = False
            self.run_sync()
            self.assertEqual(self.rows(unit)[-1], (date(2027, 7, 1), date(2027, 7, 31), True))

    def test_new_service(self):
        with freeze_time('2027-01-10 02:00:00'):
            unit = self.make_member("演示新服务")
        with freeze_time('2027-05-01 02:00:00'):
            service = self.env['cfia.service'].create({
                'name': "Library", 'code': 'library', 'validity_months': 0,
                'department_id': self.env.ref('cfia_membership.cfia_department_network').id})
            self.run_sync()
        self.assertEqual(self.rows(unit, service), [(date(2027, 5, 1), None, False)])

    def test_validity_at_entry_is_not_renewed(self):
        self.service_learning.write({'opens': 'at_entry', 'date_start': False})
        with freeze_time('2027-01-10 02:00:00'):
            unit = self.make_member("演示入会学习")
            self.assertEqual(self.rows(unit, self.service_learning), [(date(2027, 1, 10), None, False)])
            unit.entitlement_ids.filtered('is_waiting').account_name = "yadao-entry"
        expected = [(date(2027, 1, 10), date(2027, 2, 9), False)]
        self.assertEqual(self.rows(unit, self.service_learning), expected)
        with freeze_time('2027-06-10 02:00:00'):
            unit.member_grade_id = self.grade_director
            self.run_sync()
        self.assertEqual(self.rows(unit, self.service_learning), expected)
