from odoo import models


class ReportDuesStatementXlsx(models.AbstractModel):
    """Dues statistics as a spreadsheet of official look."""

    _name = 'report.cfia_dues.statement_xlsx'
    _description = "Dues Statistics (xlsx)"
    _inherit = ['report.cfia_membership.paper_xlsx']

    def _get_sheet_name(self, paper, number):
        return f'{paper.year}Q{paper.quarter}-{number}'
