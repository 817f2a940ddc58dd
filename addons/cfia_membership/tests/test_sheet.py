import io
import zipfile
from datetime import date, datetime

import xlsxwriter
import xlwt
from openpyxl import Workbook

from odoo.tests import BaseCase, tagged

from odoo.addons.cfia_membership.tools.sheet import SheetError, read_sheets
from odoo.addons.cfia_membership.tools.sheet.cells import parse_number, read_date
from odoo.addons.cfia_membership.tools.sheet.columns import find_list

ROWS = [['会员证号', '单位名称'], ['1', '演示甲，有限公司'], ['2', '演示乙 "重工"']]
STRICT = (
    (b'http://schemas.openxmlformats.org/spreadsheetml/2006/main', b'http://purl.oclc.org/ooxml/spreadsheetml/main'),
    (b'http://schemas.openxmlformats.org/officeDocument/2006/relationships',
     b'http://purl.oclc.org/ooxml/officeDocument/relationships'))
XML_2003 = '''<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Worksheet ss:Name="名单"><Table>%s</Table></Worksheet></Workbook>'''
OLE = b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'


def to_xlsx(rows, fill=None):
    content = io.BytesIO()
    workbook = xlsxwriter.Workbook(content)
    sheet = workbook.add_worksheet('名单')
    for at, row in enumerate(rows):
        sheet.write_row(at, 0, row)
    if fill:
        fill(workbook, sheet)
    workbook.close()
    return content.getvalue()


def to_xls(rows):
    workbook = xlwt.Workbook(encoding='utf-8')
    sheet = workbook.add_sheet('名单')
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            sheet.write(y, x, cell)
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def to_text(rows, delimiter=','):
    return '\r\n'.join(delimiter.join('"%s"' % cell.replace('"', '""') for cell in row) for row in rows)


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


@tagged('post_install', '-at_install')
class TestSheet(BaseCase):
    """One reader for every list, whatever program made it."""

    def code(self, content, **limits):
        with self.assertRaises(SheetError) as caught:
            read_sheets(content, limits)
        return caught.exception.code

    def test_every_kind_gives_the_same_rows(self):
        def strict(name, data):
            for old, new in STRICT:
                data = data.replace(old, new)
            return data

        table = '<table>%s</table>' % ''.join(
            '<tr>%s</tr>' % ''.join(f'<td>{cell}</td>' for cell in row) for row in ROWS)
        xml = XML_2003 % ''.join('<Row>%s</Row>' % ''.join(
            f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in row) for row in ROWS)
        for kind, content in {
            'xlsx': to_xlsx(ROWS), 'strict xlsx': rewrite(to_xlsx(ROWS), strict), 'xls': to_xls(ROWS),
            'utf-8': to_text(ROWS).encode(), 'utf-8 with mark': to_text(ROWS).encode('utf-8-sig'),
            'utf-16': to_text(ROWS).encode('utf-16'), 'utf-16 without mark': to_text(ROWS).encode('utf-16-le'),
            'gb18030': to_text(ROWS).encode('gb18030'), 'tabs': to_text(ROWS, '\t').encode('gb18030'),
            'semicolons': to_text(ROWS, ';').encode(), 'web page': f'<html><body>{table}</body></html>'.encode(),
            'xml of 2003': xml.encode(), 'zip': pack(**{'名单.csv': to_text(ROWS).encode()}),
        }.items():
            with self.subTest(kind=kind):
                [sheet] = read_sheets(content)
                self.assertEqual([[str(cell) for cell in row] for row in sheet.rows], ROWS)

    def test_cells(self):
        def fill(workbook, sheet):
            sheet.write_datetime(0, 0, datetime(2026, 1, 5), workbook.add_format({'num_format': 'yyyy-mm-dd'}))
            sheet.write_number(0, 1, 2000.5)
            sheet.write_boolean(0, 2, True)
            sheet.merge_range('A3:A5', '演示')
            sheet.write_column('B3', ['甲', '乙', '丙'])

        [sheet] = read_sheets(to_xlsx([], fill))
        self.assertEqual(sheet.rows[0], [date(2026, 1, 5), 2000.5, True])
        self.assertEqual([row[0] for row in sheet.rows[2:5]], ['演示'] * 3, "a merged cell speaks for all its rows")
        self.assertEqual(sheet.merged, [(2, 0, 4, 0)])

    def test_hidden_sheets_are_told(self):
        workbook = Workbook()
        workbook.active.append(['a'])
        hidden = workbook.create_sheet('旧')
        hidden.append(['b'])
        hidden.sheet_state = 'hidden'
        content = io.BytesIO()
        workbook.save(content)
        self.assertEqual([(sheet.name, sheet.is_hidden) for sheet in read_sheets(content.getvalue())],
                         [('Sheet', False), ('旧', True)])

    def test_a_wrong_dimension_loses_nothing(self):
        def lie(name, data):
            return data.replace(b'<dimension ref="A1:B3"/>', b'<dimension ref="A1"/>')

        [sheet] = read_sheets(rewrite(to_xlsx(ROWS), lie))
        self.assertEqual(len(sheet.rows), 3)

    def test_a_quotation_mark_that_nothing_closes(self):
        [sheet] = read_sheets('号,名\n1,"甲\n2,乙\n3,丙\n'.encode())
        self.assertEqual(len(sheet.rows), 4)

    def test_what_is_no_list_is_named(self):
        for content, code in (
            (b'', 'empty'), (b'  \n', 'empty'), (b'%PDF-1.7 x', 'kind'), (b'\x89PNG\r\n', 'kind'),
            (OLE + b'\0' * 512 + 'EncryptedPackage'.encode('utf-16-le'), 'password'),
            (OLE + b'\0' * 512 + 'WordDocument'.encode('utf-16-le'), 'kind'), (OLE + b'\0' * 600, 'damaged'),
            (pack(**{'word/document.xml': b'<x/>', '[Content_Types].xml': b'<x/>'}), 'kind'), (pack(**{'a.exe': b'x'}), 'kind'),
            (to_xlsx(ROWS)[:-300], 'damaged'), (bytes(range(256)) * 4, 'damaged'),
            (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
             'kind'),
        ):
            with self.subTest(content=content[:20]):
                self.assertEqual(self.code(content), code)

    def test_bounds(self):
        self.assertEqual(self.code(to_xlsx(ROWS), bytes=100), 'too_large')
        self.assertEqual(self.code(pack(**{'a.csv': b'1,2\n' * 10**6}), unpacked_bytes=10**6), 'too_large')
        self.assertEqual(self.code(b'1,2\n' * 200, rows=100), 'too_many_rows')
        # two cells at the ends of the sheet: laid out in full they would take 400 GB
        far = to_xlsx([], lambda _workbook, sheet: (sheet.write(0, 0, 'a'), sheet.write(1048575, 16383, 'b')))
        self.assertIn(self.code(far, memory_bytes=512 * 1024**2), ('too_large', 'too_many_rows'))

    def test_days_and_numbers(self):
        for cell in ('2026-01-05', '2026/1/5 09:30', '2026年1月5日', '20260105', 20260105.0, 46027, date(2026, 1, 5),
                     datetime(2026, 1, 5, 23, 59), '２０２６．０１．０５'):
            self.assertEqual(read_date(cell), date(2026, 1, 5), cell)
        for cell in (None, '', '09:30:12', 93012.0, 0.4, '三月', '2026-13-01', True):
            self.assertIsNone(read_date(cell), cell)
        for cell, number in (('1,234.50', 1234.5), ('（5）', -5), ('￥２０００元', 2000), ('', 0), ('—', 0), ('一百', None), (True, None)):
            self.assertEqual(parse_number(cell), number, cell)

    def test_headings(self):
        headings = {'number': ('会员证号',), 'name': ('单位名称', '单位')}
        sheets = read_sheets(to_xlsx([
            ['某某名单'], ['*会员证号\n（必填）', '单 位 名 称（盖章）'], ['1', '甲'], [None, None], ['会员证号', '单位名称'], ['2', '乙']]))
        columns, rows = find_list(sheets, headings, ['number'])
        self.assertEqual(columns, {'number': 0, 'name': 1})
        self.assertEqual([(at, values['name']) for at, values in rows], [(3, '甲'), (6, '乙')])
        self.assertIsNone(find_list(read_sheets(to_xlsx([['姓名']])), headings, ['number']))
