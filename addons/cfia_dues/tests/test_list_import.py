import base64
import io

from openpyxl import load_workbook

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import BaseCase, tagged
from odoo.tests.common import new_test_user

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_dues.tools.receipt_sheet import read_receipt_sheet
from odoo.addons.cfia_membership.tests.sheets import to_csv, to_xlsx

HEADINGS = ('交易日期', '对方户名', '收入', '支出', '摘要', '流水号')


@tagged('post_install', '-at_install')
class TestListImport(DuesCommon):
    """A list is shown before it is taken, kept with what was left out, taken back, and known again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gather_statistics()

    def make_wizard(self, content, **vals):
        return self.env['cfia.dues.bank.import'].with_user(self.user_accountant).create({
            'journal_id': self.bank_journal.id, 'file': base64.b64encode(content), 'filename': "演示.xlsx", **vals})

    def make_rows(self, count=3, start=0):
        return [HEADINGS, *(
            (f'2026-0{1 + at % 3}-05', f"演示陌生{at}公司", 100 + at, '', "款", f'LI{start + at}') for at in range(count))]

    def test_preview_then_import_then_back(self):
        content = to_xlsx([*self.make_rows(), ('三月', "演示不明公司", 5, '', "款", 'LIX'), ("合计", None, 303)])
        wizard = self.make_wizard(content)
        before = self.BankLine.search_count([])
        wizard.action_preview()
        self.assertEqual(self.BankLine.search_count([]), before, "a preview writes nothing")
        for text in ('<td>5</td>', '2026-01', '2026-03', "演示陌生0公司", '102.00'):
            self.assertIn(text, wizard.preview)
        wizard.action_import()
        kept = wizard.import_id.with_user(self.user_accountant)
        self.assertRecordValues(kept, [{
            'state': 'done', 'seen_count': 5, 'taken_count': 3, 'questioned_count': 1, 'left_out_count': 1, 'kind': 'bank'}])
        sheet = load_workbook(io.BytesIO(base64.b64decode(kept.left_file))).active
        self.assertEqual(sheet.cell(1, 8).value, "未导入原因")
        self.assertEqual(sheet.max_row, 3, "each row left out stands there with the reason")
        self.assertEqual(base64.b64decode(kept.with_context(bin_size=False).file), content)
        again = self.make_wizard(content)
        again.action_preview()
        self.assertIn("Nothing is changed.", again.preview)
        again.action_import()
        self.assertFalse(again.statement_line_ids)
        self.assertIn("Nothing is changed.", again.import_id.sudo().notice)
        self.assertFalse(again.import_id.with_user(self.user_accountant).can_take_back)
        lines = wizard.statement_line_ids
        kept.action_take_back()
        self.assertFalse(lines.exists())
        self.assertEqual(kept.state, 'undone')
        anew = self.make_wizard(content)
        anew.action_import()
        self.assertEqual(len(anew.statement_line_ids), 3)

    def test_nothing_is_taken_back_on_which_something_was_built(self):
        wizard = self.make_wizard(to_xlsx(self.make_rows(1)))
        wizard.action_import()
        line = wizard.statement_line_ids
        line._claim_dues(self.unit_member)
        with self.assertRaisesRegex(UserError, line.payment_ref):
            wizard.import_id.with_user(self.user_accountant).action_take_back()
        self.assertTrue(line.exists())
        line.action_unmatch_dues()
        wizard.import_id.with_user(self.user_accountant).action_take_back()
        self.assertFalse(line.exists())

    def test_who_sees_imported_lists(self):
        wizard = self.make_wizard(to_xlsx(self.make_rows(1)))
        wizard.action_import()
        kept = wizard.import_id
        other = new_test_user(
            self.env, 'list_accountant', groups='cfia_membership.group_cfia_accountant', email='list_accountant@demo.example')
        self.assertEqual(kept.with_user(other).taken_count, 1)
        for user in (self.user_staff, self.user_organisation):
            with self.assertRaises(AccessError):
                kept.with_user(user).read(['file'])
        with self.assertRaises(AccessError):
            kept.with_user(self.user_accountant).write({'taken_count': 0})
        with self.assertRaises(AccessError):
            kept.with_user(self.user_accountant).unlink()

    def test_a_long_list_in_the_background(self):
        self.env['ir.config_parameter'].sudo().set_param('cfia_membership.list_background_rows', 2)
        wizard = self.make_wizard(to_csv(self.make_rows(5)))
        action = wizard.action_import()
        kept = wizard.import_id
        self.assertEqual((action['res_model'], action['res_id']), (kept._name, kept.id))
        self.assertEqual((kept.state, kept.progress), ('waiting', 0))
        self.assertFalse(wizard.statement_line_ids)
        with self.enter_registry_test_mode():
            self.env.ref('cfia_membership.ir_cron_cfia_sheet_import').method_direct_trigger()
        self.env.invalidate_all()
        self.assertRecordValues(kept, [{'state': 'done', 'taken_count': 5, 'progress': 100}])
        self.assertEqual(kept._get_made().mapped('amount'), [100, 101, 102, 103, 104])
        self.assertEqual(kept._get_made().create_uid, self.user_accountant)
        notice = self.env['mail.message'].search([('model', '=', kept._name), ('res_id', '=', kept.id)])
        self.assertIn(self.user_accountant.partner_id, notice.notified_partner_ids)
        kept.with_user(self.user_accountant).action_take_back()
        self.assertFalse(kept.made)

    def test_a_list_that_nobody_knows_is_taught(self):
        rows = [("甲栏", "乙栏", "丙栏"), ('2026-01-05', "演示陌生公司", 100), ('2026-01-06', "演示陌生公司", 200)]
        wizard = self.make_wizard(to_xlsx(rows))
        with self.assertRaises(RedirectWarning) as caught:
            wizard.action_import()
        context = caught.exception.args[3]
        Teach = self.env['cfia.sheet.teach'].with_user(self.user_accountant).with_context(**context)
        teach = Teach.create(Teach.default_get(list(Teach._fields)))
        self.assertEqual([(line.heading, line.sample, line.column) for line in teach.line_ids], [
            ("甲栏", '2026-01-05 | 2026-01-06', False), ("乙栏", "演示陌生公司 | 演示陌生公司", False), ("丙栏", '100 | 200', False)])
        self.assertIn("演示陌生公司", teach.preview)
        self.assertIn('bank.date', teach.line_ids[0].allowed_columns)
        teach.line_ids[0].column = 'bank.date'
        with self.assertRaisesRegex(UserError, "贷方金额"):
            teach.action_save()
        teach.line_ids[1].column, teach.line_ids[2].column = 'bank.payer', 'bank.credit'
        self.assertEqual(teach.action_save()['res_id'], wizard.id)
        wizard.action_import()
        self.assertEqual(wizard.statement_line_ids.mapped('amount'), [100, 200])
        # another list with these headings is known to everybody, one with others is not
        self.assertEqual(self.make_wizard(to_csv([*rows, ('2026-01-07', "演示", 5)]))._judge_list().seen, 3)
        with self.assertRaises(RedirectWarning):
            self.make_wizard(to_csv([rows[0][::-1], *rows[1:]]))._judge_list()
        form = self.env['cfia.sheet.form'].search([('kind', '=', 'bank')])
        with self.assertRaises(AccessError):
            form.with_user(self.user_organisation).write({'name': "x"})
        with self.assertRaises(AccessError):
            self.env['cfia.sheet.form'].with_user(self.user_organisation).create({'name': "x", 'kind': 'bank'})
        self.env['cfia.sheet.form'].with_user(self.user_accountant).create({
            'name': "x", 'kind': 'bank', 'line_ids': [(0, 0, {'heading': "丙栏", 'column': 'bank.debit'}),
                                                     (0, 0, {'heading': "甲栏", 'column': 'bank.date'})]})
        judged = self.make_wizard(to_csv([("甲栏", "丙栏"), ('2026-01-08', 7)]))._judge_list()
        self.assertEqual([row.amount for row in judged.taken], [-7])
        with self.assertRaises(UserError):
            self.env['cfia.sheet.form'].with_user(self.user_accountant).create({
                'name': "x", 'kind': 'bank', 'line_ids': [(0, 0, {'heading': "丙栏", 'column': 'receipt.number'})]})


@tagged('post_install', '-at_install')
class TestReceiptForms(BaseCase):
    """What the platform's lists of receipts look like."""

    def read_rows(self, *rows):
        return read_receipt_sheet(to_xlsx(rows))[0]

    def test_numbers_that_the_spreadsheet_has_taken_for_such(self):
        rows = self.read_rows(('票据代码', '票据号码', '交款人', '金额'), ('01010126', '0000000001', "甲", 2000), (1010126, 2, "乙", 2000),
                         ('11060126', 1.1060126e19, "丙", 2000))
        self.assertEqual([(row.code, row.number) for row in rows], [
            ('01010126', '0000000001'), ('01010126', '0000000002'), ('11060126', '')])

    def test_status(self):
        words = ("已开具", "已换开", "已作废", "已冲红", "打印失败", "待冲红", "部分冲红", "换开", "冲红申请")
        rows = self.read_rows(('票据号码', '交款人', '金额', '票据状态'), *((f'{at:010}', "甲", 2000, word) for at, word in enumerate(words)))
        self.assertEqual([row.status for row in rows], [
            'issued', 'issued', 'void', 'red', 'void', *['unclear'] * 4])
        rows = self.read_rows(('票据号码', '金额(万元)', '是否作废'), ('1', 0.2, "否"), ('2', 0.2, "是"))
        self.assertEqual([(row.amount, row.status) for row in rows], [(2000, 'issued'), (2000, 'void')])
