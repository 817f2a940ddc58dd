from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import DuesCommon


@tagged('post_install', '-at_install')
class TestReceiptAhead(DuesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(2026)
        with freeze_time('2026-01-10 02:00:00'):
            cls.unit = cls.make_member("演示预缴票据")
        cls.line = cls.unit.dues_line_ids

    def pay(self, amount, day='2026-02-01'):
        receipt = self.make_receipt(amount, f'会费 {self.unit.member_number}', date=day)
        receipt.action_match_dues()
        return self.env['account.move.line'].search([
            ('dues_member_id', '=', self.unit.id), ('account_type', '=', 'asset_receivable'), ('amount_residual', '<', 0)])

    @freeze_time('2026-03-01 02:00:00')
    def test_money_paid_ahead_has_its_receipt_once(self):
        credit = self.pay(6000)
        self.assertRecordValues(credit, [{'dues_amount_ahead': 4000, 'dues_amount_unreceipted': 4000}])
        receipt = self.env['cfia.dues.receipt'].browse(credit.action_request_receipt()['res_id'])
        self.assertRecordValues(receipt, [{'partner_id': self.unit.id, 'amount': 4000}])
        self.assertEqual(credit.dues_amount_unreceipted, 0)
        with self.assertRaises(UserError):
            credit.action_request_receipt()
        receipt._void("演示作废")
        self.assertEqual(credit.dues_amount_unreceipted, 4000)

    def test_the_years_paid_from_it_are_receipted(self):
        with freeze_time('2026-03-01 02:00:00'):
            credit = self.pay(5000)
            receipt = self.env['cfia.dues.receipt']._request_ahead(credit)
            self.assertEqual((receipt.amount, receipt.years), (3000, self.env._("paid ahead")))
        with freeze_time('2027-01-05 02:00:00'):
            year = self.make_dues(self.unit, 2027)
        self.assertRecordValues(year, [{
            'state': 'paid', 'amount_paid': 2000, 'amount_receipted': 2000, 'amount_unreceipted': 0}])
        self.assertEqual(receipt.amount, 3000, "the paper stays as it was issued")
        self.assertEqual(sorted(receipt.item_ids.mapped('amount')), [1000, 2000])
        with freeze_time('2028-01-05 02:00:00'):
            late = self.make_dues(self.unit, 2028)
        self.assertRecordValues(late, [{
            'state': 'partial', 'amount_paid': 1000, 'amount_receipted': 1000, 'amount_unreceipted': 0}])
        self.assertEqual(set(receipt.item_ids.dues_line_id.ids), set((year + late).ids))
        self.assertEqual(receipt.item_ids.partner_id, self.unit)
        again = receipt._issue_anew("演示换开")
        self.assertEqual((again.amount, year.amount_unreceipted), (3000, 0))
