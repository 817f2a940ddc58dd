import re

from odoo.tests import TransactionCase, tagged

CHINESE = re.compile(r'[\u4e00-\u9fff]')


@tagged('post_install', '-at_install')
class TestEmptyStates(TransactionCase):
    """Whoever opens a menu for the first time reads in Chinese what the screen is and how to begin."""

    def get_actions(self):
        """Return the window actions behind the suite's menus; dialogs have fields, never an empty list."""
        self.env['res.lang']._activate_lang('zh_CN')
        menus = self.env['ir.ui.menu'].with_context({'ir.ui.menu.full_list': True}).search([
            ('id', 'child_of', self.env.ref('cfia_membership.cfia_menu_root').id), ('action', 'like', 'act_window')])
        actions = self.env['ir.actions.act_window'].with_context(lang='zh_CN').browse(
            [menu.action.id for menu in menus]).filtered(lambda action: action.view_mode != 'form')
        self.assertGreater(len(actions), 80)
        return actions

    def test_each_screen_says_what_it_is(self):
        for action in self.get_actions():
            with self.subTest(action=action.xml_id):
                [title, *sentences] = re.findall(r'<p[^>]*>.*?</p>', action.help or '', re.DOTALL) or ['']
                self.assertRegex(title, r'o_view_nocontent_(smiling_face|empty_folder)')
                self.assertTrue(sentences)
                for text in (title, *sentences):
                    self.assertRegex(text, CHINESE)

    def test_each_menu_has_a_name_of_its_own(self):
        menus = self.env['ir.ui.menu'].with_context({'ir.ui.menu.full_list': True}).search([
            ('id', 'child_of', self.env.ref('cfia_membership.cfia_menu_root').id)])
        self.env['res.lang']._activate_lang('zh_CN')
        for parent, siblings in menus.with_context(lang='zh_CN').grouped('parent_id').items():
            with self.subTest(menu=parent.complete_name):
                names = siblings.mapped('name')
                self.assertEqual(len(names), len(set(names)), names)

    def test_no_example_in_a_foreign_language(self):
        """Odoo's sample records are people, countries and texts in English and Latin."""
        views = self.env['ir.model.data'].search([('model', '=', 'ir.ui.view'), ('module', '=like', 'cfia_%')])
        archs = self.env['ir.ui.view'].browse(views.mapped('res_id')).mapped('arch_db')
        self.assertFalse([arch for arch in archs if ' sample="' in arch])
