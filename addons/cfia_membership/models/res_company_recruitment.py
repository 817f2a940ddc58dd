from odoo import fields, models


class ResCompany(models.Model):
    _inherit = 'res.company'

    cfia_follow_up_days = fields.Integer(
        string="Follow Up Enquiries After (days)",
        default=14,
        help="So many days after an enquiry its receiver asks about the unit's intention; 0 plans nothing.",
    )
    cfia_follow_up_grace_days = fields.Integer(
        string="Escalate After (days)",
        default=7,
        help="Follow-ups overdue for so many days are put before the organisation department.",
    )
    cfia_mailings_per_year = fields.Integer(
        string="Recruitment Mailings a Year",
        default=4,
        help="So many recruitment mailings are drafted by schedule in a year; the regulation asks for four at least.",
    )
    cfia_mailing_is_automatic = fields.Boolean(
        string="Recruitment Mailings Open by Themselves",
        help="A drafted mailing opens a week later. Otherwise it waits to be opened by hand.",
    )

    _cfia_mailings_per_year = models.Constraint(
        'CHECK(cfia_mailings_per_year BETWEEN 0 AND 12)',
        "Mailings a year are a number from 1 to 12, or 0 for none.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    cfia_follow_up_days = fields.Integer(related='company_id.cfia_follow_up_days', readonly=False)
    cfia_follow_up_grace_days = fields.Integer(related='company_id.cfia_follow_up_grace_days', readonly=False)
    cfia_mailings_per_year = fields.Integer(related='company_id.cfia_mailings_per_year', readonly=False)
    cfia_mailing_is_automatic = fields.Boolean(related='company_id.cfia_mailing_is_automatic', readonly=False)
