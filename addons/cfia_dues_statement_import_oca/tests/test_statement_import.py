import base64
import io

from openpyxl import Workbook

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon

HEADINGS = ('交易时间', '对方户名', '对方账号', '贷方金额', '附言', '流水号')


@tagged('post_install', '-at_install')
class TestStatementImport(DuesCommon):
    """OCA's import, by the mapping for Chinese banks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['account.journal']._set_chinese_bank_mapping()
        cls.mapping = cls.env.ref(
            'cfia_dues_statement_import_oca.account_statement_import_sheet_mapping_chinese_bank')
        cls.member = cls.make_member("演示导入有限公司")
        cls.line = cls.make_dues(cls.member, 2027)

    def test_journal_in_yuan_has_the_mapping(self):
        self.assertEqual(self.bank_journal.default_sheet_mapping_id, self.mapping)
        own = self.mapping.copy({'name': "演示自定"})
        self.bank_journal.default_sheet_mapping_id = own
        self.env['account.journal']._set_chinese_bank_mapping()
        self.assertEqual(self.bank_journal.default_sheet_mapping_id, own, "what was chosen stays")

    def test_receipts_come_in_matched(self):
        amount = self.line.amount
        action = self.import_rows([
            ('账户名称', '演示协会'),
            HEADINGS,
            ('2027-02-02 12:54:00', "演示导入（有限公司）", '６２２２', f'{amount:,.2f}', self.line._get_remark(), 'LS001'),
            ('20270203', "演示无名", None, 77, None, 'LS002'),
            ('2027-02-02 12:54:00', "演示导入有限公司", '6222', amount, self.line._get_remark(), 'LS001'),
            ('合计', None, None, 2 * amount + 77, None, None),
        ])
        receipts = self.find_receipts('LS001', 'LS002')
        self.assertRecordValues(receipts, [
            {'amount': amount, 'dues_match': 'number', 'dues_member_id': self.member.id, 'is_reconciled': True},
            {'amount': 77, 'dues_match': 'unidentified', 'dues_member_id': False, 'is_reconciled': False},
        ])
        self.assertEqual(self.line.state, 'paid')
        self.assertEqual(receipts[1].partner_name, "演示无名")
        self.assertIn('LS001', action['params']['message'], "the one left out is listed")
        self.assertTrue(receipts.statement_id.attachment_ids, "the bank's file is kept")

    def test_same_transactions_do_not_come_in_again(self):
        row = ('2027-02-02', "演示导入有限公司", '6222', 10, "会费", 'LS003')
        self.import_rows([HEADINGS, row])
        action = self.import_rows([HEADINGS, row, ('2027-02-04', "演示", '6223', 20, "会费", 'LS004')])
        self.assertIn('LS003', action['params']['message'])
        self.assertEqual(self.find_receipts('LS003', 'LS004').mapped('amount'), [10, 20])
        with self.assertRaises(UserError):
            self.import_rows([HEADINGS, row])

    def test_rows_that_cannot_be_read_are_named_and_nothing_comes_in(self):
        with self.assertRaisesRegex(UserError, "3, 4"):
            self.import_rows([
                HEADINGS, ('2027-02-02', "演示", '6222', 10, "会费", 'LS005'),
                ('不详', "演示", '6222', 10, "会费", 'LS006'), ('2027-02-02', "演示", '6222', '不详', "会费", 'LS007'),
            ])
        self.assertFalse(self.find_receipts('LS005'))
        with self.assertRaisesRegex(UserError, "贷方金额"):
            self.import_rows([("姓名", "电话"), ("演示", 1)])

    def test_other_mappings_read_as_before(self):
        self.mapping = self.mapping.copy({'name': "演示自定", 'has_chinese_headings': False})
        self.import_rows([HEADINGS, ('2027-02-02 08:00:00', "演示", '6222', 10.5, "会费", 'LS008')])
        self.assertRecordValues(self.find_receipts('LS008'), [{'amount': 10.5, 'payment_ref': "会费", 'dues_match': False}])

    def test_text_of_a_bank_comes_in_as_well(self):
        text = ','.join(HEADINGS) + '\r\n20270202,演示导入有限公司,6222,"2,000.00",会费,LS009\r\n'
        self.import_content(text.encode('gbk'), "演示.csv")
        self.assertRecordValues(self.find_receipts('LS009'), [{'amount': 2000, 'dues_match': 'name'}])
        with self.assertRaisesRegex(UserError, "csv"):
            self.import_content(b'%PDF-1.4\0', "演示.pdf")

    def import_rows(self, rows):
        workbook = Workbook()
        for row in rows:
            workbook.active.append(row)
        content = io.BytesIO()
        workbook.save(content)
        return self.import_content(content.getvalue(), "演示.xlsx")

    def import_content(self, content, filename):
        return self.env['account.statement.import'].with_user(self.user_accountant).with_context(
            journal_id=self.bank_journal.id).create({
                'statement_file': base64.b64encode(content),
                'statement_filename': filename,
                'sheet_mapping_id': self.mapping.id,
            }).import_file_button()

    def find_receipts(self, *references):
        return self.env['account.bank.statement.line'].search(
            [('journal_id', '=', self.bank_journal.id), ('bank_reference', 'in', references)], order='bank_reference')
