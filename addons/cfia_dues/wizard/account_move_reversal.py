from odoo import models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked


class AccountMoveReversal(models.TransientModel):
    _inherit = 'account.move.reversal'

    def reverse_moves(self, is_modify=False):
        """Let the invoice that replaces a bill of dues carry the dues, at the price that is right now.

        Whoever keeps the books may do so: nothing is taken off, the new invoice is at the resolution's price.

        :raise UserError: for a day to come, on which nobody is at work
        """
        bills = self.move_ids._filtered_dues_bills() if is_modify else self.env['account.move']
        if not bills:
            return super().reverse_moves(is_modify=is_modify)
        if self.date > association_today():
            raise UserError(self.env._("Replace a bill of dues today or with an earlier date: %(date)s is to come.", date=self.date))
        # sudo: which dues a bill is about, whoever replaces it
        lines_by_bill = {bill: bill.sudo().dues_line_ids for bill in bills}
        action = super(AccountMoveReversal, unlocked(self)).reverse_moves(is_modify=is_modify)
        for bill, invoice in zip(self.move_ids, self.new_move_ids):
            if bill in lines_by_bill:
                lines_by_bill[bill]._take_over(bill, invoice, self.date)
        return action
