from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    cfia_dues_journal_id = fields.Many2one(related='company_id.cfia_dues_journal_id', readonly=False)
    cfia_dues_account_id = fields.Many2one(related='company_id.cfia_dues_account_id', readonly=False)
    cfia_dues_recognition = fields.Selection(
        related='company_id.cfia_dues_recognition', readonly=False, required=True)
    cfia_dues_bank_id = fields.Many2one(related='company_id.cfia_dues_bank_id', readonly=False)
    cfia_dues_user_id = fields.Many2one(related='company_id.cfia_dues_user_id', readonly=False)
    cfia_dues_days_new_member = fields.Integer(
        related='company_id.cfia_dues_days_new_member', readonly=False)
    cfia_dues_due_month = fields.Integer(related='company_id.cfia_dues_due_month', readonly=False)
    cfia_dues_due_day = fields.Integer(related='company_id.cfia_dues_due_day', readonly=False)
    cfia_dues_round_month_1 = fields.Integer(related='company_id.cfia_dues_round_month_1', readonly=False)
    cfia_dues_round_month_2 = fields.Integer(related='company_id.cfia_dues_round_month_2', readonly=False)
    cfia_dues_round_is_automatic = fields.Boolean(
        related='company_id.cfia_dues_round_is_automatic', readonly=False)
    cfia_dues_consequence = fields.Text(related='company_id.cfia_dues_consequence', readonly=False)
    cfia_dues_relief_body = fields.Selection(
        related='company_id.cfia_dues_relief_body', readonly=False, required=True)
    cfia_company_partner_id = fields.Many2one(related='company_id.partner_id')
