from odoo import api, fields, models

from odoo.addons.cfia_membership.models.cfia_document import (
    DEFAULT_PREFIX as DEFAULT_DOCUMENT_PREFIX,
)
from odoo.addons.cfia_membership.models.cfia_document import (
    PREFIX_PARAMETER as DOCUMENT_PREFIX_PARAMETER,
)
from odoo.addons.cfia_membership.models.cfia_member_number import (
    DEFAULT_PREFIX,
    DEFAULT_WIDTH,
    PREFIX_PARAMETER,
    WIDTH_PARAMETER,
)


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    cfia_number_prefix = fields.Char(
        string="Member Number Prefix", config_parameter=PREFIX_PARAMETER, default=DEFAULT_PREFIX)
    cfia_number_width = fields.Integer(
        string="Digits of the Member Number", config_parameter=WIDTH_PARAMETER, default=DEFAULT_WIDTH)
    cfia_document_prefix = fields.Char(
        string="Prefix of Document Numbers", config_parameter=DOCUMENT_PREFIX_PARAMETER,
        default=DEFAULT_DOCUMENT_PREFIX)
    cfia_number_locked = fields.Boolean(compute='_compute_cfia_number_locked')
    cfia_secretary_general_id = fields.Many2one(
        related='company_id.cfia_secretary_general_id', readonly=False)
    cfia_ratification = fields.Boolean(related='company_id.cfia_ratification', readonly=False)
    cfia_certificate_validity = fields.Selection(
        related='company_id.cfia_certificate_validity', readonly=False)
    cfia_certificate_years = fields.Integer(
        related='company_id.cfia_certificate_years', readonly=False)
    cfia_date_in_force = fields.Date(related='company_id.cfia_date_in_force', readonly=False)
    cfia_survey_month = fields.Integer(related='company_id.cfia_survey_month', readonly=False)
    cfia_survey_full_month = fields.Integer(related='company_id.cfia_survey_full_month', readonly=False)
    cfia_survey_is_automatic = fields.Boolean(
        related='company_id.cfia_survey_is_automatic', readonly=False)
    cfia_contact_blank_months = fields.Integer(related='company_id.cfia_contact_blank_months', readonly=False)
    cfia_personal_request_days = fields.Integer(related='company_id.cfia_personal_request_days', readonly=False)
    cfia_read_limit = fields.Integer(related='company_id.cfia_read_limit', readonly=False)
    cfia_api_row_limit = fields.Integer(related='company_id.cfia_api_row_limit', readonly=False)

    @api.depends('company_id')
    def _compute_cfia_number_locked(self):
        self.cfia_number_locked = bool(
            # sudo: only whether there is a number is asked
            self.env['cfia.member.number'].sudo().search_count([], limit=1))
