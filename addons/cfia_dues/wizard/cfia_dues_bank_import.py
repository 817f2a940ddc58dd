from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.bank.headings import HEADINGS
from odoo.addons.cfia_membership.tools.sheet.judged import Judged, Left

QUESTIONS = ('date', 'amount', 'side', 'neutral', 'date_range', 'currency', 'state')
LEFT_COLUMNS = ('date', 'payer', 'account', 'amount', 'note', 'reference')


class CfiaDuesBankImport(models.TransientModel):
    """Take over a bank's list of transactions and match it.

    Every row of the list ends in one place: imported, or left out with the reason. A transaction that the
    journal has already, or that stands twice in the file, is left out; what cannot be read stops nothing.
    """

    _name = 'cfia.dues.bank.import'
    _description = "Import of Bank Transactions"
    _inherit = ['cfia.sheet.importer']
    _sheet_kind = 'bank'
    _sheet_answers = ('journal_id', 'is_partial')

    journal_id = fields.Many2one(
        'account.journal', string="Bank Journal", required=True, domain="[('type', '=', 'bank')]",
        default=lambda self: self._default_journal_id())
    file = fields.Binary(string="List of the Bank", required=True, attachment=False)
    filename = fields.Char()
    is_partial = fields.Boolean(
        string="This list is a part",
        help="Of a list that was filtered, balances and totals do not agree with its rows.")
    state = fields.Selection(selection=[('draft', "Not imported"), ('done', "Imported")], default='draft', readonly=True)
    statement_line_ids = fields.Many2many('account.bank.statement.line', string="Imported Lines", readonly=True)
    seen_count = fields.Integer(string="Rows in the List", readonly=True)
    row_ids = fields.One2many('cfia.dues.bank.import.row', 'import_id', string="Left Out", readonly=True)
    imported_count = fields.Integer(string="Imported", compute='_compute_counts')
    matched_count = fields.Integer(string="Matched", compute='_compute_counts')
    unidentified_count = fields.Integer(string="Unidentified", compute='_compute_counts')
    outgoing_count = fields.Integer(string="Paid Out", compute='_compute_counts')
    left_out_count = fields.Integer(string="Rows Left Out", compute='_compute_counts')

    # === DEFAULT METHODS === #

    @api.model
    def _default_journal_id(self):
        return self.env['account.journal'].search([
            ('type', '=', 'bank'), ('company_id', '=', self.env.company.id)], limit=1)

    # === COMPUTE METHODS === #

    @api.depends('statement_line_ids', 'row_ids')
    def _compute_counts(self):
        for wizard in self:
            lines = wizard.statement_line_ids
            incoming = lines.filtered(lambda line: line.amount > 0)
            matched = incoming.filtered('dues_member_id')
            wizard.imported_count = len(lines)
            wizard.matched_count = len(matched)
            wizard.unidentified_count = len(incoming - matched)
            wizard.outgoing_count = len(lines - incoming)
            wizard.left_out_count = len(wizard.row_ids)

    # === ACTION METHODS === #

    def action_view_lines(self):
        """Open what came in."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_dues.account_bank_statement_line_action_dues')
        action['domain'] = [('id', 'in', self.statement_line_ids.ids)]
        action['context'] = {}
        return action

    # === IMPORT === #

    def _get_company(self):
        return self.journal_id.company_id

    def _judge_list(self):
        """Say which transactions come in; those that the journal has already, or that stand twice, are left out."""
        self.ensure_one()
        bank_list = self.journal_id._read_bank_list(self.file, self.filename, is_partial=self.is_partial, reader=self)
        # two imports at once would not see each other's lines
        self.journal_id.lock_for_update(allow_referencing=True)
        present = self.journal_id._get_bank_references(bank_list.rows)
        reasons = dict(self.env['cfia.dues.bank.import.row']._fields['reason']._description_selection(self.env))
        judged = Judged(
            seen=bank_list.seen_count, headings=[*(HEADINGS.names[name][0] for name in LEFT_COLUMNS), ''],
            titles=[self.env._("Date"), self.env._("Payer Name"), self.env._("Amount"), self.env._("Label"),
                    self.env._("Bank Reference")])
        for row in bank_list.passed:
            judged.left.append(Left(row.number, row.sheet, row.reason, reasons[row.reason], [*[''] * 6, row.text]))
            judged.details.append({'number': row.number, 'reason': row.reason, 'remark': row.text})
        taken = {}
        for row in bank_list.rows:
            # a refund may quote the number of what it gives back
            key = (row.reference, row.amount > 0)
            reason = row.error or ('duplicate' if key in present or key in taken else False)
            if reason:
                judged.left.append(Left(
                    row.number, row.sheet, reason, reasons[reason],
                    [row.date or '', row.payer, row.account, row.amount, row.remark, row.reference],
                    # two payments under one number: the bank's error, or two that are both meant
                    is_question=reason in QUESTIONS or taken.get(key, row.amount) != row.amount))
                judged.details.append(self._prepare_row_values(row, reason))
                continue
            taken[key] = row.amount
            judged.taken.append(row)
        judged.amounts = [(f'{row.date:%Y-%m}', row.amount) for row in judged.taken]
        judged.rows = [
            [row.date, row.payer, f'{row.amount:,.2f}', row.remark, row.reference] for row in judged.taken[:10]]
        return judged

    def _take(self, entries):
        lines = self.env['account.bank.statement.line'].with_context(tracking_disable=True).create(
            [self._prepare_statement_line_values(row) for row in entries]).with_env(self.env)
        lines.action_match_dues()
        return lines

    def _note_result(self, judged, records):
        self.write({
            'state': 'done',
            'seen_count': judged.seen,
            'statement_line_ids': [fields.Command.set(records.ids)],
            'row_ids': [fields.Command.create(vals) for vals in judged.details],
        })

    @api.model
    def _take_back(self, records):
        """Take the transactions out of the journal; what they paid is open again."""
        built_on = records.filtered(
            lambda line: line.dues_match == 'manual' or (line.is_reconciled and not line.dues_member_id))[:1]
        # sudo: whether a receipt is asked for is looked up, whoever takes back
        dues_lines = records.line_ids.matched_debit_ids.debit_move_id.sudo().dues_line_id
        receipt = dues_lines.receipt_item_ids.filtered(lambda item: item.state != 'void')[:1].receipt_id
        if built_on or receipt:
            raise UserError(self.env._(
                "“%(what)s” was built on this list since. Undo that first, then take the list back.",
                what=receipt.display_name or built_on.payment_ref))
        records.filtered('dues_member_id').action_unmatch_dues()
        records.unlink()

    # === BUSINESS METHODS === #

    def _prepare_statement_line_values(self, row):
        """Return the values of the statement line of one transaction."""
        self.ensure_one()
        return {
            'journal_id': self.journal_id.id,
            'date': row.date,
            'amount': row.amount,
            'payment_ref': row.remark or self.env._("Transfer"),
            'partner_name': row.payer or False,
            'account_number': row.account or False,
            'ref': row.reference,
        }

    def _prepare_row_values(self, row, reason):
        """Return the values of a row that is left out."""
        return {
            'number': row.number,
            'reason': reason,
            'date': row.date,
            'payer': row.payer,
            'remark': row.remark,
            'reference': row.reference,
            'amount': row.amount,
        }


class CfiaDuesBankImportRow(models.TransientModel):
    """A row of a bank's list that was not imported, and why."""

    _name = 'cfia.dues.bank.import.row'
    _description = "Bank Transaction Left Out"
    _order = 'import_id, number'
    _rec_name = 'reference'

    import_id = fields.Many2one('cfia.dues.bank.import', required=True, index=True, ondelete='cascade')
    number = fields.Integer(string="Row", aggregator=None)
    reason = fields.Selection(
        selection=[
            ('duplicate', "Bank reference imported already"),
            ('date', "No date that can be read"),
            ('amount', "No amount that can be read"),
            ('side', "Not clear whether it came in or went out"),
            ('neutral', "Neither came in nor went out"),
            ('date_range', "Its day lies outside the period of the list"),
            ('state', "Not clear whether it was carried out"),
            ('other_account', "Of another account"),
            ('currency', "In another currency"),
            ('zero', "Without an amount"),
            ('not_done', "Failed, cancelled or not finished"),
            ('heading', "Repeated heading"),
            ('total', "A total of the list"),
            ('note', "A note in the list"),
            ('other_sheet', "On a sheet with other columns"),
            ('hidden_sheet', "On a hidden sheet"),
        ], required=True)
    date = fields.Date()
    payer = fields.Char()
    remark = fields.Char()
    reference = fields.Char(string="Bank Reference")
    currency_id = fields.Many2one(related='import_id.journal_id.company_id.currency_id')
    amount = fields.Monetary()
