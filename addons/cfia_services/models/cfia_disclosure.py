from odoo import models


class CfiaDisclosure(models.Model):
    """The roster's columns are called as the association calls them."""

    _inherit = 'cfia.disclosure'

    def _get_column_label(self, name):
        if self.res_model == 'cfia.roster.release':
            # sudo: what a column is called is no secret
            column = self.env['cfia.roster.column'].sudo().search([('code', '=', name)], limit=1)
            if column:
                return column.name
        return super()._get_column_label(name)
