from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import MembershipCommon


@tagged('post_install', '-at_install')
class TestDialogSubjects(MembershipCommon):
    """A dialog tells its user nothing that the user may not read itself."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.application = cls.make_application(state='submitted')
        cls.application.verification_note = "核实意见：不宜外传"

    def test_sign_dialog(self):
        name = 'cfia.membership.application.sign'
        category = self.category_forging.id
        values = {'application_id': self.application.id, 'enterprise_category_id': category}
        spec = {'name': {}, 'verification_note': {}, 'paper': {}, 'verified_by_id': {'fields': {'display_name': {}}}}
        self.env['ir.model.access'].create({
            'name': "sign: editors", 'model_id': self.env['ir.model']._get_id(name),
            'group_id': self.env.ref('cfia_membership.group_cfia_editorial').id,
            'perm_read': True, 'perm_write': True, 'perm_create': True})
        dialogs = self.env[name].with_user(self.user_editorial)
        ways = {
            'create': lambda: dialogs.create(values),
            'create, default of the context': lambda: dialogs.with_context(
                default_application_id=self.application.id).create({'enterprise_category_id': category}),
            'onchange': lambda: dialogs.onchange(values, ['application_id'], spec),
            'onchange, default of the context': lambda: dialogs.with_context(
                default_application_id=self.application.id).onchange({}, [], {**spec, 'application_id': {}}),
        }
        for way, attempt in ways.items():
            with self.subTest(way=way), self.assertRaises(AccessError):
                attempt()
        self.env['ir.default'].set(name, 'application_id', self.application.id, user_id=self.user_editorial.id)
        with self.assertRaises(AccessError):
            dialogs.onchange({}, [], {**spec, 'application_id': {}})
        with self.assertRaises(AccessError):
            dialogs.create({'enterprise_category_id': category})
        self.env['ir.default'].search([('field_id.model', '=', name)]).unlink()
        allowed = self.env[name].with_user(self.user_secretary)
        told = allowed.onchange(values, ['application_id'], spec)['value']
        self.assertEqual(told['verification_note'], "核实意见：不宜外传")
        dialog = allowed.create(values)
        self.assertEqual(dialog.verification_note, "核实意见：不宜外传")
        with self.assertRaises(AccessError):
            dialog.with_user(self.user_organisation).read(['verification_note'])

    def test_every_dialog_is_its_users(self):
        """Every dialog of the suite is read by whom it was opened by, with or without a rule of its own."""
        for name, model in sorted(self.env.registry.items()):
            if not name.startswith('cfia.') or not model._transient or model._abstract:
                continue
            with self.subTest(model=name):
                domain = self.env['ir.rule'].with_user(self.user_manager)._compute_domain(name)
                leaves = [leaf for leaf in domain.iter_conditions() if leaf.field_expr == 'create_uid']
                self.assertTrue(leaves)
