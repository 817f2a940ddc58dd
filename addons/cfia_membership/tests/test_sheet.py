import io
from datetime import date, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from openpyxl import Workbook

from odoo.tests import BaseCase, tagged

from odoo.addons.cfia_membership.tests.sheets import KINDS, pack, rewrite, to_xlsx
from odoo.addons.cfia_membership.tools.roster.columns import HEADINGS as UNITS
from odoo.addons.cfia_membership.tools.sheet import Headings, ListError, SheetError, Taught, read_lines, read_sheets
from odoo.addons.cfia_membership.tools.sheet.cells import parse_number, read_date

ROWS = [['会员证号', '单位名称'], ['1', '演示甲，有限公司'], ['2', '演示乙 "重工"']]
OLE = b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'


@tagged('post_install', '-at_install')
class TestSheet(BaseCase):
    """One reader for every list, whatever program made it."""

    def code(self, content, **limits):
        with self.assertRaises(SheetError) as caught:
            read_sheets(content, limits)
        return caught.exception.code

    def test_every_kind_gives_the_same_rows(self):
        for kind, make in KINDS.items():
            with self.subTest(kind=kind):
                [sheet] = read_sheets(make(ROWS))
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

    def test_rows_of_a_plain_list(self):
        content = to_xlsx([
            ['某某名单'], ['*会员证号\n（必填）', '单 位 名 稱（盖章）'], ['（数字）', '（文本）'], ['1', '甲'], [None, None],
            ['会员证号', '单位名称'], ['2', '乙']], 第二页=[['單位名稱', '會員證號'], ['丙', '3']])
        lines, passed = read_lines(content, UNITS, [('number',)])
        self.assertEqual([(line.sheet, line.number, line.values['name']) for line in lines],
                         [('名单', 4, '甲'), ('名单', 7, '乙'), ('第二页', 2, '丙')])
        self.assertEqual([(line.number, line.reason) for line in passed], [(3, 'units'), (6, 'heading')])
        with self.assertRaises(ListError):
            read_lines(to_xlsx([['姓名', '年龄'], ['甲', 5]]), UNITS, [('number',)])

    def test_halves_beside_one_another(self):
        lines, _passed = read_lines(to_xlsx([
            ['序号', '会员证号', '单位名称', '序号', '会员证号', '单位名称'], [1, '1', '甲', 3, '3', '丙'], [2, '2', '乙', None, None, None]]),
            UNITS, [('number',)])
        self.assertEqual([line.values['name'] for line in lines], ['甲', '乙', '丙'])

    def test_headings_of_two_lines(self):
        merge = lambda _workbook, sheet: (sheet.merge_range('A1:A2', '会员证号'), sheet.merge_range('B1:B2', '单位名称'))  # noqa: E731
        for fill in (None, merge):
            [line], _passed = read_lines(to_xlsx([
                ['会员证号', '单位名称', '法定代表人', None, '联系人', None], [None, None, '姓名', '电话', '姓名', '电话'],
                ['1', '甲', '法人', '1', '联系人甲', '13900000001']], fill), UNITS, [('number',)])
            self.assertEqual((line.values['legal_representative'], line.values['contact'], line.values['phone']),
                             ('法人', '联系人甲', '13900000001'))

    def test_names_in_a_file_a_line_each(self):
        with NamedTemporaryFile('w', suffix='.txt', encoding='utf-8') as names:
            names.write('# remark\nnumber: 号码\nnumber: 号\n- ~ 密码\nnumber ~ 码$\n')
            names.flush()
            headings = Headings(Path(names.name))
        self.assertEqual(headings.match(['号', '号码（必填）', '密码', '编码']), {'number': [1, 0, 3]})
        taught = Taught({('甲', '乙'): {1: 'number'}}, {'证': 'number'})
        self.assertEqual(headings.match(['甲', '乙', None], taught), {'number': [1]})
        self.assertEqual(headings.match(['证', '号码'], taught), {'number': [0, 1]})
