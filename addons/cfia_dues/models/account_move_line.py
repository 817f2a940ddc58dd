from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    dues_line_id = fields.Many2one(
        'cfia.dues.line', readonly=True, copy=False, index='btree_not_null',
        help="Income items say what was billed, receivable items what is owed of it.")
    dues_member_id = fields.Many2one(
        'res.partner', string="Dues of Member", readonly=True, copy=False, index='btree_not_null',
        help="The member whose dues this bank receipt pays. What is left open is the member's credit.")

    # === BUSINESS METHODS === #

    def _filtered_dues_receivables(self):
        """Return those of these items that are posted and by which dues are owed."""
        return self.filtered(
            lambda aml: aml.dues_line_id
            and aml.parent_state == 'posted' and aml.account_id.account_type == 'asset_receivable')

    def _get_dues_member(self):
        """Return the member whose dues this item is about, nobody where it is about none."""
        self.ensure_one()
        return self.dues_line_id.partner_id or self.dues_member_id

    def _get_dues_credited(self):
        """Return how much of each receivable item was taken off by something else than money.

        Credit notes are, also those given after the money came, and write-offs in the entry of a
        payment; bank lines, payments and differences of exchange are not.

        :return: {item: amount in the company's currency}
        :rtype: dict
        """
        credited = {}
        for item in self:
            if item.amount_residual == item.balance:
                continue
            # sudo: of how many members an invoice is, whoever asks
            notes = item.move_id.reversal_move_ids.filtered(
                lambda move: move.state == 'posted' and len(item.move_id.sudo().dues_line_ids) <= 1)
            amount = sum(abs(note.amount_total_signed) for note in notes)
            for partial in item.matched_credit_ids:
                counterpart = partial.credit_move_id
                if counterpart.move_id not in notes:
                    amount += partial.amount * (1 - counterpart._get_dues_money_share())
            credited[item] = amount
        return credited

    def _get_dues_money_share(self):
        """Return which share of this credit item is money: 1 of a receipt, 0 of a credit note.

        A payment that writes off a difference is money for the rest.
        """
        self.ensure_one()
        move = self.move_id
        if move.journal_id == move.company_id.currency_exchange_journal_id:
            return 1.0
        if not (self.dues_member_id or move.statement_line_id or move.origin_payment_id):
            return 0.0
        credit = sum(aml.credit for aml in move.line_ids if aml.account_id.account_type == 'asset_receivable')
        written_off = sum(
            aml.balance for aml in move.line_ids
            if aml.account_id.internal_group in ('income', 'expense'))
        return min(max((credit - written_off) / credit, 0.0), 1.0) if credit else 1.0
