from datetime import date

from odoo import models


class ReportVoucherXlsx(models.AbstractModel):
    """Vouchers in the columns of the format chosen."""

    _name = 'report.cfia_dues.voucher_xlsx'
    _description = "Vouchers of Dues (xlsx)"
    _inherit = ['report.report_xlsx.abstract']

    def generate_xlsx_report(self, workbook, data, objs):
        """Write a row for each entry and note the disclosure.

        :param objs: recordset of `cfia.voucher.export`
        """
        # a report's address asks nobody: the records' own rules do
        objs.check_access('read')
        money = workbook.add_format({'num_format': '#,##0.00'})
        day = workbook.add_format({'num_format': 'yyyy-mm-dd'})
        header = workbook.add_format({'bold': True, 'bottom': 1})
        for export in objs:
            moves = export._get_moves()
            columns = export.format_id.column_ids
            self.env['cfia.disclosure']._disclose(
                'export', moves, columns.mapped('name'), recipient=export.format_id.name,
                reason=self.env._("Vouchers from %(start)s to %(end)s", start=export.date_from, end=export.date_to))
            sheet = workbook.add_worksheet()
            sheet.freeze_panes(1, 0)
            for position, column in enumerate(columns):
                sheet.set_column(position, position, 30 if column.source in ('summary', 'member', 'account') else 13)
                sheet.write_string(0, position, column.name, header)
            for row, values in enumerate(export.format_id._get_rows(moves, export.number_first), 1):
                for position, value in enumerate(values):
                    if isinstance(value, date):
                        sheet.write_datetime(row, position, value, day)
                    elif isinstance(value, float):
                        # an empty side stays empty, as accountants expect
                        sheet.write(row, position, value or None, money)
                    elif isinstance(value, int):
                        sheet.write_number(row, position, value)
                    else:
                        # text only: nothing a unit wrote is to be taken for a formula
                        sheet.write_string(row, position, value)
