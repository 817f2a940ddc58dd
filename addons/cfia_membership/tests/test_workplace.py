from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.cfia_membership.models.cfia_workplace import ROW_LIMIT
from odoo.addons.cfia_membership.tests.common import ROLES, MembershipCommon
from odoo.addons.cfia_membership.tools.dates import association_today


class WorkplaceCommon(MembershipCommon):

    def get_workplace(self, user):
        """Return what the user's start screen shows, read afresh."""
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env['cfia.workplace'].with_user(user).get_workplace()

    def get_tile(self, user, key):
        """Return a tile of the user, or nothing."""
        return next((tile for tile in self.get_workplace(user)['tiles'] if tile['key'] == key), None)

    def get_figure(self, user, key):
        return next((figure for figure in self.get_workplace(user)['figures'] if figure['key'] == key), None)

    def get_chart(self, user, key):
        return next((chart for chart in self.get_workplace(user)['charts'] if chart['key'] == key), None)

    def count_behind(self, user, action):
        """Return how many records the client lists behind a number, as the user."""
        window = self.env['ir.actions.act_window'].with_user(user)._for_xml_id(action['xmlid'])
        return self.env[window['res_model']].with_user(user).search_count(action['domain'])


@tagged('post_install', '-at_install')
class TestWorkplace(WorkplaceCommon):

    def test_each_role_opens_what_it_counts(self):
        self.make_application("演示待核实有限公司", state='submitted')
        self.make_application("演示待签批有限公司", state='verified')
        for role in ROLES:
            user = getattr(self, f'user_{role}')
            data = self.get_workplace(user)
            for tile in data['tiles']:
                with self.subTest(role=role, tile=tile['key']):
                    self.assertEqual(self.count_behind(user, tile['action']), tile['count'])
                    self.assertLessEqual(tile['late'], tile['count'])
                    if tile['rows']:
                        self.assertEqual(len(tile['rows']['records']), min(tile['count'], ROW_LIMIT))
            for chart in data['charts']:
                if chart.get('is_money'):
                    continue
                for series in chart['series']:
                    for value, action in zip(series['values'], series['actions'], strict=True):
                        with self.subTest(role=role, chart=chart['key'], series=series['label']):
                            if action:
                                self.assertEqual(self.count_behind(user, action), value)
            for figure in data['figures']:
                with self.subTest(role=role, figure=figure['key']):
                    self.assertGreaterEqual(self.count_behind(user, figure['action']), 0)

    def test_others_have_no_workplace(self):
        for user in (self.user_portal, self.user_public):
            with self.assertRaises(AccessError):
                self.get_workplace(user)

    def test_each_step_is_before_who_takes_it(self):
        submitted = self.make_application("演示待核实有限公司", state='submitted')
        verified = self.make_application("演示待签批有限公司", state='verified')
        tile = self.get_tile(self.user_organisation, 'application_verify')
        self.assertIn(submitted.name, [row['title'] for row in tile['rows']['records']])
        for user in (self.user_staff, self.user_secretary, self.user_leader, self.user_auditor):
            self.assertIsNone(self.get_tile(user, 'application_verify'))
        tile = self.get_tile(self.user_secretary, 'application_sign')
        self.assertIn(verified.name, [row['title'] for row in tile['rows']['records']])
        self.assertEqual(tile['rows']['method'], 'action_sign')
        for user in (self.user_staff, self.user_organisation, self.user_manager, self.user_leader):
            self.assertIsNone(self.get_tile(user, 'application_sign'))

    def test_who_verified_does_not_sign(self):
        self.user_secretary.group_ids += self.env.ref('cfia_membership.group_cfia_organisation')
        application = self.make_application("演示自核有限公司", state='submitted').with_user(self.user_secretary)
        before = self.get_tile(self.user_secretary, 'application_sign')['count']
        application.check_ids.action_pass()
        application.action_verify()
        self.assertEqual(self.get_tile(self.user_secretary, 'application_sign')['count'], before)

    def test_a_deputy_signs_in_the_period_of_his_authority(self):
        application = self.make_application("演示代签有限公司", state='verified')
        self.assertIsNone(self.get_tile(self.user_staff, 'application_sign'))
        today = association_today()
        self.env['cfia.signing.authority'].with_user(self.user_organisation).create({
            'deputy_id': self.user_staff.id, 'date_from': today, 'date_to': today + timedelta(days=5),
            'reason': "演示出差",
            'attachment_ids': self.env['ir.attachment'].with_user(self.user_organisation).create(
                {'name': '授权书.pdf', 'raw': b'authority'}).ids,
        }).with_user(self.user_secretary).action_grant()
        tile = self.get_tile(self.user_staff, 'application_sign')
        self.assertIn(application.name, [row['title'] for row in tile['rows']['records']])

    def test_duties_are_those_of_the_department(self):
        department = self.env.ref('cfia_membership.cfia_department_editorial')
        department.user_ids = self.user_editorial
        Term = self.env['cfia.obligation.term']
        Term._refresh()
        all_overdue = self.get_tile(self.user_organisation, 'duty_overdue')['count']
        self.assertEqual(all_overdue, Term.search_count([('state', '=', 'overdue')]))
        self.assertEqual(
            self.get_tile(self.user_editorial, 'duty_overdue')['count'],
            Term.search_count([('state', '=', 'overdue'), ('department_id', '=', department.id)]))

    def test_growth_agrees_with_the_members_by_quarter(self):
        unit = self.make_member("演示退会有限公司")
        unit._set_member_state('withdrawn')
        unit._record_member_event('withdrawn', association_today())
        chart = self.get_chart(self.user_leader, 'growth_quarter')
        entries, exits, standing = (series['values'] for series in chart['series'])
        rows = self.env['cfia.member.quarter.report']._read_group(
            [], ['date:day'], ['member_count:sum', 'entry_count:sum', 'exit_count:sum'], order='date:day desc', limit=8)
        for place, (_day, member_count, entry_count, exit_count) in enumerate(rows, 1):
            self.assertEqual(
                (standing[-place], entries[-place], exits[-place]), (member_count, entry_count, exit_count))
        self.assertGreaterEqual(exits[-1], 1)
        self.assertIsNone(self.get_chart(self.user_staff, 'growth_quarter'))

    def test_groups_hold_all_members(self):
        self.unit_member.state_id = False
        self.unit_member.enterprise_category_id = self.category_stamping
        members = self.env['res.partner'].search_count([('member_state', '=', 'member'), ('is_company', '=', True)])
        self.assertEqual(self.get_figure(self.user_staff, 'members')['value'], f"{members:,}")
        for key in ('region', 'category'):
            chart = self.get_chart(self.user_staff, key)
            self.assertEqual(sum(chart['series'][0]['values']), members)
        chart = self.get_chart(self.user_staff, 'region')
        self.assertFalse(chart['series'][0]['actions'][-1]['domain'][-1][2])

    def test_queries_do_not_grow_with_what_is_counted(self):
        self.make_applications([f"演示基数{n}有限公司" for n in range(ROW_LIMIT)], state='submitted')
        self.make_applications([f"演示基数签{n}有限公司" for n in range(ROW_LIMIT)], state='verified')
        for user in (self.user_organisation, self.user_secretary, self.user_manager):
            self.get_workplace(user)
            count = self._count_queries(user)
            self.assertLessEqual(count, 75)
            with self.subTest(user=user.login):
                self.make_applications([f"演示增加{user.login}{n}有限公司" for n in range(12)], state='submitted')
                self.make_applications([f"演示增签{user.login}{n}有限公司" for n in range(12)], state='verified')
                self.make_applications([f"演示新会员{user.login}{n}有限公司" for n in range(5)], state='approved')
                self.env.flush_all()
                self.env.invalidate_all()
                with self.assertQueryCount(count):
                    self.env['cfia.workplace'].with_user(user).get_workplace()

    def _count_queries(self, user):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.env['cfia.workplace'].with_user(user).get_workplace()
        return self.env.cr.sql_log_count - before

    def test_who_signs_has_the_form_before_him(self):
        application = self.make_application("演示审阅有限公司", state='verified', main_products="演示曲轴锻件")
        action = application.with_user(self.user_secretary).action_sign()
        wizard = self.env[action['res_model']].with_user(self.user_secretary).with_context(action['context']).create({})
        for text in (application.name, "演示曲轴锻件", application.reference):
            self.assertIn(text, wizard.paper)
        self.assertEqual(wizard.check_ids, application.check_ids)
        self.assertEqual(wizard.enterprise_category_id, application.enterprise_category_id)
