from odoo import models


class CfiaRosterImport(models.Model):
    _inherit = 'cfia.roster.import'

    def _get_brought_parts(self):
        """Services that entry opens come with the units."""
        return {
            'cfia.entitlement': [('usage_ids', '=', False), ('account_name', 'in', (False, ''))],
            **super()._get_brought_parts(),
        }
