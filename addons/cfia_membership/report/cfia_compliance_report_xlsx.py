from odoo import models


class ReportComplianceXlsx(models.AbstractModel):
    """The compliance report of a year as a spreadsheet."""

    _name = 'report.cfia_membership.compliance_xlsx'
    _description = "Compliance Report (xlsx)"
    _inherit = ['report.cfia_membership.paper_xlsx']

    def _get_sheet_name(self, paper, number):
        return f'{paper.year}-{number}'
