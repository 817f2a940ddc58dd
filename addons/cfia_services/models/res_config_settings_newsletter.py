from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    cfia_newsletter_day = fields.Integer(related='company_id.cfia_newsletter_day', readonly=False)
    cfia_newsletter_lead_days = fields.Integer(related='company_id.cfia_newsletter_lead_days', readonly=False)
    cfia_newsletter_is_automatic = fields.Boolean(related='company_id.cfia_newsletter_is_automatic', readonly=False)
    cfia_newsletter_email_from = fields.Char(related='company_id.cfia_newsletter_email_from', readonly=False)
    cfia_newsletter_reply_to = fields.Char(related='company_id.cfia_newsletter_reply_to', readonly=False)
