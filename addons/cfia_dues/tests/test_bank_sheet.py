import io
from datetime import date, datetime

import xlwt
from openpyxl import Workbook

from odoo.tests import BaseCase, tagged

from odoo.addons.cfia_dues.tools.bank.read import read_bank_sheet
from odoo.addons.cfia_membership.tools.sheet import ListError, SheetError

LIST = (
    ('交易时间', '对方户名', '对方账号', '贷方金额', '借方金额', '附言', '流水号'),
    ('2026-02-02 12:54:00', "演示甲有限公司", '6222', '4,000.00', None, "2025、2026年会费 CFIA-00250", 'LS1'),
    ('2026-02-03 10:41:00', "演示乙（集团）有限公司", '6223', '2000', None, "会费ＣＦＩＡ－００００４", 'LS2'),
    ('2026-02-04 10:41:00', "演示银行", '6224', None, '12.50', "手续费", 'LS3'),
)
EXPECTED = [
    (date(2026, 2, 2), "演示甲有限公司", 4000, "2025、2026年会费 CFIA-00250", 'LS1'),
    (date(2026, 2, 3), "演示乙（集团）有限公司", 2000, "会费CFIA-00004", 'LS2'),
    (date(2026, 2, 4), "演示银行", -12.5, "手续费", 'LS3'),
]


@tagged('post_install', '-at_install')
class TestBankSheet(BaseCase):
    """What banks hand out: kinds of files, headings, dates and amounts."""

    def read_rows(self, *rows):
        return [
            (row.date, row.payer, row.amount, row.remark, row.reference)
            for row in read_bank_sheet(self.to_xlsx(rows)).rows]

    def read_amounts(self, *rows):
        return [row.amount for row in read_bank_sheet(self.to_xlsx(rows)).rows]

    def to_xlsx(self, *sheets):
        workbook = Workbook()
        workbook.remove(workbook.active)
        for rows in sheets:
            sheet = workbook.create_sheet()
            for row in rows:
                sheet.append(row)
        content = io.BytesIO()
        workbook.save(content)
        return content.getvalue()

    def to_xls(self, rows):
        workbook = xlwt.Workbook(encoding='utf-8')
        sheet = workbook.add_sheet('交易明细')
        day = xlwt.easyxf(num_format_str='YYYY-MM-DD')
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                if cell is not None:
                    sheet.write(y, x, cell, *([day] if isinstance(cell, datetime) else []))
        content = io.BytesIO()
        workbook.save(content)
        return content.getvalue()

    def to_text(self, rows, delimiter=','):
        return '\r\n'.join(
            delimiter.join(f'"{cell}"' if delimiter in str(cell) else str(cell or '') for cell in row)
            for row in rows)

    def assertExpected(self, content):
        self.assertEqual([
            (row.date, row.payer, row.amount, row.remark, row.reference) for row in read_bank_sheet(content).rows], EXPECTED)

    def test_kinds_of_files(self):
        titled = [("账户名称", "中国锻压协会（演示）"), (), *LIST, ("合计", None, None, '6,000.00')]
        table = '<html><body><table>%s</table></body></html>' % ''.join(
            '<tr>%s</tr>' % ''.join(f'<td>{cell or "&nbsp;"}</td>' for cell in row) for row in titled)
        text = self.to_text(titled)
        for kind, content in {
            'xlsx': self.to_xlsx(titled),
            'xls': self.to_xls(titled),
            'utf-8': text.encode(),
            'utf-8 with mark': text.encode('utf-8-sig'),
            'gbk': text.encode('gbk'),
            'utf-16': text.encode('utf-16'),
            'tabs': self.to_text(titled, '\t').encode('gb18030'),
            'semicolons': self.to_text(titled, ';').encode('gb18030'),
            'tab behind each cell': self.to_text([
                [f'{cell}\t' if cell else '' for cell in row] for row in titled]).encode('gb18030'),
            'web page': table.encode('utf-8'),
        }.items():
            with self.subTest(kind=kind):
                self.assertExpected(content)

    def test_dates_and_numbers_of_an_old_workbook(self):
        rows = read_bank_sheet(self.to_xls([
            ('交易日期', '对方户名', '贷方金额', '流水号'), (datetime(2026, 2, 2), "演示甲", 2000.0, 700001.0)])).rows
        self.assertEqual(
            [(row.date, row.amount, row.reference) for row in rows], [(date(2026, 2, 2), 2000, '700001')])

    def test_numbers_kept_as_text(self):
        text = self.to_text([
            LIST[0], ('="20260202"', '="演示甲"', "'6222", '="2000.00"', '', '会费', '="0012"'),
            ('20260203', '演示乙', '`6223', '2000.00', '', '会费', "'0013")])
        self.assertEqual(
            [(row.date, row.payer, row.account, row.reference) for row in read_bank_sheet(text.encode()).rows],
            [(date(2026, 2, 2), "演示甲", '6222', '0012'), (date(2026, 2, 3), "演示乙", '6223', '0013')])

    def test_headings_of_banks(self):
        day, payer, account, amount, note, reference = '2026-02-02', "演示甲", '6222', 2000, "会费", 'LS1'
        expected = [(date(2026, 2, 2), payer, amount, note, reference)]
        for headings, row in (
            # one's own account and name stand before the payer's
            (('账号', '户名', '交易时间', '借方发生额', '贷方发生额', '余额', '对方户名', '对方账号', '摘要', '交易流水号'),
             ('0100', "中国锻压协会", day, None, amount, 9, payer, account, note, reference)),
            (('本方账号', '对方账号', '交易时间', '借/贷', '借方发生额', '贷方发生额', '对方单位名称', '用途', '流水号'),
             ('0100', account, day, '贷', 0, amount, payer, note, reference)),
            # the hour in a column of its own
            (('交易日', '交易时间', '起息日', '借方金额', '贷方金额', '余额', '摘要', '流水号', '收/付方名称', '对方名称'),
             ('20260202', '12:54:00', '20260202', None, amount, 9, note, reference, "?", payer)),
            # glosses in brackets, what came in told by the kind
            (('交易类型[ Transaction Type ]', '付款人名称[ Debtor Name ]', '收款人名称[ Payee Name ]',
              '交易日期[ Transaction Date ]', '交易金额[ Trade Amount ]', '交易流水号[ Reference Number ]', '用途[ Purpose ]'),
             ('来账', payer, "中国锻压协会", '20260202', '2,000.00', reference, note)),
            (('入账日期', '汇款人名称（全称）', '贷方发生额（收入）/元', '客户附言信息', '银行流水编号'),
             (day, payer, '￥2,000.00', note, reference)),
            (('记账时间', '收入金额(元)', '支出金额(元)', '对方账户名称', '资金用途', '核心流水号'),
             (day, '2000.00元', '--', payer, note, reference)),
        ):
            with self.subTest(headings=headings):
                self.assertEqual(self.read_rows(headings, row), expected)

    def test_heading_of_two_rows(self):
        self.assertEqual(self.read_rows(
            ('交易日期', '发生额', None, '对方户名', '附言', '流水号'), (None, '借方', '贷方', None, None, None),
            ('2026-02-02', None, 2000, "演示甲", "会费", 'LS1'), ('2026-02-03', 30, None, "演示乙", "退", 'LS2'),
        ), [(date(2026, 2, 2), "演示甲", 2000, "会费", 'LS1'), (date(2026, 2, 3), "演示乙", -30, "退", 'LS2')])

    def test_sums_above_the_list_are_no_headings(self):
        self.assertEqual(self.read_rows(
            ('起始日期', '2026-01-01', '截止日期', '2026-03-31'), ('借方发生额', '30.00', '贷方发生额', '4,000.00'),
            ('日期', '2026-03-31', '贷方金额', '4,000.00'), *LIST), EXPECTED)

    def test_what_the_money_is_for_may_stand_in_any_column(self):
        headings = ('交易日期', '对方户名', '贷方金额', '附言', '用途', '备注', '摘要', '流水号')
        rows = self.read_rows(
            headings, ('2026-02-02', "演示甲", 1, None, "会费 CFIA-00012", None, "转账", 'L1'),
            ('2026-02-02', "演示甲", 1, "会费", "会费", "00013", None, 'L2'))
        self.assertEqual([row[3] for row in rows], ["会费 CFIA-00012 转账", "会费 00013"])

    def test_dates(self):
        for text in (
            '2026-2-2', '2026/02/02', '2026.02.02', '2026年2月2日', '20260202', 20260202, '20260202125400', '2026-02-02T12:54:00',
            '２０２６－０２－０２', '2026年02月02日 12:54', 46055, datetime(2026, 2, 2, 23, 59), date(2026, 2, 2),
        ):
            with self.subTest(text=text):
                self.assertEqual(self.read_rows(LIST[0], (text, "演示", None, 1, None, "会费", 'L'))[0][0], date(2026, 2, 2))

    def test_amounts(self):
        for credit, debit, expected in (
            ('２，０００．００', None, 2000), ('¥ 2,000.00', '0.00', 2000), ('+2,000', '-', 2000), ('2000.00元', None, 2000),
            ('RMB2000', None, 2000), (' 2 000.00', '—', 2000), ('-2,000.00', None, -2000), ('(2,000.00)', None, -2000),
            ('2,000.00-', None, -2000), ('−2000', None, -2000), (None, 2000, -2000), (None, '-2,000.00', -2000),
        ):
            with self.subTest(credit=credit, debit=debit):
                self.assertEqual(self.read_amounts(LIST[0], ('2026-02-02', "演示", None, credit, debit, "会费", 'L')), [expected])
        for credit in ('二千', 'nan', 'inf', True):
            [row] = read_bank_sheet(self.to_xlsx([LIST[0], ('2026-02-02', "演示", None, credit, None, "会费", 'L')])).rows
            self.assertEqual(row.error, 'amount', credit)

    def test_what_went_out_with_a_minus_did_not_come_in(self):
        self.assertEqual(self.read_amounts(
            LIST[0], ('2026-02-02', "演示", None, None, '-30', "退会费", 'L1'),
            ('2026-02-02', "演示", None, None, '-30', "冲正", 'L2')), [-30, 30])
        self.assertEqual(self.read_amounts(
            ('交易日期', '来往账标志', '交易金额'), ('2026-02-02', '来账', 5), ('2026-02-02', '往账', 5)), [5, -5])

    def test_a_number_that_is_none(self):
        rows = self.read_rows(LIST[0], *[('2026-02-02', payer, None, 5, None, "会费", '0000') for payer in ("演示甲", "演示乙")])
        self.assertEqual(len({row[4] for row in rows}), 2)
        self.assertTrue(all(row[4].startswith('#') for row in rows))

    def test_several_sheets(self):
        later = (LIST[0], ('2026-03-02', "演示丙", None, 7, None, "会费", 'LS4'))
        summary = (('日期', '金额'), ('2026-02-02', 4000))
        self.assertEqual(
            [row.reference for row in read_bank_sheet(self.to_xlsx(LIST, summary, later)).rows], ['LS1', 'LS2', 'LS3', 'LS4'])
        # a copy brings the numbers that stand on the first
        bare = (LIST[0][:4], ('2026-02-02', "演示", None, 5), ('2026-02-02', "演示", None, 5))
        references = [row.reference for row in read_bank_sheet(self.to_xlsx(bare, bare)).rows]
        self.assertEqual((len(references), len(set(references))), (4, 2))

    def test_what_is_no_list(self):
        for content, code in (
            (b'', 'empty'), (b'PK\x03\x04', 'damaged'), (b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' + b'\0' * 600, 'damaged'),
            (b'%PDF-1.4\0\0', 'kind'), ("姓名,电话\n演示,1".encode(), 'no_header'), (b'<html>', 'kind'),
            (self.to_xlsx([("姓名",)])[:-200], 'damaged'), (b'\xff\xfe\x00', 'damaged'),
        ):
            with self.subTest(content=content[:12]), self.assertRaises((ListError, SheetError)) as caught:
                read_bank_sheet(content)
            self.assertEqual(caught.exception.code, code)
