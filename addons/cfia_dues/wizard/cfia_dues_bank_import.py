from odoo import api, fields, models
from odoo.exceptions import UserError


class CfiaDuesBankImport(models.TransientModel):
    """Take over a bank's list of transactions and match it.

    Every row of the list ends in one place: imported, or left out with the reason. A transaction that the
    journal has already, or that stands twice in the file, is left out; what cannot be read stops nothing.
    """

    _name = 'cfia.dues.bank.import'
    _description = "Import of Bank Transactions"

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

    def action_import(self):
        """Make the statement lines and match them.

        :return: the action that shows what came in and what was left out
        :raise UserError: when the file is no list of transactions
        """
        self.ensure_one()
        if self.state == 'done':
            raise UserError(self.env._("This file is imported already."))
        bank_list = self.journal_id._read_bank_list(self.file, self.filename, is_partial=self.is_partial)
        rows = bank_list.rows
        # two imports at once would not see each other's lines
        self.journal_id.lock_for_update(allow_referencing=True)
        present = {
            (line.bank_reference, line.amount > 0)
            for line in self.env['account.bank.statement.line'].search([
                ('journal_id', '=', self.journal_id.id),
                ('bank_reference', 'in', list({row.reference for row in rows if row.reference})),
            ])
        }
        vals_list = []
        left_out = [{'number': row.number, 'reason': row.reason, 'remark': row.text} for row in bank_list.passed]
        for row in rows:
            # a refund may quote the number of what it gives back
            key = (row.reference, row.amount > 0)
            reason = row.error or ('duplicate' if key in present else False)
            if reason:
                left_out.append(self._prepare_row_values(row, reason))
                continue
            present.add(key)
            vals_list.append(self._prepare_statement_line_values(row))
        lines = self.env['account.bank.statement.line'].with_context(tracking_disable=True).create(vals_list)
        self.write({
            'state': 'done',
            'seen_count': bank_list.seen_count,
            'statement_line_ids': [fields.Command.set(lines.ids)],
            'row_ids': [fields.Command.create(vals) for vals in left_out],
        })
        lines.with_env(self.env).action_match_dues()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Bank Transactions Imported"),
            'res_model': self._name,
            'res_id': self.id,
            'view_mode': 'form',
            'target': 'new',
        }

    def action_view_lines(self):
        """Open what came in."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_dues.account_bank_statement_line_action_dues')
        action['domain'] = [('id', 'in', self.statement_line_ids.ids)]
        action['context'] = {}
        return action

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
            ('other_account', "Of another account"),
            ('currency', "In another currency"),
            ('zero', "Without an amount"),
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
