from odoo import fields, models

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked


class CfiaDuesAdjustment(models.Model):
    """What a decision or a rule changed on a dues line after it was billed. Never changed.

    The line holds what stands now; by these entries it is told how it stood on any past day.
    """

    _name = 'cfia.dues.adjustment'
    _description = "Adjustment of Dues"
    _inherit = ['cfia.ledger.mixin']
    _order = 'date, id'
    _rec_name = 'kind'

    dues_line_id = fields.Many2one('cfia.dues.line', string="Dues", required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='dues_line_id.company_id', store=True)
    currency_id = fields.Many2one(related='dues_line_id.currency_id')
    date = fields.Date(required=True)
    kind = fields.Selection(
        selection=[
            ('deferral', "Deferred"),
            ('waiver', "Waiver"),
            ('early', "Early payment"),
            ('early_back', "Early payment undone"),
        ],
        required=True)
    date_due_before = fields.Date(string="Due Before")
    date_due = fields.Date(string="Due From Then On")
    amount = fields.Monetary(string="Taken Off")
    move_id = fields.Many2one('account.move', string="Entry", ondelete='restrict', index='btree_not_null')


class CfiaDuesLine(models.Model):
    _inherit = 'cfia.dues.line'

    adjustment_ids = fields.One2many('cfia.dues.adjustment', 'dues_line_id', string="Adjustments", readonly=True)

    def _enter_adjustment(self, kind, day, **vals):
        """Append how this line was changed.

        :param str kind: a value of ``cfia.dues.adjustment.kind``
        :param date day: from which day it counts
        """
        # sudo: entries follow from the acts, nobody makes them by hand
        self.env['cfia.dues.adjustment'].sudo().create([
            {'dues_line_id': line.id, 'kind': kind, 'date': day, **vals} for line in self])

    def _get_early_payment(self):
        """Return the discount for early payment that stands, or nothing. One record."""
        # sudo: who undoes a payment need not read decisions
        last = self.sudo().adjustment_ids.filtered(
            lambda adjustment: adjustment.kind in ('early', 'early_back')).sorted('id')[-1:]
        return last.filtered(lambda adjustment: adjustment.kind == 'early')

    def _take_back_early_payment(self):
        """Owe again what early payment took off, on lines whose payment was undone."""
        today = association_today()
        for line in self:
            granted = line._get_early_payment()
            if not granted or line.currency_id.compare_amounts(line.amount_residual, 0.0) <= 0:
                continue
            line._enter_adjustment('early_back', today, amount=-granted.amount)
            unlocked(line).write({'rule_id': False})
            if granted.move_id:
                granted.move_id.line_ids.remove_move_reconcile()
                granted.move_id._reverse_moves(
                    [{'date': today, 'invoice_date': today, 'ref': self.env._("Payment undone: %(line)s", line=line.display_name)}],
                    cancel=True)
            else:
                unlocked(line).write({'amount_waived': line.amount_waived - granted.amount})


class AccountPartialReconcile(models.Model):
    _inherit = 'account.partial.reconcile'

    def unlink(self):
        """Take back the discounts that the payments undone here had earned."""
        # sudo: lines of these items, whoever undoes
        lines = self.sudo().debit_move_id.dues_line_id.filtered(lambda line: line._get_early_payment())
        result = super().unlink()
        lines._take_back_early_payment()
        return result
