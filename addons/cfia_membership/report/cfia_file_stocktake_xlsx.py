from odoo import models

COLUMNS = (
    ('expected_place', 24), ('member_number', 14), ('partner_id', 40), ('result', 12), ('found_place', 24))


class ReportStocktakeXlsx(models.AbstractModel):
    """The list to walk along the shelf with, as a spreadsheet."""

    _name = 'report.cfia_membership.stocktake_xlsx'
    _description = "Stocktake List (xlsx)"
    _inherit = ['report.report_xlsx.abstract']

    def generate_xlsx_report(self, workbook, data, objs):
        """Write one sheet a stocktake, in the order of the shelves.

        :param objs: recordset of `cfia.file.stocktake`
        """
        # a report's address asks nobody: the records' own rights do
        objs.check_access('read')
        font = {'font_name': 'SimSun', 'font_size': 10.5, 'border': 1}
        header, cell = workbook.add_format({**font, 'bold': True}), workbook.add_format(font)
        for index, stocktake in enumerate(objs, 1):
            lines = stocktake.line_ids
            results = dict(lines._fields['result']._description_selection(self.env))
            sheet = workbook.add_worksheet(f"{index}")
            sheet.set_paper(9)
            sheet.fit_to_pages(1, 0)
            sheet.repeat_rows(0)
            sheet.freeze_panes(1, 0)
            for column, (name, width) in enumerate(COLUMNS):
                sheet.set_column(column, column, width)
                sheet.write_string(0, column, lines._fields[name]._description_string(self.env), header)
            for row, line in enumerate(lines, 1):
                for column, value in enumerate((
                    line.expected_place, line.member_number, line.partner_id.name, results[line.result],
                    line.found_place,
                )):
                    sheet.write_string(row, column, value or '', cell)
