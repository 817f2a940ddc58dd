from odoo import models

NUMBER_FORMATS = {'count': '0', 'change': '+0;-0;0', 'money': '#,##0.00', 'rate': '0.0%'}


class ReportPaperXlsx(models.AbstractModel):
    """Papers of tables (``cfia.paper.mixin``) as a spreadsheet of official look, a sheet for each."""

    _name = 'report.cfia_membership.paper_xlsx'
    _description = "Paper of Tables (xlsx)"
    _inherit = ['report.report_xlsx.abstract']

    def generate_xlsx_report(self, workbook, data, objs):
        """Write one sheet for each paper.

        :param objs: recordset of a model that inherits ``cfia.paper.mixin``
        """
        # a report's address asks nobody: the records' own rights do
        objs.check_access('read')
        font = {'font_name': 'SimSun', 'font_size': 10.5, 'border': 1, 'valign': 'vcenter'}
        formats = {
            'title': workbook.add_format({
                'font_name': 'SimHei', 'font_size': 16, 'align': 'center', 'valign': 'vcenter'}),
            'plain': workbook.add_format({'font_name': 'SimSun', 'font_size': 10.5}),
            'heading': workbook.add_format({
                **font, 'bold': True, 'align': 'center', 'bg_color': '#E7E6E6', 'text_wrap': True}),
            'text': workbook.add_format({**font, 'text_wrap': True}),
            **{
                kind: workbook.add_format({**font, 'num_format': number_format})
                for kind, number_format in NUMBER_FORMATS.items()
            },
        }
        for number, paper in enumerate(objs, 1):
            self._write_paper(workbook.add_worksheet(self._get_sheet_name(paper, number)), paper, formats)

    def _get_sheet_name(self, paper, number):
        """Return the name of a paper's sheet, at most 31 characters."""
        return str(number)

    def _write_paper(self, sheet, paper, formats):
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        tables = paper._get_tables()
        last_column = max((len(table['columns']) for table in tables), default=2) - 1
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, last_column, 13)
        sheet.merge_range(0, 0, 0, last_column, paper._get_paper_title(), formats['title'])
        sheet.set_row(0, 30)
        sheet.write_string(1, 0, f"{paper._get_paper_company().name}　{paper._get_date_text()}", formats['plain'])
        row = 3
        for table in tables:
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


class ReportStatisticsXlsx(models.AbstractModel):
    """Statistics of the members as a spreadsheet."""

    _name = 'report.cfia_membership.statistics_xlsx'
    _description = "Member Statistics (xlsx)"
    _inherit = ['report.cfia_membership.paper_xlsx']

    def _get_sheet_name(self, paper, number):
        return f'{paper.date.isoformat()}-{number}'
