from odoo import models

from .account_bank_statement_line import SETTLE_CONTEXT
from odoo.addons.cfia_membership.tools.text import normalise_unit_name


class AccountBankStatementLine(models.Model):
    """Money that goes out again: a transfer that bounced (退汇), a credit that is paid back (退费)."""

    _inherit = 'account.bank.statement.line'

    # === BUSINESS METHODS === #

    def _match_returns(self):
        """Settle outgoing transfers by what they take back, where it is certain.

        That is the receipt of the same reference or, where only one can be meant, of the same payer over the same
        amount; dues that it paid are owed again. Otherwise it is the open credit of the member that number or name
        point to, where that covers it. What is left waits for a person.
        """
        if not self:
            return
        identified = self._identify_members()
        for line in self:
            receipt = line._find_returned()
            if receipt:
                line._take_back(receipt)
                continue
            member = identified[line][1]
            if member and line._pay_back_credit(member):
                line._to_settle().write({'dues_match': 'refund', 'dues_note': False})
                member.invalidate_recordset(['dues_amount_credit'])
                # sudo: the task to pay back ends with the payment, whosever it is
                member_sudo = member.sudo()
                if line.currency_id.is_zero(member_sudo.dues_amount_credit):
                    member_sudo.activity_feedback(['cfia_dues.mail_act_dues_exit'])
            elif line._says_returned():
                line._to_settle().write({
                    'dues_match': 'unidentified',
                    'dues_note': self.env._("No receipt of this amount and payer, and no open credit that covers it."),
                })

    def _find_returned(self):
        """Return the receipt that this outgoing transfer takes back, none where several may be meant."""
        self.ensure_one()
        receipts = self.search([
            ('journal_id', '=', self.journal_id.id), ('amount', '=', -self.amount), ('date', '<=', self.date),
            ('state', '=', 'posted'), ('dues_match', 'not in', ('returned', 'duplicate')),
        ], order='date desc, id desc')
        if self.bank_reference:
            same = receipts.filtered(lambda receipt: receipt.bank_reference == self.bank_reference)
            if same:
                return same[:1]
        key = normalise_unit_name(self.partner_name)
        numbered = self._get_members_by_remark()[self]
        same = receipts.filtered(
            lambda receipt: key and normalise_unit_name(receipt.partner_name) == key
            or numbered and receipt.dues_member_id in numbered)
        # several alike: only where the bank says that it is a return, and then the last one
        return same if len(same) == 1 and self._says_returned() else same.browse()

    def _says_returned(self):
        """Tell whether the bank calls this transfer a return of one that came."""
        return any(word in (self.payment_ref or '') for word in ('退汇', '退回', '退票', '退款', '冲正', '冲账', '退会费', '退多缴', '退还'))

    def _take_back(self, receipt):
        """Settle a receipt and this transfer by one another: what the receipt had paid is owed again."""
        self.ensure_one()
        if receipt.is_reconciled:
            receipt.action_undo_reconciliation()
        partner = receipt.partner_id or self.partner_id
        account = self.env['res.partner'].browse(partner.id or self.company_id.partner_id.id).with_company(
            self.company_id).property_account_receivable_id
        items = self.env['account.move.line']
        for line in receipt | self:
            suspense = line._seek_for_lines()[1]
            line.move_id.with_context(**SETTLE_CONTEXT).write({'line_ids': [
                *((2, item.id) for item in suspense),
                (0, 0, {
                    'name': line.payment_ref, 'account_id': account.id, 'partner_id': partner.id,
                    'currency_id': line.currency_id.id, 'amount_currency': -line.amount, 'balance': -line.amount,
                }),
            ]})
            items += line.line_ids.filtered(lambda item: item.account_id == account)
        items.reconcile()
        (receipt | self)._to_settle().write({'dues_match': 'returned', 'dues_note': False})
        self._to_settle().write({'dues_return_id': receipt.id})

    def _pay_back_credit(self, member):
        """Settle this outgoing transfer by what a member has as open credit, the newest first.

        :param member: the member
        :return: whether the credit covers it
        """
        self.ensure_one()
        credits = self.env['account.move.line'].search([
            ('dues_member_id', '=', member.id), ('company_id', '=', self.company_id.id), ('parent_state', '=', 'posted'),
            ('account_type', '=', 'asset_receivable'), ('reconciled', '=', False), ('amount_residual', '<', 0),
        ], order='date desc, id desc')
        account = credits[:1].account_id
        credits = credits.filtered(lambda credit: credit.account_id == account)
        if self.currency_id.compare_amounts(-sum(credits.mapped('amount_residual')), -self.amount) < 0:
            return False
        suspense = self._seek_for_lines()[1]
        self.move_id.with_context(**SETTLE_CONTEXT).write({'partner_id': member.id, 'line_ids': [
            *((2, item.id) for item in suspense),
            (0, 0, {
                'name': self.payment_ref, 'account_id': account.id, 'partner_id': member.id,
                'currency_id': self.currency_id.id, 'amount_currency': -self.amount, 'balance': -self.amount,
            }),
        ]})
        refund = self.line_ids.filtered(lambda item: item.account_id == account)
        for credit in credits:
            if not refund.reconciled:
                (refund + credit).reconcile()
        return True
