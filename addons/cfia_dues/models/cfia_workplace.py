from datetime import timedelta

from odoo import api, models
from odoo.fields import Date

from odoo.addons.cfia_dues.models.cfia_dues_line import OPEN_STATES
from odoo.addons.cfia_membership.tools.dates import association_today

ORGANISATION = 'cfia_membership.group_cfia_organisation'
ACCOUNTANT = 'cfia_membership.group_cfia_accountant'
STAFF = 'cfia_membership.group_cfia_staff'
# Billed, whatever came of it.
BILLED_STATES = (*OPEN_STATES, 'paid', 'waived')


class CfiaWorkplace(models.AbstractModel):
    """What waits in dues, the dues rate of the year, dues by grade and arrears by age."""

    _inherit = 'cfia.workplace'

    @api.model
    def _get_workplace_tiles(self, today):
        return [
            *super()._get_workplace_tiles(today),
            *self._get_money_tiles(),
            *self._get_dues_decision_tiles(),
        ]

    @api.model
    def _get_money_tiles(self):
        """Return what finance does: claim money, issue receipts, bill."""
        dues, own = 'cfia.dues.line', [('company_id', '=', self.env.company.id)]
        return [
            self._prepare_tile(
                'money_claim', sequence=12, icon='fa-bank',
                model='account.bank.statement.line', action='cfia_dues.account_bank_statement_line_action_dues',
                domain=[
                    ('amount', '>', 0), ('state', '=', 'posted'), ('is_reconciled', '=', False),
                    ('dues_match', '!=', 'duplicate'), *own],
                title=self.env._("Money to Claim"),
                groups=ACCOUNTANT,
                rows={
                    'title': 'partner_name', 'details': ['amount', 'payment_ref', 'dues_suggestion_id'], 'date': 'date',
                    'order': 'date, id', 'label': self.env._("Claim"), 'method': 'action_claim_dues',
                },
            ),
            self._prepare_tile(
                'receipt_issue', sequence=14, icon='fa-file-text-o',
                model='cfia.dues.receipt', action='cfia_dues.cfia_dues_receipt_action',
                domain=[('state', '=', 'requested'), *own],
                title=self.env._("Receipts to Issue"),
                groups=ACCOUNTANT,
            ),
            self._prepare_tile(
                'receipt_uncovered', sequence=15, icon='fa-undo',
                model='cfia.dues.receipt', action='cfia_dues.cfia_dues_receipt_action',
                domain=[('amount_uncovered', '>', 0), *own],
                title=self.env._("Receipts Whose Money Went"),
                groups=ACCOUNTANT,
                late_domain=[],
            ),
            self._prepare_tile(
                'dues_bill', sequence=16, icon='fa-pencil-square-o',
                model=dues, action='cfia_dues.cfia_dues_line_action',
                domain=[
                    ('state', '=', 'to_bill'), ('hold_reason', '=', False),
                    '|', ('year', '<=', association_today().year), ('years', '<=', 1), *own],
                title=self.env._("Dues to Bill"),
                groups=ACCOUNTANT,
            ),
            self._prepare_tile(
                'dues_held', sequence=17, icon='fa-pause-circle-o',
                model=dues, action='cfia_dues.cfia_dues_line_action',
                domain=[('hold_reason', '!=', False), *own],
                title=self.env._("Bills Held Back"),
                groups=ACCOUNTANT,
                late_domain=[],
            ),
        ]

    @api.model
    def _get_dues_decision_tiles(self):
        """Return what is decided, called and acknowledged."""
        user, own = self.env.user, [('company_id', '=', self.env.company.id)]
        return [
            self._prepare_tile(
                'dues_relief', sequence=18, icon='fa-gavel',
                model='cfia.dues.relief', action='cfia_dues.cfia_dues_relief_action',
                domain=[('state', '=', 'requested'), *own],
                title=self.env._("Waivers and Deferrals to Decide"),
                groups='cfia_membership.group_cfia_secretary_general,cfia_membership.group_cfia_treasurer',
            ),
            self._prepare_tile(
                'dues_consequence', sequence=95, icon='fa-balance-scale',
                model='cfia.dues.consequence', action='cfia_dues.cfia_dues_consequence_action',
                domain=[('state', '=', 'proposed'), *own],
                title=self.env._("Consequences to Decide"),
                groups=ORGANISATION,
            ),
            self._prepare_tile(
                'dues_call', sequence=55, icon='fa-phone',
                model='cfia.dues.round.recipient', action='cfia_dues.cfia_dues_round_recipient_action_call',
                domain=[
                    ('round_id.state', '=', 'open'), ('department_id.user_ids', 'in', user.ids),
                    ('state', 'in', ['waiting', 'sent']),
                    '|', ('call_result', 'in', [False, 'unreached']), ('is_promise_broken', '=', True)],
                title=self.env._("Payers to Call"),
                groups=STAFF,
                late_domain=[('is_promise_broken', '=', True)],
                rows={
                    'title': 'partner_id', 'details': ['amount_asked', 'years_text'], 'date': 'date_promised',
                    'order': 'is_promise_broken desc, id', 'label': self.env._("Telephone Call"),
                },
            ),
            self._prepare_tile(
                'dues_statement', sequence=19, icon='fa-line-chart',
                model='cfia.dues.statement', action='cfia_dues.cfia_dues_statement_action',
                domain=[
                    ('state', '=', 'submitted'), ('leader_ids', 'in', user.ids),
                    ('acknowledgement_ids', 'not any', [('user_id', '=', user.id)]), *own],
                title=self.env._("Dues Statistics to Acknowledge"),
                groups='cfia_membership.group_cfia_leader',
            ),
        ]

    @api.model
    def _get_workplace_year(self, today):
        year = super()._get_workplace_year(today)
        if self._may_see('cfia.dues.line'):
            rows = self._read_dues_by_grade(today)
            year['figures'] += self._get_dues_figures(today, rows)
            year['charts'] += [self._get_grade_chart(today, rows), self._get_age_chart(today)]
        return year

    @api.model
    def _get_dues_domain(self, year):
        return [('company_id', '=', self.env.company.id), ('year', '=', year), ('state', 'in', list(BILLED_STATES))]

    @api.model
    def _read_dues_by_grade(self, today):
        """Return this year's dues: (grade, due after what was taken off, paid, open)."""
        return [
            (grade, amount - credited, paid, residual)
            for grade, amount, credited, paid, residual in self.env['cfia.dues.line']._read_group(
                self._get_dues_domain(today.year), ['grade_id'],
                ['amount:sum', 'amount_credited:sum', 'amount_paid:sum', 'amount_residual:sum'])
        ]

    @api.model
    def _get_dues_figures(self, today, rows):
        """Return what share of this year's dues is paid, and what is open."""
        planned, paid, residual = (sum(row[place] for row in rows) for place in (1, 2, 3))
        symbol = self.env.company.currency_id.symbol
        title, title_open = self.env._("Dues Rate This Year"), self.env._("Open Dues This Year")
        domain = self._get_dues_domain(today.year)
        return [
            self._prepare_figure(
                'dues_rate', title, f"{paid / planned:.1%}" if planned else "–",
                hint=self.env._(
                    "%(paid)s of %(planned)s", paid=f"{symbol}{paid:,.0f}", planned=f"{symbol}{planned:,.0f}"),
                action=self._prepare_action('cfia_dues.cfia_dues_line_action', title, domain)),
            self._prepare_figure(
                'dues_open', title_open, f"{symbol}{residual:,.0f}",
                action=self._prepare_action(
                    'cfia_dues.cfia_dues_line_action', title_open, [*domain, ('state', 'in', list(OPEN_STATES))])),
        ]

    @api.model
    def _get_grade_chart(self, today, rows):
        """Return paid and open dues of this year by grade."""
        domain = self._get_dues_domain(today.year)
        labels = [grade.display_name or self.env._("Unclassified") for grade, *_amounts in rows]

        def prepare_actions(series, states):
            return [
                self._prepare_action(
                    'cfia_dues.cfia_dues_line_action', f"{label} · {series}",
                    [*domain, ('grade_id', '=', grade.id), ('state', 'in', states)])
                for label, (grade, *_amounts) in zip(labels, rows)]

        paid, residual = self.env._("Paid"), self.env._("Outstanding")
        return {
            'key': 'dues_grade',
            'title': self.env._("Dues of %(year)s by Grade", year=today.year),
            'type': 'hbar',
            'is_money': True,
            'labels': labels,
            'series': [
                {'label': paid, 'tone': 'success', 'values': [row[2] for row in rows],
                 'actions': prepare_actions(paid, ['paid', 'partial'])},
                {'label': residual, 'tone': 'warning', 'values': [row[3] for row in rows],
                 'actions': prepare_actions(residual, list(OPEN_STATES))},
            ],
        }

    @api.model
    def _get_age_chart(self, today):
        """Return what is overdue, by how long."""
        ages = dict(self.env['cfia.dues.report']._fields['age']._description_selection(self.env))
        # days overdue at most, as in the statistics of dues; an age begins where the one before ends
        last_days = {
            'quarter': today - timedelta(days=90),
            'year': Date.subtract(today, years=1) + timedelta(days=1),
            'two_years': Date.subtract(today, years=2) + timedelta(days=1),
            'three_years': Date.subtract(today, years=3) + timedelta(days=1),
            'older': None,
        }
        overdue = [
            ('company_id', '=', self.env.company.id), ('state', 'in', list(OPEN_STATES)),
            ('date_due', '<', Date.to_string(today))]
        amounts = self.env['cfia.dues.line']._read_group(overdue, ['date_due:day'], ['amount_residual:sum'])
        values, actions, until = [], [], today
        for age, first in last_days.items():
            values.append(sum(amount for day, amount in amounts if day < until and (not first or day >= first)))
            actions.append(self._prepare_action(
                'cfia_dues.cfia_dues_line_action', ages[age], [
                    *overdue, ('date_due', '<', Date.to_string(until)),
                    *([('date_due', '>=', Date.to_string(first))] if first else [])]))
            until = first
        return {
            'key': 'dues_age',
            'title': self.env._("Arrears by Age"),
            'type': 'bar',
            'is_money': True,
            'labels': [ages[age] for age in last_days],
            'series': [{
                'label': self.env._("Overdue and Unpaid"), 'tone': 'danger', 'values': values, 'actions': actions}],
        }
