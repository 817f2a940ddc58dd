from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import UserError

from .res_partner import DUES_READER_GROUPS
from odoo.addons.cfia_membership.tools.guard import is_unlocked


class _NumberFormats(dict):
    """Formats of numbers found in a batch. No client can send one in a context."""


class AccountMove(models.Model):
    _inherit = 'account.move'

    # the reverse of the line's invoice saves a search at each change of an invoice; those who keep other books
    # read entries without it
    dues_line_ids = fields.One2many('cfia.dues.line', 'move_id', string="Dues Lines", groups=DUES_READER_GROUPS)

    # === CRUD METHODS === #

    def _post(self, soft=True):
        """Give edited invoices of dues their receivable items per line again."""
        self._filtered_dues_bills()._restore_dues_receivables()
        self.filtered('reversed_entry_id').reversed_entry_id._check_dues_waiver()
        return super()._post(soft=soft)

    def button_draft(self):
        """Leave it to the treasurer to take back what was billed."""
        self._check_dues_waiver()
        return super().button_draft()

    def button_cancel(self):
        """Leave it to the treasurer to take back what was billed."""
        self._check_dues_waiver()
        return super().button_cancel()

    # === BUSINESS METHODS === #

    def _filtered_dues_bills(self):
        """Return those of these entries that dues were billed with."""
        # sudo: whether an entry is about dues decides what happens to it, whoever keeps the books
        return self.filtered(lambda move: move.is_sale_document() and move.sudo().dues_line_ids)

    def _may_take_back_dues(self):
        """Tell whether the user, or the method at work, may take dues off without a decision."""
        return (
            is_unlocked(self)
            or self.env.uid == SUPERUSER_ID
            or self.env.user.has_group('cfia_membership.group_cfia_treasurer')
        )

    def _check_dues_waiver(self):
        """Refuse to take posted dues back by cancelling, resetting or crediting their invoice.

        :raise UserError: for others than the treasurer, naming the invoice
        """
        billed = self.filtered(lambda move: move.state == 'posted')._filtered_dues_bills()[:1]
        if billed and not self._may_take_back_dues():
            raise UserError(self.env._(
                "%(invoice)s bills dues: the treasurer takes it back. A waiver is a decision: enter a request for it "
                "under Dues > Waivers and Deferrals.", invoice=billed.display_name))

    def _post_dues(self):
        """Post invoices of dues as one batch; the first takes the lock on the numbers for all."""
        return self.with_context(cfia_number_formats=_NumberFormats())._post(soft=False)

    def _get_next_sequence_format(self):
        """Look for the last number once in a batch: its lock is held from the first number on."""
        formats = self.env.context.get('cfia_number_formats')
        if not isinstance(formats, _NumberFormats):
            return super()._get_next_sequence_format()
        key = (self.journal_id.id, self.move_type, self.date.year, self.date.month)
        if key not in formats:
            format_string, format_values = super()._get_next_sequence_format()
            formats[key] = (format_string, dict(format_values))
        format_string, format_values = formats[key]
        return format_string, dict(format_values)

    def _check_dues_amounts(self):
        """Refuse another price than the resolution's on an invoice of dues.

        :raise UserError: naming the line and the way out
        """
        self.ensure_one()
        billed = {
            line: -sum(items.mapped('balance'))
            for line, items in self.invoice_line_ids.grouped('dues_line_id').items() if line
        }
        # sudo: the price is checked whoever posts
        for line in self.sudo().dues_line_ids.filtered(lambda line: line.recognition == 'billing' and line.origin != 'opening'):
            if line.currency_id.compare_amounts(billed.get(line, 0.0), line.amount):
                raise UserError(self.env._(
                    "%(line)s is priced by the congress's resolution at %(amount)s, the invoice says %(billed)s. "
                    "A waiver is a decision, entered on the dues line.",
                    line=line.display_name, amount=line.amount, billed=billed.get(line, 0.0)))

    def _restore_dues_receivables(self):
        """Split the receivable items again where an edit of a draft merged or remade them."""
        for move in self:
            # sudo: what the items are of, whoever posts
            lines = move.sudo().dues_line_ids
            move._check_dues_amounts()
            receivables = move.line_ids.filtered(lambda aml: aml.display_type == 'payment_term')
            if receivables.dues_line_id == lines and len(receivables) == len(lines):
                continue
            if len(lines) == 1:
                receivables.dues_line_id = lines
                continue
            amounts = {
                line: -sum(move.line_ids.filtered(
                    lambda aml, line=line: aml.display_type == 'product' and aml.dues_line_id == line,
                ).mapped('balance'))
                for line in lines
            }
            template = receivables[:1].copy_data()[0]
            move.with_context(skip_invoice_sync=True, dynamic_unlink=True).write({'line_ids': [
                *(fields.Command.delete(aml.id) for aml in receivables),
                *(
                    fields.Command.create({
                        **template,
                        'name': line._get_remark(),
                        'amount_currency': amount,
                        'balance': amount,
                        'date_maturity': max(line.date_due, move.invoice_date),
                        'dues_line_id': line.id,
                    })
                    for line, amount in amounts.items()
                ),
            ]})
