from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.index import trigram_index

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
# Ledger columns that are read as of a day; each holds from the event that changed it.
STANDING_COLUMNS = (
    'member_state', 'grade_id', 'enterprise_category_id', 'ownership_id', 'enterprise_size', 'state_id')


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
    is_backdated = fields.Boolean(
        string="Entered Late", readonly=True,
        help="Recorded after an event of a later day, or its day was repaired.")
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
    bulletin_line_ids = fields.One2many('cfia.bulletin.line', 'event_id', string="In Bulletins", readonly=True)
    change_release_line_ids = fields.One2many(
        'cfia.change.release.line', 'event_id', string="In Yearly Releases", readonly=True)
    # Evidence
    note = fields.Char(readonly=True)
    reporter_id = fields.Many2one(
        'res.users', readonly=True, required=True, default=lambda self: self.env.user)
    res_model = fields.Char(string="Source Model", readonly=True)
    res_id = fields.Many2oneReference(
        string="Source", model_field='res_model', readonly=True, aggregator=None)

    _partner_date_idx = models.Index('(partner_id, date_effective, id)')
    _backdated_idx = models.Index('(partner_id) WHERE is_backdated')
    _kind_date_idx = models.Index('(kind, date_effective DESC)')
    _unit_name_trigram_idx = trigram_index('unit_name')

    # === COMPUTE METHODS === #

    @api.depends('kind', 'unit_name')
    def _compute_display_name(self):
        kinds = dict(self._fields['kind']._description_selection(self.env))
        for event in self:
            event.display_name = f"{event.unit_name or ''} · {kinds.get(event.kind, '')}"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        # sudo: the newest event of a unit does not depend on who records the next
        latest = dict(self.sudo()._read_group(
            [('partner_id', 'in', [vals['partner_id'] for vals in vals_list])],
            ['partner_id'], ['date_effective:max']))
        latest = {partner.id: day for partner, day in latest.items()}
        for vals in vals_list:
            day = fields.Date.to_date(vals.get('date_effective')) or association_today()
            last = latest.setdefault(vals['partner_id'], day)
            vals['is_backdated'] = day < last
            latest[vals['partner_id']] = max(day, last)
        return super().create(vals_list)

    def write(self, vals):
        """Let a repaired day count like one entered late: its unit's course is read as a whole."""
        if 'date_effective' in vals:
            vals = {**vals, 'is_backdated': True}
        return super().write(vals)

    # === BUSINESS METHODS === #

    @api.model
    def _record(self, vals_list):
        """Append events, completing each with the unit's present values.

        :param list vals_list: dictionaries with ``partner_id`` and ``kind``; ``date_effective``
            defaults to the association's day, values given override the snapshot
        :return: the events, in the order given
        """
        # sudo: the snapshot takes what the unit's record says, whoever acts
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
        # sudo: nobody creates events by hand, the right lies with the act that calls this method
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

    # === QUERIES OF THE LEDGER === #

    @api.model
    def _get_known(self, table='cfia_member_event'):
        """Return which rows there are at this moment: bounds of the ranges of their ids, as text.

        Kept with what was counted, it tells later what was known then; a time would not, since rows are
        seen only once their transaction has ended.
        """
        rows = self.env.execute_query(SQL(
            """
            SELECT MIN(id), MAX(id) + 1
              FROM (SELECT id, id - ROW_NUMBER() OVER (ORDER BY id) AS island FROM %s) row
          GROUP BY island
          ORDER BY 1
            """, SQL.identifier(table)))
        return '{%s}' % ','.join(str(bound) for bounds in rows for bound in bounds)

    @api.model
    def _get_known_condition(self, column, known):
        """Return the condition that a row was known, see :meth:`_get_known`."""
        return SQL("MOD(WIDTH_BUCKET(%s, %s::int[]), 2) = 1", column, known or '{}')

    @api.model
    def _get_known_query(self, events, repairs):
        """Return the query of the ledger as it was known: without later events, with the days before later repairs.

        :param str events: the events known, see :meth:`_get_known`
        :param str repairs: the repairs known
        """
        return SQL(
            """
            (SELECT event.id, event.partner_id, %(columns)s,
                    COALESCE(repair.date_before, event.date_effective) AS date_effective
               FROM cfia_member_event event
          LEFT JOIN (SELECT DISTINCT ON (res_id) res_id, date_before
                       FROM cfia_repair
                      WHERE kind = 'event' AND date_before IS NOT NULL AND NOT (%(known_repair)s)
                   ORDER BY res_id, id) repair ON repair.res_id = event.id
              WHERE %(known_event)s)
            """,
            columns=SQL(', ').join(SQL.identifier('event', name) for name in STANDING_COLUMNS),
            known_event=self._get_known_condition(SQL.identifier('event', 'id'), events),
            known_repair=self._get_known_condition(SQL.identifier('id'), repairs),
        )

    @api.model
    def _get_course_query(self, condition=SQL("TRUE"), source=SQL("cfia_member_event")):
        """Return the query of what each unit was from which day to which, from the ledger alone.

        ``changed`` tells which values an event changed, in the order of *recording*. ``known`` takes
        of each value the last change, in the order of *effect*: an event recorded late counts from
        its own day and touches nothing but what it changed.

        :param SQL condition: which events are read; all of a unit's or none, for its course to be right
        :param SQL source: the ledger, or a query of it as it was known at some time
        """
        columns = {name: SQL.identifier(name) for name in STANDING_COLUMNS}
        flags = {name: SQL.identifier(f'is_{name}_changed') for name in STANDING_COLUMNS}
        return SQL(
            """
            WITH changed AS (
                SELECT id, partner_id, date_effective, %(columns)s, %(flags)s
                  FROM %(source)s AS event
                 WHERE %(condition)s
                WINDOW recorded AS (PARTITION BY partner_id ORDER BY id)
            ), known AS (
                SELECT id, partner_id, date_effective, %(values)s
                  FROM changed
                WINDOW effective AS (PARTITION BY partner_id ORDER BY date_effective, id)
            )
            SELECT known.*,
                   LEAD(date_effective) OVER effective AS date_next,
                   member_state IS NOT DISTINCT FROM 'member' AS is_member,
                   LAG(member_state) OVER effective IS NOT DISTINCT FROM 'member' AS was_member
              FROM known
            WINDOW effective AS (PARTITION BY partner_id ORDER BY date_effective, id)
            """,
            condition=condition,
            source=source,
            columns=SQL(', ').join(columns.values()),
            flags=SQL(', ').join(
                SQL(
                    "ROW_NUMBER() OVER recorded = 1 OR %(column)s IS DISTINCT FROM LAG(%(column)s) OVER recorded"
                    " AS %(flag)s",
                    column=columns[name], flag=flags[name])
                for name in STANDING_COLUMNS
            ),
            values=SQL(', ').join(
                SQL(
                    "(ARRAY_AGG(%(column)s) FILTER (WHERE %(flag)s) OVER effective)"
                    "[COUNT(*) FILTER (WHERE %(flag)s) OVER effective] AS %(column)s",
                    column=columns[name], flag=flags[name])
                for name in STANDING_COLUMNS
            ),
        )

    @api.model
    def _get_courses(self, partners):
        """Return what units were from which day on, one query however many they are.

        :param partners: units, many records
        :return: {unit's id: rows by day of effect, one a day}; a row has the ``id`` of the event that made
            it so, ``date_effective`` and the values of the ledger (``STANDING_COLUMNS``)
        :rtype: dict[int, list[dict]]
        """
        self.flush_model()
        names = ('id', 'partner_id', 'date_effective', *STANDING_COLUMNS)
        courses = {}
        for row in self.env.execute_query(SQL(
            """
            SELECT %(columns)s
              FROM (%(course)s) course
             WHERE date_next IS NULL OR date_next > date_effective
          ORDER BY partner_id, date_effective, id
            """,
            columns=SQL(', ').join(map(SQL.identifier, names)),
            course=self._get_course_query(SQL("partner_id = ANY(%s)", list(partners.ids))),
        )):
            values = dict(zip(names, row))
            courses.setdefault(values['partner_id'], []).append(values)
        return courses

    @api.model
    def _get_standing_query(self, day, source=SQL("cfia_member_event")):
        """Return the query of what each unit was on a day: its id and the values of the ledger.

        Of a unit whose events were recorded in order the last event until that day says it all; only
        the few with an event entered late or repaired need the whole course.

        :param date day: association's day
        :param SQL source: the ledger, or a query of it as it was known at some time
        """
        columns = SQL(', ').join(SQL.identifier(name) for name in STANDING_COLUMNS)
        backdated = SQL("partner_id IN (SELECT partner_id FROM cfia_member_event WHERE is_backdated)")
        return SQL(
            """
            (SELECT DISTINCT ON (partner_id) partner_id, %(columns)s
               FROM %(source)s AS event
              WHERE date_effective <= %(day)s AND NOT %(backdated)s
           ORDER BY partner_id, date_effective DESC, id DESC)
          UNION ALL
            (SELECT partner_id, %(columns)s
               FROM (%(course)s) course
              WHERE date_effective <= %(day)s AND (date_next IS NULL OR date_next > %(day)s))
            """,
            columns=columns, day=day, backdated=backdated, source=source,
            course=self._get_course_query(backdated, source),
        )
