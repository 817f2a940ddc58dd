from odoo import fields, models

from odoo.addons.cfia_membership.tools.guard import unlocked

# Headings as the platform's clerks know them; the import reads them back.
COLUMNS = (
    ('申请编号', 16), ('交款人', 40), ('统一社会信用代码', 24), ('会费年度', 16), ('金额', 14), ('邮箱', 28),
    ('票据代码', 14), ('票据号码', 16), ('校验码', 12), ('开票日期', 14),
)


class ReportDuesReceiptXlsx(models.AbstractModel):
    """The list of receipts to issue (待开票据清单); its last columns come back filled in."""

    _name = 'report.cfia_dues.receipt_xlsx'
    _description = "Receipts to Issue (xlsx)"
    _inherit = ['report.report_xlsx.abstract']

    def generate_xlsx_report(self, workbook, data, objs):
        """Write the list, note the hand-over and when it was.

        :param objs: recordset of `cfia.dues.receipt`
        """
        # a report's address asks nobody: the records' own rights do
        objs.check_access('write')
        self.env['cfia.disclosure']._disclose(
            'list', objs, ['title', 'uscc', 'email', 'amount'],
            reason=self.env._("Issuing of dues receipts"), recipient=self.env._("Platform of fiscal receipts"))
        box = {'font_name': 'SimSun', 'font_size': 10.5, 'border': 1}
        header = workbook.add_format({**box, 'bold': True, 'align': 'center', 'bg_color': '#E7E6E6'})
        cell, money = workbook.add_format(box), workbook.add_format({**box, 'num_format': '#,##0.00'})
        sheet = workbook.add_worksheet('待开票据')
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.freeze_panes(1, 0)
        for column, (heading, width) in enumerate(COLUMNS):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, heading, header)
        for row, receipt in enumerate(objs, 1):
            # text only: nothing a member wrote is to be taken for a formula
            for column, text in enumerate((receipt.name, receipt.title, receipt.uscc, receipt.years)):
                sheet.write_string(row, column, text or '', cell)
            sheet.write_number(row, 4, receipt.amount, money)
            issued_on = receipt.date_issued.isoformat() if receipt.date_issued else ''
            for column, text in enumerate(
                    (receipt.email, receipt.code, receipt.number, receipt.check_code, issued_on), 5):
                sheet.write_string(row, column, text or '', cell)
        unlocked(objs.filtered(lambda receipt: receipt.state == 'requested')).write({
            'date_exported': fields.Datetime.now()})
