from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.cfia_membership.tools.text import normalise_unit_name


class CfiaDuesClaim(models.TransientModel):
    """Say whose dues receipts pay that could not be matched (认领)."""

    _name = 'cfia.dues.claim'
    _description = "Claim Receipts"

    statement_line_ids = fields.Many2many(
        'account.bank.statement.line', string="Receipts", required=True, readonly=True)
    partner_id = fields.Many2one(
        'res.partner', string="Member",
        domain="['|', ('member_number', '!=', False), ('dues_paid_member_ids', '!=', False)]",
        help="A unit that pays for several members settles its bills, the oldest first.",
        compute='_compute_partner_id', store=True, readonly=False, precompute=True)
    suggestion_ids = fields.Many2many('res.partner', string="Suggested Members", compute='_compute_suggestion_ids')
    payer = fields.Char(compute='_compute_payer')
    share_ids = fields.One2many(
        'cfia.dues.claim.share', 'claim_id', string="Shared Out", compute='_compute_share_ids', store=True, readonly=False,
        precompute=True, help="Where one receipt pays for several members: whose dues and how much of each.")
    amount_left = fields.Monetary(string="Not Shared Out", compute='_compute_amount_left')
    currency_id = fields.Many2one('res.currency', compute='_compute_amount_left')
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
            receipts = claim.statement_line_ids
            likeliest = receipts.mapped('dues_suggestion_id')
            named = receipts._get_members_by_remark().values() if receipts else []
            # a receipt that names several is shared out
            is_shared = any(len(members) > 1 for members in named)
            claim.partner_id = likeliest if len(likeliest) == 1 and not is_shared else False

    @api.depends('statement_line_ids')
    def _compute_share_ids(self):
        """Offer the members that the remark names, each with what it owes, the oldest money first."""
        for claim in self:
            receipt = claim.statement_line_ids
            members = receipt._get_members_by_remark().get(receipt) if len(receipt) == 1 else self.env['res.partner']
            commands, left = [Command.clear()], sum(receipt.mapped('amount'))
            if members and len(members) > 1:
                owed = members._get_dues_owed(receipt.company_id)
                for member in members:
                    share = min(left, owed[member])
                    commands.append(Command.create({'partner_id': member.id, 'amount': share}))
                    left -= share
            claim.share_ids = commands

    @api.depends('share_ids.amount', 'statement_line_ids')
    def _compute_amount_left(self):
        for claim in self:
            claim.currency_id = claim.statement_line_ids.currency_id[:1] or self.env.company.currency_id
            claim.amount_left = sum(claim.statement_line_ids.mapped('amount')) - sum(claim.share_ids.mapped('amount'))

    @api.depends('statement_line_ids')
    def _compute_payer(self):
        for claim in self:
            names = claim.statement_line_ids.filtered('partner_name').mapped('partner_name')
            claim.payer = names[0] if len(set(map(normalise_unit_name, names))) == 1 else False

    # === ACTION METHODS === #

    def action_claim(self):
        """Settle the receipts for the member, and register the payer where asked.

        :raise UserError: when several payers would be remembered as one, or the shares are not what came
        """
        self.ensure_one()
        shares = self.share_ids.filtered(lambda share: share.amount > 0)
        member = self.partner_id or shares[:1].partner_id
        if not member:
            raise UserError(self.env._("Choose the member whose dues are paid."))
        portions = None
        # a member chosen says that all is his
        if shares and not self.partner_id:
            portions = self._get_portions(shares)
        self.statement_line_ids._claim_dues(member, portions)
        if self.is_payer_remembered:
            if portions:
                raise UserError(self.env._("A payer is remembered for one member, not for several."))
            if not self.payer:
                raise UserError(self.env._("These receipts have no payer in common that could be remembered."))
            alias = self.env['cfia.dues.payer.alias'].create({
                'name': self.payer, 'partner_id': member.id})
            self.statement_line_ids._to_settle().write({'dues_alias_id': alias.id})
        return {'type': 'ir.actions.act_window_close'}

    def _get_portions(self, shares):
        """Return how one receipt is shared out.

        :param shares: records with an amount
        :return: [(member, amount)]
        :raise UserError: for several receipts, a member named twice, or more or less than came
        """
        if len(self.statement_line_ids) > 1:
            raise UserError(self.env._("Share out one receipt at a time."))
        if len(shares.partner_id) < len(shares):
            raise UserError(self.env._("Name each member once."))
        if self.currency_id.compare_amounts(self.amount_left, 0.0) != 0:
            raise UserError(self.env._(
                "The shares have to be what came: %(left)s is left over.", left=self.amount_left))
        return [(share.partner_id, share.amount) for share in shares]


class CfiaDuesClaimShare(models.TransientModel):
    """What of a receipt pays the dues of one member."""

    _name = 'cfia.dues.claim.share'
    _description = "Share of a Claimed Receipt"

    claim_id = fields.Many2one('cfia.dues.claim', required=True, ondelete='cascade')
    currency_id = fields.Many2one(related='claim_id.currency_id')
    partner_id = fields.Many2one(
        'res.partner', string="Member", required=True, domain="[('member_number', '!=', False)]")
    amount_owed = fields.Monetary(string="Owes", compute='_compute_amount_owed')
    amount = fields.Monetary(string="Pays", compute='_compute_amount', store=True, readonly=False, precompute=True)

    @api.depends('partner_id', 'claim_id.statement_line_ids')
    def _compute_amount_owed(self):
        owed = self.partner_id._origin._get_dues_owed(
            self.claim_id.statement_line_ids.company_id[:1] or self.env.company)
        for share in self:
            share.amount_owed = owed.get(share.partner_id._origin, 0.0)

    @api.depends('partner_id')
    def _compute_amount(self):
        for share in self:
            share.amount = share.amount or share.amount_owed
