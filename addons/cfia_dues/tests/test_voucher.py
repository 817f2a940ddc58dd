from datetime import date
from io import BytesIO

from openpyxl import load_workbook

from odoo.exceptions import UserError, ValidationError
from odoo.tests import freeze_time, tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon


@tagged('post_install', '-at_install')
@freeze_time('2026-03-05 02:00:00')
class TestVoucher(DuesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.format = cls.env.ref('cfia_dues.cfia_voucher_format_yonyou').copy({'company_id': cls.company.id})
        cls.lines = cls.make_dues(cls.unit_member, 2031)
        cls.lines.move_id.button_draft()
        cls.lines.move_id.write({'invoice_date': '2026-02-01', 'date': '2026-02-01'})
        cls.lines.move_id.action_post()
        cls.receipt = cls.make_receipt(2500, f'2031年会费 {cls.unit_member.member_number}', date='2026-02-02')
        cls.receipt.action_match_dues()
        cls.export = cls.env['cfia.voucher.export'].with_user(cls.user_accountant).create({
            'format_id': cls.format.id, 'date_from': '2026-02-01', 'date_to': '2026-02-02', 'number_first': 7})

    def _read(self):
        content, _kind = self.env.ref('cfia_dues.action_report_voucher_xlsx').with_user(
            self.user_accountant)._render_xlsx('cfia_dues.voucher_xlsx', self.export.ids, {})
        rows = list(load_workbook(BytesIO(content)).active.values)
        return [dict(zip(rows[0], row)) for row in rows[1:]]

    def test_unmapped_accounts_are_named(self):
        with self.assertRaisesRegex(UserError, self.company.cfia_dues_account_id.code):
            self.export.action_export()

    def test_vouchers_balance_and_name_the_member(self):
        self.format.with_user(self.user_accountant).action_fill_npo_accounts()
        mapped = {item.account_id: item.code for item in self.format.account_ids}
        self.assertEqual(mapped[self.company.cfia_dues_account_id], '4201')
        count = len(self.format.account_ids)
        self.format.action_fill_npo_accounts()
        self.assertEqual(len(self.format.account_ids), count)
        self.export.action_export()
        rows = [row for row in self._read() if row['凭证号'] in self._numbers()]
        bill = [row for row in rows if row['凭证号'] == self._numbers()[0]]
        self.assertEqual(
            [(row['科目编码'], row['借方金额'], row['贷方金额'], row['往来单位编码']) for row in bill],
            [('1121', 2000, None, self.unit_member.member_number), ('4201', None, 2000, '')])
        self.assertEqual({row['日期'].date() for row in bill}, {date(2026, 2, 1)})
        self.assertIn(self.unit_member.name, bill[0]['摘要'])
        money = [row for row in rows if row['凭证号'] == self._numbers()[1]]
        self.assertEqual(
            sum(row['借方金额'] or 0 for row in money), sum(row['贷方金额'] or 0 for row in money))
        self.assertEqual(sum(row['借方金额'] or 0 for row in money), 2500)
        log = self.env['cfia.disclosure'].search([], limit=1)
        self.assertEqual((log.kind, log.user_id), ('export', self.user_accountant))

    def _numbers(self):
        """Return the voucher numbers of this test's bill and receipt."""
        moves = self.export._get_moves()
        return [7 + moves.ids.index(move.id) for move in (self.lines.move_id, self.receipt.move_id)]

    def test_summary_takes_known_names_only(self):
        for text in ("{unit.__class__}", "{nobody}", "{", "{0}"):
            with self.subTest(text=text), self.assertRaises(ValidationError):
                self.format.summary = text

    def test_nothing_in_the_period(self):
        self.export.write({'date_from': '1999-01-01', 'date_to': '1999-01-31'})
        with self.assertRaises(UserError):
            self.export.action_export()

    def test_what_a_unit_wrote_is_no_formula(self):
        self.format.action_fill_npo_accounts()
        self.unit_member.sudo().name = '=1+1'
        self.format.summary = "{unit}"
        self.export.action_export()
        content, _kind = self.env.ref('cfia_dues.action_report_voucher_xlsx').with_user(
            self.user_accountant)._render_xlsx('cfia_dues.voucher_xlsx', self.export.ids, {})
        cells = [cell for row in load_workbook(BytesIO(content)).active for cell in row if cell.value == '=1+1']
        self.assertTrue(cells)
        self.assertEqual({cell.data_type for cell in cells}, {'s'})

    def test_every_column_of_the_ready_formats(self):
        for name in ('yonyou', 'period'):
            copy = self.env.ref(f'cfia_dues.cfia_voucher_format_{name}').copy({'company_id': self.company.id})
            copy.action_fill_npo_accounts()
            rows = copy._get_rows(self.lines.move_id)
            self.assertEqual({len(row) for row in rows}, {len(copy.column_ids)})
