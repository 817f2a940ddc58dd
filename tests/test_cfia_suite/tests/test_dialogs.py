from lxml import etree

from odoo.tests import Form, TransactionCase, tagged

from odoo.addons.test_cfia_suite.tests.common import JourneyCommon

#: Written by the dialog's own steps on a record that is stored already: the client has nothing to send.
WRITTEN_BY_STEPS = {('cfia.dues.receipt.import', 'receipt_ids')}


@tagged('post_install', '-at_install')
class TestDialogs(TransactionCase):
    """What the client needs to open a dialog and to send back what it shows."""

    def get_dialogs(self):
        """Return each model of dialogs of the suite with each of its forms."""
        for model in sorted(self.env.registry):
            Model = self.env[model]
            if not Model._transient or not Model._original_module.startswith('cfia_'):
                continue
            for view in self.env['ir.ui.view'].search([
                    ('model', '=', model), ('type', '=', 'form'), ('mode', '=', 'primary')]):
                yield Model, view, etree.fromstring(Model.get_view(view.id, 'form')['arch'])

    def get_field(self, Model, node):
        """Return the field of a node; nodes of a list inside the form have the model of their field."""
        for parent in reversed(list(node.iterancestors('field'))):
            Model = self.env[Model._fields[parent.get('name')].comodel_name]
        return Model._fields[node.get('name')]

    def is_kept_back(self, node, field):
        """Tell whether the client shows a value and does not send it."""
        return (node.get('readonly') or field.readonly) and not node.get('force_save')

    def test_what_is_shown_is_sent(self):
        """A value from the context or a default that the user cannot edit reaches the server all the same."""
        found = set()
        for Model, _view, arch in self.get_dialogs():
            for node in arch.iter('field'):
                field = self.get_field(Model, node)
                if not self.env[field.model_name]._transient or any(
                        self.is_kept_back(parent, self.get_field(Model, parent)) for parent in node.iterancestors('field')):
                    continue
                is_derived = field.compute or field.related or field.type == 'one2many' or field.default
                if not is_derived and self.is_kept_back(node, field):
                    found.add((field.model_name, field.name))
        self.assertEqual(found - WRITTEN_BY_STEPS, self.get_results())
        self.assertLessEqual(WRITTEN_BY_STEPS, found)

    def get_results(self):
        """Return what dialogs show that the server alone makes: figures on a record stored before it opens, or after."""
        return {
            *(('cfia.dues.run.start', name) for name in ('mail_count', 'letter_count', 'member_count')),
            ('cfia.dues.bank.import', 'seen_count'),
            # what was read of a list; the list itself is sent
            *((model, name) for name in ('import_id', 'preview') for model in (
                'cfia.dispatch.waybills', 'cfia.dues.bank.import', 'cfia.dues.receipt.import', 'cfia.price.usage.import')),
            *(('cfia.sheet.teach', name) for name in ('kind', 'filename', 'preview')),
        }

    def test_each_dialog_of_a_list_opens(self):
        """The client reads the defaults as commands; ``Form`` asks for them as the client does."""
        actions = self.env['ir.actions.act_window'].search([('target', '=', 'new'), ('binding_model_id', '!=', False)])
        actions = actions.filtered(lambda action: (action.get_external_id()[action.id] or '').startswith('cfia_'))
        self.assertGreater(len(actions), 3)
        for action in actions:
            with self.subTest(action=action.name):
                model = action.binding_model_id.model
                record = self.env[model].search([], limit=1)
                Form(self.env[action.res_model].with_context(
                    active_model=model, active_ids=record.ids, active_id=record.id))

    def test_a_list_filters_by_its_field(self):
        """``domain`` on a list inside a form filters nothing that is read; it only narrows what can be added."""
        data = self.env['ir.model.data'].search([('model', '=', 'ir.ui.view'), ('module', '=like', 'cfia_%')])
        for view in self.env['ir.ui.view'].browse(data.mapped('res_id')).filtered('model'):
            for node in etree.fromstring(view.arch_db).iter('field'):
                if node.get('domain') and node.find('list') is not None:
                    with self.subTest(view=view.xml_id, field=node.get('name')):
                        self.assertNotEqual(self.get_field(self.env[view.model], node).type, 'one2many')


@tagged('post_install', '-at_install')
class TestDialogTours(JourneyCommon):
    """The dialogs of a member's form in the browser."""

    allow_end_on_form = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contacts = cls.make_contact(cls.unit_member, "演示变更甲", 'contact', phone='025-0000 0001')
        cls.contacts += cls.make_contact(cls.unit_member, "演示变更乙", phone='025-0000 0002')

    def start(self, tour):
        self.start_tour(
            f'/odoo/res.partner/{self.unit_member.id}', tour, login=self.user_organisation.login, timeout=180)

    def get_request(self):
        request = self.env['cfia.change.request'].search([('partner_id', '=', self.unit_member.id)])
        self.assertEqual(len(request), 1)
        return request

    def test_dialogs_open_on_the_member(self):
        self.start('cfia_dialogs_of_members')

    def test_a_new_telephone_is_the_contacts_own(self):
        persons = self.unit_member.child_ids
        self.start('cfia_dialog_new_telephone')
        request = self.get_request()
        self.assertRecordValues(request.line_ids, [{'target_id': self.contacts[0].id, 'field_name': 'phone'}])
        request.with_user(self.user_organisation).action_apply()
        self.assertEqual(self.unit_member.child_ids, persons)
        self.assertEqual(self.contacts.mapped('phone'), ['025-1234 5678', '025-0000 0002'])

    def test_leaving_alone_is_a_change(self):
        self.start('cfia_dialog_left')
        request = self.get_request()
        self.assertRecordValues(request.line_ids, [{'target_id': self.contacts[1].id, 'field_name': 'active'}])
        request.with_user(self.user_organisation).action_apply()
        self.assertFalse(self.contacts[1].active)
        self.assertTrue(self.contacts[0].active)
