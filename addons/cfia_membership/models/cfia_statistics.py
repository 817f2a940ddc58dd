from collections import defaultdict
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

_lt = LazyTranslate(__name__)

# dimension → the columns of the ledger's rows that it groups by
DIMENSIONS = {
    'total': (),
    'region': ('region_id',),
    'province': ('region_id', 'state_id'),
    'category': ('category_root_id',),
    'category_detail': ('category_root_id', 'enterprise_category_id'),
    'ownership': ('ownership_id',),
    'size': ('enterprise_size',),
    'grade': ('grade_id',),
}
GROUP_COLUMNS = (
    'region_id', 'state_id', 'category_root_id', 'enterprise_category_id', 'ownership_id', 'enterprise_size', 'grade_id')
MODELS = {
    'region_id': 'cfia.region',
    'state_id': 'res.country.state',
    'category_root_id': 'cfia.enterprise.category',
    'enterprise_category_id': 'cfia.enterprise.category',
    'ownership_id': 'cfia.ownership',
    'grade_id': 'cfia.grade',
}
COUNTS = ('member_count', 'previous_count', 'last_year_count', 'entry_count', 'exit_count')


class CfiaStatistics(models.Model):
    """Statistics of the members at a quarter's end (会员情况统计分析, articles 4.2.4 and 5.5).

    Counted from the ledger alone, so that any past day can be counted. What was released stays: it
    keeps which events it had counted, and an event entered later is shown in the next statistics.
    """

    _name = 'cfia.statistics'
    _description = "Member Statistics"
    _inherit = ['cfia.release.mixin']
    _acts_of_readers = ('action_check',)
    _order = 'date desc, id desc'

    name = fields.Char(compute='_compute_name')
    date = fields.Date(
        string="As of", required=True, default=lambda self: self._default_date(),
        help="The quarter's last day. Any other day can be counted, but not released.")
    date_from = fields.Date(string="Entries and Exits From", compute='_compute_date_from', store=True, precompute=True)
    note = fields.Html(string="Analysis", help="What the figures say; printed below the tables.")
    line_ids = fields.One2many('cfia.statistics.line', 'statistics_id', readonly=True, copy=False)
    member_count = fields.Integer(string="Members", readonly=True, copy=False)
    entry_count = fields.Integer(string="Entries", readonly=True, copy=False)
    exit_count = fields.Integer(string="Exits", readonly=True, copy=False)
    net_count = fields.Integer(string="Net Change", compute='_compute_net_count')
    # Agreement with what was released before
    previous_id = fields.Many2one('cfia.statistics', string="Last Release", readonly=True, copy=False)
    published_count = fields.Integer(string="Members as Released Then", readonly=True, copy=False)
    late_event_ids = fields.Many2many(
        'cfia.member.event', string="Entered Late", readonly=True, copy=False,
        help="Events that were effective before the last release and recorded or repaired after it.")
    counted_events = fields.Text(readonly=True, copy=False, help="Which events were known, as bounds of ranges of ids.")
    counted_repairs = fields.Text(readonly=True, copy=False, help="Which repairs were known.")

    _released_unique = models.UniqueIndex(
        "(date) WHERE state = 'released'", "Statistics of this quarter were released already.")

    # === DEFAULT METHODS === #

    @api.model
    def _default_date(self):
        """Return the end of the quarter that ended last."""
        today = association_today()
        return today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1) - timedelta(days=1)

    # === COMPUTE METHODS === #

    @api.depends('date')
    @api.depends_context('lang')
    def _compute_name(self):
        for statistics in self:
            day = statistics.date
            statistics.name = day and (
                self.env._("Member statistics, quarter %(quarter)s of %(year)s", quarter=day.month // 3, year=day.year)
                if statistics._is_quarter_end() else self.env._("Member statistics of %(day)s", day=day))

    @api.depends('name')
    def _compute_display_name(self):
        for statistics in self:
            statistics.display_name = statistics.name

    @api.depends('date')
    def _compute_date_from(self):
        for statistics in self:
            statistics.date_from = statistics.date and statistics.date.replace(
                month=(statistics.date.month - 1) // 3 * 3 + 1, day=1)

    @api.depends('entry_count', 'exit_count')
    def _compute_net_count(self):
        for statistics in self:
            statistics.net_count = statistics.entry_count - statistics.exit_count

    # === ACTION METHODS === #

    def action_check(self):
        """Count the released quarter once more from the ledger as it was known then, and say whether it agrees."""
        self.ensure_one()
        # the day's figures, from the events that were counted then
        found = {
            (line['dimension'], line['key']): tuple(line[name] for name in COUNTS)
            for line in self._prepare_lines(self._get_counted_source())
        }
        kept = {
            (line.dimension, line.key): tuple(line[name] for name in COUNTS) for line in self.line_ids
        }
        wrong = [name for name in found.keys() | kept.keys() if found.get(name) != kept.get(name)]
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'danger' if wrong else 'success',
                'sticky': bool(wrong),
                'message': self.env._("%(count)s rows differ from the ledger.", count=len(wrong)) if wrong
                else self.env._("Recounted from the ledger: all %(count)s rows agree.", count=len(kept)),
            },
        }

    def action_view_lines(self):
        """Open the figures as pivot and graph."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_statistics_line_action'),
            'domain': [('statistics_id', '=', self.id)],
        }

    # === BUSINESS METHODS === #

    def _get_release_activity_type(self):
        return 'cfia_membership.mail_act_statistics_release'

    def _get_notice_text(self):
        return self.env._(
            "%(statistics)s: %(members)s members, %(entries)s entries, %(exits)s exits.",
            statistics=self.name, members=self.member_count, entries=self.entry_count, exits=self.exit_count)

    def _check_release(self):
        if not self._is_quarter_end() or self.date >= association_today():
            raise UserError(self.env._(
                "“%(statistics)s” cannot be released: that is for quarters that have ended.", statistics=self.name))
        if self.search_count([('date', '=', self.date), ('state', '=', 'released')], limit=1):
            raise UserError(self.env._(
                "“%(statistics)s” was released already and is not published twice.", statistics=self.name))

    def _is_quarter_end(self):
        self.ensure_one()
        return self.date.month % 3 == 0 and (self.date + timedelta(days=1)).day == 1

    def _count(self):
        """Count these statistics; the figures and what they were counted from are of one moment."""
        self.ensure_one()
        self.env['cfia.member.event'].flush_model()
        language = self.env.company._get_association_lang()
        lines = self.with_context(lang=language)._prepare_lines()
        [total] = [line for line in lines if line['dimension'] == 'total']
        previous = self.search([('state', '=', 'released'), ('date', '<', self.date)], order='date desc', limit=1)
        # sudo: rows are counted, nobody enters them
        unlocked(self.sudo()).write({
            'line_ids': [Command.clear(), *(Command.create(line) for line in lines)],
            **{name: total[name] for name in ('member_count', 'entry_count', 'exit_count')},
            'previous_id': previous.id,
            'published_count': previous.member_count,
            'late_event_ids': [Command.set(previous._get_late_events().ids)],
            'counted_events': self.env['cfia.member.event']._get_known(),
            'counted_repairs': self.env['cfia.member.event']._get_known('cfia_repair'),
        })

    def _get_counted_source(self):
        """Return the query of the ledger as it was known when this was counted."""
        self.ensure_one()
        return self.env['cfia.member.event']._get_known_query(self.counted_events, self.counted_repairs)

    def _get_late_events(self):
        """Return the events that count for this day, or did, but were recorded or repaired after the release."""
        Event = self.env['cfia.member.event']
        if not self:
            return Event
        # sudo: statistics show what happened, not who may read the ledger
        self.env['cfia.repair'].sudo().flush_model()
        rows = self.env.execute_query(SQL(
            """
            SELECT event.id
              FROM cfia_member_event event
         LEFT JOIN %(known)s AS known ON known.id = event.id
             WHERE known.id IS NULL AND event.date_effective <= %(day)s
                OR known.date_effective != event.date_effective
                   AND LEAST(known.date_effective, event.date_effective) <= %(day)s
          ORDER BY event.date_effective, event.id
            """,
            known=self._get_counted_source(), day=self.date))
        return Event.browse([event_id for event_id, in rows])

    def _prepare_lines(self, source=SQL("cfia_member_event")):
        """Return the rows of all tables, counted in one query.

        :param SQL source: the ledger, or a query of it as it was known at some time
        :rtype: list[dict]
        """
        self.ensure_one()
        rows = self._read_counts(source)
        [total] = [row for dimension, _key, row in rows if dimension == 'total']
        labels = self._read_labels(rows)
        order = list(DIMENSIONS)
        prepared = [
            {
                'dimension': dimension,
                'key': ','.join(str(value or '') for value in key),
                'name': labels[dimension, key][1],
                'parent_name': labels[dimension, key][2],
                'rank': labels[dimension, key][0],
                **row,
                'share': row['member_count'] / total['member_count'] if total['member_count'] else 0.0,
            }
            for dimension, key, row in rows
        ]
        prepared.sort(key=lambda line: (order.index(line['dimension']), line['rank']))
        return [
            {**{name: value for name, value in line.items() if name != 'rank'}, 'sequence': sequence}
            for sequence, line in enumerate(prepared, 1)
        ]

    def _read_counts(self, source=SQL("cfia_member_event")):
        """Count members on the day, at the last quarter's end and a year ago, entries and exits.

        :return: (dimension, values of its columns, counts) of every group
        :rtype: list[tuple]
        """
        columns = SQL(', ').join(SQL.identifier(name) for name in GROUP_COLUMNS)
        rows = self.env.execute_query(SQL(
            """
            SELECT GROUPING(%(columns)s), %(columns)s,
                   COUNT(*) FILTER (WHERE point = 'day'), COUNT(*) FILTER (WHERE point = 'previous'),
                   COUNT(*) FILTER (WHERE point = 'last_year'), COUNT(*) FILTER (WHERE point = 'entry'),
                   COUNT(*) FILTER (WHERE point = 'exit')
              FROM (SELECT counted.point, province.cfia_region_id AS region_id, counted.state_id,
                           SPLIT_PART(category.parent_path, '/', 1)::int AS category_root_id,
                           counted.enterprise_category_id, counted.ownership_id, counted.enterprise_size,
                           counted.grade_id
                      FROM (%(counted)s) counted
                 LEFT JOIN res_country_state province ON province.id = counted.state_id
                 LEFT JOIN cfia_enterprise_category category ON category.id = counted.enterprise_category_id) member
          GROUP BY GROUPING SETS (%(sets)s)
            """,
            columns=columns, counted=self._get_counted_query(source),
            sets=SQL(', ').join(
                SQL("(%s)", SQL(', ').join(SQL.identifier(name) for name in names)) for names in DIMENSIONS.values()),
        ))
        dimensions = {
            sum(1 << place for place, name in enumerate(reversed(GROUP_COLUMNS)) if name not in names): dimension
            for dimension, names in DIMENSIONS.items()
        }
        result = []
        for grouping, *values in rows:
            dimension = dimensions[grouping]
            by_name = dict(zip(GROUP_COLUMNS, values))
            counts = dict(zip(COUNTS, values[len(GROUP_COLUMNS):]))
            result.append((dimension, tuple(by_name[name] for name in DIMENSIONS[dimension]), counts))
        return result

    def _get_counted_query(self, source):
        """Return the query of who is counted at which point: three days, and who came and went between two."""
        Event = self.env['cfia.member.event']
        values = SQL("state_id, enterprise_category_id, ownership_id, enterprise_size, grade_id")
        days = {
            'day': self.date,
            'previous': self.date_from - timedelta(days=1),
            'last_year': self.date + relativedelta(years=-1, day=31 if self._is_quarter_end() else None),
        }
        moved = SQL(
            "partner_id IN (SELECT partner_id FROM %s AS event WHERE date_effective BETWEEN %s AND %s)",
            source, self.date_from, self.date)
        return SQL(" UNION ALL ").join([
            *(
                SQL("SELECT %s AS point, %s FROM (%s) standing WHERE member_state = 'member'",
                    point, values, Event._get_standing_query(day, source))
                for point, day in days.items()
            ),
            SQL(
                """
                SELECT CASE WHEN is_member THEN 'entry' ELSE 'exit' END AS point, %s
                  FROM (%s) course
                 WHERE is_member != was_member AND date_effective BETWEEN %s AND %s
                """,
                values, Event._get_course_query(moved, source), self.date_from, self.date),
        ])

    def _read_labels(self, rows):
        """Return for every group (place in the order, name, name of the group above it)."""
        records = defaultdict(set)
        for dimension, key, _counts in rows:
            for name, value in zip(DIMENSIONS[dimension], key):
                if value and name in MODELS:
                    records[MODELS[name]].add(value)
        names = {}
        for model, ids in records.items():
            # in the order of the records; sudo: archived ones and names of a past day are no secret
            found = self.env[model].sudo().with_context(active_test=False).search([('id', 'in', list(ids))])
            names[model] = {record.id: (place, record.name) for place, record in enumerate(found)}
        sizes = {
            key: (place, label) for place, (key, label) in
            enumerate(self.env['res.partner']._fields['enterprise_size']._description_selection(self.env))
        }
        none = (len(names) + 10 ** 6, self.env._("Unclassified"))

        def look_up(name, value):
            return (sizes if name == 'enterprise_size' else names.get(MODELS.get(name), {})).get(value, none)

        labels = {}
        for dimension, key, _counts in rows:
            parts = [look_up(name, value) for name, value in zip(DIMENSIONS[dimension], key)]
            labels[dimension, key] = (
                tuple(place for place, _label in parts),
                parts[-1][1] if parts else self.env._("Total"),
                parts[0][1] if len(parts) > 1 else False,
            )
        return labels

    # === CRON METHODS === #

    @api.model
    def _cron_draft(self):
        """Draft the statistics of every quarter that has ended since the last release, once each."""
        self = self.with_context(lang=self.env.company._get_association_lang())  # noqa: PLW0642 its log is read by people
        last = self.search([('state', '=', 'released')], order='date desc', limit=1)
        # sudo: a setting of the company
        in_force, end = self.env.company.sudo().cfia_date_in_force, self._default_date()
        drafted = set(self.search([('date', '>=', in_force)]).mapped('date'))
        day = last.date if last else in_force + relativedelta(month=(in_force.month + 2) // 3 * 3, months=-3)
        while (day := day + relativedelta(months=3, day=31)) <= end:
            if day >= in_force and day not in drafted:
                statistics = self.create({'date': day})
                statistics._count()
                statistics._schedule_release('cfia_membership.cfia_obligation_4_2_4')


class CfiaStatisticsLine(models.Model):
    """A row of the statistics: members of a region, a category, a grade … on the day."""

    _name = 'cfia.statistics.line'
    _description = "Member Statistics, Row"
    _inherit = ['cfia.guard.mixin']
    _order = 'statistics_id desc, sequence, id'
    _made_by_steps = True
    _append_only = True
    _guard_texts = dict.fromkeys(
        ('create', 'write', 'unlink'), _lt("Figures are counted from the ledger, never entered."))

    statistics_id = fields.Many2one('cfia.statistics', required=True, readonly=True, index=True, ondelete='cascade')
    date = fields.Date(related='statistics_id.date', store=True)
    state = fields.Selection(related='statistics_id.state', store=True)
    sequence = fields.Integer(readonly=True)
    dimension = fields.Selection(
        selection=[
            ('total', "Total"),
            ('region', "Region"),
            ('province', "Province"),
            ('category', "Main category"),
            ('category_detail', "Enterprise category"),
            ('ownership', "Ownership"),
            ('size', "Size"),
            ('grade', "Grade"),
        ],
        required=True, readonly=True, index=True)
    key = fields.Char(readonly=True)
    name = fields.Char(string="Item", required=True, readonly=True)
    parent_name = fields.Char(string="Of", readonly=True)
    member_count = fields.Integer(string="Members", readonly=True)
    share = fields.Float(readonly=True, aggregator='avg')
    entry_count = fields.Integer(string="Entries", readonly=True)
    exit_count = fields.Integer(string="Exits", readonly=True)
    net_count = fields.Integer(string="Net Change", compute='_compute_changes', store=True)
    previous_count = fields.Integer(string="Last Quarter", readonly=True)
    previous_change = fields.Integer(string="On Last Quarter", compute='_compute_changes', store=True)
    last_year_count = fields.Integer(string="Last Year", readonly=True)
    last_year_change = fields.Integer(string="On Last Year", compute='_compute_changes', store=True)

    @api.depends('member_count', 'entry_count', 'exit_count', 'previous_count', 'last_year_count')
    def _compute_changes(self):
        for line in self:
            line.net_count = line.entry_count - line.exit_count
            line.previous_change = line.member_count - line.previous_count
            line.last_year_change = line.member_count - line.last_year_count
