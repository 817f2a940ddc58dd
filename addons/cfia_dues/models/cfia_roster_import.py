from odoo import models


class CfiaRosterImport(models.Model):
    _inherit = 'cfia.roster.import'

    def _import_dues_history(self, paid_to_by_partner):
        """Enter until which year the listed members have paid (会费缴至) as opening lines.

        :param dict paid_to_by_partner: unit → last year paid
        """
        result = super()._import_dues_history(paid_to_by_partner)
        # sudo: the organisation department imports the list, dues are entered by finance otherwise
        self.env['cfia.dues.line'].sudo()._open_paid_history(paid_to_by_partner)
        return result

    def _get_brought_parts(self):
        """Of dues a list brings until which year units have paid."""
        return {'cfia.dues.line': [('origin', '=', 'opening'), ('item_ids', '=', False)], **super()._get_brought_parts()}
