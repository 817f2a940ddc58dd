from datetime import timedelta
from itertools import pairwise

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

# periods before the first release of all that are made up for
MAX_MISSED = 12


class CfiaEventReleaseMixin(models.AbstractModel):
    """A release of the members' events of a period: a month's bulletin, a year's changes.

    Periods are released in their order. An event recorded after the release of its period stands in
    the next one; none stands in two. A model that inherits it defines ``line_ids``, whose lines inherit
    ``cfia.event.release.line.mixin``, and ``_event_lines``, the field of the event that leads to them.
    """

    _name = 'cfia.event.release.mixin'
    _description = "Release of Events"
    _inherit = ['cfia.release.mixin']
    _order = 'date desc, id desc'

    _unguarded_fields = ('date',)
    _months = 1
    _event_lines = None
    _obligation = None

    date = fields.Date(
        string="From", required=True, readonly=True, default=lambda self: self._default_date(),
        help="First day of the period.")
    date_to = fields.Date(string="Until", compute='_compute_date_to', store=True, precompute=True)
    note = fields.Html(string="Remarks", help="Printed below the tables; members do not see it.")

    # === DEFAULT METHODS === #

    @api.model
    def _default_date(self):
        """Return the first day of the period that ended last."""
        today = association_today()
        month = (today.month - 1) // self._months * self._months + 1
        return today.replace(month=month, day=1) - relativedelta(months=self._months)

    # === COMPUTE METHODS === #

    @api.depends('date')
    def _compute_date_to(self):
        for release in self:
            release.date_to = release.date and release.date + relativedelta(months=self._months - 1, day=31)

    # === BUSINESS METHODS === #

    def _check_release(self):
        if self.date_to >= association_today():
            raise UserError(self.env._(
                "“%(release)s” cannot be released before its period has ended.", release=self.display_name))
        earlier = self.search([('date', '<', self.date), ('state', '=', 'draft')], order='date', limit=1)
        if earlier:
            raise UserError(self.env._(
                "Release “%(earlier)s” before “%(release)s”.",
                earlier=earlier.display_name, release=self.display_name))

    def _count(self):
        """Enter the events of this release afresh."""
        self.ensure_one()
        # sudo: lines come from the ledger, nobody enters them
        events = self.env['cfia.member.event'].sudo().search(self._get_event_domain(), order='date_effective, id')
        unlocked(self.sudo()).write({'line_ids': [
            Command.clear(), *(Command.create(vals) for vals in self._prepare_lines(events))]})

    def _prepare_lines(self, events):
        """Return the values of the lines of events, in their order."""
        former = self._get_former_names(events)
        return [
            {
                'event_id': event.id,
                'is_late': event.date_effective < self.date,
                'former_name': former.get(event),
            }
            for event in events
        ]

    def _get_former_names(self, events):
        """Return the names that renamed units had before, from the ledger.

        :return: event → name, for events that changed one
        :rtype: dict
        """
        renamed = events.filtered(lambda event: event.kind == 'renamed')
        course = renamed.search([('partner_id', 'in', renamed.partner_id.ids)], order='date_effective, id')
        wanted = set(renamed.ids)
        return {
            event: before.unit_name
            for own in course.grouped('partner_id').values()
            for before, event in pairwise(own)
            if event.id in wanted and before.unit_name != event.unit_name
        }

    def _get_event_domain(self):
        """Return the domain of the events told here: of the period, and told nowhere yet."""
        draft = self.search([('date', '<', self.date), ('state', '=', 'draft')], order='date desc', limit=1)
        first = draft.date_to + timedelta(days=1) if draft else self.search([], order='date', limit=1).date
        return Domain([
            ('date_effective', '>=', min(first or self.date, self.date)),
            ('date_effective', '<=', self.date_to),
            (self._event_lines, 'not any', [('release_id.state', '=', 'released')]),
        ])

    # === PAPERS === #

    def _get_date_text(self):
        self.ensure_one()
        return self._format_as_of(self.date_to)

    # === CRON METHODS === #

    @api.model
    def _cron_draft(self):
        """Draft the release of every period that has ended, once each; periods missed are made up for."""
        self = self.with_context(lang=self.env.company._get_association_lang())  # noqa: PLW0642 its log is read by people
        newest = self.search([], order='date desc', limit=1)
        last = self._default_date()
        # sudo: a setting of the company
        in_force = self.env.company.sudo().cfia_date_in_force
        step = relativedelta(months=self._months)
        # the first of all: since the regulation is in force, also where the schedule stood still since then
        begun = in_force.replace(month=(in_force.month - 1) // self._months * self._months + 1, day=1)
        day = newest.date + step if newest else max(begun, last - step * (MAX_MISSED - 1))
        while day <= last:
            if day + step > in_force:
                release = self.create({'date': day})
                release._count()
                release._schedule_release(self._obligation)
            day += step


class CfiaEventReleaseLineMixin(models.AbstractModel):
    """An event of a member in a release. A model that inherits it defines ``release_id``."""

    _name = 'cfia.event.release.line.mixin'
    _description = "Release of Events, Line"
    _inherit = ['cfia.guard.mixin']
    _order = 'release_id desc, id'
    _made_by_steps = True
    _frozen_with = ('release_id', 'line_ids')

    event_id = fields.Many2one('cfia.member.event', required=True, readonly=True, index=True, ondelete='restrict')
    is_late = fields.Boolean(string="Entered Late", readonly=True, help="Effective before the period.")
    # frozen with the release: what stands before the event may be repaired later
    former_name = fields.Char(readonly=True)
    # a release is what all departments may read of the ledger
    partner_id = fields.Many2one(related='event_id.partner_id', string="Unit")
    member_number = fields.Char(related='event_id.partner_id.member_number')
    unit_name = fields.Char(related='event_id.unit_name')
    event_kind = fields.Selection(related='event_id.kind', string="Kind of Event")
    date_effective = fields.Date(related='event_id.date_effective')
    enterprise_category_id = fields.Many2one(related='event_id.enterprise_category_id')
    state_id = fields.Many2one(related='event_id.state_id')
    # sudo: members read the published note of an event, not the ledger
    note = fields.Char(compute='_compute_note', string="What Changed", compute_sudo=True)

    # === COMPUTE METHODS === #

    @api.depends('former_name', 'event_id.note')
    @api.depends_context('lang')
    def _compute_note(self):
        for line in self:
            line.note = self.env._("formerly %(name)s", name=line.former_name) if line.former_name \
                else line.event_id.note

    # === BUSINESS METHODS === #

    def _get_texts_before_after(self):
        """Return what each line changed, for staff: {line: (before, after)}. Few queries, however many lines."""
        # sudo: a release is what departments may read of the ledger
        events = self.sudo().event_id
        own = events.filtered(lambda event: event.res_model == 'cfia.change.request')
        texts = self.env['cfia.change.request'].sudo().with_context(lang=self.env.lang).browse(
            own.mapped('res_id')).exists()._get_texts_before_after()
        return {
            line: texts.get(line.event_id.res_id if line.event_id in own else 0) or (
                (line.former_name, line.unit_name) if line.former_name else ('', ''))
            for line in self
        }

    def _get_unit_text(self):
        """Return the unit as members read it: its name, and the one by which they know it."""
        self.ensure_one()
        if not self.former_name:
            return self.unit_name
        return self.env._("%(name)s (formerly %(former)s)", name=self.unit_name, former=self.former_name)
