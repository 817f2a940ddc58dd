from lxml import etree

from odoo.tests import TransactionCase, tagged

#: What a click makes that no other click takes back: buttons of these methods ask first.
IRREVERSIBLE = {
    'cfia.bulletin': {'action_release'},
    'cfia.change.list': {'action_receive'},
    'cfia.change.release': {'action_release'},
    'cfia.change.request': {'action_apply', 'action_withdraw'},
    'cfia.compliance.report': {'action_release'},
    'cfia.data.survey': {'action_close', 'action_mark_posted', 'action_open', 'action_remind'},
    'cfia.data.survey.recipient': {'action_mark_posted'},
    'cfia.dispatch': {'action_cancel'},
    'cfia.dues.consequence': {'action_decide'},
    'cfia.dues.opening': {'action_post', 'action_sign'},
    'cfia.dues.receipt': {'action_issue'},
    'cfia.dues.relief': {'action_grant', 'action_refuse', 'action_withdraw'},
    'cfia.dues.round': {'action_close', 'action_mark_posted', 'action_open'},
    'cfia.dues.round.recipient': {'action_mark_posted'},
    'cfia.dues.standard': {'action_put_in_force'},
    'cfia.dues.statement': {'action_submit'},
    'cfia.entitlement': {'action_close'},
    'cfia.file.stocktake': {'action_close'},
    'cfia.handout': {'action_release'},
    'cfia.membership.application': {'action_withdraw'},
    'cfia.need.form': {'action_release'},
    'cfia.need.round': {'action_close', 'action_mark_posted', 'action_open', 'action_remind'},
    'cfia.need.round.recipient': {'action_mark_posted'},
    'cfia.newsletter': {'action_close', 'action_mark_posted', 'action_open'},
    'cfia.newsletter.recipient': {'action_mark_posted'},
    'cfia.personal.request': {'action_done', 'action_erase', 'action_refuse'},
    'cfia.portal.invitation': {'action_start'},
    'cfia.privacy.notice': {'action_release'},
    'cfia.prospect.import': {'action_import'},
    'cfia.recruitment.mailing': {'action_close', 'action_mark_posted', 'action_open'},
    'cfia.recruitment.mailing.recipient': {'action_mark_posted'},
    'cfia.referral.call': {'action_close', 'action_mark_posted', 'action_open', 'action_remind'},
    'cfia.referral.call.recipient': {'action_mark_posted'},
    'cfia.resolution': {'action_apply'},
    'cfia.roster.import': {'action_import'},
    'cfia.roster.release': {'action_receive_own'},
    'cfia.seal.use': {'action_refuse'},
    'cfia.signing.authority': {'action_grant', 'action_revoke'},
    'cfia.statistics': {'action_release'},
}


@tagged('post_install', '-at_install')
class TestHabits(TransactionCase):
    """What people expect of each screen in Odoo."""

    def get_views(self):
        """Return (xml id, model, arch) of each view of the suite."""
        data = self.env['ir.model.data'].search([('model', '=', 'ir.ui.view'), ('module', '=like', 'cfia_%')])
        names = {row.res_id: row.complete_name for row in data}
        for view in self.env['ir.ui.view'].browse(names).filtered('model'):
            yield names[view.id], view.model, etree.fromstring(view.arch_db)

    def find_buttons(self, node, model):
        """Return (model, button) of each button, lists inside a form have the model of their field."""
        for child in node:
            if not isinstance(child.tag, str):
                continue
            inner = model
            if child.tag == 'field' and len(child) and model in self.env:
                field = self.env[model]._fields.get(child.get('name'))
                inner = field.comodel_name if field is not None and field.relational else model
            if child.tag == 'button' and child.get('type') == 'object':
                yield model, child
            yield from self.find_buttons(child, inner)

    def test_what_is_not_reversible_asks_first(self):
        found = {model: set() for model in IRREVERSIBLE}
        for name, model, arch in self.get_views():
            for owner, button in self.find_buttons(arch, model):
                if button.get('name') in IRREVERSIBLE.get(owner, ()):
                    found[owner].add(button.get('name'))
                    with self.subTest(view=name, button=button.get('name')):
                        self.assertTrue(button.get('confirm'))
        self.assertEqual(found, IRREVERSIBLE)

    def test_each_button_calls_what_takes_records(self):
        """The client sends ids with every button, of no record above a list: a method of the model takes none."""
        for name, model, arch in self.get_views():
            for owner, button in self.find_buttons(arch, model):
                if owner not in self.env:
                    continue
                with self.subTest(view=name, button=button.get('name')):
                    method = getattr(type(self.env[owner]), button.get('name'))
                    self.assertFalse(getattr(method, '_api_model', False))

    def test_a_card_is_made_in_its_form(self):
        """Core's quick card asks for a title alone, of what has none."""
        for name, _model, arch in self.get_views():
            if arch.tag == 'kanban' and arch.get('default_group_by'):
                with self.subTest(view=name):
                    self.assertTrue(arch.get('quick_create') == '0' or arch.get('quick_create_view'))

    def test_each_form_has_a_shortcut(self):
        for name, _model, arch in self.get_views():
            if arch.tag != 'form' or not arch.xpath("./header/button[@type='object']"):
                continue
            with self.subTest(view=name):
                self.assertTrue(arch.xpath('./header/button[@data-hotkey]'))
