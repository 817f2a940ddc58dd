from urllib.parse import urlencode

from odoo import models

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.payment import utils as payment_utils


class AccountMove(models.Model):
    """Bills of dues can be paid online where the association set up payment providers."""

    _inherit = 'account.move'

    def _get_dues_online_amount(self):
        """Return what pays this bill in full today: what is open, less what paying early earns.

        :rtype: float
        """
        self.ensure_one()
        # sudo: what paying early earns does not depend on who pays
        discounts = self.sudo().dues_line_ids.sorted('year')._get_early_discounts(self.amount_residual, association_today())
        return self.currency_id.round(
            self.amount_residual - sum(discount for discount, _rule in discounts.values()))

    def _is_dues_payable_online(self, partner):
        """Tell whether a payment provider takes what is open of this bill.

        :param partner: the person who would pay
        """
        self.ensure_one()
        # sudo: the list of providers is not read by members
        return self._is_dues() and self._has_to_be_paid() and bool(
            self.env['payment.provider'].sudo()._get_compatible_providers(
                self.company_id.id, partner.id, self.amount_residual, currency_id=self.currency_id.id))

    def _get_dues_payment_url(self):
        """Return the address of Odoo's payment page for this bill."""
        self.ensure_one()
        amount = self._get_dues_online_amount()
        return '/payment/pay?' + urlencode({
            'amount': amount,
            'invoice_id': self.id,
            'access_token': payment_utils.generate_access_token(
                self.partner_id.id, amount, self.currency_id.id, env=self.env),
        })
