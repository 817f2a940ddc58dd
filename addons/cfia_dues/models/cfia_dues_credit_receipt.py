from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.cfia_membership.tools.guard import unlocked

# Who reads the items of receipts (see the access lines of the model).
RECEIPT_READER_GROUPS = ','.join(
    f'cfia_membership.group_cfia_{role}' for role in ('accountant', 'auditor', 'organisation', 'secretary_general'))


class AccountMoveLine(models.Model):
    """Money that members paid ahead, and its receipts."""

    _inherit = 'account.move.line'

    receipt_item_ids = fields.One2many(
        'cfia.dues.receipt.item', 'credit_item_id', string="Receipt Items", readonly=True, groups=RECEIPT_READER_GROUPS)
    # sudo: sums; whoever may read the journal item may know them
    dues_amount_ahead = fields.Monetary(
        string="Paid Ahead", compute='_compute_dues_ahead', compute_sudo=True, currency_field='company_currency_id',
        help="What is left of the money for years to come.")
    dues_amount_unreceipted = fields.Monetary(
        string="Without Receipt", compute='_compute_dues_ahead', compute_sudo=True, currency_field='company_currency_id')

    @api.depends('amount_residual', 'receipt_item_ids.amount', 'receipt_item_ids.state', 'receipt_item_ids.dues_line_id')
    def _compute_dues_ahead(self):
        for item in self:
            receipted = item.receipt_item_ids.filtered(lambda line: line.state != 'void' and not line.dues_line_id)
            item.dues_amount_ahead = -item.amount_residual
            # what a credit note gives back had its receipt when it came
            item.dues_amount_unreceipted = 0.0 if item.dues_note_line_id else item.company_currency_id.round(
                -item.amount_residual - sum(receipted.mapped('amount')))

    def unlink(self):
        """Keep receipts over money paid ahead that is undone: finance decides on them."""
        # sudo: who undoes a match need not keep receipts
        items_sudo = self.sudo().receipt_item_ids
        if items_sudo:
            items_sudo._forget_credit()
        return super().unlink()

    def action_request_receipt(self):
        """Ask for receipts over money paid ahead.

        :return: the action that shows them
        :raise UserError: when there is nothing without a receipt
        """
        receipts = self.env['cfia.dues.receipt']._request_ahead(self)
        if not receipts:
            raise UserError(self.env._("Nothing was paid here that has no receipt yet."))
        return self.env['cfia.dues.line']._get_receipt_action(receipts)


class CfiaDuesReceipt(models.Model):
    _inherit = 'cfia.dues.receipt'

    @api.model
    def _request_ahead(self, items):
        """Ask for receipts over money that members paid ahead and that has none yet: one for each payer.

        :param items: receivable items of bank receipts, many records
        :return: the new receipts
        """
        items = items.filtered(
            lambda item: item.dues_member_id and item.parent_state == 'posted'
            and item.company_currency_id.compare_amounts(item.dues_amount_unreceipted, 0.0) > 0)
        groups = items.grouped(
            lambda item: (item.company_id, item.dues_member_id.dues_payer_id or item.dues_member_id))
        return unlocked(self.with_context(mail_create_nosubscribe=True)).create([
            {
                'company_id': company.id,
                'partner_id': payer.id,
                'item_ids': [
                    Command.create({
                        'credit_item_id': item.id,
                        'amount': item.dues_amount_unreceipted,
                        # two requests at once would take the same number
                        'sequence': len(item.receipt_item_ids) + 1,
                    })
                    for item in group
                ],
            }
            for (company, payer), group in groups.items()
        ]).with_env(self.env)


class AccountPartialReconcile(models.Model):
    _inherit = 'account.partial.reconcile'

    @api.model_create_multi
    def create(self, vals_list):
        """Let the receipt over money paid ahead be the receipt of the dues that are paid from it."""
        partials = super().create(vals_list)
        if not self.env['account.move']._may_take_back_dues():
            partials._check_dues_waiver()
        # sudo: whoever bills or reconciles need not keep receipts
        for partial in partials.sudo().filtered(
                lambda partial: partial.debit_move_id.dues_line_id and partial.credit_move_id.receipt_item_ids):
            partial._move_receipt_items()
        return partials

    def _check_dues_waiver(self):
        """Refuse to settle dues with a credit note, an entry or a write-off behind which no money is.

        :raise UserError: naming the entry and the way out
        """
        # sudo: who reconciles need not read dues
        for partial in self.sudo().filtered('debit_move_id.dues_line_id'):
            if partial.credit_move_id._get_dues_money_share() < 1.0:
                raise UserError(self.env._(
                    "%(entry)s would settle dues without money. A waiver is a decision: enter a request for it "
                    "under Dues > Waivers and Deferrals.", entry=partial.credit_move_id.move_id.display_name))

    def _move_receipt_items(self):
        """Split what is receipted ahead: as much as was settled here is over the dues line. One record."""
        self.ensure_one()
        line, left = self.debit_move_id.dues_line_id, self.amount
        ahead = unlocked(self.credit_move_id).receipt_item_ids.filtered(
            lambda item: item.state != 'void' and not item.dues_line_id).sorted('id')
        for item in ahead:
            share = min(left, item.amount)
            if item.currency_id.compare_amounts(share, 0.0) <= 0:
                break
            left -= share
            sequence = len(line.receipt_item_ids) + 1
            if item.currency_id.compare_amounts(share, item.amount) == 0:
                item.write({'dues_line_id': line.id, 'sequence': sequence})
                continue
            item.amount -= share
            item.create({
                'receipt_id': item.receipt_id.id, 'dues_line_id': line.id, 'credit_item_id': item.credit_item_id.id,
                'amount': share, 'sequence': sequence,
            })
