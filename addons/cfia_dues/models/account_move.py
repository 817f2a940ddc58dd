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
        self._check_dues_superseded()
        self._filtered_dues_bills()._restore_dues_receivables()
        self.filtered('reversed_entry_id').reversed_entry_id._check_dues_waiver()
        self.filtered(lambda move: move.move_type == 'out_refund' and move.reversed_entry_id)._attribute_dues_notes()
        posted = super()._post(soft=soft)
        if not isinstance(self.env.context.get('cfia_number_formats'), _NumberFormats):
            # a draft that somebody posts: what had paid its bill pays it again
            # sudo: what pays dues is settled by itself, whoever posts
            lines = posted._filtered_dues_bills().sudo().dues_line_ids.filtered(lambda line: line.recognition == 'billing')
            lines._settle_from_waivers()
            lines._settle_from_credits()
        return posted

    def _reverse_moves(self, default_values_list=None, cancel=False):
        """Let each line of a credit note say whose dues it takes off, however it is edited."""
        notes = super()._reverse_moves(default_values_list, cancel=cancel)
        for move, note in zip(self, notes):
            if note.state != 'draft':
                continue
            billed, taken = (
                entry.invoice_line_ids.filtered(lambda aml: aml.display_type == 'product') for entry in (move, note))
            if billed.dues_line_id and len(billed) == len(taken):
                for product, reverse in zip(billed, taken):
                    reverse.dues_note_line_id = product.dues_line_id
        return notes

    def _reconcile_reversed_moves(self, reverse_moves, move_reverse_cancel):
        """Settle each line of a bill of dues by what its credit note takes off that very line."""
        for move, note in zip(self, reverse_moves):
            if note.line_ids.dues_note_line_id:
                # sudo: which items a note is about, whoever posts it
                move.sudo().line_ids._filtered_dues_receivables()._settle_dues_notes()
            else:
                super(AccountMove, move)._reconcile_reversed_moves(note, move_reverse_cancel)
        return reverse_moves

    def button_draft(self):
        """Leave it to the treasurer to take back what was billed."""
        self._check_dues_waiver()
        self._check_dues_superseded()
        return super().button_draft()

    def button_cancel(self):
        """Leave it to the treasurer to take back what was billed."""
        self._check_dues_waiver()
        result = super().button_cancel()
        # sudo: what was waived of a bill goes with it, whoever cancels
        self.filtered(lambda move: move.state == 'cancel')._filtered_dues_bills().sudo().dues_line_ids._take_back_waivers()
        return result

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
                "%(invoice)s bills dues: the treasurer takes it back. A wrong bill is corrected by the button of its dues "
                "line. A waiver is a decision: enter a request for it under Dues > Waivers and Deferrals.",
                invoice=billed.display_name))

    def _check_dues_superseded(self):
        """Leave bills in whose place others stand, and the credit notes over them, as they are.

        :raise UserError: naming the bill and the one that replaced it
        """
        # sudo: what stands in whose place, whoever keeps the books
        for move in self.sudo():
            bill = move.reversed_entry_id if move.line_ids.dues_note_line_id else move
            lines = move.line_ids.dues_note_line_id or move.line_ids.dues_line_id
            replaced = bill.line_ids.filtered(
                lambda aml, lines=lines: aml.dues_line_id in lines and aml.dues_superseded_from).dues_line_id[:1]
            if replaced:
                raise UserError(self.env._(
                    "%(invoice)s was replaced: %(line)s is billed by %(new)s. Correct that one instead.",
                    invoice=move.display_name, line=replaced.display_name,
                    new=replaced.move_id.display_name or self.env._("no bill any more")))

    def _attribute_dues_notes(self):
        """Note of each line of these credit notes whose dues it takes off; split what they owe accordingly.

        :raise UserError: naming a line that could be anybody's, or dues of which more would be taken off than billed
        """
        for note in self:
            # sudo: whose bill a note reverses, whoever posts it
            billed = note.reversed_entry_id.sudo().line_ids.filtered('dues_line_id')
            lines = billed.dues_line_id
            if not lines:
                continue
            products = note.line_ids.filtered(lambda aml: aml.display_type == 'product')
            for item in products.filtered(lambda aml: aml.dues_note_line_id not in lines):
                same = lines if len(lines) == 1 else (
                    billed.filtered(lambda aml, item=item: aml.display_type == 'product' and aml.name == item.name).dues_line_id
                    or lines.filtered(lambda line, item=item: line.partner_id.name in (item.name or '')))
                if len(same) != 1:
                    raise UserError(self.env._(
                        "%(invoice)s bills several members: name on each line of the credit note the one whose dues it "
                        "takes off.", invoice=note.reversed_entry_id.display_name))
                item.dues_note_line_id = same
            amounts = {
                line: sum(items.mapped('balance')) for line, items in products.grouped('dues_note_line_id').items()}
            owed = billed.filtered(lambda aml: aml.account_id.account_type == 'asset_receivable')
            credited = owed._get_dues_credited()
            for item, notes in owed._get_dues_notes().items():
                # waivers and write-offs reverse no bill
                total, reversed_amount = credited.get(item, (0.0, 0.0))
                taken = (
                    amounts.get(item.dues_line_id, 0.0) - sum((notes - note.line_ids).mapped('balance'))
                    + total - reversed_amount)
                if note.currency_id == item.company_currency_id and item.company_currency_id.compare_amounts(
                        taken, item.balance) > 0:
                    raise UserError(self.env._(
                        "Of %(line)s %(billed)s was billed, waivers and credit notes would take off %(taken)s. Credit the rest "
                        "alone, or correct the bill by the button of its dues line.",
                        line=item.dues_line_id.display_name, billed=item.balance, taken=taken))
            note._split_dues_receivables({line: -amount for line, amount in amounts.items()}, 'dues_note_line_id')
            # sudo: what is settled elsewhere is the member's
            for item in note.sudo().line_ids.filtered(lambda aml: aml.display_type == 'payment_term'):
                item.dues_member_id = item.dues_note_line_id.partner_id

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
            amounts = {
                line: -sum(move.line_ids.filtered(
                    lambda aml, line=line: aml.display_type == 'product' and aml.dues_line_id == line,
                ).mapped('balance'))
                for line in lines
            }
            move._split_dues_receivables(amounts, 'dues_line_id')

    def _split_dues_receivables(self, amounts, name):
        """Give each dues line of this entry a receivable item of its own. One draft.

        :param dict amounts: line → balance
        :param str name: the column that says which line an item is of
        """
        self.ensure_one()
        receivables = self.line_ids.filtered(lambda aml: aml.display_type == 'payment_term')
        if len(amounts) == 1:
            receivables[name] = next(iter(amounts))
            return
        template = receivables[:1].copy_data()[0]
        self.with_context(skip_invoice_sync=True, dynamic_unlink=True).write({'line_ids': [
            *(fields.Command.delete(aml.id) for aml in receivables),
            *(
                fields.Command.create({
                    **template,
                    'name': line._get_remark(),
                    'amount_currency': amount,
                    'balance': amount,
                    'date_maturity': max(line.date_due, self.invoice_date),
                    name: line.id,
                })
                for line, amount in amounts.items()
            ),
        ]})
