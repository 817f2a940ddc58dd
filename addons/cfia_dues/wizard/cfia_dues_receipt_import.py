from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.cfia_dues_receipt import DIGITS
from ..tools.receipt_sheet import ReceiptSheetError, read_receipt_sheet
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.text import normalise_unit_name


class CfiaDuesReceiptImport(models.TransientModel):
    """Enter many issued receipts at once: the platform's list and the files of the receipts.

    A row belongs to the request whose number it quotes, else to the only request of its title and
    amount. A file belongs to the receipt whose number is in its name. What does not fit is listed and
    stops nothing.
    """

    _name = 'cfia.dues.receipt.import'
    _description = "Import of Issued Receipts"
    _inherit = ['cfia.sheet.mixin']

    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    file = fields.Binary(string="List of Receipts", required=True, attachment=False)
    filename = fields.Char(string="Name of the List")
    attachment_ids = fields.Many2many('ir.attachment', string="Files of the Receipts")
    is_sent = fields.Boolean(string="Mail to the Payers", default=True)
    state = fields.Selection(selection=[('draft', "Not imported"), ('done', "Imported")], default='draft', readonly=True)
    receipt_ids = fields.Many2many('cfia.dues.receipt', string="Issued Receipts", readonly=True)
    row_ids = fields.One2many('cfia.dues.receipt.import.row', 'import_id', string="Left Out", readonly=True)

    # === ACTION METHODS === #

    def action_import(self):
        """Issue what fits, mail it where asked, and show what was left out.

        :raise UserError: when the file is no list of receipts
        """
        self.ensure_one()
        self.env['cfia.dues.receipt'].check_access('write')
        try:
            rows = self._read_list(self.file, self.filename, read_receipt_sheet)
        except ReceiptSheetError as error:
            raise UserError(self.env._(
                "“%(file)s” is no list of receipts: it needs a heading row with 票据号码, and should have "
                "申请编号, 票据代码, 校验码 and 开票日期.", file=self.filename or "")) from error
        matched, left_out = self._match(rows)
        files = self._get_files(matched)
        for receipt, row in matched.items():
            # the guard keeps the file for this act and the form's upload
            unlocked(receipt).write({
                'code': row.code or False,
                'number': row.number,
                'check_code': row.check_code or False,
                'date_issued': row.date or association_today(),
                'attachment_id': files.get(receipt, self.env['ir.attachment']).id,
            })
        receipts = self.env['cfia.dues.receipt'].browse([receipt.id for receipt in matched])
        receipts.action_issue()
        self.write({
            'state': 'done',
            'receipt_ids': [Command.set(receipts.ids)],
            'row_ids': [
                Command.create({
                    'number': row.number_in_sheet, 'reason': reason, 'name': row.name, 'title': row.title,
                    'receipt_number': row.number,
                })
                for row, reason in left_out
            ],
        })
        if self.is_sent:
            receipts.filtered(lambda receipt: receipt.attachment_id and receipt.email)._send()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Receipts Entered"),
            'res_model': self._name,
            'res_id': self.id,
            'view_mode': 'form',
            'target': 'new',
        }

    def action_view_receipts(self):
        """Open what was issued."""
        return self.env['cfia.dues.line']._get_receipt_action(self.receipt_ids)

    # === BUSINESS METHODS === #

    def _match(self, rows):
        """Say which row is of which request, at constant queries.

        :return: ({receipt: row}, [(row, reason)])
        :rtype: tuple
        """
        Receipt = self.env['cfia.dues.receipt']
        requests = Receipt.search([('company_id', '=', self.company_id.id), ('state', '=', 'requested')], order='id')
        by_name = {receipt.name: receipt for receipt in requests}
        by_title = requests.grouped(lambda receipt: (normalise_unit_name(receipt.title), round(receipt.amount, 2)))
        taken = {
            (receipt.code or '', receipt.number)
            for receipt in Receipt.search([
                ('company_id', '=', self.company_id.id), ('number', 'in', [row.number for row in rows if row.number])])
        }
        matched, left_out = {}, []
        for row in rows:
            receipt = by_name.get(row.name)
            if not receipt and row.amount is not None:
                found = by_title.get((normalise_unit_name(row.title), round(row.amount, 2)), Receipt)
                receipt = found if len(found) == 1 else None
            reason = (
                row.status if row.status != 'issued'
                else 'total' if not row.number and not receipt
                else 'number' if not DIGITS.fullmatch(row.number) or (row.code and not DIGITS.fullmatch(row.code))
                else 'taken' if (row.code, row.number) in taken
                else 'unknown' if not receipt or receipt in matched
                else 'amount' if row.amount is not None
                and self.company_id.currency_id.compare_amounts(row.amount, receipt.amount)
                else False
            )
            if reason:
                left_out.append((row, reason))
                continue
            taken.add((row.code, row.number))
            matched[receipt] = row
        return matched, left_out

    def _get_files(self, matched):
        """Return the file of each receipt, given to it.

        :param dict matched: receipt → row
        :return: {receipt: attachment}
        :rtype: dict
        """
        files = {}
        for receipt, row in matched.items():
            found = self.attachment_ids.filtered(lambda attachment, row=row: row.number in (attachment.name or ''))[:1]
            if found:
                files[receipt] = found
                found.write({'res_model': receipt._name, 'res_id': receipt.id})
        return files


class CfiaDuesReceiptImportRow(models.TransientModel):
    """A row of the platform's list that fits no request, and why."""

    _name = 'cfia.dues.receipt.import.row'
    _description = "Receipt Left Out"
    _order = 'import_id, number'

    import_id = fields.Many2one('cfia.dues.receipt.import', required=True, index=True, ondelete='cascade')
    number = fields.Integer(string="Row", aggregator=None)
    reason = fields.Selection(
        selection=[
            ('unknown', "No open request of this number, or title and amount"),
            ('amount', "Another amount than asked for"),
            ('taken', "Registered already"),
            ('number', "No receipt number"),
            ('void', "Voided on the platform"),
            ('red', "Taken back by a receipt in red"),
            ('unclear', "Its status is not known here"),
            ('total', "Total or note"),
        ], required=True)
    name = fields.Char(string="Request Number")
    title = fields.Char(string="Receipt Title")
    receipt_number = fields.Char()
