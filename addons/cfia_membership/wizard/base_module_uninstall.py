from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.guard import unlocked


class BaseModuleUninstall(models.TransientModel):
    _inherit = 'base.module.uninstall'

    cfia_number_count = fields.Integer(string="Numbers Lost", compute='_compute_cfia_number_count')
    cfia_confirmation = fields.Char(string="Confirmation", help="How many numbers for life are lost.")

    @api.depends('module_ids')
    def _compute_cfia_number_count(self):
        for wizard in self:
            wizard.cfia_number_count = wizard.module_ids._count_numbers_lost()

    def action_uninstall(self):
        """Uninstall, with members' numbers only where their count was entered.

        :raise UserError: when it was not
        """
        if not self.cfia_number_count:
            return super().action_uninstall()
        if (self.cfia_confirmation or '').strip() != str(self.cfia_number_count):
            raise UserError(self.env._(
                "%(count)s numbers for life would be lost. Make a backup and enter %(count)s as confirmation.",
                count=self.cfia_number_count))
        return unlocked(self.module_ids).button_immediate_uninstall()
