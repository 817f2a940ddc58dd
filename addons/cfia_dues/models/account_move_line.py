from odoo import fields, models

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    dues_line_id = fields.Many2one(
        'cfia.dues.line', readonly=True, copy=False, index='btree_not_null',
        help="Income items say what was billed, receivable items what is owed of it.")
    dues_member_id = fields.Many2one(
        'res.partner', string="Dues of Member", readonly=True, copy=False, index='btree_not_null',
        help="The member whose dues this bank receipt pays. What is left open is the member's credit.")
    dues_note_line_id = fields.Many2one(
        'cfia.dues.line', string="Takes Off", readonly=True, copy=False, index='btree_not_null',
        help="The dues whose bill this item of a credit note reverses.")
    dues_superseded_from = fields.Date(
        string="Superseded From", readonly=True, copy=False,
        help="From this day on another bill stands in place of the one that this item is of.")

    # === BUSINESS METHODS === #

    def _filtered_dues_receivables(self):
        """Return those of these items that are posted and by which dues are owed."""
        return self.filtered(
            lambda aml: aml.dues_line_id and not aml.dues_superseded_from
            and aml.parent_state == 'posted' and aml.account_id.account_type == 'asset_receivable')

    def _get_dues_member(self):
        """Return the member whose dues this item is about, nobody where it is about none."""
        self.ensure_one()
        return self.dues_line_id.partner_id or self.dues_member_id

    def _get_dues_notes(self):
        """Return the receivable items of posted credit notes that reverse the bills of these items.

        :return: {item of a bill: items of its credit notes}
        :rtype: dict
        """
        return {
            item: item.move_id.reversal_move_ids.filtered(lambda move: move.state == 'posted').line_ids.filtered(
                lambda aml, line=item.dues_line_id: aml.dues_note_line_id == line
                and aml.account_id.account_type == 'asset_receivable')
            for item in self
        }

    def _get_dues_credited(self):
        """Return how much of each receivable item was taken off by something else than money.

        Credit notes take off the bill that they reverse: what they settle of it, and once it was paid also
        what they gave back or settled elsewhere. There it is money carried over. Write-offs in the entry of
        a payment take off; bank lines, payments and differences of exchange do not.

        :return: {item: (amount taken off, amount of it by notes that reverse the bill)}
        :rtype: dict
        """
        credited = {}
        for item, notes in self._get_dues_notes().items():
            if item.amount_residual == item.balance and not notes:
                continue
            here = other = 0.0
            for partial in item.matched_credit_ids:
                if partial.credit_move_id in notes:
                    here += partial.amount
                else:
                    other += partial.amount * (1 - partial.credit_move_id._get_dues_money_share())
            settled = item.balance - item.amount_residual
            elsewhere = min(-sum(notes.mapped('balance')) - here - item.amount_residual, settled - here - other)
            reversed_amount = here + max(elsewhere, 0.0)
            credited[item] = other + reversed_amount, reversed_amount
        return credited

    def _get_dues_money_share(self):
        """Return which share of this credit item is money: 1 of a receipt, 0 of a credit note.

        A payment that writes off a difference is money for the rest. A credit note over a bill that was
        paid is money carried over wherever else it is used.
        """
        self.ensure_one()
        move = self.move_id
        if self.dues_note_line_id or move.journal_id == move.company_id.currency_exchange_journal_id:
            return 1.0
        if not (self.dues_member_id or move.statement_line_id or move.origin_payment_id):
            return 0.0
        credit = sum(aml.credit for aml in move.line_ids if aml.account_id.account_type == 'asset_receivable')
        written_off = sum(
            aml.balance for aml in move.line_ids
            if aml.account_id.internal_group in ('income', 'expense'))
        return min(max((credit - written_off) / credit, 0.0), 1.0) if credit else 1.0

    def _get_dues_money_day(self):
        """Return the day on which the last of these credits came as money: of a credit note, when its bill was paid."""
        days = self.filtered(lambda item: not item.dues_note_line_id).mapped('date')
        for note in self.filtered('dues_note_line_id'):
            bill = note.move_id.reversed_entry_id.line_ids.filtered(
                lambda item, note=note: item.dues_line_id == note.dues_note_line_id
                and item.account_id.account_type == 'asset_receivable')
            money = bill.matched_credit_ids.credit_move_id.filtered(lambda item: item.move_id != note.move_id)
            days.append(money._get_dues_money_day() if money else note.date)
        return max(days)

    def _settle_dues_notes(self, undone=None):
        """Have what is open of these bills settled by the credit notes that reverse them.

        A note that was used elsewhere because its bill was paid comes back when it is not any more.

        :param undone: items of notes that somebody is taking off just now
        """
        owing = self.env['cfia.dues.line']
        for item, notes in self._get_dues_notes().items():
            notes -= undone or self.browse()
            if item.reconciled or not notes:
                continue
            elsewhere = notes.matched_debit_ids.filtered(
                lambda partial, item=item: partial.debit_move_id != item and partial.debit_move_id.dues_line_id)
            left = elsewhere.debit_move_id
            for partial in elsewhere.sorted('id', reverse=True):
                if -sum(notes.mapped('amount_residual')) >= item.amount_residual:
                    break
                owing |= partial.debit_move_id.dues_line_id
                unlocked(partial).unlink()
            for note in notes:
                if not note.reconciled and not item.reconciled and note.account_id == item.account_id:
                    unlocked(item + note).reconcile()
            # what it can still pay there, it pays
            for debit in left:
                for note in notes:
                    if not note.reconciled and not debit.reconciled and note.account_id == debit.account_id:
                        unlocked(debit + note).reconcile()
            # a bill that was reversed itself is settled by its own notes, wherever they are
            left._settle_dues_notes(undone)
        owing._take_back_early_payment()

    def _recognise_what_is_left(self):
        """Cancel the entries of these items, over which money was booked as income that went back, and book anew what other money paid.

        Nobody waives anything: what did not come is owed again.
        """
        # sudo: whose dues are owed again, whoever undoes
        left_sudo = {
            line: items for line, items in self.sudo().grouped('dues_line_id').items() if items.matched_credit_ids}
        amounts = {line: sum(items.mapped('balance')) - sum(items.mapped('amount_residual')) for line, items in left_sudo.items()}
        credits_sudo = {line: items.matched_credit_ids.credit_move_id for line, items in left_sudo.items()}
        unlocked(self.move_id).button_draft()
        unlocked(self.move_id).button_cancel()
        if amounts:
            # sudo: what other money paid is booked anew, whoever undoes
            lines_sudo = self.env['cfia.dues.line'].sudo()
            for line, receivable in lines_sudo._recognise(amounts, association_today()).items():
                unlocked(receivable + credits_sudo[line].filtered(lambda item, own=receivable: item.account_id == own.account_id)).reconcile()
