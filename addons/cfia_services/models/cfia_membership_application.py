from odoo import models


class CfiaMembershipApplication(models.Model):
    _inherit = 'cfia.membership.application'

    def _action_approve(self):
        """Open what the new members are entitled to by grade and category."""
        result = super()._action_approve()
        self.env['cfia.entitlement']._sync({
            application.partner_id: application.date_approved for application in self
        })
        return result
