from odoo.addons.web.controllers.export import (
    CSVExport,
    ExcelExport,
    ExportXlsxWriter,
    GroupExportXlsxWriter,
)

# what spreadsheet programs take for the beginning of a formula, beyond what Odoo looks for
_FORMULA_STARTS = ('@', '\t', '\r', '\n')


class TextWriterMixin:
    """Texts stay texts: what a stranger wrote is no formula and no link in a colleague's spreadsheet."""

    def write(self, row, column, cell_value, style=None):
        if isinstance(cell_value, str):
            return self.worksheet.write_string(row, column, cell_value, style)
        return super().write(row, column, cell_value, style)


class TextExportXlsxWriter(TextWriterMixin, ExportXlsxWriter):
    pass


class TextGroupExportXlsxWriter(TextWriterMixin, GroupExportXlsxWriter):
    pass


class TextExcelExport(ExcelExport):

    def from_group_data(self, fields, columns_headers, groups):
        with TextGroupExportXlsxWriter(fields, columns_headers, groups.count) as xlsx_writer:
            x, y = 1, 0
            for group_name, group in groups.children.items():
                x, y = xlsx_writer.write_group(x, y, group_name, group)
        return xlsx_writer.value

    def from_data(self, fields, columns_headers, rows):
        with TextExportXlsxWriter(fields, columns_headers, len(rows)) as xlsx_writer:
            for row_index, row in enumerate(rows, 1):
                for cell_index, cell_value in enumerate(row):
                    xlsx_writer.write_cell(row_index, cell_index, cell_value)
        return xlsx_writer.value


class TextCSVExport(CSVExport):

    def from_data(self, fields, columns_headers, rows):
        return super().from_data(fields, columns_headers, [
            [f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value for value in row]
            for row in rows
        ])
