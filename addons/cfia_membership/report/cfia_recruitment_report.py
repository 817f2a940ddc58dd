from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.cfia_membership.tools.recruitment import INTENTIONS, PROSPECT_SOURCES


class CfiaRecruitmentReport(models.Model):
    """The way from contact target over enquiry and application to member (articles 2 and 5.1).

    One row is one unit, in the quarter in which it became known. Each count tells whether it came so
    far since; members of before the suite are none of these.
    """

    _name = 'cfia.recruitment.report'
    _description = "Recruitment Funnel"
    _auto = False
    _rec_name = 'partner_id'
    _order = 'date desc, id desc'
    _depends = {
        'res.partner': [
            'date_prospect', 'prospect_source', 'prospect_intention', 'recruiting_department_id', 'recruiter_id',
            'referrer_id', 'recruitment_activity_id', 'member_state', 'state_id', 'enterprise_category_id',
            'date_member_joined', 'is_company', 'active',
        ],
        'cfia.enquiry': ['partner_id', 'date'],
        'cfia.membership.application': ['partner_id', 'state', 'date_received', 'date_approved'],
    }

    partner_id = fields.Many2one('res.partner', string="Unit", readonly=True)
    date = fields.Date(string="Known Since", readonly=True)
    source = fields.Selection(selection=PROSPECT_SOURCES, readonly=True)
    intention = fields.Selection(selection=INTENTIONS, readonly=True)
    department_id = fields.Many2one('cfia.department', string="Recruiting Department", readonly=True)
    recruiter_id = fields.Many2one('res.users', readonly=True)
    referrer_id = fields.Many2one('res.partner', string="Referred By", readonly=True)
    activity_id = fields.Many2one('cfia.recruitment.activity', string="Met At", readonly=True)
    state_id = fields.Many2one('res.country.state', string="Province", readonly=True)
    enterprise_category_id = fields.Many2one('cfia.enterprise.category', readonly=True)
    stage = fields.Selection(
        selection=[
            ('1_prospect', "Contact target"), ('2_enquiry', "Enquiry"), ('3_application', "Application"),
            ('4_member', "Member"),
        ],
        string="Stage Reached", readonly=True)
    prospect_count = fields.Integer(string="Contact Targets", readonly=True, aggregator='sum')
    enquiry_count = fields.Integer(string="With Enquiry", readonly=True, aggregator='sum')
    application_count = fields.Integer(string="With Application", readonly=True, aggregator='sum')
    member_count = fields.Integer(string="Became Members", readonly=True, aggregator='sum')
    days_to_member = fields.Float(
        string="Days until Membership", readonly=True, aggregator='avg')

    @property
    def _table_query(self):
        return SQL('%s %s %s', self._select(), self._from(), self._where())

    def _select(self):
        return SQL(
            """
            SELECT unit.id,
                   unit.id AS partner_id,
                   known.date,
                   unit.prospect_source AS source,
                   unit.prospect_intention AS intention,
                   unit.recruiting_department_id AS department_id,
                   unit.recruiter_id,
                   unit.referrer_id,
                   unit.recruitment_activity_id AS activity_id,
                   unit.state_id,
                   unit.enterprise_category_id,
                   CASE WHEN application.approved IS NOT NULL THEN '4_member'
                        WHEN application.received IS NOT NULL THEN '3_application'
                        WHEN enquiry.asked IS NOT NULL THEN '2_enquiry'
                        ELSE '1_prospect' END AS stage,
                   1 AS prospect_count,
                   (enquiry.asked IS NOT NULL)::int AS enquiry_count,
                   (application.received IS NOT NULL)::int AS application_count,
                   (application.approved IS NOT NULL)::int AS member_count,
                   application.approved - known.date AS days_to_member
            """)

    def _from(self):
        return SQL(
            """
              FROM res_partner unit
         LEFT JOIN (SELECT partner_id, MIN(date) AS asked
                      FROM cfia_enquiry
                  GROUP BY partner_id) enquiry ON enquiry.partner_id = unit.id
         LEFT JOIN (SELECT partner_id, MIN(date_received) AS received, MIN(date_approved) AS approved
                      FROM cfia_membership_application
                     WHERE state != 'draft'
                  GROUP BY partner_id) application ON application.partner_id = unit.id
        CROSS JOIN LATERAL (
                    SELECT LEAST(unit.date_prospect, enquiry.asked, application.received) AS date
                   ) known
            """)

    def _where(self):
        return SQL("WHERE known.date IS NOT NULL AND unit.is_company AND unit.active")
