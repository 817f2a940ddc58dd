from odoo import fields, models
from odoo.tools import SQL

from ..models.cfia_need import SATISFACTIONS
from odoo.addons.cfia_membership.tools.dates import association_today


class CfiaNeedReport(models.Model):
    """Needs by kind, department, region, time to reply, satisfaction and quarter (article 3.7).

    One row is one need. Days and satisfaction are empty where there is no reply or rating, so that
    averages are those of the replied and the rated.
    """

    _name = 'cfia.need.report'
    _description = "Needs in Figures"
    _auto = False
    _rec_name = 'need_id'
    _order = 'date desc, id desc'
    _depends = {
        'cfia.need': [
            'date', 'date_deadline', 'date_replied', 'department_id', 'kind_id', 'partner_id', 'reopen_count',
            'round_id', 'satisfaction', 'source', 'state', 'urgency'],
        'res.partner': ['state_id', 'enterprise_category_id', 'member_grade_id'],
        'res.country.state': ['cfia_region_id'],
    }

    need_id = fields.Many2one('cfia.need', string="Need", readonly=True)
    partner_id = fields.Many2one('res.partner', string="Unit", readonly=True)
    date = fields.Date(string="Asked On", readonly=True)
    date_replied = fields.Date(string="Replied On", readonly=True)
    kind_id = fields.Many2one('cfia.need.kind', string="Kind of Need", readonly=True)
    department_id = fields.Many2one('cfia.department', string="Department in Charge", readonly=True)
    round_id = fields.Many2one('cfia.need.round', readonly=True)
    state_id = fields.Many2one('res.country.state', string="Province", readonly=True)
    region_id = fields.Many2one('cfia.region', readonly=True)
    enterprise_category_id = fields.Many2one('cfia.enterprise.category', readonly=True)
    grade_id = fields.Many2one('cfia.grade', readonly=True)
    source = fields.Selection(
        selection=lambda self: self.env['cfia.need']._fields['source']._description_selection(self.env), readonly=True)
    urgency = fields.Selection(
        selection=lambda self: self.env['cfia.need']._fields['urgency']._description_selection(self.env), readonly=True)
    state = fields.Selection(
        selection=lambda self: self.env['cfia.need']._fields['state']._description_selection(self.env), readonly=True)
    satisfaction = fields.Selection(selection=SATISFACTIONS, readonly=True)
    time_to_reply = fields.Selection(
        selection=[
            ('1_week', "Within a week"), ('2_weeks', "Within two weeks"), ('3_month', "Within a month"),
            ('4_longer', "Longer"), ('5_open', "Not replied"),
        ],
        readonly=True)
    days_to_reply = fields.Integer(string="Days Taken to Reply", aggregator='avg', readonly=True)
    satisfaction_score = fields.Float(string="Satisfaction (1–5)", aggregator='avg', readonly=True)
    replied_count = fields.Integer(string="Replied", readonly=True)
    late_count = fields.Integer(string="Late", readonly=True)
    reopened_count = fields.Integer(string="Reopened", readonly=True)
    unit_count = fields.Integer(string="Number of Units", aggregator='count_distinct', readonly=True)

    @property
    def _table_query(self):
        return SQL('%s %s %s', self._select(), self._from(), self._where())

    def _select(self):
        return SQL(
            """
            SELECT need.id,
                   need.id AS need_id,
                   need.partner_id,
                   need.partner_id AS unit_count,
                   need.date,
                   need.date_replied,
                   need.kind_id,
                   need.department_id,
                   need.round_id,
                   need.source,
                   need.urgency,
                   need.state,
                   need.satisfaction,
                   partner.state_id,
                   province.cfia_region_id AS region_id,
                   partner.enterprise_category_id,
                   partner.member_grade_id AS grade_id,
                   CASE WHEN need.state = 'open' OR need.date_replied IS NULL THEN '5_open'
                        WHEN need.date_replied - need.date <= 7 THEN '1_week'
                        WHEN need.date_replied - need.date <= 14 THEN '2_weeks'
                        WHEN need.date_replied - need.date <= 31 THEN '3_month'
                        ELSE '4_longer' END AS time_to_reply,
                   CASE WHEN need.state = 'replied' THEN need.date_replied - need.date END AS days_to_reply,
                   need.satisfaction::int AS satisfaction_score,
                   CASE WHEN need.state = 'replied' THEN 1 ELSE 0 END AS replied_count,
                   CASE WHEN need.state = 'replied' AND need.date_replied > need.date_deadline
                          OR need.state = 'open' AND need.date_deadline < %(today)s THEN 1 ELSE 0 END AS late_count,
                   CASE WHEN need.reopen_count > 0 THEN 1 ELSE 0 END AS reopened_count
            """,
            today=association_today())

    def _from(self):
        return SQL(
            """
              FROM cfia_need need
         LEFT JOIN res_partner partner ON partner.id = need.partner_id
         LEFT JOIN res_country_state province ON province.id = partner.state_id
            """)

    def _where(self):
        return SQL("WHERE need.state != 'set_aside'")
