from collections import defaultdict
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.task import assign


class CfiaObligationTerm(models.Model):
    """A duty in one period: what had to be done, what was done, by what evidence.

    Its figures are counted from the evidence, when the board is opened and every day; nobody
    enters them. Past periods are counted as well as the present one.
    """

    _name = 'cfia.obligation.term'
    _description = "Obligation in a Period"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _acts_of_readers = ('action_open', 'action_refresh')
    _order = 'year desc, sequence, date_from, id'

    obligation_id = fields.Many2one('cfia.obligation', required=True, index=True, ondelete='cascade', readonly=True)
    code = fields.Char(related='obligation_id.code')
    article_text = fields.Char(related='obligation_id.article_text', string="Article")
    sequence = fields.Integer(related='obligation_id.sequence', store=True)
    kind = fields.Selection(related='obligation_id.kind', store=True)
    department_id = fields.Many2one(related='obligation_id.department_id', store=True, index=True, string="Owner")
    terms = fields.Char(related='obligation_id.terms')
    cadence = fields.Char(related='obligation_id.cadence')
    override_reason = fields.Text(related='obligation_id.override_reason')
    date_overridden = fields.Date(related='obligation_id.date_overridden')
    year = fields.Integer(required=True, readonly=True, aggregator=None, index=True)
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="Until", required=True, readonly=True)
    label = fields.Char(string="Period", compute='_compute_label')
    date_due = fields.Date(string="Due On", compute='_compute_date_due', store=True)
    # Counted
    required_count = fields.Integer(string="Times Required", readonly=True)
    done_count = fields.Integer(string="Done", readonly=True)
    late_count = fields.Integer(string="Entered Late", readonly=True, help="Of what was done, entered late with a scan.")
    open_count = fields.Integer(string="Open Cases", readonly=True)
    overdue_count = fields.Integer(string="Overdue", readonly=True)
    date_done = fields.Date(string="First Done", readonly=True)
    date_next = fields.Date(string="Next Due", readonly=True, help="When the next act is due, spread over the period.")
    state = fields.Selection(
        selection=[
            ('overdue', "Overdue"),
            ('due', "Due"),
            ('ahead', "To come"),
            ('met', "Met"),
            ('late', "Met late"),
            ('none', "Nothing recorded"),
            ('overridden', "Charter prevails"),
            ('unbound', "Not recorded here"),
        ],
        required=True,
        readonly=True,
        default='ahead',
        index=True,
        group_expand=True,
    )
    line_ids = fields.One2many('cfia.obligation.term.line', 'term_id', string="Evidence", readonly=True)

    _period_unique = models.UniqueIndex('(obligation_id, date_from)', "A duty has each period once.")

    # === COMPUTE METHODS === #

    @api.depends('date_to', 'obligation_id.days_allowed')
    def _compute_date_due(self):
        for term in self:
            term.date_due = term.date_to and term.date_to + timedelta(days=term.obligation_id.days_allowed)

    @api.depends('obligation_id', 'label')
    def _compute_display_name(self):
        for term in self:
            term.display_name = f"{term.obligation_id.display_name or ''} · {term.label or ''}"

    @api.depends('date_from', 'date_to', 'year')
    @api.depends_context('lang')
    def _compute_label(self):
        for term in self:
            term.label = term.date_from and term._get_label()

    def _get_label(self):
        """Return the period as people say it."""
        values = {'year': self.year, 'first': self.date_from.month, 'last': self.date_to.month}
        months = self._count_months(self.date_from)
        if months == 1:
            return self.env._("%(year)s/%(first)s", **values)
        if months == 3:
            return self.env._("%(year)s Q%(quarter)s", quarter=values['last'] // 3, **values)
        if months == 24:
            return self.env._("%(before)s–%(year)s", before=self.year - 1, **values)
        if months == 12:
            return str(self.year)
        return self.env._("%(year)s/%(first)s–%(last)s", **values)

    # === ACTION METHODS === #

    @api.model
    def action_open_board(self):
        """Count afresh and open the board."""
        self.check_access('read')
        self._refresh()
        return self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_obligation_term_action')

    def action_enter_late(self):
        """Enter an act of this period that was done outside."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Enter an Act Done Outside"),
            'res_model': 'cfia.obligation.act',
            'view_mode': 'form',
            'target': 'new',
            'context': {
                'default_obligation_id': self.obligation_id.id,
                'default_date': fields.Date.to_string(min(self.date_to, association_today())),
            },
        }

    def action_view_late(self):
        """Open the acts of this period that were done outside and entered late, each with its scan."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_obligation_act_action'),
            'domain': [
                ('obligation_id', '=', self.obligation_id.id),
                ('date', '>=', self.date_from), ('date', '<=', self.date_to)],
            'context': {'create': False},
        }

    def action_refresh(self):
        """Count the years of these periods afresh."""
        self.check_access('read')
        self._refresh_years(sorted(set(self.mapped('year'))))
        return True

    # === BUSINESS METHODS === #

    @api.model
    def _get_current_year(self):
        return association_today().year

    @api.model
    def _refresh(self):
        """Count the present year, and earlier ones in which something is open."""
        year = self._get_current_year()
        # sudo: terms are counted by the system, whoever looks
        open_years = self.sudo()._read_group([('state', 'in', ('overdue', 'due')), ('year', '<', year)], ['year'])
        # a period of two years ends in the next one
        self._refresh_years([*(found for found, in open_years), year, year + 1])

    @api.model
    def _refresh_years(self, years):
        """Enter and count the periods of years from the evidence.

        The number of queries depends on the number of evidences, never on what they count.

        :param list years: calendar years
        """
        current = self._get_current_year()
        # sudo: terms are counted by the system, whoever looks
        obligations = self.env['cfia.obligation'].sudo().search([])
        for year in years:
            # of the next year only what has begun
            obligations.filtered(
                lambda obligation, year=year: year <= current or obligation.period == 'two_years')._enter_terms(year)
        terms = self.sudo().search([('year', 'in', list(years)), ('obligation_id.active', '=', True)])
        # what is counted from other periods comes last
        last = terms.filtered(lambda term: self._name in term.obligation_id.evidence_ids.mapped('model'))
        for batch in filter(None, (terms - last, last)):
            batch._count()

    def _count(self):
        """Count these periods from their evidence."""
        date_from, date_to = min(self.mapped('date_from')), max(self.mapped('date_to'))
        evidence = self.obligation_id.evidence_ids.filtered(lambda evidence: evidence._is_available())
        months = {binding: binding._count(date_from, date_to) for binding in evidence}
        late = self._count_acts(date_from, date_to)
        # sudo: a setting of the company
        in_force = self.env.company.sudo().cfia_date_in_force
        for obligation, terms in self.grouped('obligation_id').items():
            bindings = obligation.evidence_ids & evidence
            for term in terms:
                found = {binding: term._sum_months(months[binding]) for binding in bindings}
                term._set_figures(found, late.get(obligation, {}), in_force)

    def _count_acts(self, date_from, date_to):
        """Return what was entered late: obligation → {first day of month: (number, first day)}."""
        result = defaultdict(dict)
        # sudo: numbers alone are counted
        for obligation, month, count, first in self.env['cfia.obligation.act'].sudo()._read_group(
                [('obligation_id', 'in', self.obligation_id.ids), ('date', '>=', date_from), ('date', '<=', date_to)],
                ['obligation_id', 'date:month'], ['__count', 'date:min']):
            result[obligation][fields.Date.to_date(month)] = (count, first)
        return result

    def _sum_months(self, counts):
        """Return the sum of monthly counts over this period."""
        total = {'done': 0, 'open': 0, 'overdue': 0, 'first_done': None}
        for month, values in counts.items():
            if self.date_from <= month <= self.date_to:
                for key in ('done', 'open', 'overdue'):
                    total[key] += values[key]
                total['first_done'] = min(filter(None, (total['first_done'], values['first_done'])), default=None)
        return total

    def _set_figures(self, found, late, in_force):
        """Write what was counted, where it differs from what stands."""
        own_late = [value for month, value in late.items() if self.date_from <= month <= self.date_to]
        late_count = sum(count for count, _first in own_late)
        firsts = [values['first_done'] for values in found.values()] + [first for _count, first in own_late]
        vals = {
            'required_count': self._get_required_count(in_force),
            'late_count': late_count,
            'done_count': late_count + sum(values['done'] for values in found.values()),
            'open_count': sum(values['open'] for values in found.values()),
            'overdue_count': sum(values['overdue'] for values in found.values()),
            'date_done': min(filter(None, firsts), default=False),
        }
        vals['date_next'] = self._get_date_next(vals)
        vals['state'] = self._get_state(vals, bool(found))
        self._write_changed(vals)
        self._set_lines(found)

    def _write_changed(self, vals):
        changed = {name: value for name, value in vals.items() if self[name] != value}
        if changed:
            self.write(changed)

    def _set_lines(self, found):
        lines = {line.evidence_id: line for line in self.line_ids}
        for evidence, values in found.items():
            vals = {f'{key}_count': values[key] for key in ('done', 'open', 'overdue')}
            line = lines.pop(evidence, None)
            if line is None:
                self.env['cfia.obligation.term.line'].create(
                    {'term_id': self.id, 'evidence_id': evidence.id, **vals})
            elif changed := {name: value for name, value in vals.items() if line[name] != value}:
                line.write(changed)
        for line in lines.values():
            line.unlink()

    def _get_required_count(self, in_force):
        """Return how often it had to be done.

        A period in which the regulation came into force counts by the whole months that were left,
        rounded down: who begins in September owes one of four mailings a year.
        """
        self.ensure_one()
        obligation = self.obligation_id
        if obligation.kind != 'counted':
            return 0
        if in_force <= self.date_from:
            return obligation.minimum
        first = in_force if in_force.day == 1 else in_force.replace(day=1) + relativedelta(months=1)
        return obligation.minimum * max(self._count_months(first), 0) // self._count_months(self.date_from)

    def _count_months(self, first):
        """Return the number of months from one's first day to the end of this period."""
        return (self.date_to.year - first.year) * 12 + self.date_to.month - first.month + 1

    def _get_date_next(self, vals):
        """Return the day by which the next act is due, acts spread evenly over the period."""
        if self.obligation_id.kind != 'counted' or vals['done_count'] >= vals['required_count']:
            return False
        if vals['done_count'] + 1 == vals['required_count']:
            return self.date_due
        days = (self.date_to - self.date_from).days + 1
        return self.date_from + timedelta(days=days * (vals['done_count'] + 1) // vals['required_count'] - 1)

    def _get_state(self, vals, is_bound):
        """Return the state that follows from the figures."""
        obligation = self.obligation_id
        today = association_today()
        if obligation.is_overridden and obligation.date_overridden <= self.date_to:
            return 'overridden'
        if not is_bound and not vals['done_count'] and (obligation.kind != 'counted' or vals['required_count']):
            return 'unbound'
        if vals['overdue_count']:
            return 'overdue'
        if obligation.kind == 'counted':
            if not vals['required_count']:
                return 'met' if vals['done_count'] else 'none'
            if vals['done_count'] >= vals['required_count']:
                is_late = vals['required_count'] == 1 and vals['date_done'] and vals['date_done'] > self.date_due
                return 'late' if is_late else 'met'
            if today > self.date_due:
                return 'overdue'
            return 'due' if today >= self.date_from else 'ahead'
        if vals['open_count']:
            return 'due'
        # a prohibition is kept as long as nothing broke it
        return 'met' if vals['done_count'] or obligation.kind == 'prohibition' else 'none'

    # === CRON METHODS === #

    @api.model
    def _cron_refresh(self):
        """Count the board and put what is due before its owners; a day missed changes nothing."""
        self._refresh()
        today = association_today()
        # sudo: terms are counted by the system
        Term = self.sudo()
        due = Term.search([('state', 'in', ('due', 'overdue'))])
        Term.search([('activity_type_id', '=', self.env.ref('cfia_membership.mail_act_obligation_due').id)]) \
            .filtered(lambda term: term not in due)._finish_activities()
        for term in due:
            term._schedule_due(today)

    def _schedule_due(self, today):
        """Put this period before the owner, once, when it is time."""
        self.ensure_one()
        deadline = self.date_next or self.date_due
        is_case = self.obligation_id.kind != 'counted' or not self.date_next
        if is_case and not self.overdue_count:
            return  # the cases have activities of their own
        if not is_case and deadline - timedelta(days=self.obligation_id.days_ahead) > today:
            return
        activity_type = self.env.ref('cfia_membership.mail_act_obligation_due')
        if self.activity_ids.filtered(lambda activity: activity.activity_type_id == activity_type):
            return
        assign(
            self, 'cfia_membership.mail_act_obligation_due', self.obligation_id._get_department_user(),
            date_deadline=max(deadline, today) if is_case else deadline,
            summary=lambda user: self.with_context(lang=user._get_reader_lang()).display_name)

    def _finish_activities(self):
        """Mark as done what asked for an act that has been done."""
        if self:
            self.activity_feedback(['cfia_membership.mail_act_obligation_due'])


class CfiaObligationTermLine(models.Model):
    """What one kind of evidence says of a duty in a period."""

    _name = 'cfia.obligation.term.line'
    _description = "Evidence of an Obligation in a Period"
    _order = 'term_id, id'

    term_id = fields.Many2one('cfia.obligation.term', string="Period Counted", required=True, index=True, ondelete='cascade')
    evidence_id = fields.Many2one('cfia.obligation.evidence', required=True, index=True, ondelete='cascade')
    name = fields.Char(related='evidence_id.name')
    role = fields.Selection(related='evidence_id.role')
    done_count = fields.Integer(string="Done", readonly=True)
    open_count = fields.Integer(string="Open Cases", readonly=True)
    overdue_count = fields.Integer(string="Overdue", readonly=True)

    _evidence_unique = models.UniqueIndex('(term_id, evidence_id)', "Each kind of evidence stands once.")

    def action_open(self):
        """Open the records, as far as the user may see them."""
        self.ensure_one()
        return self.evidence_id._get_action(self.term_id.date_from, self.term_id.date_to)

    def action_open_missing(self):
        """Open the cases that are not done."""
        self.ensure_one()
        return self.evidence_id._get_action(self.term_id.date_from, self.term_id.date_to, only_open=True)
