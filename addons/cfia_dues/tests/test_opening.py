from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
@freeze_time('2026-03-05 02:00:00')
class TestOpening(DuesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.units = cls.make_applications(
            ["演示期初一", "演示期初二", "演示期初三"], state='approved').partner_id.sorted('id')
        unlocked(cls.units).date_member_joined = '2020-05-05'
        paid, owed, prepaid = cls.units
        cls.opening = cls.env['cfia.dues.opening'].create({
            'date': '2025-12-31',
            'amount_books': 1000,
            'account_id': cls.env['account.account'].search([
                ('company_ids', 'in', cls.company.id), ('account_type', '=', 'equity')], limit=1).id,
            'row_ids': [
                Command.create({'partner_id': unit.id, 'year': year, 'kind': kind, 'amount': amount})
                for unit, year, kind, amount in (
                    (paid, 2025, 'paid', 2000), (owed, 2024, 'paid', 2000), (owed, 2025, 'owed', 3000),
                    (prepaid, 2025, 'paid', 2000), (prepaid, 2027, 'prepaid', 2000))
            ],
        })

    def test_signed_posted_and_settled(self):
        with self.assertRaises(UserError):
            self.opening.action_post()
        shown = self.opening.with_user(self.user_treasurer).with_context(cfia_shown_hash=self.opening.shown_hash)
        self.opening.row_ids[0].year = 2023
        with self.assertRaisesRegex(UserError, "changed since you opened it"):
            shown.action_sign()
        self.opening.row_ids[0].year = 2025
        shown.action_sign()
        with self.assertRaises(UserError):
            self.opening.row_ids[0].amount = 1
        with self.assertRaises(UserError):
            self.opening.amount_books = 1
        self.opening.with_user(self.user_accountant).action_post()
        paid, owed, prepaid = self.units
        self.assertRecordValues(self.opening.move_id, [{'state': 'posted', 'date': date(2025, 12, 31)}])
        self.assertEqual(len(self.opening.move_id.line_ids), 3)
        self.assertEqual(paid.dues_line_ids.filtered(lambda line: line.year == 2025).state, 'paid')
        debt = owed.dues_line_ids.filtered(lambda line: line.year == 2025)
        self.assertRecordValues(debt, [{
            'state': 'billed', 'amount_residual': 3000, 'origin': 'opening', 'move_id': self.opening.move_id.id}])
        # nothing before the cut-off is billed again
        for unit in (paid, prepaid):
            self.assertFalse(self.Line._open(unit, 2024))
            self.assertFalse(self.Line._open(unit, 2025))
        self.assertFalse(self.Line._open(owed, 2025))
        self.assertFalse(self.Line._open(owed, 2024))
        # nor are years of which the sheet says nothing
        for unit in self.units:
            self.assertFalse(self.Line._open(unit, 2023))
        unlocked(owed).date_member_joined = '2026-01-05'
        self.assertFalse(self.Line._open(owed, 2025))
        # arrears are paid like any other, prepaid money when its year is billed
        self.make_receipt(3000, f'2025年会费 {owed.member_number}').action_match_dues()
        self.assertRecordValues(debt, [{'state': 'paid', 'amount_paid': 3000, 'amount_residual': 0}])
        lines = self.make_dues(prepaid, 2027)
        self.assertRecordValues(lines, [{'state': 'paid', 'amount_paid': 2000}])
        with self.assertRaises(UserError):
            self.opening.action_reset_to_draft()
        with self.assertRaises(UserError):
            self._post_again()

    def _post_again(self):
        again = self.opening.copy({'amount_books': 1000})
        again.action_sign()
        again.action_post()

    def test_difference_is_not_signed(self):
        self.opening.amount_books = 900
        self.assertEqual(self.opening.difference, 100)
        with self.assertRaises(UserError):
            self.opening.action_sign()

    def test_rights(self):
        with self.assertRaises(AccessError):
            self.opening.with_user(self.user_auditor).action_sign()
        with self.assertRaises(AccessError):
            self.opening.with_user(self.user_accountant).action_sign()

    def test_sheet_prints(self):
        html = self.env['ir.actions.report']._render_qweb_html(
            'cfia_dues.report_dues_opening', self.opening.ids)[0].decode()
        for text in ("演示期初二", "3,000.00", "1,000.00"):
            self.assertIn(text, html)
