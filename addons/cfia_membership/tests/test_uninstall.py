from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
class TestUninstall(MembershipCommon):
    """The register of numbers is not dropped by a click; how it goes is tried in databases of their own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.module = cls.env.ref('base.module_cfia_membership').with_user(cls.env.ref('base.user_admin'))

    def test_numbers_are_asked_for(self):
        for module in (self.module, self.env.ref('base.module_contacts').with_env(self.module.env)):
            with self.assertRaises(UserError):
                module.button_uninstall()
        self.assertEqual(self.module.state, 'installed')

    def test_without_numbers_nothing_is_asked(self):
        self.env.cr.execute("DELETE FROM cfia_member_number")
        self.module.button_uninstall()
        self.assertEqual(self.module.state, 'to remove')

    def test_a_flag_of_a_client_is_no_confirmation(self):
        with self.assertRaises(UserError):
            self.module.with_context(cfia_guard=True).button_uninstall()
        unlocked(self.module).button_uninstall()
        self.assertEqual(self.module.state, 'to remove')

    def test_wizard_wants_the_count(self):
        wizard = self.env['base.module.uninstall'].with_user(self.env.ref('base.user_admin')).create({
            'module_ids': self.module.ids})
        count = self.env['cfia.member.number'].search_count([])
        self.assertEqual(wizard.cfia_number_count, count)
        with Form(wizard) as form:
            form.cfia_confirmation = str(count + 1)
        with self.assertRaises(UserError):
            wizard.action_uninstall()
        other = self.env.ref('base.module_mail_bot', raise_if_not_found=False)
        if other:
            self.assertFalse(wizard.copy({'module_ids': other.ids}).cfia_number_count)
