from odoo import models


class ReportDispatchXlsx(models.AbstractModel):
    """The courier list (寄送清单); the courier fills in the last two columns."""

    _name = 'report.cfia_membership.dispatch_xlsx'
    _description = "Courier List (xlsx)"
    _inherit = ['report.report_xlsx.abstract']
    _list_columns = (
        ('name', 16), ('unit_name', 36), ('addressee', 14), ('phone', 18), ('address', 50), ('zip', 10),
        ('contents', 50), ('courier', 14), ('waybill', 22),
    )

    def generate_xlsx_report(self, workbook, data, objs):
        """Write the list and note the disclosure.

        :param objs: recordset of `cfia.dispatch`
        """
        # a report's address asks nobody: the records' own rules do
        objs.check_access('read')
        self.env['cfia.disclosure']._disclose(
            'label', objs, [name for name, _width in self._list_columns],
            reason=self._get_reason(objs), recipient=self.env._("Courier"))
        box = {'font_name': 'SimSun', 'font_size': 10.5, 'border': 1, 'text_wrap': True, 'valign': 'vcenter'}
        header = workbook.add_format({**box, 'bold': True, 'align': 'center', 'bg_color': '#E7E6E6'})
        cell = workbook.add_format(box)
        sheet = workbook.add_worksheet(self.env._("Courier list"))
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        for column, (name, width) in enumerate(self._list_columns):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, objs._fields[name]._description_string(self.env), header)
        sheet.freeze_panes(1, 0)
        for row, dispatch in enumerate(objs, 1):
            for column, (name, _width) in enumerate(self._list_columns):
                # text only: nothing a unit wrote is to be taken for a formula
                sheet.write_string(row, column, dispatch[name] or '', cell)

    def _get_reason(self, objs):
        """Return why the addresses leave, for the gate."""
        return self.env._("Posting to members")


class ReportRoundXlsx(models.AbstractModel):
    """The courier list of letters of a round."""

    _name = 'report.cfia_membership.round_xlsx'
    _description = "Courier List of a Round (xlsx)"
    _inherit = ['report.cfia_membership.dispatch_xlsx']
    _list_columns = (
        ('unit_name', 36), ('addressee', 14), ('phone', 18), ('address', 50), ('zip', 10), ('note', 40),
    )

    def _get_reason(self, objs):
        return "、".join(objs.round_id.mapped('name'))
