from odoo import fields, models

from .cfia_dues_line import Undone
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import is_unlocked, unlocked

# What a payment earned, and how the ledger says that it was taken back.
GRANTS = {'early': 'early_back', 'ahead': 'ahead_back'}


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
            ('ahead', "Several years in advance"),
            ('ahead_back', "Several years undone"),
            ('corrected', "Bill corrected"),
        ],
        required=True)
    date_due_before = fields.Date(string="Due Before")
    date_due = fields.Date(string="Due From Then On")
    amount = fields.Monetary(string="Taken Off")
    amount_before = fields.Monetary(string="Dues Before", help="Of dues that stood in no entry when they were corrected.")
    date_billed_before = fields.Date(string="Billed Before")
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
            lambda adjustment: adjustment.kind in GRANTS or adjustment.kind in GRANTS.values()).sorted('id')[-1:]
        return last.filtered(lambda adjustment: adjustment.kind in GRANTS)

    def _take_back_early_payment(self):
        """Owe again what paying early or years ahead took off, on lines whose payment was undone."""
        for line in self:
            if line.currency_id.compare_amounts(line.amount_residual, 0.0) > 0:
                line._undo_grants()

    def _undo_grants(self, is_kept=False):
        """Take back what paying early or years ahead took off these lines.

        :param bool is_kept: whether the bill itself goes: what was taken off it stays with it, an agreement goes on
        """
        today = association_today()
        following = self.browse()
        for line in self:
            granted = line._get_early_payment()
            if not granted:
                continue
            line._enter_adjustment(
                GRANTS[granted.kind], today, amount=-granted.amount, move_id=is_kept and granted.move_id.id)
            unlocked(line).write({'rule_id': False})
            if granted.kind == 'ahead' and not is_kept:
                # sudo: the years agreed together go together, whoever reads them
                following |= self.sudo().search([
                    ('company_id', '=', line.company_id.id), ('partner_id', '=', line.partner_id.id),
                    ('year', '>', line.year), ('year', '<', line.year + line.years), ('years', '=', line.years)])
                unlocked(line).write({'years': 1})
            if granted.move_id and is_kept:
                continue
            if granted.move_id:
                unlocked(granted.move_id.line_ids).remove_move_reconcile()
                granted.move_id._reverse_moves(
                    [{'date': today, 'invoice_date': today, 'ref': self.env._("Payment undone: %(line)s", line=line.display_name)}],
                    cancel=True)
            else:
                unlocked(line).write({'amount_waived': line.amount_waived - granted.amount})
        if following:
            # the years after it are owed at their full price again
            unlocked(following).write({'years': 1, 'rule_id': False})
            billed = following.filtered(lambda line: line.move_id or line.date_billed)
            unlocked((following - billed).filtered(lambda line: not line.item_ids)).unlink()
            billed._correct(self.env._("Payment of several years undone"))


class AccountPartialReconcile(models.Model):
    _inherit = 'account.partial.reconcile'

    def unlink(self):
        """Take back the discounts that the payments undone here had earned."""
        if is_unlocked(self):
            return super().unlink()
        # sudo: lines of these items, whoever undoes
        items = self.sudo().debit_move_id.filtered('dues_line_id')
        notes, money = self.sudo().credit_move_id.filtered('dues_note_line_id'), self.credit_move_id.ids
        result = super().unlink()
        items = items.exists()
        items.filtered(lambda item: item.parent_state == 'posted')._settle_dues_notes(undone=notes)
        items.dues_line_id.with_context(cfia_dues_undone=Undone(money))._take_back_early_payment()
        return result
