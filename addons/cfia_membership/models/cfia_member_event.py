from odoo import api, fields, models

from odoo.addons.cfia_membership.tools.dates import association_today

# Partner columns whose values stand, typed, in every event: bulletins and statistics read them there.
SNAPSHOT_FIELDS = {
    'member_state': 'member_state',
    'grade_id': 'member_grade_id',
    'enterprise_category_id': 'enterprise_category_id',
    'ownership_id': 'ownership_id',
    'enterprise_size': 'enterprise_size',
    'state_id': 'state_id',
    'unit_name': 'name',
}


class CfiaMemberEvent(models.Model):
    """Ledger of everything that happened to a member (articles 4.2.3, 4.2.4, 5.4 and 5.5).

    Each event is dated twice, by effect and by record, and holds the unit's values after it, so
    that any past date can be recounted and agrees with what was published.
    """

    _name = 'cfia.member.event'
    _description = "Member Event"
    _inherit = ['cfia.ledger.mixin']
    _order = 'date_effective desc, id desc'

    partner_id = fields.Many2one(
        'res.partner', string="Unit", required=True, readonly=True, index=True, ondelete='restrict')
    kind = fields.Selection(
        selection=[
            ('joined', "Joined"),
            ('rejoined', "Rejoined"),
            ('suspended', "Council post suspended"),
            ('resumed', "Council post resumed"),
            ('withdrawn', "Withdrawn"),
            ('expelled', "Expelled"),
            ('merged', "Merged"),
            ('grade', "Grade changed"),
            ('category', "Category changed"),
            ('renamed', "Renamed"),
            ('data', "Data changed"),
        ],
        required=True,
        readonly=True,
    )
    date_effective = fields.Date(string="Effective On", required=True, readonly=True, index=True)
    date_recorded = fields.Datetime(
        string="Recorded On", required=True, readonly=True, default=fields.Datetime.now)
    # Values after the event
    member_state = fields.Selection(
        selection=lambda self: self.env['res.partner']._fields['member_state']._description_selection(self.env),
        readonly=True,
    )
    grade_id = fields.Many2one('cfia.grade', readonly=True, ondelete='restrict')
    enterprise_category_id = fields.Many2one(
        'cfia.enterprise.category', readonly=True, ondelete='restrict')
    ownership_id = fields.Many2one('cfia.ownership', readonly=True, ondelete='restrict')
    enterprise_size = fields.Selection(
        selection=lambda self: self.env['res.partner']._fields['enterprise_size']._description_selection(self.env),
        readonly=True,
    )
    state_id = fields.Many2one('res.country.state', string="Province", readonly=True, ondelete='restrict')
    unit_name = fields.Char(readonly=True)
    # Evidence
    note = fields.Char(readonly=True)
    reporter_id = fields.Many2one(
        'res.users', readonly=True, required=True, default=lambda self: self.env.user)
    res_model = fields.Char(string="Source Model", readonly=True)
    res_id = fields.Many2oneReference(
        string="Source", model_field='res_model', readonly=True, aggregator=None)

    _partner_date_idx = models.Index('(partner_id, date_effective, id)')

    # === COMPUTE METHODS === #

    @api.depends('kind', 'unit_name')
    def _compute_display_name(self):
        kinds = dict(self._fields['kind']._description_selection(self.env))
        for event in self:
            event.display_name = f"{event.unit_name or ''} · {kinds.get(event.kind, '')}"

    # === BUSINESS METHODS === #

    @api.model
    def _record(self, vals_list):
        """Append events, completing each with the unit's present values.

        :param list vals_list: dictionaries with ``partner_id`` and ``kind``; ``date_effective``
            defaults to the association's day, values given override the snapshot
        :return: the events, in the order given
        """
        partners = self.env['res.partner'].sudo().browse([vals['partner_id'] for vals in vals_list])
        today = association_today()
        prepared = [
            {
                'date_effective': today,
                **self._prepare_snapshot_values(partner),
                **vals,
            }
            for partner, vals in zip(partners, vals_list)
        ]
        # nobody creates events by hand: the right lies with the act that calls this method
        events = self.sudo().create(prepared)
        self.env['cfia.grade.term']._follow(events)
        return events

    @api.model
    def _prepare_snapshot_values(self, partner):
        """Return the values of ``partner`` that every event keeps."""
        return {
            event_field: partner._fields[partner_field].convert_to_write(partner[partner_field], partner)
            for event_field, partner_field in SNAPSHOT_FIELDS.items()
        }
