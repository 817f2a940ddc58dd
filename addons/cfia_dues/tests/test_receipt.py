import base64
import io

from openpyxl import Workbook, load_workbook
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, RedirectWarning, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
class TestReceipt(DuesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second = cls.make_applications(
            ["上海演示甲有限公司", "上海演示乙有限公司"], state='approved').partner_id
        cls.Line.search([('partner_id', 'in', (cls.first + cls.second).ids)]).move_id.button_draft()
        cls.lines = cls.make_dues(cls.first + cls.second, 2027)
        cls.receipts_of_bank = cls.make_receipt(remark=cls.first.member_number)
        cls.receipts_of_bank += cls.make_receipt(500, remark=cls.second.member_number)
        cls.receipts_of_bank.action_match_dues()
        cls.Receipt = cls.env['cfia.dues.receipt'].with_user(cls.user_accountant)

    def paid(self, unit):
        return self.lines.filtered(lambda line: line.partner_id == unit).with_user(self.user_accountant)

    def request(self, lines=None):
        return self.Receipt.browse(self.Receipt._request(lines or self.lines.with_user(self.user_accountant)).ids)

    def test_request_what_is_paid_once(self):
        self.assertEqual(self.lines.mapped('amount_unreceipted'), [2000, 500])
        receipts = self.request()
        self.assertRecordValues(receipts.sorted('amount'), [
            {'partner_id': self.second.id, 'amount': 500, 'state': 'requested', 'years': '2027', 'title': self.second.name},
            {'partner_id': self.first.id, 'amount': 2000, 'state': 'requested', 'years': '2027', 'title': self.first.name},
        ])
        self.assertEqual(self.lines.mapped('amount_unreceipted'), [0, 0])
        self.assertFalse(self.request())
        with self.assertRaises(UserError):
            self.lines.action_request_receipt()
        # more money, another receipt over the rest
        self.make_receipt(1500, remark=self.second.member_number).action_match_dues()
        self.assertEqual(self.request().amount, 1500)

    def test_two_requests_at_once(self):
        receipt = self.request(self.paid(self.first))
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.cr.savepoint():
            unlocked(self.Receipt.sudo()).create({'partner_id': self.first.id, 'item_ids': [(0, 0, {
                'dues_line_id': self.paid(self.first).id, 'amount': 1, 'sequence': receipt.item_ids.sequence})]})

    def test_one_payer_of_two(self):
        parent = self.make_member("演示集团有限公司")
        self.second.dues_payer_id = self.first.dues_payer_id = parent
        lines = self.make_dues(self.first + self.second, 2028)
        (self.make_receipt(remark=self.first.member_number) + self.make_receipt(2000, self.second.member_number)
         ).action_match_dues()
        (self.make_receipt(remark=self.first.member_number) + self.make_receipt(3500, self.second.member_number)
         ).action_match_dues()
        receipt = self.request(lines.with_user(self.user_accountant))
        self.assertRecordValues(receipt, [{'partner_id': parent.id, 'amount': 4000}])
        self.assertEqual(receipt.item_ids.partner_id, self.first + self.second)

    def test_issue_and_send(self):
        receipt = self.request(self.paid(self.first))
        with self.assertRaisesRegex(UserError, receipt.name):
            receipt.action_issue()
        with self.assertRaises(ValidationError), self.cr.savepoint():
            receipt.number = 'A12'
        receipt.write({
            'code': '00010199', 'number': '0000000001', 'check_code': 'ab12cd', 'date_issued': '2027-03-01',
            'file': base64.b64encode(b'%PDF-1.4'), 'file_name': 'receipt.pdf'})
        with self.assertRaises(UserError):
            receipt.action_send()
        receipt.action_issue()
        self.assertEqual(receipt.state, 'issued')
        paper = self.env['cfia.member.file.paper'].search([('partner_id', '=', self.first.id), ('kind', '=', 'dues')])
        self.assertRecordValues(paper, [{'direction': 'out', 'attachment_id': receipt.attachment_id.id}])
        receipt.action_send()
        self.assertTrue(receipt.date_sent)
        mail = self.env['mail.mail'].sudo().search([('model', '=', receipt._name), ('res_id', '=', receipt.id)])
        self.assertIn(receipt.attachment_id.id, mail.attachment_ids.ids)
        self.assertEqual(mail.email_to, receipt.email)
        self.assertIn('0000000001', mail.body_html)

    def test_what_is_issued_stays(self):
        receipt = self.issue(self.request(self.paid(self.first)), 1)
        for vals in ({'number': '0000000009'}, {'title': "别家"}, {'state': 'requested'}, {'file': base64.b64encode(b'%PDF')}):
            with self.assertRaises(UserError):
                receipt.sudo().write(vals)
        with self.assertRaises(UserError):
            receipt.unlink()
        with self.assertRaises(UserError):
            self.Receipt.create({'partner_id': self.first.id, 'state': 'issued'})
        other = self.request(self.paid(self.second))
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.cr.savepoint():
            other.write({'code': '00010199', 'number': '0000000001'})

    def issue(self, receipts, start):
        for number, receipt in enumerate(receipts, start):
            receipt.write({'code': '00010199', 'number': f'{number:010d}', 'date_issued': '2027-03-01'})
        receipts.action_issue()
        return receipts

    def test_void_and_issue_anew(self):
        receipt = self.issue(self.request(self.paid(self.first)), 1)
        wizard = self.env['cfia.dues.receipt.void'].with_user(self.user_accountant).create({
            'receipt_ids': receipt.ids, 'reason': "抬头有误", 'title': "上海演示甲（集团）有限公司"})
        wizard.action_void()
        self.assertRecordValues(receipt, [{'state': 'void', 'void_reason': "抬头有误"}])
        anew = receipt.replaced_by_ids
        self.assertRecordValues(anew, [{
            'state': 'requested', 'title': "上海演示甲（集团）有限公司", 'amount': 2000, 'number': False}])
        self.assertEqual(self.paid(self.first).amount_unreceipted, 0)
        self.issue(anew, 2)
        wizard = self.env['cfia.dues.receipt.void'].with_user(self.user_accountant).create({
            'receipt_ids': anew.ids, 'reason': "退款", 'is_issued_anew': False})
        wizard.action_void()
        self.assertEqual(self.paid(self.first).amount_unreceipted, 2000)
        self.assertEqual(len(self.request(self.paid(self.first))), 1)

    def test_payment_undone_after_its_receipt(self):
        self.issue(self.request(self.paid(self.first)), 1)
        self.receipts_of_bank[0].action_unmatch_dues()
        self.assertEqual(self.paid(self.first).amount_unreceipted, -2000)
        self.assertIn(self.paid(self.first), self.Line.search([('amount_unreceipted', '<', 0)]))

    def test_list_out_and_issued_list_in(self):
        receipts = self.request()
        content, kind = self.env['ir.actions.report'].with_user(self.user_accountant)._render_xlsx(
            'cfia_dues.receipt_xlsx', receipts.ids, {})
        self.assertEqual(kind, 'xlsx')
        self.assertTrue(all(receipts.mapped('date_exported')))
        self.assertTrue(self.env['cfia.disclosure'].sudo().search([
            ('res_model', '=', 'cfia.dues.receipt'), ('row_count', '=', 2), ('user_id', '=', self.user_accountant.id)]))
        workbook = load_workbook(io.BytesIO(content))
        sheet = workbook.active
        self.assertEqual(sheet['A1'].value, '申请编号')
        for row in (2, 3):
            for column, value in enumerate(('00010199', f'000000000{row}', 'ab12cd', '2027年3月1日'), 7):
                sheet.cell(row, column, value)
        sheet.append(['PJ-不存在', "无此单位", '', '', 1, '', '00010199', '0000000077'])
        sheet.append([receipts[0].name, receipts[0].title, '', '', 2000, '', '00010199', '0000000078'])
        sheet.append(['合计', '', '', '', 2500])
        back = io.BytesIO()
        workbook.save(back)
        files = self.env['ir.attachment'].with_user(self.user_accountant).create([
            {'name': f'电子票据_000000000{row}.pdf', 'raw': b'%PDF-1.4'} for row in (2, 3)])
        wizard = self.env['cfia.dues.receipt.import'].with_user(self.user_accountant).create({
            'file': base64.b64encode(back.getvalue()), 'attachment_ids': files.ids})
        wizard.action_import()
        self.assertEqual(wizard.receipt_ids, receipts)
        self.assertEqual(wizard.row_ids.mapped('reason'), ['unknown', 'unknown', 'total'])
        for receipt in receipts:
            self.assertEqual(receipt.state, 'issued')
            self.assertEqual((receipt.code, str(receipt.date_issued)), ('00010199', '2027-03-01'))
            self.assertIn(receipt.number, receipt.attachment_id.name)
        self.assertTrue(all(receipt.date_sent for receipt in receipts if receipt.email))

    def test_issued_list_by_title_and_amount(self):
        receipts = self.request()
        workbook = Workbook()
        workbook.active.append(['电子票据导出'])
        workbook.active.append(['票据号码', '交款人', '金额', '开票日期'])
        workbook.active.append(['0000000001', self.first.name, '2,000.00', '20270301'])
        workbook.active.append(['0000000002', self.second.name, 499, '20270301'])
        back = io.BytesIO()
        workbook.save(back)
        wizard = self.env['cfia.dues.receipt.import'].with_user(self.user_accountant).create({
            'file': base64.b64encode(back.getvalue())})
        wizard.action_import()
        self.assertEqual(wizard.receipt_ids, receipts.filtered(lambda receipt: receipt.partner_id == self.first))
        self.assertEqual(wizard.row_ids.reason, 'unknown')
        with self.assertRaisesRegex((RedirectWarning, UserError), "票据号码"):
            wizard.create({'file': base64.b64encode(b'x')}).action_import()

    def test_portal_sees_its_own(self):
        lines = self.make_dues(self.unit_member, 2027)
        self.make_receipt(remark=self.unit_member.member_number).action_match_dues()
        self.make_receipt(10000, remark=self.unit_member.member_number).action_match_dues()
        own = self.request(lines.with_user(self.user_accountant))
        other = self.request(self.paid(self.first))
        self.assertEqual(self.Receipt.with_user(self.user_portal).search([]), own.with_user(self.user_portal))
        with self.assertRaises(AccessError):
            other.with_user(self.user_portal).read(['amount'])
        with self.assertRaises(AccessError):
            own.with_user(self.user_portal).write({'title': "x"})

    def test_request_queries(self):
        units = self.make_applications([f"演示票据{n:02d}有限公司" for n in range(20)], state='approved').partner_id
        counts = []
        for year, members in ((2027, units[:5]), (2028, units)):
            lines = self.make_dues(members, year)
            receipts = self.BankLine
            for member in members:
                receipts += self.make_receipt(4000, f"{year}年会费 {member.member_number}")
            receipts.action_match_dues()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            found = self.Receipt._request(lines.with_user(self.user_accountant))
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual(len(found), len(members))
        # the number and the thread's first message of each
        self.assertLessEqual((counts[1] - counts[0]) / 15, 4, counts)
