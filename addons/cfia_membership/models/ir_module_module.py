from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.translate import TranslationImporter

from odoo.addons.cfia_membership.tools import core_words
from odoo.addons.cfia_membership.tools.guard import is_unlocked
from odoo.addons.cfia_membership.tools.modules import (
    ALLOWED_MODULES,
    MODULES_PARAMETER,
    REFUSED_MODULES,
)


class IrModuleModule(models.Model):
    """Numbers are for life: uninstalling the module that keeps them is asked for twice."""

    _inherit = 'ir.module.module'

    @api.model
    def _load_module_terms(self, modules, langs, overwrite=False):
        """Lay our words for core's texts over core's own."""
        result = super()._load_module_terms(modules, langs, overwrite=overwrite)
        importer = TranslationImporter(self.env.cr, verbose=False)
        for lang in langs:
            if (path := core_words.get_path(lang)).is_file():
                importer.load_file(str(path), lang)
        importer.save(overwrite=True)
        self._translate_inherited_choices(langs)
        return result

    @api.model
    def _translate_inherited_choices(self, langs):
        """Give the choices that our models have of core's mixins the words that the mixins have.

        Odoo files them under the module of the mixin, whose translations know nothing of our models: a planned
        activity would read "Planned".
        """
        for lang in langs:
            self.env.cr.execute(SQL(
                """
                UPDATE ir_model_fields_selection own
                   SET name = own.name || jsonb_build_object(%(lang)s, donor.text)
                  FROM ir_model_fields field, (
                        SELECT DISTINCT ON (field.name, choice.value, choice.name->>'en_US')
                               field.name AS field, choice.value, choice.name->>'en_US' AS source, choice.name->>%(lang)s AS text
                          FROM ir_model_fields_selection choice
                          JOIN ir_model_fields field ON field.id = choice.field_id
                         WHERE field.model NOT LIKE 'cfia.%%' AND choice.name->>%(lang)s IS NOT NULL
                      ORDER BY field.name, choice.value, choice.name->>'en_US', field.model LIKE '%%.mixin' DESC, choice.id
                       ) donor
                 WHERE field.id = own.field_id AND field.model LIKE 'cfia.%%'
                   AND (donor.field, donor.value, donor.source) = (field.name, own.value, own.name->>'en_US')
                   AND own.name->>%(lang)s IS NULL
                """, lang=lang))
        self.env['ir.model.fields.selection'].invalidate_model(['name'])

    @api.model
    def _load_terms_before_demo(self, module):
        """Load the translations of one of our modules before its demo data, which else would be written in English.

        An XML file cannot call :meth:`_load_module_terms` itself: whether it takes identifiers first depends on which
        module extended it last.
        """
        self._load_module_terms([module], [code for code, _name in self.env['res.lang'].get_installed()])

    @api.model
    def update_list(self):
        """Let what calls outside, or nobody uses, not install itself with something else."""
        result = super().update_list()
        # sudo: which add-ons install themselves is the suite's own list
        self.sudo().search([
            ('name', 'in', REFUSED_MODULES), ('state', '=', 'uninstalled'), ('auto_install', '!=', False),
        ]).write({'auto_install': False})
        return result

    @api.model
    def _get_unlisted(self):
        """Return the installed add-ons that are neither the suite's nor on the list of what the association has."""
        # sudo: a list of names that the manager decides on
        further = self.env['ir.config_parameter'].sudo().get_param(MODULES_PARAMETER) or ''
        allowed = {*ALLOWED_MODULES, *(name.strip() for name in further.split(','))}
        # sudo: whoever goes through the list; names of add-ons are no secret
        return self.sudo().search([('state', 'in', ('installed', 'to upgrade'))]).filtered(
            lambda module: module.name not in allowed and not module.name.startswith(('cfia_', 'test_cfia_')))

    def button_uninstall(self):
        """Refuse to drop members' numbers unless that was confirmed.

        :raise UserError: saying how to confirm
        """
        count = self._count_numbers_lost()
        if count and not is_unlocked(self):
            raise UserError(self.env._(
                "%(count)s numbers were given for life and would be lost with the whole register. Make a backup. Then "
                "uninstall under Apps and enter the number %(count)s as confirmation.", count=count))
        return super().button_uninstall()

    def _count_numbers_lost(self):
        """Return how many members' numbers go when these modules and what needs them are uninstalled."""
        modules = self + self.downstream_dependencies()
        if 'cfia_membership' not in modules.mapped('name'):
            return 0
        return self._count_numbers()

    @api.model
    def _count_numbers(self):
        # sudo: only how many there are is asked
        return self.env['cfia.member.number'].sudo().search_count([])
