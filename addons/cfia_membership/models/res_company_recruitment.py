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


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    cfia_follow_up_days = fields.Integer(related='company_id.cfia_follow_up_days', readonly=False)
    cfia_follow_up_grace_days = fields.Integer(related='company_id.cfia_follow_up_grace_days', readonly=False)
