from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.dates import association_today


class CfiaServiceUsage(models.Model):
    """Ledger of what members used of their entitlements. A correction is a further, negative entry."""

    _name = 'cfia.service.usage'
    _description = "Service Usage"
    _inherit = ['cfia.ledger.mixin']
    _order = 'date desc, id desc'

    entitlement_id = fields.Many2one(
        'cfia.entitlement', required=True, index=True, ondelete='restrict',
        domain="[('state', '=', 'open')]")
    partner_id = fields.Many2one(related='entitlement_id.partner_id', string="Unit", store=True, index=True)
    service_id = fields.Many2one(related='entitlement_id.service_id', store=True, index=True)
    date = fields.Date(required=True, default=lambda self: association_today())
    quantity = fields.Integer(required=True, default=1)
    note = fields.Char(string="What For")
    user_id = fields.Many2one(
        'res.users', string="Recorded By", required=True, readonly=True, default=lambda self: self.env.user)

    _quantity_not_zero = models.Constraint('CHECK (quantity <> 0)', "The quantity cannot be zero.")

    # === COMPUTE METHODS === #

    @api.depends('entitlement_id', 'date')
    def _compute_display_name(self):
        for usage in self:
            usage.display_name = f"{usage.entitlement_id.display_name} · {usage.date}"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Draw on the entitlements.

        The counter on the entitlement is written with the ledger: of two sessions that draw at once
        one fails to serialise and starts again, and the database refuses to go beyond the quota.

        :raise UserError: when an entitlement is used up, or not good on the day
        """
        if not self.env.su:
            vals_list = [{**vals, 'user_id': self.env.uid} for vals in vals_list]
        usages = super().create(vals_list)
        used = Counter()
        for usage in usages:
            usage._check_day()
            used[usage.entitlement_id] += usage.quantity
        for entitlement, quantity in used.items():
            # sudo: the counter is written by the ledger alone
            entitlement_sudo = entitlement.sudo()
            if entitlement_sudo.quota and entitlement_sudo.quota_used + quantity > entitlement_sudo.quota:
                raise UserError(self.env._(
                    "%(entitlement)s: %(left)s of %(quota)s left, %(quantity)s asked for.",
                    entitlement=entitlement.display_name, left=entitlement_sudo.quota_left,
                    quota=entitlement_sudo.quota, quantity=quantity,
                ))
            entitlement_sudo.quota_used += quantity
        self.env['cfia.entitlement'].flush_model(['quota_used'])
        return usages

    def _check_day(self):
        """Refuse usage outside the time of the entitlement.

        :raise UserError: naming the entitlement
        """
        self.ensure_one()
        entitlement = self.entitlement_id
        if self.date < entitlement.date_from or (entitlement.date_to and self.date > entitlement.date_to):
            raise UserError(self.env._(
                "%(entitlement)s is not good on %(date)s. Open a new one first.",
                entitlement=entitlement.display_name, date=fields.Date.to_string(self.date),
            ))
