from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    cfia_need_escalation_days = fields.Integer(related='company_id.cfia_need_escalation_days', readonly=False)
    cfia_need_round_is_automatic = fields.Boolean(related='company_id.cfia_need_round_is_automatic', readonly=False)
    cfia_roster_link_days = fields.Integer(related='company_id.cfia_roster_link_days', readonly=False)
    cfia_roster_reminder_days = fields.Integer(related='company_id.cfia_roster_reminder_days', readonly=False)
