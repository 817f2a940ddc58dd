from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.cfia_membership.models.cfia_member_event import STANDING_COLUMNS
from odoo.addons.cfia_membership.tools.dates import association_today


class CfiaMemberQuarterReport(models.Model):
    """Members at each quarter's end, with those who came and went in it (articles 4.2.4 and 5.5).

    Everything is read from the ledger of member events, so that a past quarter can be recounted.
    One row is one unit in one quarter: members at its end, and units that left in it. The running
    quarter is counted as of today.
    """

    _name = 'cfia.member.quarter.report'
    _description = "Members by Quarter"
    _auto = False
    _rec_name = 'partner_id'
    _order = 'date desc, id desc'
    _depends = {
        'cfia.member.event': ['partner_id', 'date_effective', *STANDING_COLUMNS],
        'res.country.state': ['cfia_region_id'],
        'cfia.enterprise.category': ['parent_path'],
    }

    date = fields.Date(string="Quarter", readonly=True, help="Last day of the quarter.")
    partner_id = fields.Many2one('res.partner', string="Unit", readonly=True)
    member_state = fields.Selection(
        selection=lambda self: self.env['res.partner']._fields['member_state']._description_selection(self.env),
        string="Membership", readonly=True)
    region_id = fields.Many2one('cfia.region', readonly=True)
    state_id = fields.Many2one('res.country.state', string="Province", readonly=True)
    enterprise_category_id = fields.Many2one('cfia.enterprise.category', readonly=True)
    enterprise_category_root_id = fields.Many2one(
        'cfia.enterprise.category', string="Main Category", readonly=True)
    ownership_id = fields.Many2one('cfia.ownership', readonly=True)
    enterprise_size = fields.Selection(
        selection=lambda self: self.env['res.partner']._fields['enterprise_size']._description_selection(self.env), readonly=True)
    grade_id = fields.Many2one('cfia.grade', readonly=True)
    member_count = fields.Integer(string="Members at Quarter's End", readonly=True, aggregator='sum')
    entry_count = fields.Integer(string="Entries", readonly=True, aggregator='sum')
    exit_count = fields.Integer(string="Exits", readonly=True, aggregator='sum')
    net_count = fields.Integer(string="Net Change", readonly=True, aggregator='sum')

    @property
    def _table_query(self):
        # the ledger is sorted once for both who stands and who came and went
        return SQL(
            'WITH standing AS MATERIALIZED (%s) %s %s %s',
            self.env['cfia.member.event']._get_course_query(), self._select(), self._from(), self._where())

    def _select(self):
        return SQL(
            """
            SELECT standing.id::bigint * 1000 + quarter.number AS id,
                   quarter.date_end AS date,
                   standing.partner_id,
                   standing.member_state,
                   province.cfia_region_id AS region_id,
                   standing.state_id,
                   standing.enterprise_category_id,
                   SPLIT_PART(category.parent_path, '/', 1)::int AS enterprise_category_root_id,
                   standing.ownership_id,
                   standing.enterprise_size,
                   standing.grade_id,
                   CASE WHEN standing.member_state = 'member' THEN 1 ELSE 0 END AS member_count,
                   COALESCE(flow.entry_count, 0) AS entry_count,
                   COALESCE(flow.exit_count, 0) AS exit_count,
                   COALESCE(flow.entry_count, 0) - COALESCE(flow.exit_count, 0) AS net_count
            """)

    def _from(self):
        """Join each quarter with the standing that every unit had at its end, and what it did in it."""
        return SQL(
            """
            FROM (%(quarters)s) quarter
            JOIN standing
              ON standing.date_effective <= quarter.date_counted
             AND (standing.date_next IS NULL OR standing.date_next > quarter.date_counted)
            LEFT JOIN (
                SELECT partner_id,
                       DATE_TRUNC('quarter', date_effective)::date AS date_start,
                       COUNT(*) FILTER (WHERE is_member AND NOT was_member)::int AS entry_count,
                       COUNT(*) FILTER (WHERE was_member AND NOT is_member)::int AS exit_count
                  FROM standing
                 WHERE is_member != was_member AND date_effective <= %(today)s
              GROUP BY 1, 2
            ) flow ON flow.partner_id = standing.partner_id AND flow.date_start = quarter.date_start
            LEFT JOIN res_country_state province ON province.id = standing.state_id
            LEFT JOIN cfia_enterprise_category category ON category.id = standing.enterprise_category_id
            """,
            quarters=self._get_quarters(),
            today=association_today(),
        )

    def _where(self):
        return SQL("WHERE standing.is_member OR flow.partner_id IS NOT NULL")

    def _get_quarters(self):
        """Return the query of the quarters since the first event, with the day each is counted on."""
        return SQL(
            """
            SELECT start::date AS date_start,
                   (start + INTERVAL '3 months')::date - 1 AS date_end,
                   LEAST((start + INTERVAL '3 months')::date - 1, %(today)s) AS date_counted,
                   ((EXTRACT(YEAR FROM start) - 1900) * 4 + EXTRACT(QUARTER FROM start))::int AS number
              FROM GENERATE_SERIES(
                       (SELECT DATE_TRUNC('quarter', MIN(date_effective)::timestamp) FROM cfia_member_event),
                       %(today)s::timestamp,
                       INTERVAL '3 months'
                   ) AS start
            """,
            today=association_today(),
        )
