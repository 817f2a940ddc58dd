from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

# event of the ledger → what the bulletin calls it; everything else is a change
KINDS = {
    'joined': 'joined', 'rejoined': 'joined', 'withdrawn': 'left', 'expelled': 'left', 'merged': 'left',
    'renamed': 'renamed',
}


class CfiaBulletin(models.Model):
    """Monthly bulletin of the members (会员变更月报, articles 4.2.3 and 5.4).

    Made at the start of the month from the ledger of the last one, and released by a person. The staff
    see every change; members see names of units and kinds of change. An event recorded after the
    release of its month stands in the next bulletin; none stands in two.
    """

    _name = 'cfia.bulletin'
    _description = "Monthly Bulletin"
    _inherit = ['cfia.release.mixin']
    _order = 'date desc, id desc'

    _counted_fields = frozenset({'line_ids'})
    _content_fields = frozenset({'date', 'date_to', 'note'})

    date = fields.Date(
        string="Month", required=True, readonly=True, default=lambda self: self._default_date(),
        help="First day of the month.")
    date_to = fields.Date(compute='_compute_date_to', store=True, precompute=True)
    note = fields.Html(string="Remarks", help="Printed below the tables; members do not see it.")
    line_ids = fields.One2many('cfia.bulletin.line', 'bulletin_id', readonly=True)
    joined_count = fields.Integer(string="Joined", compute='_compute_counts')
    left_count = fields.Integer(string="Left", compute='_compute_counts')
    renamed_count = fields.Integer(string="Renamed", compute='_compute_counts')
    changed_count = fields.Integer(string="Changed", compute='_compute_counts')

    _month_unique = models.UniqueIndex('(date)', "There is a bulletin of this month already.")
    _first_day = models.Constraint(
        "CHECK (EXTRACT(DAY FROM date) = 1)", "A bulletin is of a month and dated with its first day.")

    # === DEFAULT METHODS === #

    @api.model
    def _default_date(self):
        """Return the first day of the last month."""
        return association_today().replace(day=1) - relativedelta(months=1)

    # === COMPUTE METHODS === #

    @api.depends('date')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for bulletin in self:
            bulletin.display_name = bulletin.date and self.env._(
                "Members' bulletin %(year)s/%(month)s", year=bulletin.date.year, month=bulletin.date.month)

    @api.depends('date')
    def _compute_date_to(self):
        for bulletin in self:
            bulletin.date_to = bulletin.date and bulletin.date + relativedelta(day=31)

    @api.depends('line_ids.kind')
    def _compute_counts(self):
        counts = {
            (bulletin, kind): count for bulletin, kind, count in self.env['cfia.bulletin.line']._read_group(
                [('bulletin_id', 'in', self.ids)], ['bulletin_id', 'kind'], ['__count'])
        }
        for bulletin in self:
            for kind in ('joined', 'left', 'renamed', 'changed'):
                bulletin[f'{kind}_count'] = counts.get((bulletin._origin, kind), 0)

    # === BUSINESS METHODS === #

    def _get_release_activity_type(self):
        return 'cfia_membership.mail_act_bulletin_release'

    def _get_notice_text(self):
        return self.env._(
            "%(bulletin)s: %(joined)s joined, %(left)s left, %(renamed)s renamed, %(changed)s changed.",
            bulletin=self.display_name, joined=self.joined_count, left=self.left_count,
            renamed=self.renamed_count, changed=self.changed_count)

    def _check_release(self):
        if self.date_to >= association_today():
            raise UserError(self.env._(
                "“%(bulletin)s” cannot be released before the month has ended.", bulletin=self.display_name))
        earlier = self.search([('date', '<', self.date), ('state', '=', 'draft')], order='date', limit=1)
        if earlier:
            raise UserError(self.env._(
                "Release “%(earlier)s” before “%(bulletin)s”.",
                earlier=earlier.display_name, bulletin=self.display_name))

    def _count(self):
        """Enter the events of this bulletin afresh."""
        self.ensure_one()
        # sudo: lines come from the ledger, nobody enters them
        events = self.env['cfia.member.event'].sudo().search(self._get_event_domain(), order='date_effective, id')
        unlocked(self.sudo()).write({'line_ids': [
            Command.clear(),
            *(Command.create({
                'event_id': event.id,
                'kind': KINDS.get(event.kind, 'changed'),
                'is_late': event.date_effective < self.date,
            }) for event in events),
        ]})

    def _get_event_domain(self):
        """Return the domain of the events that this bulletin tells of: of its month, and told nowhere yet."""
        draft = self.search([('date', '<', self.date), ('state', '=', 'draft')], order='date desc', limit=1)
        first = draft.date_to + timedelta(days=1) if draft else self.search([], order='date', limit=1).date
        return Domain([
            ('date_effective', '>=', min(first or self.date, self.date)),
            ('date_effective', '<=', self.date_to),
            ('bulletin_line_ids', 'not any', [('bulletin_id.state', '=', 'released')]),
        ])

    # === PAPERS === #

    def _get_date_text(self):
        self.ensure_one()
        return self._format_as_of(self.date_to)

    def _get_tables(self):
        """Return the staff's rendition: every change."""
        self.ensure_one()
        self = self.with_context(lang=self._get_paper_lang())  # noqa: PLW0642 the paper's language
        headings = {
            'member_number': self.env._("Number"), 'unit_name': self.env._("Unit"), 'event': self.env._("Event"),
            'date_effective': self.env._("Effective on"), 'note': self.env._("Remarks"),
        }
        kinds = dict(self.line_ids._fields['kind']._description_selection(self.env))
        events = dict(self.env['cfia.member.event']._fields['kind']._description_selection(self.env))
        return [
            {
                'title': self.env._("%(kind)s (%(count)s)", kind=label, count=len(lines)),
                'columns': [(key, heading, 'text') for key, heading in headings.items()],
                'rows': [
                    {
                        'member_number': line.member_number,
                        'unit_name': line.unit_name,
                        'event': events[line.event_kind],
                        'date_effective': line.date_effective.isoformat(),
                        'note': self.env._("entered late") if line.is_late else '',
                    }
                    # sudo: the bulletin is what departments may read of the ledger
                    for line in lines.sudo()
                ],
            }
            for kind, label in kinds.items()
            if (lines := self.line_ids.filtered(lambda line, kind=kind: line.kind == kind))
        ]

    def _get_members_rendition(self):
        """Return what members may read: names of units by kind of change, nothing else.

        The newsletter prints the same.

        :return: title and groups, each with its title and the names of its units
        :rtype: dict
        """
        self.ensure_one()
        kinds = dict(self.line_ids._fields['kind']._description_selection(self.env))
        return {
            'title': self.display_name,
            'groups': [
                {'kind': kind, 'title': label, 'units': names}
                for kind, label in kinds.items()
                if (names := list(dict.fromkeys(
                    self.line_ids.sudo().filtered(lambda line, kind=kind: line.kind == kind).mapped('unit_name'))))
            ],
        }

    # === CRON METHODS === #

    @api.model
    def _cron_draft(self):
        """Draft the bulletin of every month that has ended, once each; months missed are made up for."""
        newest = self.search([], order='date desc', limit=1)
        last = self._default_date()
        in_force = self.env.company.sudo().cfia_date_in_force
        month = newest.date + relativedelta(months=1) if newest else last
        while month <= last:
            if month + relativedelta(day=31) >= in_force:
                bulletin = self.create({'date': month})
                bulletin._count()
                bulletin._schedule_release('cfia_membership.cfia_obligation_4_2_3')
            month += relativedelta(months=1)


class CfiaBulletinLine(models.Model):
    """An event of a member in a bulletin."""

    _name = 'cfia.bulletin.line'
    _description = "Monthly Bulletin, Line"
    _order = 'bulletin_id desc, id'

    bulletin_id = fields.Many2one('cfia.bulletin', required=True, readonly=True, index=True, ondelete='cascade')
    event_id = fields.Many2one(
        'cfia.member.event', required=True, readonly=True, index=True, ondelete='restrict')
    kind = fields.Selection(
        selection=[('joined', "Joined"), ('left', "Left"), ('renamed', "Renamed"), ('changed', "Changed")],
        required=True, readonly=True)
    is_late = fields.Boolean(string="Entered Late", readonly=True, help="Effective before the month.")
    # the bulletin is what all departments may read of the ledger
    partner_id = fields.Many2one(related='event_id.partner_id', string="Unit")
    member_number = fields.Char(related='event_id.partner_id.member_number')
    unit_name = fields.Char(related='event_id.unit_name')
    event_kind = fields.Selection(related='event_id.kind', string="What Happened")
    date_effective = fields.Date(related='event_id.date_effective')
    enterprise_category_id = fields.Many2one(related='event_id.enterprise_category_id')
    state_id = fields.Many2one(related='event_id.state_id')

    _event_unique = models.UniqueIndex('(bulletin_id, event_id)', "An event stands in a bulletin once.")
