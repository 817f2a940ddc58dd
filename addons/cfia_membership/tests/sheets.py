"""Files as the programs of banks, platforms and offices write them."""
import io
import zipfile

import xlsxwriter
import xlwt

from odoo.addons.cfia_membership.tools.sheet.open import LIMITS, Sheet
from odoo.addons.cfia_membership.tools.sheet.reader import Reader, fill_merged

XML_2003 = '''<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Worksheet ss:Name="名单"><Table>%s</Table></Worksheet></Workbook>'''
STRICT = (
    (b'http://schemas.openxmlformats.org/spreadsheetml/2006/main', b'http://purl.oclc.org/ooxml/spreadsheetml/main'),
    (b'http://schemas.openxmlformats.org/officeDocument/2006/relationships',
     b'http://purl.oclc.org/ooxml/officeDocument/relationships'))


def to_xlsx(rows, fill=None, name='名单', **more):
    """Return a workbook of one sheet, and of more by name; ``fill`` gets workbook and sheet."""
    content = io.BytesIO()
    workbook = xlsxwriter.Workbook(content)
    for title, lines in {name: rows, **more}.items():
        sheet = workbook.add_worksheet(title)
        for at, row in enumerate(lines):
            for column, cell in enumerate(row):
                if hasattr(cell, 'year'):
                    sheet.write_datetime(at, column, cell, workbook.add_format({'num_format': 'yyyy-mm-dd hh:mm:ss'}))
                elif cell is not None:
                    sheet.write(at, column, cell)
        if fill:
            fill(workbook, sheet)
    workbook.close()
    return content.getvalue()


def to_xls(rows, **more):
    workbook = xlwt.Workbook(encoding='utf-8')
    for title, lines in {'Sheet1': rows, **more}.items():
        sheet = workbook.add_sheet(title)
        for y, row in enumerate(lines):
            for x, cell in enumerate(row):
                if cell is not None:
                    sheet.write(y, x, cell)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def to_text(rows, delimiter=','):
    return '\r\n'.join(
        delimiter.join(
            '"%s"' % str(cell).replace('"', '""') if any(mark in str(cell) for mark in (delimiter, '"', '\n')) else
            str('' if cell is None else cell) for cell in row)
        for row in rows)


def to_csv(rows, encoding='gb18030', delimiter=','):
    return to_text(rows, delimiter).encode(encoding)


def to_html(rows):
    """Return the web page that many programs name xls."""
    return ('<html><head><meta charset="utf-8"></head><body><table border="1">%s</table></body></html>' % ''.join(
        '<tr>%s</tr>' % ''.join(f'<td>{"" if cell is None else cell}</td>' for cell in row) for row in rows)).encode()


def to_xml(rows):
    """Return the XML of 2003 that some programs name xls."""
    return (XML_2003 % ''.join('<Row>%s</Row>' % ''.join(
        f'<Cell><Data ss:Type="String">{"" if cell is None else cell}</Data></Cell>' for cell in row) for row in rows)).encode()


def to_strict(content):
    """Return a workbook in strict OOXML."""
    def change(_name, data):
        for old, new in STRICT:
            data = data.replace(old, new)
        return data
    return rewrite(content, change)


def rewrite(content, change):
    """Return a zip whose parts are changed."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(result, 'w', zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            target.writestr(info.filename, change(info.filename, source.read(info)))
    return result.getvalue()


def pack(**files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def open_here(content):
    """Return the sheets of a file, read in this process: many files are read in the time that one more would start."""
    return [Sheet(*fill_merged(sheet)) for sheet in Reader(LIMITS['unpacked_bytes'], LIMITS['rows']).read_file(content)]


#: How one list may come: name → function of its rows.
KINDS = {
    'xlsx': to_xlsx, 'strict xlsx': lambda rows: to_strict(to_xlsx(rows)), 'xls': to_xls,
    'utf-8': lambda rows: to_csv(rows, 'utf-8'), 'utf-8 with mark': lambda rows: to_csv(rows, 'utf-8-sig'),
    'utf-16': lambda rows: to_csv(rows, 'utf-16'), 'utf-16 without mark': lambda rows: to_csv(rows, 'utf-16-le'),
    'gb18030': to_csv, 'tabs': lambda rows: to_csv(rows, delimiter='\t'), 'semicolons': lambda rows: to_csv(rows, 'utf-8', ';'),
    'bars': lambda rows: to_csv(rows, delimiter='|'), 'web page': to_html, 'xml of 2003': to_xml,
    'zip': lambda rows: pack(**{'名单.csv': to_csv(rows)}),
}
