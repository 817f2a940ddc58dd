from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon


@tagged('post_install', '-at_install')
class TestRoleTour(MembershipCommon):

    def get_tour(self, user):
        """Return the name of the tour that the client starts for a user."""
        tour = self.env['web_tour.tour'].with_user(user).get_current_tour()
        return tour and tour['name']

    def test_each_role_has_its_own_tour(self):
        for role in ('staff', 'organisation', 'secretary_general', 'leader', 'auditor', 'manager'):
            user = getattr(self, f'user_{role}')
            with self.subTest(role=role):
                self.assertFalse(self.get_tour(user), "only where tours are on")
                user.tour_enabled = True
                self.assertEqual(self.get_tour(user), f'cfia_tour_{role}')
                self.assertEqual(self.env['cfia.workplace'].with_user(user).get_workplace()['tour'], f'cfia_tour_{role}')

    def test_a_tour_is_taken_once_and_no_other_roles_follows(self):
        user = self.user_organisation
        user.tour_enabled = True
        Tour = self.env['web_tour.tour'].with_user(user)
        following = Tour.consume('cfia_tour_organisation')
        self.assertNotIn('cfia_tour', following and following['name'] or '')

    def test_others_have_none_of_them(self):
        self.env.ref('base.user_admin').tour_enabled = True
        self.user_portal.tour_enabled = True
        self.assertFalse(self.get_tour(self.user_portal))
        plain = self.env['res.users'].create({
            'name': "演示", 'login': 'cfia_test_plain', 'group_ids': self.env.ref('base.group_user').ids,
            'tour_enabled': True})
        self.assertNotIn('cfia_tour', self.get_tour(plain) or '')
        self.assertFalse(self.env['web_tour.tour'].with_user(plain)._get_role_tour())
