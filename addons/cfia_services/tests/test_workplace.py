from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import ROLES
from odoo.addons.cfia_membership.tests.test_workplace import WorkplaceCommon
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_services.tests.test_need import NeedCommon


@tagged('post_install', '-at_install')
class TestServicesWorkplace(WorkplaceCommon, NeedCommon):

    def test_each_role_opens_what_it_counts(self):
        self.ask()
        for role in ROLES:
            user = getattr(self, f'user_{role}')
            for tile in self.get_workplace(user)['tiles']:
                with self.subTest(role=role, tile=tile['key']):
                    self.assertEqual(self.count_behind(user, tile['action']), tile['count'])

    def test_needs_are_before_their_owner(self):
        need = self.ask("演示培训需求")
        late = self.ask("演示逾期需求", date=association_today() - timedelta(days=90))
        tile = self.get_tile(self.user_training, 'need')
        self.assertEqual((tile['count'], tile['late']), (2, 1))
        self.assertEqual([row['title'] for row in tile['rows']['records']], [late.name, need.name])
        self.assertEqual(self.get_tile(self.user_organisation, 'need')['count'], 2)
        # entered by the editorial department, and not its to reply to
        self.assertEqual(self.get_tile(self.user_editorial, 'need')['count'], 0)
        self.assertIsNone(self.get_tile(self.user_leader, 'need'))
        self.reply(need)
        self.assertEqual(self.get_tile(self.user_training, 'need')['count'], 1)

    def test_lists_wait_for_their_department(self):
        self.env['cfia.change.list'].with_user(self.user_organisation).action_make_now()
        for user, kind in ((self.user_editorial, 'editorial'), (self.user_network, 'network')):
            tile = self.get_tile(user, 'change_list')
            lists = self.env['cfia.change.list'].search([('kind', '=', kind), ('state', '=', 'waiting')])
            self.assertEqual(tile['count'], len(lists))
            self.assertEqual([row['id'] for row in tile['rows']['records']], lists.ids)
            lists.with_user(user).action_receive()
            self.assertEqual(self.get_tile(user, 'change_list')['count'], 0)
        for user in (self.user_staff, self.user_training, self.user_accountant):
            self.assertIsNone(self.get_tile(user, 'change_list'))

    def test_rosters_wait_for_each_department(self):
        before = self.get_tile(self.user_training, 'roster')['count']
        release = self.env['cfia.roster.release']._make(association_today().replace(year=2100, month=1, day=1))
        self.assertEqual(self.get_tile(self.user_training, 'roster')['count'], before + 1)
        release.copy_ids.filtered(
            lambda copy: copy.department_id.code == 'training').with_user(self.user_training).action_receive()
        self.assertEqual(self.get_tile(self.user_training, 'roster')['count'], before)
