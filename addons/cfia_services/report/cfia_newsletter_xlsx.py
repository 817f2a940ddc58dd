from odoo import models


class ReportNewsletterXlsx(models.AbstractModel):
    """The courier list of the printed copies of an issue."""

    _name = 'report.cfia_services.newsletter_xlsx'
    _description = "Courier List of a Newsletter (xlsx)"
    _inherit = ['report.cfia_membership.round_xlsx']
