from odoo import models

COLUMNS = (
    ('member_number', 13), ('unit_name', 38), ('addressee', 14), ('address', 54), ('zip', 10), ('phone', 18),
    ('quantity', 8),
)


class ReportMagazineXlsx(models.AbstractModel):
    """Mailing lists of magazine issues for the mail house, one sheet an issue."""

    _name = 'report.cfia_services.magazine_xlsx'
    _description = "Mailing List of a Magazine Issue (xlsx)"
    _inherit = ['report.report_xlsx.abstract']

    def generate_xlsx_report(self, workbook, data, objs):
        """Write the lists and note the disclosures.

        :param objs: recordset of `cfia.magazine.issue`
        """
        # a report's address asks nobody: the records' own rights do
        objs.check_access('read')
        font = {'font_name': 'SimSun', 'font_size': 10.5, 'valign': 'vcenter'}
        box = {**font, 'border': 1}
        styles = {
            'title': workbook.add_format({**font, 'font_name': 'SimHei', 'font_size': 16, 'align': 'center'}),
            'text': workbook.add_format(font),
            'header': workbook.add_format({**box, 'bold': True, 'align': 'center', 'bg_color': '#E7E6E6'}),
            'cell': workbook.add_format(box),
        }
        for issue in objs:
            copies = issue._fetch_copies([name for name, _width in COLUMNS])
            self.env['cfia.disclosure']._disclose(
                'label', copies, [name for name, _width in COLUMNS], reason=issue.display_name,
                recipient=issue._get_recipient())
            self._write_issue(workbook.add_worksheet(self._get_sheet_name(issue)), styles, issue, copies)

    def _get_sheet_name(self, issue):
        return f'{issue.edition_id.code[:18]}-{issue.year}-{issue.number}'

    def _write_issue(self, sheet, styles, issue, copies):
        last = len(COLUMNS)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(self.env._("&CPage &P of &N"))
        sheet.set_column(0, 0, 7)
        sheet.set_row(0, 30)
        sheet.merge_range(
            0, 0, 0, last, self.env._("Mailing list: %(issue)s", issue=issue.display_name), styles['title'])
        sheet.merge_range(1, 0, 1, last, self.env._(
            "To: %(recipient)s · %(count)s copies, one for each member", recipient=issue._get_recipient(),
            count=len(copies)), styles['text'])
        sheet.write_string(2, 0, self.env._("No."), styles['header'])
        for column, (name, width) in enumerate(COLUMNS, 1):
            sheet.set_column(column, column, width)
            sheet.write_string(2, column, copies._fields[name]._description_string(self.env), styles['header'])
        sheet.freeze_panes(3, 0)
        sheet.repeat_rows(0, 2)
        cell = styles['cell']
        names = [name for name, _width in COLUMNS[:-1]]
        row = 2
        for row, copy in enumerate(copies, 3):
            sheet.write_number(row, 0, row - 2, cell)
            for column, name in enumerate(names, 1):
                # text only: nothing a member wrote is to be taken for a formula
                sheet.write_string(row, column, copy[name] or '', cell)
            sheet.write_number(row, last, copy.quantity, cell)
        if copies:
            sheet.autofilter(2, 0, row, last)
