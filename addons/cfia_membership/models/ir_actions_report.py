from odoo import fields, models


class IrActionsReport(models.Model):
    _inherit = 'ir.actions.report'

    is_official = fields.Boolean(
        string="Official Paper",
        help="Printed with the styles of its own template alone. The paper then looks the same under "
             "any report theme of the company, and printing it fetches nothing from the web server.",
    )

    def _get_layout(self):
        """Give official papers a bare page instead of the one that loads the report theme."""
        if self.is_official:
            return self.env.ref('cfia_membership.paper_layout')
        return super()._get_layout()
