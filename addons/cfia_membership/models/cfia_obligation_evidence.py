import ast
from collections import defaultdict
from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from odoo.addons.cfia_membership.tools.dates import ASSOCIATION_TZ, association_today


class CfiaObligationEvidence(models.Model):
    """Where the evidence of a duty is found: a model, which of its records, and their date.

    An *act* is evidence by being there. A *case* calls for an act: it is done once ``done_domain``
    holds, and overdue when ``days`` have passed since its date, or ``deadline_field`` has.
    """

    _name = 'cfia.obligation.evidence'
    _description = "Evidence of an Obligation"
    _order = 'obligation_id, sequence, id'

    obligation_id = fields.Many2one('cfia.obligation', required=True, index=True, ondelete='cascade')
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Records", compute='_compute_name')
    model = fields.Char(required=True, help="Technical name; its add-on need not be installed.")
    role = fields.Selection(
        selection=[('act', "Is evidence"), ('case', "Calls for an act")], required=True, default='act')
    domain = fields.Char(required=True, default='[]', help="Which records count.")
    date_field = fields.Char(required=True, help="The day that decides to which period a record belongs.")
    done_domain = fields.Char(help="Cases: which of them are done.")
    done_field = fields.Char(help="When the act was done, where that is another day.")
    deadline_field = fields.Char(help="Cases: by when. Without one it is the days after the date.")
    days = fields.Integer(help="Cases: days allowed.")

    _case_needs_done = models.Constraint(
        "CHECK (role <> 'case' OR done_domain IS NOT NULL)", "Say which of the cases are done.")

    # === COMPUTE METHODS === #

    @api.depends('model')
    @api.depends_context('lang')
    def _compute_name(self):
        for evidence in self:
            # sudo: the name of a model is no secret
            found = self.env['ir.model'].sudo()._get(evidence.model or '')
            evidence.name = found.name or self.env._("%(model)s (not installed)", model=evidence.model)

    # === CONSTRAINT METHODS === #

    @api.constrains('model', 'domain', 'date_field', 'done_domain', 'done_field', 'deadline_field')
    def _check_binding(self):
        """Refuse what could not be counted.

        :raise ValidationError: naming the duty and what is wrong
        """
        for evidence in self:
            if not evidence._is_available():
                continue
            Model = self.env[evidence.model]
            for name in (evidence.date_field, evidence.done_field, evidence.deadline_field):
                if name and (name not in Model._fields or Model._fields[name].type not in ('date', 'datetime')):
                    raise ValidationError(self.env._(
                        "%(obligation)s: “%(field)s” is no date of %(model)s.",
                        obligation=evidence.obligation_id.display_name, field=name, model=evidence.model))
            for text in (evidence.domain, evidence.done_domain):
                try:
                    Domain(ast.literal_eval(text or '[]')).validate(Model)
                except (ValueError, SyntaxError) as error:
                    raise ValidationError(self.env._(
                        "%(obligation)s: “%(domain)s” is no filter of %(model)s: %(error)s",
                        obligation=evidence.obligation_id.display_name, domain=text, model=evidence.model,
                        error=error)) from error

    # === ACTION METHODS === #

    def _get_action(self, date_from, date_to, only_open=False):
        """Return the action that opens the records of a period.

        :param bool only_open: only the cases that are not done
        """
        self.ensure_one()
        domain = self._get_domain(date_from, date_to)
        if only_open:
            domain &= ~Domain(ast.literal_eval(self.done_domain))
        return {
            'type': 'ir.actions.act_window',
            'name': f"{self.obligation_id.article_text} {self.name}",
            'res_model': self.model,
            'view_mode': 'list,form',
            'domain': list(domain),
            'context': {'active_test': False, 'create': False},
        }

    # === BUSINESS METHODS === #

    def _is_available(self):
        """Return whether the add-on that leaves this evidence is there."""
        self.ensure_one()
        return self.model in self.env

    def _get_domain(self, date_from, date_to):
        """Return the domain of the records whose day lies in a range of days, both included."""
        return Domain(ast.literal_eval(self.domain)) & Domain([
            (self.date_field, '>=', self._to_field_value(self.date_field, date_from)),
            (self.date_field, '<', self._to_field_value(self.date_field, date_to + timedelta(days=1))),
        ])

    def _to_field_value(self, name, day):
        """Return the beginning of an association's day as the field stores it."""
        if self.env[self.model]._fields[name].type == 'date':
            return day
        moment = datetime.combine(day, time.min, tzinfo=ASSOCIATION_TZ)
        return (moment - moment.utcoffset()).replace(tzinfo=None)

    def _count(self, date_from, date_to):
        """Count the records by month; one query for acts, up to three for cases, however many records.

        :return: first day of month → dict with done, open, overdue (numbers) and first_done (date or None)
        :rtype: defaultdict
        """
        self.ensure_one()
        counts = defaultdict(lambda: {'done': 0, 'open': 0, 'overdue': 0, 'first_done': None})
        domain = self._get_domain(date_from, date_to)
        done = Domain(ast.literal_eval(self.done_domain)) if self.role == 'case' else Domain.TRUE
        for month, count, first_done in self._read_months(domain & done, self.done_field or self.date_field):
            counts[month]['done'] = count
            counts[month]['first_done'] = first_done
        if self.role == 'case':
            waiting = {month: count for month, count, _first in self._read_months(domain & ~done)}
            for month, count in waiting.items():
                counts[month]['open'] = count
            # where nothing waits, nothing is overdue
            overdue = waiting and self._read_months(domain & ~done & self._get_overdue_domain())
            for month, count, _first in overdue:
                counts[month]['overdue'] = count
                counts[month]['open'] -= count
        return counts

    def _get_overdue_domain(self):
        today = association_today()
        if self.deadline_field:
            return Domain(self.deadline_field, '<', self._to_field_value(self.deadline_field, today))
        first_kept = today - timedelta(days=self.days)
        return Domain(self.date_field, '<', self._to_field_value(self.date_field, first_kept))

    def _read_months(self, domain, first_field=None):
        """Return (first day of the month, number, earliest day of a field) of the records of a domain."""
        # sudo: duties are counted over all departments
        Model = self.env[self.model].sudo().with_context(active_test=False, tz=ASSOCIATION_TZ.key)
        aggregates = ['__count', *([f'{first_field}:min'] if first_field else [])]
        for month, count, *first in Model._read_group(domain, [f'{self.date_field}:month'], aggregates):
            yield fields.Date.to_date(month), count, self._to_day(first[0]) if first else None

    @staticmethod
    def _to_day(value):
        if isinstance(value, datetime):
            value = (value + ASSOCIATION_TZ.utcoffset(value)).date()
        return value or None
