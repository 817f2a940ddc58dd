from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    dues_line_id = fields.Many2one(
        'cfia.dues.line', readonly=True, copy=False, index='btree_not_null')
    dues_member_id = fields.Many2one(
        'res.partner', string="Dues of Member", readonly=True, copy=False, index='btree_not_null',
        help="The member whose dues this bank receipt pays. What is left open is the member's credit.")

    # === BUSINESS METHODS === #

    def _is_dues_money(self):
        """Tell whether this item is money received: of a bank line, a payment or a member's credit."""
        self.ensure_one()
        move = self.move_id
        return bool(self.dues_member_id or move.statement_line_id or move.origin_payment_id)
