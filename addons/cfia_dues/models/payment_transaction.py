from odoo import models

from odoo.addons.cfia_membership.tools.dates import to_association_tz


class PaymentTransaction(models.Model):
    """Dues paid through a payment provider are settled by Odoo; an early payment earns its discount."""

    _inherit = 'payment.transaction'

    def _create_payment(self, **extra_create_values):
        """Take off first what the resolution grants to those who pay by that day."""
        self.ensure_one()
        # sudo: what paying early earns does not depend on who takes the money
        self.invoice_ids.sudo().dues_line_ids.sorted('year')._grant_early_payment(
            self.amount, to_association_tz(self.last_state_change).date())
        return super()._create_payment(**extra_create_values)
