from collections import Counter, defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools.translate import LazyTranslate

from ..report.cfia_dues_report import AGES, quarter_end
from odoo.addons.cfia_membership.tools.dates import association_today, to_association_tz
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.task import assign

_lt = LazyTranslate(__name__)

DIMENSIONS = ('grade_id', 'region_id', 'enterprise_category_id')


class CfiaDuesStatement(models.Model):
    """Quarterly dues statistics (会费缴纳情况统计, articles 4.3.1 and 5.6).

    Counted from the ledger as of the quarter's end; frozen when submitted to the leaders, who
    acknowledge it. What was submitted stays: a correction is another statement.
    """

    _name = 'cfia.dues.statement'
    _description = "Dues Statistics"
    _inherit = ['cfia.shown.mixin', 'mail.thread', 'mail.activity.mixin']
    _acts_of_readers = ('action_acknowledge',)
    _order = 'date desc, id desc'
    _check_company_auto = True
    _frozen_when = dict.fromkeys(('submitted', 'acknowledged'), '*')
    _guard_texts = {
        'write': _lt("Figures are counted from the books, never entered."),
        'frozen': _lt("It was submitted. Make another one to correct it."),
        'unlink': _lt("It was submitted and is kept."),
    }

    name = fields.Char(compute='_compute_name', store=True, readonly=False, required=True, precompute=True)
    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    year = fields.Integer(required=True, aggregator=None, default=lambda self: self._default_quarter()[0])
    quarter = fields.Selection(
        selection=[('1', "1st quarter"), ('2', "2nd quarter"), ('3', "3rd quarter"), ('4', "4th quarter")],
        required=True, default=lambda self: str(self._default_quarter()[1]))
    date = fields.Date(
        string="As of", compute='_compute_date', store=True, readonly=False, required=True, precompute=True,
        help="The quarter's last day; within a quarter the present day.")
    state = fields.Selection(
        selection=[('draft', "Draft"), ('submitted', "Submitted"), ('acknowledged', "Acknowledged")],
        required=True, default='draft', readonly=True, copy=False, tracking=True)
    leader_ids = fields.Many2many(
        'res.users', string="Leaders", default=lambda self: self._default_leader_ids(),
        domain=lambda self: [('all_group_ids', 'in', self.env.ref('cfia_membership.group_cfia_leader').ids)])
    submitted_by_id = fields.Many2one('res.users', readonly=True, copy=False)
    date_submitted = fields.Datetime(string="Submitted On", readonly=True, copy=False)
    acknowledgement_ids = fields.One2many(
        'cfia.dues.statement.acknowledgement', 'statement_id', string="Acknowledgements", readonly=True)
    note = fields.Html(help="Explained to the leaders, printed below the tables.")
    data = fields.Json(string="Frozen Figures", readonly=True, copy=False)
    amount_due = fields.Monetary(string="To Be Paid", readonly=True, copy=False)
    amount_paid = fields.Monetary(string="Paid", readonly=True, copy=False)
    amount_open = fields.Monetary(string="Unpaid", readonly=True, copy=False)
    unit_count = fields.Integer(string="Units Due", readonly=True, copy=False)
    paid_count = fields.Integer(string="Units Paid Up", readonly=True, copy=False)
    rate = fields.Float(string="Collected", compute='_compute_rate')
    can_acknowledge = fields.Boolean(compute='_compute_can_acknowledge')
    tables_html = fields.Html(compute='_compute_tables_html', string="Tables", sanitize=False)

    _year_range = models.Constraint('CHECK (year BETWEEN 1900 AND 2200)', "The year has four digits.")

    # === DEFAULT METHODS === #

    @api.model
    def _default_quarter(self):
        """Return year and number of the quarter that ended last."""
        today = association_today()
        quarter = (today.month - 1) // 3
        return (today.year, quarter) if quarter else (today.year - 1, 4)

    @api.model
    def _default_leader_ids(self):
        # the manager of the system is no leader of the association
        return self.env['res.users'].search([
            ('all_group_ids', 'in', self.env.ref('cfia_membership.group_cfia_leader').ids),
            ('share', '=', False), ('company_ids', 'in', self.env.company.ids)])

    # === COMPUTE METHODS === #

    @api.depends('year', 'quarter')
    @api.depends_context('lang')
    def _compute_name(self):
        for statement in self:
            statement.name = self.env._(
                "Dues statistics, quarter %(quarter)s of %(year)s", quarter=statement.quarter, year=statement.year)

    @api.depends('year', 'quarter')
    def _compute_date(self):
        for statement in self:
            if statement.year and statement.quarter:
                statement.date = min(quarter_end(statement.year, int(statement.quarter)), association_today())

    @api.depends('amount_due', 'amount_paid')
    def _compute_rate(self):
        for statement in self:
            statement.rate = statement.amount_paid / statement.amount_due if statement.amount_due else 0.0

    @api.depends('state', 'leader_ids', 'acknowledgement_ids.user_id')
    @api.depends_context('uid')
    def _compute_can_acknowledge(self):
        for statement in self:
            statement.can_acknowledge = (
                statement.state == 'submitted' and self.env.user in statement.leader_ids
                and self.env.user not in statement.acknowledgement_ids.user_id)

    @api.depends('data')
    def _compute_tables_html(self):
        for statement in self:
            statement.tables_html = statement.data and self.env['ir.qweb']._render(
                'cfia_membership.paper_tables', {'doc': statement, 'css': 'table table-sm table-bordered small'})

    # === ACTION METHODS === #

    def action_count(self):
        """Count drafts afresh."""
        self.check_access('write')
        for statement in self.filtered(lambda statement: statement.state == 'draft'):
            data = statement.with_context(
                lang=statement.company_id._get_association_lang())._prepare_data()
            total = data['total']
            unlocked(statement).write({
                'data': data,
                'amount_due': total['amount'] - total['credited'],
                'amount_paid': total['paid'],
                'amount_open': total['open'],
                'unit_count': total['units'],
                'paid_count': total['units_paid'],
            })
        return True

    def action_submit(self):
        """Count, freeze and submit to the leaders, each of whom has to acknowledge.

        :raise UserError: for statistics without leaders, or that do not agree with accounting
        """
        self.check_access('write')
        for statement in self.filtered(lambda statement: statement.state == 'draft'):
            if not statement.leader_ids:
                raise UserError(self.env._("Say to which leaders “%(statement)s” goes first.", statement=statement.name))
            statement.action_count()
            statement._check_shown()
            if not statement.data['ledger']['agrees']:
                raise UserError(self.env._(
                    "“%(statement)s” does not agree with the receivables in accounting. Dues > Reconciliation of Dues names the "
                    "causes.",
                    statement=statement.name))
            unlocked(statement).write({
                'content_hash': statement._get_content_hash(),
                'state': 'submitted',
                'submitted_by_id': self.env.uid,
                'date_submitted': fields.Datetime.now(),
            })
            assign(statement, 'cfia_dues.mail_act_dues_statement', statement.leader_ids, summary=statement.name)
        return True

    def action_acknowledge(self):
        """Acknowledge as one of the leaders (签收).

        :raise AccessError: for anyone else
        """
        for statement in self:
            if not statement.can_acknowledge:
                raise AccessError(self.env._(
                    "“%(statement)s” waits for the leaders that it was submitted to.", statement=statement.name))
            # sudo: leaders read statistics, this is the one thing they write
            statement_sudo = unlocked(statement.sudo())
            values = {'acknowledgement_ids': [Command.create({'user_id': self.env.uid})]}
            if statement.leader_ids <= statement.acknowledgement_ids.user_id + self.env.user:
                values['state'] = 'acknowledged'
            statement_sudo.write(values)
            statement.activity_feedback(['cfia_dues.mail_act_dues_statement'], user_id=self.env.uid)
        return True

    def action_view_report(self):
        """Open the pivot of the day that these statistics were counted on."""
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_dues.cfia_dues_report_action')
        action['context'] = {'cfia_dues_day': fields.Date.to_string(self.date)}
        action['display_name'] = self.env._("Dues on %(day)s", day=self.date)
        return action

    # === BUSINESS METHODS === #

    def _prepare_data(self):
        """Return all that the statistics print, counted from the ledger as of their day."""
        self.ensure_one()
        rows = self.env['cfia.dues.report']._recount(self.company_id, self.date)
        own = [row for row in rows if row['year'] == self.year]
        return {
            'date': self.date.isoformat(),
            'total': self._prepare_row(self.env._("Total"), own),
            'all_years': self._prepare_row(self.env._("Total"), rows),
            'tables': [
                *(self._prepare_dimension(name, own) for name in DIMENSIONS),
                {
                    'title': self.env._("By year of dues"),
                    'rows': [
                        self._prepare_row(str(year), [row for row in rows if row['year'] == year])
                        for year in sorted({row['year'] for row in rows}, reverse=True)
                    ],
                },
            ],
            'ages': self._prepare_ages(rows),
            'rounds': self._prepare_rounds(),
            'ledger': self._prepare_ledger(rows),
        }

    def _prepare_dimension(self, name, rows):
        """Return the table of one dimension, in the order of its records, what has none last."""
        field = self.env['cfia.dues.report']._fields[name]
        groups = defaultdict(list)
        for row in rows:
            groups[row[name]].append(row)
        records = self.env[field.comodel_name].search([('id', 'in', [key for key in groups if key])])
        return {
            'title': self.env._("By %(dimension)s", dimension=field._description_string(self.env).lower()),
            'rows': [
                *(self._prepare_row(record.name, groups[record.id]) for record in records),
                *([self._prepare_row(self.env._("Unclassified"), groups[None])] if groups.get(None) else []),
            ],
        }

    def _prepare_row(self, label, rows):
        """Return one row of a table: units and amounts."""
        rounded = self.currency_id.round
        by_unit = defaultdict(lambda: [0.0, 0.0, 0.0])
        for row in rows:
            unit = by_unit[row['partner_id']]
            unit[0] += float(row['amount'] - row['amount_credited'])
            unit[1] += float(row['amount_paid'])
            unit[2] += float(row['amount_open'])
        counts = Counter(
            'paid' if self.currency_id.compare_amounts(unpaid, 0.0) <= 0
            else 'partial' if self.currency_id.compare_amounts(paid, 0.0) > 0 else 'unpaid'
            for due, paid, unpaid in by_unit.values() if not self.currency_id.is_zero(due))
        amounts = {
            key: rounded(float(sum(row[name] for row in rows))) for key, name in (
                ('amount', 'amount'), ('credited', 'amount_credited'), ('paid', 'amount_paid'), ('open', 'amount_open'))
        }
        net = amounts['amount'] - amounts['credited']
        return {
            'label': label,
            'units': counts.total(),
            'units_paid': counts['paid'],
            'units_partial': counts['partial'],
            'units_unpaid': counts['unpaid'],
            'units_rate': counts['paid'] / counts.total() if counts else 0.0,
            **amounts,
            'due': rounded(net),
            'rate': amounts['paid'] / net if net else 0.0,
        }

    def _prepare_ages(self, rows):
        """Return what is unpaid of all years, by how long it is overdue."""
        labels = dict(self.env['cfia.dues.report']._fields['age']._description_selection(self.env))
        result = []
        for age, _label in AGES:
            found = [row for row in rows if row['age'] == age and row['amount_open'] > 0]
            result.append({
                'label': labels[age],
                'units': len({row['partner_id'] for row in found}),
                'open': self.currency_id.round(float(sum(row['amount_open'] for row in found))),
            })
        return result

    def _prepare_rounds(self):
        """Return the collection rounds of the year up to the day, and what they brought."""
        rounds = self.env['cfia.dues.round'].search([
            ('company_id', '=', self.company_id.id), ('year', '=', self.year), ('date_opened', '!=', False),
        ], order='number')
        return [
            {
                'label': dues_round.name,
                'units': dues_round.recipient_count,
                'units_paid': dues_round.paid_count,
                'amount': dues_round.amount_asked,
                'paid': dues_round.amount_settled,
                'rate': dues_round.amount_settled / dues_round.amount_asked if dues_round.amount_asked else 0.0,
            }
            for dues_round in rounds if to_association_tz(dues_round.date_opened).date() <= self.date
        ]

    def _prepare_ledger(self, rows):
        """Return the agreement of these figures with the receivables in accounting."""
        ledger = self.env['cfia.dues.report']._recount_ledger(self.company_id, self.date)
        at_receipt = set(self.env['cfia.dues.line'].search([
            ('company_id', '=', self.company_id.id), ('recognition', '=', 'receipt')]).ids)
        booked = sum(float(row['amount_open']) for row in rows if row['id'] not in at_receipt)
        # recognised at receipt: what is posted is paid, what is unpaid is in no account
        unbooked = sum(float(row['amount_open']) for row in rows if row['id'] in at_receipt)
        rounded = self.currency_id.round
        total = ledger['dues'] - ledger['credits'] + ledger['other']
        is_same = True
        if self.date == association_today():
            # the lines that everybody sees say the same
            self.env.flush_all()
            lines = dict(self.env['cfia.dues.line'].sudo()._read_group(  # sudo: sums
                [('company_id', '=', self.company_id.id), ('amount_residual', '!=', 0)], ['id'], ['amount_residual:sum']))
            counted = {row['id']: float(row['amount_open']) for row in rows}
            is_same = all(
                self.currency_id.compare_amounts(amount, counted.pop(line.id, 0.0)) == 0 for line, amount in lines.items()
            ) and all(self.currency_id.is_zero(amount) for amount in counted.values())
        return {
            **ledger,
            'booked': rounded(booked),
            'unbooked': rounded(unbooked),
            'agrees': self.currency_id.is_zero(ledger['balance'] - total)
            and self.currency_id.is_zero(ledger['dues'] - booked)
            and self.currency_id.is_zero(ledger['astray']) and is_same,
        }


class CfiaDuesStatementAcknowledgement(models.Model):
    """A leader has seen the dues statistics."""

    _name = 'cfia.dues.statement.acknowledgement'
    _description = "Acknowledgement of Dues Statistics"
    _inherit = ['cfia.guard.mixin']
    _order = 'id'
    _rec_name = 'user_id'
    _made_by_steps = True
    _append_only = True

    statement_id = fields.Many2one('cfia.dues.statement', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='statement_id.company_id', store=True)
    user_id = fields.Many2one('res.users', string="Leader", required=True, ondelete='restrict')
    date = fields.Datetime(default=fields.Datetime.now, required=True)

    _user_unique = models.UniqueIndex('(statement_id, user_id)', "A leader acknowledges once.")
