from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import ASSOCIATION_TZ, association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.official import official_date
from odoo.addons.cfia_membership.tools.task import assign

_lt = LazyTranslate(__name__)

# columns of the tables that are numbers
COUNTS = frozenset({'duties', 'kept', 'late', 'overdue', 'open', 'none', 'unbound', 'required', 'done', 'missing'})
# of a duty with many periods the first of these says how it stands
WORST_FIRST = ('overdue', 'due', 'unbound', 'late', 'met', 'ahead', 'none', 'overridden')


class CfiaComplianceReport(models.Model):
    """How the regulation was kept in a year, duty by duty, with the evidence.

    Counted from the board; frozen when the secretary-general signs it. What was signed stays: a
    correction is another report.
    """

    _name = 'cfia.compliance.report'
    _description = "Compliance Report"
    _inherit = ['cfia.shown.mixin', 'mail.thread', 'mail.activity.mixin', 'cfia.paper.mixin']
    _order = 'year desc, id desc'
    _frozen_when = {'released': '*'}
    _guard_texts = {
        'write': _lt("Figures are counted from the evidence, never entered."),
        'frozen': _lt("It was signed. Make another one to correct it."),
        'unlink': _lt("It was signed. Make another one to correct it."),
    }

    name = fields.Char(compute='_compute_name')
    year = fields.Integer(required=True, aggregator=None, default=lambda self: self._default_year())
    date = fields.Date(string="Counted On", readonly=True, copy=False)
    state = fields.Selection(
        selection=[('draft', "Draft"), ('released', "Signed")],
        required=True, readonly=True, default='draft', copy=False, tracking=True)
    date_released = fields.Datetime(string="Signed On", readonly=True, copy=False)
    released_by_id = fields.Many2one('res.users', string="Signed By", readonly=True, copy=False)
    note = fields.Html(string="Explanation", help="What was not kept, and why; printed below the tables.")
    data = fields.Json(readonly=True, copy=False)
    kept_count = fields.Integer(string="Periods Kept", readonly=True, copy=False)
    overdue_count = fields.Integer(string="Periods Overdue", readonly=True, copy=False)
    open_count = fields.Integer(string="Periods Still Open", readonly=True, copy=False)
    unrecorded_count = fields.Integer(string="Not Recorded Here", readonly=True, copy=False)
    rate = fields.Float(string="Kept", compute='_compute_rate')
    tables_html = fields.Html(string="Tables", compute='_compute_tables_html', sanitize=False)

    _year_range = models.Constraint('CHECK (year BETWEEN 1900 AND 2200)', "The year has four digits.")

    # === DEFAULT METHODS === #

    @api.model
    def _default_year(self):
        """Return the year that ended last."""
        return association_today().year - 1

    # === COMPUTE METHODS === #

    @api.depends('year')
    @api.depends_context('lang')
    def _compute_name(self):
        for report in self:
            report.name = self.env._("Execution of the regulation on member work in %(year)s", year=report.year)

    @api.depends('kept_count', 'overdue_count')
    def _compute_rate(self):
        for report in self:
            judged = report.kept_count + report.overdue_count
            report.rate = report.kept_count / judged if judged else 0.0

    @api.depends('data')
    @api.depends_context('lang')
    def _compute_tables_html(self):
        for report in self:
            report.tables_html = report.data and self.env['ir.qweb']._render(
                'cfia_membership.paper_tables', {'doc': report, 'css': 'table table-sm table-bordered small'})

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        reports = super().create(vals_list)
        reports._count()
        return reports

    def write(self, vals):
        result = super().write(vals)
        if 'year' in vals:
            self._count()
        return result

    # === ACTION METHODS === #

    def action_count(self):
        """Count drafts afresh."""
        self.check_access('write')
        self.filtered(lambda report: report.state == 'draft')._count()
        return True

    def action_release(self):
        """Count, freeze and sign as the secretary-general.

        :raise AccessError: for anyone else
        :raise UserError: for a year that has not ended
        """
        self.check_access('read')
        if not self.env.user.has_group('cfia_membership.group_cfia_secretary_general'):
            raise AccessError(self.env._("The secretary-general signs the report on the regulation."))
        for report in self.filtered(lambda report: report.state == 'draft'):
            if report.year >= association_today().year:
                raise UserError(self.env._(
                    "“%(report)s” cannot be signed: the year has not ended.", report=report.name))
            # sudo: the secretary-general reads reports, this is the one thing written
            report_sudo = unlocked(report.sudo())
            report_sudo._count()
            report_sudo._check_shown()
            report_sudo.write({
                'content_hash': report_sudo._get_content_hash(),
                'state': 'released',
                'date_released': fields.Datetime.now(),
                'released_by_id': self.env.uid,
            })
            report_sudo.activity_feedback(['cfia_membership.mail_act_compliance_report'])
        return True

    def action_view_terms(self):
        """Open the board of the year."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_obligation_term_action'),
            'domain': [('year', '=', self.year)],
            'context': {'search_default_group_by_department': 1},
        }

    # === BUSINESS METHODS === #

    def _count(self):
        """Count these reports from the board of their year, which is counted first."""
        if not self:
            return
        Term = self.env['cfia.obligation.term']
        Term._refresh_years(sorted(set(self.mapped('year'))))
        for report in self:
            report = report.with_context(lang=report._get_paper_lang())
            # the terms in the paper's language, too
            terms = report.env[Term._name].search([
                ('year', '=', report.year), ('obligation_id.active', '=', True)], order='sequence, date_from')
            states = Counter(terms.mapped('state'))
            unlocked(report).write({
                'data': report._prepare_data(terms),
                'date': association_today(),
                'kept_count': states['met'] + states['late'],
                'overdue_count': states['overdue'],
                'open_count': states['due'] + states['ahead'],
                'unrecorded_count': states['unbound'],
            })

    def _prepare_data(self, terms):
        """Return all that the report prints.

        :param terms: periods of the year, in the order of the regulation
        """
        self.ensure_one()
        return {
            'departments': [
                self._prepare_department_row(department.name, own)
                for department, own in terms.grouped('department_id').items()
            ] + [self._prepare_department_row(self.env._("Total"), terms)],
            'duties': [
                self._prepare_duty_row(obligation, own) for obligation, own in terms.grouped('obligation_id').items()
            ],
            'missing': [
                self._prepare_missing_row(term) for term in terms if term.state in ('overdue', 'due')
            ],
            'late': self._prepare_late_rows(),
            'overrides': [
                {
                    'name': obligation.display_name,
                    'department': obligation.department_id.name,
                    'date': fields.Date.to_string(obligation.date_overridden),
                    'reason': obligation.override_reason,
                }
                for obligation in terms.filtered(lambda term: term.state == 'overridden').obligation_id
            ],
        }

    def _prepare_department_row(self, name, terms):
        """Return how many periods of a department's duties stand how."""
        states = Counter(terms.mapped('state'))
        kept = states['met'] + states['late']
        judged = kept + states['overdue']
        return {
            'name': name,
            'duties': len(terms.obligation_id),
            'kept': kept,
            'late': states['late'],
            'overdue': states['overdue'],
            'open': states['due'] + states['ahead'],
            'none': states['none'] + states['overridden'],
            'unbound': states['unbound'],
            'rate': self._format_value(kept / judged, 'rate') if judged else '',
        }

    def _prepare_duty_row(self, obligation, terms):
        """Return how a duty was kept over its periods of the year, and by what evidence."""
        states = dict(terms._fields['state']._description_selection(self.env))
        found = Counter()
        for line in terms.line_ids:
            found[line.name] += line.done_count
        late = sum(terms.mapped('late_count'))
        if late:
            found[self.env._("Entered late")] = late
        judged = terms.filtered(lambda term: term.state in ('met', 'late', 'overdue', 'due'))
        return {
            'name': obligation.display_name,
            'terms': obligation.terms or '',
            'department': obligation.department_id.name,
            'cadence': obligation.cadence,
            'periods': f"{len(judged.filtered(lambda term: term.state in ('met', 'late')))}/{len(judged)}" if judged else '',
            'required': sum(terms.mapped('required_count')),
            'done': sum(terms.mapped('done_count')),
            'open': sum(terms.mapped('open_count')) + sum(terms.mapped('overdue_count')),
            'evidence': self._join(self.env._("%(records)s: %(count)s", records=name, count=count)
                                   for name, count in found.items() if count),
            'state': states[min(terms.mapped('state'), key=WORST_FIRST.index)],
        }

    def _prepare_missing_row(self, term):
        """Return what a period lacks."""
        return {
            'name': term.obligation_id.display_name,
            'label': term.label,
            'department': term.department_id.name,
            'date_due': fields.Date.to_string(term.date_due),
            'missing': max(term.required_count - term.done_count, term.open_count + term.overdue_count, 0),
            'state': dict(term._fields['state']._description_selection(self.env))[term.state],
        }

    def _prepare_late_rows(self):
        """Return the acts of the year that were done outside and entered late."""
        acts = self.env['cfia.obligation.act'].search([
            ('date', '>=', f'{self.year}-01-01'), ('date', '<=', f'{self.year}-12-31')], order='date, id')
        return [
            {
                'date': fields.Date.to_string(act.date),
                'duty': act.obligation_id.display_name,
                'name': act.name,
                'entered': self._get_person_text(act.user_id, act.create_date),
            }
            for act in acts
        ]

    def _join(self, texts):
        return ('；' if (self.env.lang or '').startswith('zh') else '; ').join(texts)

    # === PRINT METHODS === #

    def _get_paper_title(self):
        self.ensure_one()
        return self.with_context(lang=self._get_paper_lang()).name

    def _get_summary(self):
        """Return the opening sentence."""
        self.ensure_one()
        total = self.data['departments'][-1]
        return self.with_context(lang=self._get_paper_lang()).env._(
            "Of the %(duties)s duties of the regulation on member work, %(judged)s periods of %(year)s fell due: "
            "%(kept)s were kept (%(rate)s), %(overdue)s are overdue; %(open)s are still open. "
            "Each figure was counted from the records named as evidence.",
            duties=total['duties'], year=self.year, judged=total['kept'] + total['overdue'], kept=total['kept'],
            rate=total['rate'] or '–', overdue=total['overdue'], open=total['open'])

    def _get_signature_date_text(self):
        """Return the day of the signature as letters write it."""
        self.ensure_one()
        day = fields.Datetime.context_timestamp(self.with_context(tz=ASSOCIATION_TZ.key), self.date_released).date()
        return official_date(self.env, day)

    def _get_tables(self):
        self.ensure_one()
        data = self.data
        if not data:
            return []
        self = self.with_context(lang=self._get_paper_lang())  # noqa: PLW0642 the paper's language
        tables = [
            {
                'title': self.env._("By department"),
                'columns': self._get_columns({
                    'name': self.env._("Department"), 'duties': self.env._("Duties"),
                    'kept': self.env._("Periods kept"), 'late': self.env._("of these late"),
                    'overdue': self.env._("Overdue"), 'open': self.env._("Still open"),
                    'none': self.env._("Nothing recorded"), 'unbound': self.env._("Not recorded here"),
                    'rate': self.env._("Share kept"),
                }),
                'rows': data['departments'],
            },
            {
                'title': self.env._("Duty by duty"),
                'widths': {
                    'name': '28%', 'department': '8%', 'cadence': '12%', 'periods': '6%', 'required': '6%',
                    'done': '6%', 'open': '6%', 'evidence': '17%', 'state': '11%'},
                'columns': self._get_columns({
                    'name': self.env._("Duty"), 'department': self.env._("Owner"), 'cadence': self.env._("Cadence"),
                    'periods': self.env._("Periods kept"), 'required': self.env._("Required"),
                    'done': self.env._("Done"), 'open': self.env._("Not done yet"), 'evidence': self.env._("Evidence"),
                    'state': self.env._("Result"),
                }),
                'rows': data['duties'],
            },
            {
                'title': self.env._("What is missing"),
                'widths': {'name': '38%', 'label': '14%', 'department': '14%', 'date_due': '14%'},
                'columns': self._get_columns({
                    'name': self.env._("Duty"), 'label': self.env._("Period"), 'department': self.env._("Owner"),
                    'date_due': self.env._("Due on"), 'missing': self.env._("Missing"), 'state': self.env._("State"),
                }),
                'rows': data['missing'],
            },
            {
                'title': self.env._("Done outside and entered late, each with its scan"),
                'widths': {'date': '12%', 'duty': '32%', 'name': '36%', 'entered': '20%'},
                'columns': self._get_columns({
                    'date': self.env._("Done on"), 'duty': self.env._("Duty"), 'name': self.env._("What was done"),
                    'entered': self.env._("Entered by"),
                }),
                'rows': data['late'],
            },
            {
                'title': self.env._("Where the charter prevails (article 6)"),
                'widths': {'name': '30%', 'department': '14%', 'date': '14%', 'reason': '42%'},
                'columns': self._get_columns({
                    'name': self.env._("Duty"), 'department': self.env._("Owner"), 'date': self.env._("Since"),
                    'reason': self.env._("What the charter says"),
                }),
                'rows': data['overrides'],
            },
        ]
        return [table for table in tables if table['rows']]

    def _get_columns(self, headings):
        return [(key, heading, 'count' if key in COUNTS else 'text') for key, heading in headings.items()]

    # === CRON METHODS === #

    @api.model
    def _cron_draft(self):
        """Draft last year's report, put it before the secretary-general, and count drafts afresh.

        A day missed changes nothing.
        """
        self = self.with_context(lang=self.env.company._get_association_lang())  # noqa: PLW0642 its log is read by people
        self.search([('state', '=', 'draft')])._count()
        year = self._default_year()
        # sudo: settings of the company, read by the schedule
        in_force = self.env.company.sudo().cfia_date_in_force
        if in_force.year > year or self.search_count([('year', '=', year)], limit=1):
            return
        report = self.create({'year': year})
        assign(
            report, 'cfia_membership.mail_act_compliance_report', self.env.company._get_secretaries_general()[:1],
            summary=lambda user: report.with_context(lang=user._get_reader_lang()).name)
