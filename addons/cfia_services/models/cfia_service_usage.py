from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.index import trigram_index


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
    lesson_id = fields.Many2one(
        'cfia.lesson', index='btree_not_null', ondelete='restrict', domain="[('service_id', '=', service_id)]")
    note = fields.Char(string="What For")
    user_id = fields.Many2one(
        'res.users', string="Recorded By", required=True, readonly=True, default=lambda self: self.env.user)

    _quantity_not_zero = models.Constraint('CHECK (quantity <> 0)', "The quantity cannot be zero.")
    _order_idx = models.Index('(date DESC, id DESC)')
    _note_trigram_idx = trigram_index('note')

    # === COMPUTE METHODS === #

    @api.depends('entitlement_id', 'date')
    def _compute_display_name(self):
        for usage in self:
            usage.display_name = f"{usage.entitlement_id.display_name or ''} · {usage.date or ''}"

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
        used = Counter()
        for vals in vals_list:
            used[vals.get('entitlement_id')] += vals.get('quantity', 1)
        # sudo: the counter is read for the check and written by the ledger alone
        entitlements_sudo = unlocked(self.env['cfia.entitlement'].sudo()).browse(filter(None, used))
        # before anything is written, so that a refusal leaves nothing behind
        entitlements_sudo._check_quota(used)
        usages = super().create(vals_list)
        for usage in usages:
            usage._check_day()
            usage._check_lesson()
        for entitlement_sudo in entitlements_sudo:
            entitlement_sudo.quota_used += used[entitlement_sudo.id]
        entitlements_sudo.flush_recordset(['quota_used'])
        return usages

    def _check_day(self):
        """Refuse usage outside the time of the entitlement, or before its account is open.

        :raise UserError: naming the entitlement
        """
        self.ensure_one()
        entitlement = self.entitlement_id
        if entitlement.is_waiting:
            raise UserError(self.env._(
                "%(entitlement)s waits for its account. Enter the account first.", entitlement=entitlement.display_name))
        if self.date < entitlement.date_from or (entitlement.date_to and self.date > entitlement.date_to):
            raise UserError(self.env._(
                "%(entitlement)s is not good on %(date)s. Open a new one first.",
                entitlement=entitlement.display_name, date=fields.Date.to_string(self.date),
            ))

    def _check_lesson(self):
        """Refuse a lesson of another service.

        :raise UserError: naming the lesson
        """
        self.ensure_one()
        if self.lesson_id and self.lesson_id.service_id != self.service_id:
            raise UserError(self.env._(
                "“%(lesson)s” is no lesson of “%(service)s”. Choose one that is on offer there.",
                lesson=self.lesson_id.name, service=self.service_id.name,
            ))
