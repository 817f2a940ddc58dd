from odoo import api, fields, models

from odoo.addons.cfia_dues.models.cfia_dues_line import OPEN_STATES
from odoo.addons.cfia_dues.models.cfia_workplace import BILLED_STATES
from odoo.addons.cfia_membership.tools.dates import association_today

# How many years the chart of years shows.
YEARS = 5


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

    # === BUSINESS METHODS === #

    @api.model
    def get_board(self):
        """Return the board of the present company, for the client.

        :return: ``sections`` of figures and ``charts`` as in :meth:`cfia.workplace.get_workplace`, ``links`` and
            ``currency_id``
        :rtype: dict
        :raise AccessError: for users who do not keep the dues
        """
        self.browse().check_access('create')
        today = association_today()
        board = self.new({'company_id': self.env.company.id, 'year': today.year})
        workplace = self.env['cfia.workplace']
        rows = workplace._read_dues_by_grade(today)
        return {
            'currency_id': board.currency_id.id,
            'links': [],
            'sections': [
                {'key': 'income', 'title': self.env._("Income against Plan"), 'figures': board._get_income_figures()},
                {'key': 'arrears', 'title': self.env._("Arrears by Age"), 'figures': board._get_arrears_figures()},
                {'key': 'work', 'title': self.env._("Work"), 'figures': board._get_work_figures()},
            ],
            'charts': [
                workplace._get_grade_chart(today, rows), workplace._get_age_chart(today), board._get_year_chart()],
        }

    def _get_income_figures(self):
        """Return what this year's dues bring."""
        Workplace = self.env['cfia.workplace']
        year = Workplace._get_dues_domain(self.year)
        return [
            self._prepare_figure('amount_planned', 'cfia_dues.cfia_dues_line_action', year),
            self._prepare_figure(
                'amount_paid', 'cfia_dues.cfia_dues_line_action', [*year, ('amount_paid', '!=', 0)], tone='success'),
            self._prepare_figure(
                'amount_open', 'cfia_dues.cfia_dues_line_action', [*year, ('state', 'in', list(OPEN_STATES))]),
            Workplace._prepare_figure('rate', self._get_label('rate'), f"{self.rate:.1%}"),
            self._prepare_figure('amount_credit', 'cfia_dues.cfia_dues_credit_action'),
        ]

    def _get_arrears_figures(self):
        """Return what is overdue, by how long."""
        return [
            self._prepare_figure(
                name, 'cfia_dues.cfia_dues_report_action', [('age', 'in', ages)], tone='danger' if self[name] else '')
            for name, ages in (
                ('amount_overdue_quarter', ['quarter']), ('amount_overdue_year', ['year']),
                ('amount_overdue_older', ['two_years', 'three_years', 'older']))
        ]

    def _get_work_figures(self):
        """Return what finance has before it."""
        own = [('company_id', '=', self.company_id.id)]
        claim = [*own, ('dues_match', '=', 'unidentified')]
        return [
            self._prepare_figure('unidentified_count', 'cfia_dues.account_bank_statement_line_action_dues', claim),
            self._prepare_figure('amount_unidentified', 'cfia_dues.account_bank_statement_line_action_dues', claim),
            self._prepare_figure(
                'amount_unreceipted', 'cfia_dues.cfia_dues_line_action_receipt', [*own, ('amount_unreceipted', '>', 0)]),
            self._prepare_figure(
                'requested_count', 'cfia_dues.cfia_dues_receipt_action', [*own, ('state', '=', 'requested')]),
            self._prepare_figure(
                'held_count', 'cfia_dues.cfia_dues_line_action', [*own, ('hold_reason', '!=', False)],
                tone='warning' if self.held_count else ''),
        ]

    def _get_label(self, name):
        return self._fields[name]._description_string(self.env)

    def _prepare_figure(self, name, xmlid, domain=None, tone=''):
        """Return a figure of the board with what opens the records behind it.

        :param str name: field of this board
        :param str xmlid: external id of the window action
        :param list domain: what was counted, the action's own by default
        """
        label, value = self._get_label(name), self[name]
        Workplace = self.env['cfia.workplace']
        if self._fields[name].type == 'monetary':
            text = f"{self.currency_id.symbol}{value:,.2f}".removesuffix('.00')
        else:
            text = f"{value:,}"
        return Workplace._prepare_figure(
            name, label, text, tone=tone,
            action=Workplace._prepare_action(xmlid, label, domain))

    def _get_year_chart(self):
        """Return paid and open dues of the last years."""
        workplace = self.env['cfia.workplace']
        years = list(range(self.year - YEARS + 1, self.year + 1))
        domain = [
            ('company_id', '=', self.company_id.id), ('year', 'in', years), ('state', 'in', list(BILLED_STATES))]
        amounts = {
            year: (paid, residual) for year, paid, residual in self.env['cfia.dues.line']._read_group(
                domain, ['year'], ['amount_paid:sum', 'amount_residual:sum'])}
        series = []
        for place, (label, tone) in enumerate(((self.env._("Paid"), 'success'), (self.env._("Outstanding"), 'warning'))):
            series.append({
                'label': label,
                'tone': tone,
                'values': [amounts.get(year, (0, 0))[place] for year in years],
                'actions': [
                    workplace._prepare_action(
                        'cfia_dues.cfia_dues_line_action', f"{year} · {label}",
                        [*workplace._get_dues_domain(year), (('amount_paid', 'amount_residual')[place], '!=', 0)])
                    for year in years],
            })
        return {
            'key': 'dues_year',
            'title': self.env._("Dues over the Years"),
            'type': 'bar',
            'is_money': True,
            'labels': [str(year) for year in years],
            'series': series,
        }
