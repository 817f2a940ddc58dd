import random

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tests.test_roster_parse import USCC_1, USCC_2
from odoo.addons.cfia_membership.tools.text import normalise_unit_name


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
        # of one name with two codes there are two
        twin.uscc, other.uscc = USCC_1, USCC_2
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

    def test_no_altered_name_is_ever_posted(self):
        draw = random.Random(2028)
        members = self.make_applications(
            [f"演示{word}锻压{number}有限公司" for number in range(5) for word in ("华北", "江南", "西部")],
            state='approved').partner_id
        keys = set(map(normalise_unit_name, self.env['res.partner'].search([
            ('member_number', '!=', False)]).mapped('name')))
        receipts = self.BankLine
        for member in members:
            for _turn in range(8):
                name = list(member.name)
                at = draw.randrange(len(name))
                match draw.randrange(4):
                    case 0:
                        name.pop(at)
                    case 1:
                        name[at] = draw.choice("东南西北甲乙丙丁123")
                    case 2:
                        name.insert(at, draw.choice("新大（）省市"))
                    case 3:
                        name[at:at + 2] = reversed(name[at:at + 2])
                if normalise_unit_name(''.join(name)) not in keys:
                    receipts += self.make_receipt(payer=''.join(name), remark="会费")
        self.assertGreater(len(receipts), 60)
        receipts.action_match_dues()
        self.assertEqual(set(receipts.mapped('dues_match')), {'unidentified'})
        self.assertFalse(receipts.dues_member_id)
        self.assertFalse(any(receipts.mapped('is_reconciled')))

    def test_suggestions(self):
        cases = [
            ("上海演示甲集团公司", "会费", self.first, "Similar name"),
            ("演示张三", f"代{self.second.name}缴会费", self.second, "Named in the remark"),
            (self.second.name, self.first.member_number, self.first, "Number in the remark"),
        ]
        for payer, remark, member, note in cases:
            receipt = self.match(payer=payer, remark=remark)
            self.assertEqual(receipt.dues_match, 'unidentified')
            self.assertEqual((receipt.dues_suggestion_id, receipt.dues_suggestion_note), (member, note))
        # held between two: both are offered
        self.assertEqual(receipt.dues_suggestion_ids, self.first + self.second)
        self.assertFalse(self.match(payer="毫不相干", remark="货款").dues_suggestion_id)

    def test_an_account_that_paid_before(self):
        self.match(payer="演示赵六", account_number='6222 1').with_user(self.user_accountant)._claim_dues(self.second)
        receipt = self.match(payer="演示钱七", account_number='6222 1')
        self.assertEqual(receipt.dues_match, 'unidentified')
        self.assertEqual(receipt.dues_suggestion_id, self.second)

    def test_one_click_to_claim_and_one_to_undo(self):
        receipt = self.match(payer="演示张三", remark=f"代{self.second.name}缴").with_user(self.user_accountant)
        receipt.action_claim_suggestion()
        self.assertEqual((receipt.dues_match, receipt.dues_member_id), ('manual', self.second))
        self.assertFalse(receipt.dues_suggestion_id)
        receipt.action_unmatch_dues()
        self.assertFalse(receipt.is_reconciled)
        with self.assertRaises(UserError):
            self.match(payer="毫不相干", remark="货款").action_claim_suggestion()

    def test_undo_forgets_the_payer_remembered_with_it(self):
        receipt = self.match(payer="演示李四")
        claim = self.env['cfia.dues.claim'].with_user(self.user_accountant).create({
            'statement_line_ids': receipt.ids, 'partner_id': self.first.id, 'is_payer_remembered': True})
        claim.action_claim()
        self.assertTrue(receipt.dues_alias_id)
        receipt.with_user(self.user_accountant).action_unmatch_dues()
        self.assertFalse(self.env['cfia.dues.payer.alias'].search([('name', '=', "演示李四")]))
        self.assertEqual(self.match(payer="演示李四").dues_match, 'unidentified')

    def test_money_given_back_is_no_duplicate(self):
        self.make_receipt(-2000, "退款", ref='LS9')
        receipt = self.match(remark=self.second.member_number, ref='LS9')
        self.assertEqual(receipt.dues_match, 'number')

    def test_suggestion_queries(self):
        self.make_applications([f"演示建议{n:02d}有限公司" for n in range(30)], state='approved')
        counts = []
        for number in (5, 25):
            receipts = self.BankLine
            for at in range(number):
                receipts += self.make_receipt(payer=f"演示建议{at:02d}公司", remark=f"{number}")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            receipts.mapped('dues_suggestion_id')
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2, counts)

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
