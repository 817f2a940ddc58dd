from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_dues.tests.common import DuesCommon


@tagged('post_install', '-at_install')
class TestBankMatching(DuesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second = cls.make_applications(
            ["上海演示甲（集团）有限公司", "上海演示乙有限公司"], state='approved').partner_id
        cls.env['cfia.dues.line'].search([('partner_id', 'in', (cls.first + cls.second).ids)]).move_id.button_draft()
        cls.dues = cls.make_dues(cls.first, 2027, 2028, 2029) + cls.make_dues(cls.second, 2027)

    def match(self, **vals):
        receipt = self.make_receipt(**vals)
        receipt.action_match_dues()
        return receipt

    def test_number(self):
        receipt = self.match(remark=f"2028年会费 {self.first.member_number}", payer="演示张三")
        self.assertRecordValues(receipt, [{
            'dues_match': 'number', 'dues_member_id': self.first.id, 'partner_id': self.first.id,
            'is_reconciled': True, 'dues_note': False,
        }])
        self.assertPaid(receipt, {2028: 2000})

    def test_name_in_other_spelling(self):
        receipt = self.match(payer="上海演示甲(集团) 有限公司")
        self.assertEqual((receipt.dues_match, receipt.dues_member_id), ('name', self.first))
        self.assertPaid(receipt, {2027: 2000})

    def test_former_name(self):
        self.first.name = "上海演示丙有限公司"
        self.first.name = "上海演示丁有限公司"
        for payer in ("上海演示甲（集团）有限公司", "上海演示丙有限公司"):
            receipt = self.match(payer=payer, amount=10)
            self.assertEqual((receipt.dues_match, receipt.dues_member_id), ('name', self.first))

    def test_alias(self):
        self.env['cfia.dues.payer.alias'].create({'name': "演示控股（北京）公司", 'partner_id': self.first.id})
        receipt = self.match(payer="演示控股(北京)公司")
        self.assertEqual((receipt.dues_match, receipt.dues_member_id), ('alias', self.first))
        # the number says more than the alias
        receipt = self.match(payer="演示控股(北京)公司", remark=self.second.member_number)
        self.assertEqual((receipt.dues_match, receipt.dues_member_id), ('number', self.second))

    def test_never_similar_names(self):
        for payer in ("上海演示乙集团有限公司", "演示乙有限公司", "上海演示乙有限公司北京分公司", "", False):
            receipt = self.match(payer=payer)
            self.assertEqual(receipt.dues_match, 'unidentified')
            self.assertFalse(receipt.dues_member_id)
            self.assertFalse(receipt.is_reconciled)

    def test_number_and_name_of_two_members_is_held(self):
        receipt = self.match(remark=self.first.member_number, payer=self.second.name)
        self.assertEqual(receipt.dues_match, 'unidentified')
        self.assertFalse(receipt.is_reconciled)
        self.assertIn(self.second.display_name, receipt.dues_note)
        receipt = self.match(remark=f"{self.first.member_number} {self.second.member_number}")
        self.assertEqual(receipt.dues_match, 'unidentified')

    def test_two_members_of_one_name(self):
        twin = self.make_member("演示同名有限公司")
        other = self.make_member("演示异名有限公司")
        other.name = twin.name
        receipt = self.match(payer=twin.name)
        self.assertEqual(receipt.dues_match, 'unidentified')
        self.assertTrue(receipt.dues_note)

    def test_named_years_then_the_oldest_then_credit(self):
        number = self.first.member_number
        receipt = self.match(amount=2500, remark=f"2029年会费 {number}")
        self.assertPaid(receipt, {2029: 2000, 2027: 500})
        receipt = self.match(amount=4000, remark=f"会费 {number}")
        self.assertPaid(receipt, {2027: 1500, 2028: 2000}, credit=500)
        self.assertEqual(set(self.first.dues_line_ids.filtered(lambda line: line.year > 2026).mapped('state')), {'paid'})
        # the credit pays the next year when it is billed
        line = self.make_dues(self.first, 2030)
        self.assertRecordValues(line, [{'state': 'partial', 'amount_paid': 500, 'amount_residual': 1500}])

    def test_two_receipts_of_one_member_in_a_batch(self):
        number = self.first.member_number
        receipts = self.make_receipt(1500, number) + self.make_receipt(1500, number)
        receipts.action_match_dues()
        self.assertPaid(receipts[0], {2027: 1500})
        self.assertPaid(receipts[1], {2027: 500, 2028: 1000})

    def test_undo_and_again(self):
        receipt = self.match(remark=self.second.member_number)
        line = self.second.dues_line_ids.filtered(lambda line: line.year == 2027)
        self.assertEqual(line.state, 'paid')
        receipt.action_unmatch_dues()
        self.assertEqual(line.state, 'billed')
        self.assertRecordValues(receipt, [{
            'dues_match': False, 'dues_member_id': False, 'is_reconciled': False}])
        receipt.action_match_dues()
        receipt.action_match_dues()
        self.assertEqual((line.state, line.amount_paid), ('paid', 2000))
        self.assertEqual(len(receipt.line_ids), 2)

    def test_an_edit_that_drops_the_match_is_noticed(self):
        receipt = self.match(remark=self.second.member_number)
        with self.assertRaises(UserError), self.cr.savepoint():
            receipt.payment_ref = "会费 改"
        receipt.with_context(force_delete=True).payment_ref = "会费 改"
        line = self.second.dues_line_ids.filtered(lambda line: line.year == 2027)
        self.assertEqual(line.state, 'billed')
        self.assertFalse(receipt.dues_match)
        self.assertFalse(receipt.dues_member_id)

    def test_duplicate_reference(self):
        number = self.second.member_number
        first = self.make_receipt(remark=number, ref='LS1')
        receipts = first + self.make_receipt(remark=number, ref='LS1') + self.make_receipt(remark=number, ref='LS2')
        receipts.action_match_dues()
        self.assertEqual(receipts.mapped('dues_match'), ['number', 'duplicate', 'number'])
        self.assertFalse(receipts[1].is_reconciled)
        later = self.match(remark=number, ref='LS1')
        self.assertEqual(later.dues_match, 'duplicate')
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.cr.savepoint():
            later._to_settle().dues_member_id = self.second
            self.env.flush_all()

    def test_claim(self):
        receipt = self.match(payer="演示李四", amount=2500, ref='LS3')
        claim = self.env['cfia.dues.claim'].with_user(self.user_accountant).create({
            'statement_line_ids': receipt.ids, 'partner_id': self.first.id, 'is_payer_remembered': True})
        self.assertEqual(claim.payer, "演示李四")
        claim.action_claim()
        self.assertEqual((receipt.dues_match, receipt.dues_member_id), ('manual', self.first))
        self.assertPaid(receipt, {2027: 2000, 2028: 500})
        with self.assertRaises(UserError):
            receipt._claim_dues(self.second)
        self.assertEqual(self.match(payer="演示李四", amount=100).dues_match, 'alias')
        twin = self.match(payer="演示王五", ref='LS3')
        with self.assertRaises(UserError):
            twin._claim_dues(self.second)
        # two payers cannot be remembered as one
        receipts = self.match(payer="演示赵六") + self.match(payer="演示钱七")
        with self.assertRaises(UserError):
            self.env['cfia.dues.claim'].create({
                'statement_line_ids': receipts.ids, 'partner_id': self.first.id, 'is_payer_remembered': True,
            }).action_claim()

    def test_no_match_without_settlement(self):
        receipt = self.match(payer="演示李四")
        for records in (receipt, receipt.with_user(self.user_accountant)):
            with self.assertRaises(UserError):
                records.write({'dues_member_id': self.first.id, 'dues_match': 'manual'})

    def test_money_going_out_is_left_alone(self):
        receipt = self.match(amount=-2000, remark=self.first.member_number)
        self.assertFalse(receipt.dues_match)

    def test_batch_queries(self):
        units = self.make_applications([f"演示到账{n:02d}有限公司" for n in range(40)], state='approved').partner_id
        counts = []
        for year, members in ((2027, units[:10]), (2028, units)):
            self.make_dues(members, year)
            receipts = self.BankLine
            for member in members:
                receipts += self.make_receipt(remark=f"{year}年会费 {member.member_number}")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            receipts.action_match_dues()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual(set(receipts.mapped('dues_match')), {'number'})
        self.assertLessEqual((counts[1] - counts[0]) / 30, 2, counts)
