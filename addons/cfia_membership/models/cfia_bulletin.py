from odoo import api, fields, models

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
    _inherit = ['cfia.event.release.mixin']

    _event_lines = 'bulletin_line_ids'
    _obligation = 'cfia_membership.cfia_obligation_4_2_3'

    line_ids = fields.One2many('cfia.bulletin.line', 'release_id', readonly=True)
    joined_count = fields.Integer(string="Joined", compute='_compute_counts')
    left_count = fields.Integer(string="Left the Association", compute='_compute_counts')
    renamed_count = fields.Integer(string="Renamed", compute='_compute_counts')
    changed_count = fields.Integer(string="Changed", compute='_compute_counts')

    _month_unique = models.UniqueIndex('(date)', "There is a bulletin of this month already.")
    _first_day = models.Constraint(
        "CHECK (EXTRACT(DAY FROM date) = 1)", "A bulletin is of a month and dated with its first day.")

    # === COMPUTE METHODS === #

    @api.depends('date')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for bulletin in self:
            bulletin.display_name = bulletin.date and self.env._(
                "Members' bulletin %(year)s/%(month)s", year=bulletin.date.year, month=bulletin.date.month)

    @api.depends('line_ids.kind')
    def _compute_counts(self):
        counts = {
            (bulletin, kind): count for bulletin, kind, count in self.env['cfia.bulletin.line']._read_group(
                [('release_id', 'in', self.ids)], ['release_id', 'kind'], ['__count'])
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

    def _prepare_lines(self, events):
        return [
            {**vals, 'kind': KINDS.get(event.kind, 'changed')}
            for event, vals in zip(events, super()._prepare_lines(events))
        ]

    # === PAPERS === #

    def _get_tables(self):
        """Return the staff's rendition: every change."""
        self.ensure_one()
        self = self.with_context(lang=self._get_paper_lang())  # noqa: PLW0642 the paper's language
        headings = {
            'member_number': self.env._("Number"), 'unit_name': self.env._("Unit"), 'event': self.env._("Event"),
            'note': self.env._("What changed"), 'before': self.env._("Before"), 'after': self.env._("After"),
            'date_effective': self.env._("Effective on"),
            'late': self.env._("Remarks"),
        }
        kinds = dict(self.line_ids._fields['kind']._description_selection(self.env))
        texts = self.line_ids.sudo()._get_texts_before_after()  # sudo: the bulletin is what departments may read
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
                        'note': line.note or '',
                        'before': texts[line][0],
                        'after': texts[line][1],
                        'late': self.env._("entered late") if line.is_late else '',
                    }
                    # sudo: the bulletin is what departments may read of the ledger
                    for line in lines.sudo()
                ],
            }
            for kind, label in kinds.items()
            if (lines := self.line_ids.filtered(lambda line, kind=kind: line.kind == kind))
        ]

    def _get_members_rendition(self):
        """Return what members may read: names of units, present and former, by kind of change, nothing else.

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
                    # sudo: members read names and kinds alone, of a bulletin that the caller checked
                    line._get_unit_text() for line in self.line_ids.sudo() if line.kind == kind)))
            ],
        }


class CfiaBulletinLine(models.Model):
    """An event of a member in a bulletin."""

    _name = 'cfia.bulletin.line'
    _description = "Monthly Bulletin, Line"
    _inherit = ['cfia.event.release.line.mixin']

    release_id = fields.Many2one('cfia.bulletin', required=True, readonly=True, index=True, ondelete='cascade')
    kind = fields.Selection(
        selection=[('joined', "Joined"), ('left', "Left the Association"), ('renamed', "Renamed"), ('changed', "Changed")],
        required=True, readonly=True)

    _event_unique = models.UniqueIndex('(release_id, event_id)', "An event stands in a bulletin once.")
