from odoo import models


class ReportDuesStatementXlsx(models.AbstractModel):
    """Dues statistics as a spreadsheet of official look."""

    _name = 'report.cfia_dues.statement_xlsx'
    _description = "Dues Statistics (xlsx)"
    _inherit = ['report.report_xlsx.abstract']

    def generate_xlsx_report(self, workbook, data, objs):
        """Write one sheet for each of the statistics.

        :param objs: recordset of `cfia.dues.statement`
        """
        # a report's address asks nobody: the records' own rights do
        objs.check_access('read')
        font = {'font_name': 'SimSun', 'font_size': 10.5, 'border': 1, 'valign': 'vcenter'}
        formats = {
            'title': workbook.add_format({
                'font_name': 'SimHei', 'font_size': 16, 'align': 'center', 'valign': 'vcenter'}),
            'plain': workbook.add_format({'font_name': 'SimSun', 'font_size': 10.5}),
            'heading': workbook.add_format({**font, 'bold': True, 'align': 'center', 'bg_color': '#E7E6E6', 'text_wrap': True}),
            'text': workbook.add_format(font),
            'count': workbook.add_format({**font, 'num_format': '0'}),
            'money': workbook.add_format({**font, 'num_format': '#,##0.00'}),
            'rate': workbook.add_format({**font, 'num_format': '0.0%'}),
        }
        for number, statement in enumerate(objs, 1):
            self._write_statement(workbook.add_worksheet(f'{statement.year}Q{statement.quarter}-{number}'), statement, formats)

    def _write_statement(self, sheet, statement, formats):
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 10, 13)
        sheet.merge_range(0, 0, 0, 10, statement.name, formats['title'])
        sheet.set_row(0, 30)
        sheet.write_string(
            1, 0, f"{statement.company_id.name}　{statement._get_date_text()}", formats['plain'])
        row = 3
        for table in statement._get_tables():
            sheet.write_string(row, 0, table['title'], formats['plain'])
            row += 1
            for column, (_key, heading, _kind) in enumerate(table['columns']):
                sheet.write_string(row, column, heading, formats['heading'])
            for values in table['rows']:
                row += 1
                for column, (key, _heading, kind) in enumerate(table['columns']):
                    if kind == 'text':
                        sheet.write_string(row, column, values[key] or '', formats['text'])
                    else:
                        sheet.write_number(row, column, values[key], formats[kind])
            row += 3
