from odoo import fields, models
from odoo.tools import format_list

from odoo.addons.cfia_membership.tools.dates import to_association_tz

# Columns of each department's list with their widths
COLUMNS = {
    'editorial': (
        ('change', 14), ('member_number', 13), ('unit_name', 34), ('edition_id', 14), ('addressee', 14),
        ('address', 40), ('zip', 10), ('contact_name', 14), ('phone', 18), ('changed_labels', 24)),
    'network': (
        ('change', 14), ('member_number', 13), ('unit_name', 38), ('contact_name', 16), ('phone', 20),
        ('email', 30), ('changed_labels', 24)),
}


class ReportChangeListXlsx(models.AbstractModel):
    """Change lists as spreadsheets, one sheet a list."""

    _name = 'report.cfia_services.change_list_xlsx'
    _description = "Change List (xlsx)"
    _inherit = ['report.report_xlsx.abstract']

    def generate_xlsx_report(self, workbook, data, objs):
        """Write the lists.

        :param objs: recordset of `cfia.change.list`
        """
        # a report's address asks nobody: the lists' own rules do
        objs.check_access('read')
        styles = self._prepare_styles(workbook)
        kinds = dict(objs._fields['kind']._description_selection(self.env))
        for change_list in objs:
            self.env['cfia.disclosure']._disclose(
                'list', change_list.line_ids, [field for field, _width in COLUMNS[change_list.kind]],
                reason=change_list.display_name, recipient=kinds[change_list.kind])
            self._write_list(workbook, styles, change_list)

    def _prepare_styles(self, workbook):
        font = {'font_name': 'SimSun', 'font_size': 10.5, 'valign': 'vcenter'}
        box = {**font, 'border': 1, 'text_wrap': True}
        return {
            'title': workbook.add_format({
                **font, 'font_name': 'SimHei', 'font_size': 18, 'align': 'center'}),
            'text': workbook.add_format(font),
            'right': workbook.add_format({**font, 'align': 'right'}),
            'header': workbook.add_format({**box, 'bold': True, 'align': 'center', 'bg_color': '#E7E6E6'}),
            'cell': workbook.add_format(box),
            'changed': workbook.add_format({**box, 'bg_color': '#FFF2CC'}),
        }

    def _write_list(self, workbook, styles, change_list):
        lines = change_list.line_ids
        columns = COLUMNS[change_list.kind]
        last = len(columns)
        sheet = workbook.add_worksheet(change_list.display_name[:31])
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(self.env._("&CPage &P of &N"))
        sheet.set_column(0, 0, 6)
        for column, (_field, width) in enumerate(columns, 1):
            sheet.set_column(column, column, width)

        sheet.set_row(0, 34)
        sheet.merge_range(0, 0, 0, last, self._get_title(change_list), styles['title'])
        sheet.merge_range(1, 0, 1, last, self._get_basis(change_list), styles['text'])
        header_row = 2
        sheet.set_row(header_row, 24)
        sheet.write_string(header_row, 0, self.env._("No."), styles['header'])
        for column, (field, _width) in enumerate(columns, 1):
            label = lines._fields[field]._description_string(self.env)
            sheet.write_string(header_row, column, label, styles['header'])
        sheet.freeze_panes(header_row + 1, 0)
        sheet.repeat_rows(0, header_row)

        changes = dict(lines._fields['change']._description_selection(self.env))
        row = header_row
        for row, line in enumerate(lines, header_row + 1):
            changed = (line.changed_fields or '').split(',')
            sheet.write_number(row, 0, row - header_row, styles['cell'])
            for column, (field, _width) in enumerate(columns, 1):
                if field == 'change':
                    value = changes[line.change]
                elif field == 'edition_id':
                    value = line.edition_id.name
                else:
                    value = line[field]
                # text only: nothing a member wrote is to be taken for a formula
                sheet.write_string(
                    row, column, value or '', styles['changed' if field in changed else 'cell'])
        if lines:
            sheet.autofilter(header_row, 0, row, last)

        row += 2
        middle = last // 2
        sheet.merge_range(row, 0, row, middle, self._get_total(lines, changes), styles['text'])
        sheet.merge_range(row, middle + 1, row, last, self._get_receipt(change_list), styles['right'])

    def _get_title(self, change_list):
        kinds = dict(change_list._fields['kind']._description_selection(self.env))
        return self.env._(
            "Member change list to the %(department)s, %(year)s/%(month)s",
            department=kinds[change_list.kind], year=change_list.month.year, month=change_list.month.month)

    def _get_basis(self, change_list):
        department = self.env.ref('cfia_membership.cfia_department_organisation').name
        values = {
            'department': department, 'name': change_list.name,
            'made': self._format_day(change_list.date_made),
        }
        if change_list.previous_id:
            return self.env._(
                "%(department)s · No. %(name)s · made on %(made)s · changes since list %(previous)s, "
                "received on %(received)s",
                previous=change_list.previous_id.name,
                received=self._format_day(change_list.previous_id.date_received), **values)
        return self.env._(
            "%(department)s · No. %(name)s · made on %(made)s · first list, all members", **values)

    def _get_total(self, lines, changes):
        counts = lines.grouped('change')
        return self.env._(
            "Total %(count)s: %(details)s", count=len(lines),
            details=format_list(self.env, [
                f"{label} {len(counts[change])}" for change, label in changes.items() if change in counts]))

    def _get_receipt(self, change_list):
        if change_list.state == 'received':
            return self.env._(
                "Received by %(user)s on %(date)s", user=change_list.received_by_id.name,
                date=self._format_day(change_list.date_received))
        return self.env._("Received by: ____________    Date: ____________")

    def _format_day(self, moment):
        return fields.Date.to_string(to_association_tz(moment).date())
