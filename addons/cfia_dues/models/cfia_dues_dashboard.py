from odoo import api, fields, models

from odoo.addons.cfia_membership.tools.dates import association_today


class CfiaDuesDashboard(models.TransientModel):
    """What finance looks at first: income against what was planned, arrears, receipts, strange money."""

    _name = 'cfia.dues.dashboard'
    _description = "Dues Dashboard"

    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    year = fields.Integer(default=lambda self: association_today().year, required=True)
    amount_planned = fields.Monetary(string="Due This Year", compute='_compute_figures')
    amount_paid = fields.Monetary(string="Paid of It", compute='_compute_figures')
    amount_open = fields.Monetary(string="Unpaid of It", compute='_compute_figures')
    rate = fields.Float(string="Collected", compute='_compute_figures')
    amount_overdue_quarter = fields.Monetary(string="Overdue up to 90 Days", compute='_compute_figures')
    amount_overdue_year = fields.Monetary(string="Overdue up to a Year", compute='_compute_figures')
    amount_overdue_older = fields.Monetary(string="Overdue Longer", compute='_compute_figures')
    held_count = fields.Integer(string="Bills Held Back", compute='_compute_figures')
    amount_unreceipted = fields.Monetary(string="Paid without Receipt", compute='_compute_figures')
    requested_count = fields.Integer(string="Receipts to Issue", compute='_compute_figures')
    unidentified_count = fields.Integer(string="Receipts to Claim", compute='_compute_figures')
    amount_unidentified = fields.Monetary(string="Money to Claim", compute='_compute_figures')
    amount_credit = fields.Monetary(string="Paid Ahead by Members", compute='_compute_figures')

    # === COMPUTE METHODS === #

    @api.depends_context('lang')
    def _compute_display_name(self):
        for dashboard in self:
            dashboard.display_name = self.env._("Dues Dashboard")

    @api.depends('year', 'company_id')
    def _compute_figures(self):
        Line, BankLine = self.env['cfia.dues.line'], self.env['account.bank.statement.line']
        for dashboard in self:
            company = dashboard.company_id
            own = [('company_id', '=', company.id)]
            rows = self.env['cfia.dues.report']._recount(company, association_today())
            year_rows = [row for row in rows if row['year'] == dashboard.year]
            planned = sum(row['amount'] - row['amount_credited'] for row in year_rows)
            paid = sum(row['amount_paid'] for row in year_rows)
            dashboard.amount_planned, dashboard.amount_paid = planned, paid
            dashboard.amount_open = sum(row['amount_open'] for row in year_rows)
            dashboard.rate = paid / planned if planned else 0.0
            overdue = {}
            for row in rows:
                overdue[row['age']] = overdue.get(row['age'], 0) + row['amount_open']
            dashboard.amount_overdue_quarter = overdue.get('quarter', 0)
            dashboard.amount_overdue_year = overdue.get('year', 0)
            dashboard.amount_overdue_older = sum(
                overdue.get(age, 0) for age in ('two_years', 'three_years', 'older'))
            dashboard.held_count = Line.search_count([*own, ('hold_reason', '!=', False)])
            [(unreceipted,)] = Line._read_group(
                [*own, ('amount_unreceipted', '>', 0)], [], ['amount_unreceipted:sum'])
            dashboard.amount_unreceipted = unreceipted
            dashboard.requested_count = self.env['cfia.dues.receipt'].search_count(
                [*own, ('state', '=', 'requested')])
            [(count, amount)] = BankLine._read_group(
                [*own, ('dues_match', '=', 'unidentified')], [], ['__count', 'amount:sum'])
            dashboard.unidentified_count, dashboard.amount_unidentified = count, amount
            dashboard.amount_credit = self.env['cfia.dues.report']._recount_ledger(
                company, association_today())['credits']

    # === ACTION METHODS === #

    @api.model
    def action_open(self):
        """Open the dashboard of the present company."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Dues Dashboard"),
            'res_model': self._name,
            'res_id': self.create({}).id,
            'view_mode': 'form',
            'target': 'current',
        }

    def action_view_overdue(self):
        """Open what is overdue."""
        return self._get_list_action('cfia_dues.cfia_dues_report_action', {'search_default_overdue': 1})

    def action_view_held(self):
        """Open the dues that could not be billed."""
        action = self._get_list_action('cfia_dues.cfia_dues_line_action', {})
        return {**action, 'domain': [('hold_reason', '!=', False)]}

    def action_view_unreceipted(self):
        """Open what is paid without a receipt."""
        return self._get_list_action('cfia_dues.cfia_dues_line_action_receipt', {'search_default_without': 1})

    def action_view_requested(self):
        """Open the receipts to issue."""
        return self._get_list_action('cfia_dues.cfia_dues_receipt_action', {'search_default_requested': 1})

    def action_view_unidentified(self):
        """Open the money to claim."""
        return self._get_list_action(
            'cfia_dues.account_bank_statement_line_action_dues', {'search_default_to_claim': 1})

    def action_view_credits(self):
        """Open what members have paid ahead."""
        return self._get_list_action('cfia_dues.cfia_dues_credit_action', {})

    def _get_list_action(self, xmlid, context):
        """Return an action by its id, with the filters to begin with."""
        return {**self.env['ir.actions.act_window']._for_xml_id(xmlid), 'context': context}
