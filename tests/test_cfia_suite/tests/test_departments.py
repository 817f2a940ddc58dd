from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon

DELIVERING = ('editorial', 'network', 'training')


@tagged('post_install', '-at_install')
class TestDepartments(MembershipCommon):
    """Departments that deliver have what every member of staff has, their own lists and needs, and no more."""

    def get_menus(self, role):
        """Return the external ids of the menus that a role sees below the suite's own."""
        Menu = self.env['ir.ui.menu'].with_user(getattr(self, f'user_{role}'))
        visible = Menu.browse(Menu._visible_menu_ids()).sudo()
        root = self.env.ref('cfia_membership.cfia_menu_root')
        own = visible.filtered(lambda menu: menu.parent_path.startswith(root.parent_path))
        return set(own.get_external_id().values())

    def test_menus(self):
        staff = self.get_menus('staff')
        self.assertIn('cfia_membership.cfia_enquiry_menu', staff)
        self.assertIn('cfia_services.cfia_need_menu_staff', staff)
        self.assertIn('cfia_services.cfia_roster_release_menu', staff)
        for role in DELIVERING:
            menus = self.get_menus(role)
            self.assertLessEqual(staff, menus, role)
            more = menus - staff
            self.assertTrue(more, role)
            self.assertFalse({xmlid for xmlid in more if not xmlid.startswith('cfia_services.')}, role)
            self.assertEqual('cfia_services.cfia_change_list_menu' in more, role != 'training', role)
            for foreign in ('cfia_services.cfia_need_form_menu', 'cfia_services.cfia_need_kind_menu'):
                self.assertNotIn(foreign, more, role)

    def test_what_they_open(self):
        """Each menu of theirs opens for them, with the views that its action names."""
        for role in DELIVERING:
            Menu = self.env['ir.ui.menu'].with_user(getattr(self, f'user_{role}'))
            for xmlid in sorted(self.get_menus(role)):
                action = self.env.ref(xmlid).action
                if not action or action._name != 'ir.actions.act_window':
                    continue
                model = Menu.env[action.res_model]
                with self.subTest(role=role, menu=xmlid):
                    self.assertTrue(model.has_access('read'))
                    model.get_views([(False, mode) for mode in action.view_mode.split(',')])
                    model.search([], limit=1)
