from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.models.cfia_member_number import (
    DEFAULT_PREFIX,
    DEFAULT_WIDTH,
    PREFIX_PARAMETER,
    WIDTH_PARAMETER,
)


class IrConfigParameter(models.Model):
    _inherit = 'ir.config_parameter'

    @api.model_create_multi
    def create(self, vals_list):
        parameters = super().create(vals_list)
        defaults = {PREFIX_PARAMETER: DEFAULT_PREFIX, WIDTH_PARAMETER: str(DEFAULT_WIDTH)}
        for parameter in parameters.filtered(lambda parameter: parameter.key in defaults):
            parameter._check_number_format_unlocked(defaults[parameter.key], parameter.value)
        return parameters

    def write(self, vals):
        for parameter in self if 'value' in vals else []:
            parameter._check_number_format_unlocked(parameter.value, vals['value'])
        return super().write(vals)

    def unlink(self):
        for parameter in self:
            parameter._check_number_format_unlocked(parameter.value, None)
        return super().unlink()

    def _check_number_format_unlocked(self, old_value, new_value):
        """Refuse another form of member numbers once the first number stands.

        :raise UserError: when a number exists and the form would change
        """
        self.ensure_one()
        if (
            self.key in (PREFIX_PARAMETER, WIDTH_PARAMETER)
            and str(old_value) != str(new_value)
            # sudo: only whether there is a number is asked
            and self.env['cfia.member.number'].sudo().search_count([], limit=1)
        ):
            raise UserError(self.env._(
                "The form of member numbers is locked: numbers have been given, and each is kept for life."))
