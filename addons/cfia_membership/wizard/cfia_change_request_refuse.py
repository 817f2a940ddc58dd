from odoo import fields, models


class CfiaChangeRequestRefuse(models.TransientModel):
    """Reason for rejecting reported changes."""

    _name = 'cfia.change.request.refuse'
    _description = "Reject a Reported Change"

    request_ids = fields.Many2many('cfia.change.request', 'cfia_change_request_refuse_rel', required=True)
    reason = fields.Text(required=True)

    def action_confirm(self):
        """Reject the requests with the reason."""
        self.ensure_one()
        self.request_ids._refuse(self.reason)
        return {'type': 'ir.actions.act_window_close'}
