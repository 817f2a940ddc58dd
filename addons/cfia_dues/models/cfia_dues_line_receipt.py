from odoo import api, fields, models
from odoo.exceptions import UserError


class CfiaDuesLine(models.Model):
    """Receipts of dues: what was paid and has none."""

    _inherit = 'cfia.dues.line'

    receipt_item_ids = fields.One2many('cfia.dues.receipt.item', 'dues_line_id', string="Receipt Items", readonly=True)
    amount_receipted = fields.Monetary(
        string="With Receipt", compute='_compute_receipts', store=True,
        help="What was paid and a receipt was issued or asked for.")
    amount_unreceipted = fields.Monetary(
        string="Without Receipt", compute='_compute_receipts', store=True,
        help="Paid and without a receipt; negative where a payment was undone after its receipt.")
    receipt_count = fields.Integer(compute='_compute_receipt_count')

    # === COMPUTE METHODS === #

    @api.depends('amount_paid', 'receipt_item_ids.amount', 'receipt_item_ids.state')
    def _compute_receipts(self):
        for line in self:
            # sudo: the money is no secret to who reads the line
            items = line.sudo().receipt_item_ids.filtered(lambda item: item.state != 'void')
            line.amount_receipted = sum(items.mapped('amount'))
            line.amount_unreceipted = line.currency_id.round(line.amount_paid - line.amount_receipted)

    def _compute_receipt_count(self):
        counts = dict(self.env['cfia.dues.receipt.item']._read_group(
            [('dues_line_id', 'in', self.ids)], ['dues_line_id'], ['__count']))
        for line in self:
            line.receipt_count = counts.get(line, 0)

    # === ACTION METHODS === #

    def action_request_receipt(self):
        """Ask for receipts over what was paid of these dues.

        :return: the action that shows them
        :raise UserError: when there is nothing without a receipt
        """
        receipts = self.env['cfia.dues.receipt']._request(self)
        if not receipts:
            raise UserError(self.env._("Nothing was paid here that has no receipt yet."))
        return self._get_receipt_action(receipts)

    def action_view_receipts(self):
        """Open the receipts of these dues."""
        return self._get_receipt_action(self.receipt_item_ids.receipt_id)

    # === PORTAL METHODS === #

    def _get_transfer_text(self):
        """Return what a payer of these dues copies into the bank's form, empty for no lines."""
        if not self:
            return ''
        bank = self.company_id[:1]._get_dues_bank()
        return "\n".join((
            self.env._("Account holder: %(holder)s", holder=bank.acc_holder_name or bank.partner_id.name or ""),
            self.env._("Bank: %(bank)s", bank=bank.bank_id.name or ""),
            self.env._("Account: %(account)s", account=bank.acc_number or ""),
            self.env._("Amount: %(amount).2f", amount=sum(self.mapped('amount_residual'))),
            self.env._("Remark: %(remark)s", remark=self._get_remark()),
        ))

    # === BUSINESS METHODS === #

    def _get_receipt_action(self, receipts):
        """Return the action that opens some receipts."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_dues.cfia_dues_receipt_action')
        action['domain'] = [('id', 'in', receipts.ids)]
        action['context'] = {}
        if len(receipts) == 1:
            action.update({'view_mode': 'form', 'views': [(False, 'form')], 'res_id': receipts.id})
        return action
