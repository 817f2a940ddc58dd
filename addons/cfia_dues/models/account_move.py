from odoo import fields, models


class AccountMove(models.Model):
    _inherit = 'account.move'

    # the reverse of the line's invoice saves a search at each change of an invoice
    dues_line_ids = fields.One2many('cfia.dues.line', 'move_id', string="Dues Lines")

    def _get_dues_credited(self):
        """Return how much of each invoice was taken off by something else than money.

        Credit notes and write-offs are; bank lines and payments are not.

        :return: {move: amount}
        :rtype: dict
        """
        touched = self.filtered(
            lambda move: move.state == 'posted' and move.amount_residual != move.amount_total)
        credited = {}
        for move in touched:
            receivables = move.line_ids.filtered(lambda aml: aml.account_type == 'asset_receivable')
            credited[move] = sum(
                partial.debit_amount_currency
                for partial in receivables.matched_credit_ids
                if not partial.credit_move_id._is_dues_money()
            )
        return credited
