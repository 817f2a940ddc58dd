from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.text import normalise_unit_name


class CfiaDuesClaim(models.TransientModel):
    """Say whose dues receipts pay that could not be matched (认领)."""

    _name = 'cfia.dues.claim'
    _description = "Claim Receipts"

    statement_line_ids = fields.Many2many(
        'account.bank.statement.line', string="Receipts", required=True, readonly=True)
    partner_id = fields.Many2one(
        'res.partner', string="Member", required=True,
        domain="['|', ('member_number', '!=', False), ('dues_paid_member_ids', '!=', False)]",
        help="A unit that pays for several members settles its bills, the oldest first.",
        compute='_compute_partner_id', store=True, readonly=False, precompute=True)
    suggestion_ids = fields.Many2many('res.partner', string="Suggested Members", compute='_compute_suggestion_ids')
    payer = fields.Char(compute='_compute_payer')
    is_payer_remembered = fields.Boolean(
        string="Remember the Payer",
        help="Later receipts of this payer are matched to the member by themselves.")

    # === COMPUTE METHODS === #

    @api.depends('statement_line_ids')
    def _compute_suggestion_ids(self):
        for claim in self:
            claim.suggestion_ids = claim.statement_line_ids.dues_suggestion_ids

    @api.depends('statement_line_ids')
    def _compute_partner_id(self):
        """Offer the likeliest member where the receipts have one in common."""
        for claim in self:
            likeliest = claim.statement_line_ids.mapped('dues_suggestion_id')
            claim.partner_id = likeliest if len(likeliest) == 1 else False

    @api.depends('statement_line_ids')
    def _compute_payer(self):
        for claim in self:
            names = claim.statement_line_ids.filtered('partner_name').mapped('partner_name')
            claim.payer = names[0] if len(set(map(normalise_unit_name, names))) == 1 else False

    # === ACTION METHODS === #

    def action_claim(self):
        """Settle the receipts for the member, and register the payer where asked.

        :raise UserError: when several payers would be remembered as one
        """
        self.ensure_one()
        self.statement_line_ids._claim_dues(self.partner_id)
        if self.is_payer_remembered:
            if not self.payer:
                raise UserError(self.env._("These receipts have no payer in common that could be remembered."))
            alias = self.env['cfia.dues.payer.alias'].create({
                'name': self.payer, 'partner_id': self.partner_id.id})
            self.statement_line_ids._to_settle().write({'dues_alias_id': alias.id})
        return {'type': 'ir.actions.act_window_close'}
