import base64
import csv
import io
import json
import random
from datetime import datetime

from openpyxl import Workbook

from odoo.exceptions import RedirectWarning, UserError
from odoo.tests import tagged
from odoo.tools import file_open

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked

GRADES = {
    "会员": 'member', "理事": 'director', "常务理事": 'standing_director',
    "副理事长": 'vice_president', "理事长": 'president',
}


@tagged('post_install', '-at_install')
class TestBankFile(DuesCommon):
    """A bank's file of two months against a roster of three hundred units."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with file_open('cfia_dues/tests/data/bank_statement.json') as data_file:
            cls.data = data = json.load(data_file)
        grades = {name: cls.env.ref(f'cfia_membership.cfia_grade_{code}') for name, code in GRADES.items()}
        # the register of this database may hold numbers already: the file's ones are shifted above
        cls.shift = 50000
        partners = unlocked(cls.env['res.partner'].with_context(tracking_disable=True)).create([
            {
                'name': member['name'],
                'is_company': True,
                'member_state': 'withdrawn' if member['left'] else 'member',
                'member_grade_id': grades[member['grade']].id,
                'date_member_joined': '2000-01-01',
            }
            for member in data['members']
        ])
        cls.partner_by_number = {
            f"{member['number']:05d}": partner for member, partner in zip(data['members'], partners)}
        cls.env['cfia.member.number']._enter_numbers([
            (member['number'] + cls.shift, partner, 'imported')
            for member, partner in zip(data['members'], partners)
        ])
        standard = cls.make_standard(2001, in_force=False, line_ids=[
            (0, 0, {'grade_id': grades[name].id, 'amount': amount}) for name, amount in data['amounts'].items()])
        unlocked(cls.standard).state = 'draft'
        standard.action_put_in_force()
        for year in (2023, 2024, 2025, 2026):
            members = cls.env['res.partner'].union(*(
                partner for member, partner in zip(data['members'], partners) if year in member['billed']))
            lines = cls.Line._open(members, year)
            lines._price()
            lines._bill()
            assert set(lines.mapped('state')) == {'billed'}
        cls.gather_statistics()

    def test_every_receipt_is_right(self):
        receipts = self.BankLine.create([
            {
                'journal_id': self.bank_journal.id,
                'date': receipt['date'],
                'amount': receipt['amount'],
                'payment_ref': self._shift_numbers(receipt['remark'], self.shift),
                'partner_name': receipt['payer'],
                'ref': receipt['reference'],
            }
            for receipt in self.data['receipts']
        ])
        receipts.action_match_dues()
        self.assertReceiptsRight(receipts)

    def test_every_receipt_of_a_sheet_is_right(self):
        """Columns in another order, titles, blank rows, text in full width, totals, money going out."""
        imported = self.import_sheet(self.make_sheet(random.Random(19)))
        receipts = imported.statement_line_ids.filtered(lambda line: line.amount > 0)
        self.assertReceiptsRight(receipts, has_duplicate=False)
        self.assertEqual(
            imported.row_ids.filtered(lambda row: row.reason in ('heading', 'total', 'note')).mapped('reason'),
            [*['heading'] * 4, 'total', 'note'])
        self.assertEqual(imported.seen_count, len(imported.statement_line_ids) + len(imported.row_ids))
        self.assertRecordValues(imported.row_ids.filtered('reference'), [
            {'reason': 'date', 'reference': 'LSBAD1'},
            {'reason': 'amount', 'reference': 'LSBAD2'},
            {'reason': 'duplicate', 'reference': self.data['duplicate']},
        ])
        outgoing = imported.statement_line_ids - receipts
        self.assertEqual(sorted(outgoing.mapped('amount')), [-2000, -12.5])
        self.assertFalse(outgoing.filtered(lambda line: line.dues_member_id or line.is_reconciled))
        self.assertEqual(imported.unidentified_count + imported.matched_count, len(receipts))
        # the same list in another order brings nothing new
        again = self.import_sheet(self.make_sheet(random.Random(7)))
        self.assertFalse(again.statement_line_ids)
        self.assertEqual(len(again.row_ids.filtered('reference')), len(self.data['receipts']) + 4)

    def test_every_receipt_of_a_text_file_is_right(self):
        for encoding, seed in (('gbk', 3), ('utf-8-sig', 4)):
            text = io.StringIO()
            csv.writer(text).writerows(self.make_rows(random.Random(seed)))
            imported = self.import_sheet(text.getvalue().encode(encoding), f'演示-{encoding}.csv')
            receipts = imported.statement_line_ids.filtered(lambda line: line.amount > 0)
            if encoding == 'gbk':
                self.assertReceiptsRight(receipts, has_duplicate=False)
            else:
                self.assertFalse(receipts)

    def test_a_sheet_without_references_comes_in_once(self):
        rows = [
            ('2026/3/1', "演示甲", 100, "会费"), ('2026/3/1', "演示甲", 100, "会费"), ('20260302', "演示乙", '1,00.50', ""),
            (46084, "演示丙", '（50.00）', "退"),
        ]
        content = self.make_workbook([('日期', '付款人名称', '交易金额（元）', '摘要'), *rows])
        first = self.import_sheet(content)
        self.assertRecordValues(first.statement_line_ids, [
            {'amount': 100, 'partner_name': "演示甲"}, {'amount': 100, 'partner_name': "演示甲"},
            {'amount': 100.5, 'partner_name': "演示乙"}, {'amount': -50, 'partner_name': "演示丙"}])
        self.assertEqual(len(set(first.statement_line_ids.mapped('bank_reference'))), 4)
        self.assertFalse(self.import_sheet(content).statement_line_ids)

    def test_amount_with_its_side(self):
        content = self.make_workbook([
            ('交易日期', '借贷标志', '发生额', '对方户名', '流水号'),
            ('2026年3月1日', '贷', '1000元', "演示甲", 'S1'), ('2026.03.02', '借', 30, "演示乙", 'S2')])
        self.assertEqual(self.import_sheet(content).statement_line_ids.mapped('amount'), [1000, -30])

    def test_what_is_no_list(self):
        with self.assertRaisesRegex(UserError, "xlsx"):
            self.import_sheet(b'no workbook\0')
        with self.assertRaisesRegex((RedirectWarning, UserError), "贷方金额"):
            self.import_sheet(self.make_workbook([("姓名", "电话"), ("演示", 1)]))

    def import_sheet(self, content, filename="演示.xlsx"):
        wizard = self.env['cfia.dues.bank.import'].with_user(self.user_accountant).create({
            'journal_id': self.bank_journal.id,
            'file': base64.b64encode(content),
            'filename': filename,
        })
        wizard.action_import()
        return wizard

    def make_workbook(self, rows):
        workbook = Workbook()
        for row in rows:
            workbook.active.append(row)
        content = io.BytesIO()
        workbook.save(content)
        return content.getvalue()

    def make_sheet(self, draw):
        return self.make_workbook(self.make_rows(draw))

    def make_rows(self, draw):
        """Return the bank's list as another bank would print it."""
        wide = str.maketrans('0123456789.,-:', '０１２３４５６７８９．，－：')
        headings = ['流 水 号', '贷方金额（元）', '附言', '借方金额', '对方户名', '余额', '对方账号', '交易时间', '摘要']
        order = list(range(len(headings)))
        draw.shuffle(order)
        days = (
            lambda day: day, lambda day: day.replace('-', '/'), lambda day: day.replace('-', ''),
            lambda day: f"{day} 09:30:15", datetime.fromisoformat, lambda day: f"{day}".translate(wide),
        )
        amounts = (
            lambda amount: amount, str, lambda amount: f"{amount:,.2f}", lambda amount: f"￥{amount}",
            lambda amount: f"{amount:,.2f}".translate(wide),
        )
        rows = [
            [
                receipt['reference'] if draw.random() < 0.5 else f" {receipt['reference'].translate(wide)}",
                draw.choice(amounts)(receipt['amount']),
                self._shift_numbers(receipt['remark'], self.shift) if receipt['remark'] else None,
                draw.choice((None, 0, '0.00', '')),
                draw.choice((str, lambda name: f"{name} ", lambda name: f"　{name}"))(receipt['payer']),
                '1,000.00', '6222 0000', draw.choice(days)(receipt['date']), None,
            ]
            for receipt in self.data['receipts']
        ]
        rows += [
            ['LSBAD1', 10, None, None, "演示日期不明", None, None, '三月', None],
            ['LSBAD2', '一百', None, None, "演示金额不明", None, None, '2026-03-01', None],
            ['LSOUT1', -2000, "退会费", None, "演示退款", None, None, '2026-03-02', None],
            ['LSOUT2', None, "手续费", '12.50', "演示银行", None, None, '2026-03-03', None],
        ]
        # the first of two with one number is kept, so that one stays the last
        rows = [*rows[-4:], *rows[:-4]]
        printed = [["演示银行账户交易明细"], [], ["账户名称", "中国锻压协会（演示）"]]
        printed.append([headings[at] for at in order])
        for number, row in enumerate(rows):
            printed.append([row[at] for at in order])
            if number % 25 == 10:
                printed += [[None] * 9, [headings[at] for at in order]]
        printed.append([{0: "合计", 1: '99,999.00'}.get(at) for at in order])
        printed.append([None, "共 84 笔"])
        return printed

    def assertReceiptsRight(self, receipts, has_duplicate=True):
        seen = set()
        for receipt in receipts:
            if receipt.bank_reference in seen:
                self.assertTrue(has_duplicate)
                self.assertEqual(receipt.bank_reference, self.data['duplicate'])
                self.assertEqual(receipt.dues_match, 'duplicate')
                self.assertFalse(receipt.is_reconciled)
                continue
            seen.add(receipt.bank_reference)
            expected = next(row for row in self.data['expected'] if row['ref'] == receipt.bank_reference)
            with self.subTest(**expected):
                self.assertEqual(receipt.dues_match, expected['by'])
                self.assertEqual(
                    receipt.dues_member_id,
                    self.partner_by_number.get(expected['member'], self.env['res.partner']))
                if expected['member']:
                    self.assertPaid(
                        receipt, {int(year): amount for year, amount in expected['pays'].items()},
                        credit=expected['credit'])
                else:
                    self.assertFalse(receipt.is_reconciled)
        self.assertEqual(seen, {row['ref'] for row in self.data['expected']})

    def _shift_numbers(self, remark, shift):
        """Return the remark with its member numbers moved by ``shift``, in the same script."""
        remark = remark or ''
        wide = str.maketrans('0123456789', '０１２３４５６７８９')
        for start, table in (('CFIA-', {}), ('ＣＦＩＡ－', wide)):
            head, found, tail = remark.partition(start)
            if found:
                number = f'{int(tail[:5]) + shift:05d}'.translate(table)
                return f'{head}{found}{number}{tail[5:]}'
        return remark
