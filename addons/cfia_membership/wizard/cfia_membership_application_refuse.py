from odoo import fields, models


class CfiaMembershipApplicationRefuse(models.TransientModel):
    """Reason for returning or rejecting applications."""

    _name = 'cfia.membership.application.refuse'
    _description = "Return or Reject an Application"

    application_ids = fields.Many2many(
        'cfia.membership.application', 'cfia_application_refuse_rel', required=True)
    state = fields.Selection(
        selection=[('returned', "Return"), ('rejected', "Reject")], required=True)
    reason = fields.Text(required=True)

    def action_confirm(self):
        """Return or reject the applications with the reason."""
        self.ensure_one()
        self.application_ids._refuse(self.state, self.reason)
        return {'type': 'ir.actions.act_window_close'}
