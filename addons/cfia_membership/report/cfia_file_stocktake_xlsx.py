from odoo import models


class ReportStocktakeXlsx(models.AbstractModel):
    """The list to walk along the shelf with, as a spreadsheet."""

    _name = 'report.cfia_membership.stocktake_xlsx'
    _description = "Stocktake List (xlsx)"
    _inherit = ['report.cfia_membership.paper_xlsx']
