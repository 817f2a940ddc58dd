from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..models.cfia_dues_receipt import DIGITS
from ..tools.receipt_sheet import read_receipt_sheet
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.sheet.judged import Judged, Left
from odoo.addons.cfia_membership.tools.text import normalise_unit_name

QUESTIONS = ('unknown', 'amount', 'number', 'unclear')


class CfiaDuesReceiptImport(models.TransientModel):
    """Enter many issued receipts at once: the platform's list and the files of the receipts.

    A row belongs to the request whose number it quotes, else to the only request of its title and
    amount. A file belongs to the receipt whose number is in its name. What does not fit is listed and
    stops nothing.
    """

    _name = 'cfia.dues.receipt.import'
    _description = "Import of Issued Receipts"
    _inherit = ['cfia.sheet.importer']
    _sheet_kind = 'receipt'
    _sheet_answers = ('company_id', 'is_sent')

    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    file = fields.Binary(string="List of Receipts", required=True, attachment=False)
    filename = fields.Char(string="Name of the List")
    attachment_ids = fields.Many2many('ir.attachment', string="Files of the Receipts")
    is_sent = fields.Boolean(string="Mail to the Payers", default=True)
    state = fields.Selection(selection=[('draft', "Not imported"), ('done', "Imported")], default='draft', readonly=True)
    receipt_ids = fields.Many2many('cfia.dues.receipt', string="Issued Receipts", readonly=True)
    row_ids = fields.One2many('cfia.dues.receipt.import.row', 'import_id', string="Left Out", readonly=True)

    # === ACTION METHODS === #

    def action_view_receipts(self):
        """Open what was issued."""
        return self.env['cfia.dues.line']._get_receipt_action(self.receipt_ids)

    # === IMPORT === #

    def _check_may_import(self):
        self.env['cfia.dues.receipt'].check_access('write')
        return super()._check_may_import()

    def _get_company(self):
        return self.company_id

    def _judge_list(self):
        """Say which row is of which request."""
        self.ensure_one()
        rows, passed = self._read_list(self.file, self.filename, read_receipt_sheet)
        matched, left_out = self._match(rows)
        Row = self.env['cfia.dues.receipt.import.row']
        reasons = dict(Row._fields['reason']._description_selection(self.env))
        judged = Judged(
            seen=len(rows) + len(passed),
            taken=[(receipt.id, row) for receipt, row in matched.items()],
            titles=[self.env._("Request Number"), self.env._("Receipt Title"), self.env._("Receipt Number"), self.env._("Date"),
                    self.env._("Amount")],
            rows=[[receipt.name, receipt.title or '', row.number, row.date or association_today(), f'{receipt.amount:,.2f}']
                  for receipt, row in list(matched.items())[:10]],
            amounts=[(f'{row.date or association_today():%Y-%m}', receipt.amount) for receipt, row in matched.items()],
            left=[
                *(Left(row.number_in_sheet, row.sheet, reason, reasons[reason], row.cells, reason in QUESTIONS)
                  for row, reason in left_out),
                *(Left(line.number, line.sheet, 'total', reasons['total'], line.cells) for line in passed)],
        )
        judged.headings = rows[0].headings if rows else []
        judged.details = [
            *((row.name, row.title, row.number) for row, _reason in left_out), *((False, False, False) for _line in passed)]
        return judged

    def _take(self, entries):
        Receipt = self.env['cfia.dues.receipt']
        matched = {Receipt.browse(number): row for number, row in entries}
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
        receipts = Receipt.browse([number for number, _row in entries])
        receipts.action_issue()
        if self.is_sent:
            receipts.filtered(lambda receipt: receipt.attachment_id and receipt.email)._send()
        return receipts

    def _note_result(self, judged, records):
        self.write({
            'state': 'done',
            'receipt_ids': [Command.set(records.ids)],
            'row_ids': [
                Command.create({
                    'number': row.number, 'reason': row.code, 'name': name, 'title': title, 'receipt_number': number})
                for row, (name, title, number) in zip(judged.left, judged.details)
            ],
        })

    @api.model
    def _take_back(self, records):
        """Let the requests wait for their receipts again; what was mailed or declared void stays."""
        gone = records.filtered(lambda receipt: receipt.state != 'issued' or receipt.date_sent)[:1]
        if gone:
            raise UserError(self.env._(
                "%(receipt)s was mailed or declared void since. Declare it void where it is wrong.",
                receipt=gone.display_name))
        records.check_access('write')
        # sudo: what was filed with the receipts leaves with them
        self.env['cfia.member.file.paper'].sudo().search([
            ('res_model', '=', records._name), ('res_id', 'in', records.ids)]).unlink()
        unlocked(records).write({
            'state': 'requested', 'code': False, 'number': False, 'check_code': False, 'date_issued': False,
            'attachment_id': False})

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
