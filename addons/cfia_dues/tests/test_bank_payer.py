from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tests.test_roster_parse import USCC_1, USCC_2


@tagged('post_install', '-at_install')
class TestBankPayer(DuesCommon):
    """Money of a unit that pays for several members."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.parent = cls.env['res.partner'].create({'name': "演示控股（集团）有限公司", 'is_company': True})
        cls.units = cls.make_applications(
            ["演示甲子公司", "演示乙子公司", "演示丙子公司"], state='approved').partner_id.sorted('id')
        cls.env['cfia.dues.line'].search([('partner_id', 'in', cls.units.ids)]).move_id.button_draft()
        cls.units.dues_payer_id = cls.parent
        cls.lines = cls.make_dues(cls.units, 2027).sorted('partner_id')

    def match(self, amount, remark="会费", payer="演示控股(集团)有限公司", **vals):
        receipt = self.make_receipt(amount, remark, payer, **vals)
        receipt.action_match_dues()
        return receipt

    def make_head(self):
        """Return a member without open dues."""
        head = self.make_member("演示总公司")
        head.dues_line_ids.move_id.button_draft()
        return head

    def assertHeld(self, receipt):
        self.assertEqual((receipt.dues_match, receipt.is_reconciled), ('unidentified', False))
        self.assertTrue(receipt.dues_note)

    def test_the_text_on_the_bill_pays_the_bill(self):
        receipt = self.match(6000, self.lines._get_remark())
        self.assertRecordValues(receipt, [{
            'dues_match': 'number', 'dues_member_id': self.parent.id, 'partner_id': self.parent.id,
            'is_reconciled': True, 'dues_note': False}])
        self.assertEqual(self.lines.mapped('state'), ['paid'] * 3)
        self.assertEqual(self.lines.move_id.payment_state, 'paid')
        items = receipt.line_ids.filtered('dues_member_id')
        self.assertEqual(items.dues_member_id, self.units)
        receipt.action_unmatch_dues()
        self.assertEqual(self.lines.mapped('state'), ['billed'] * 3)
        self.assertFalse(receipt.dues_member_id)

    def test_some_of_the_members(self):
        receipt = self.match(4000, self.lines[:2]._get_remark())
        self.assertEqual(receipt.dues_match, 'number')
        self.assertEqual(self.lines.mapped('state'), ['paid', 'paid', 'billed'])

    def test_a_sum_that_is_no_bill_is_held(self):
        for amount, remark in (
            (5000, self.lines._get_remark()), (6001, "会费"), (6000, self.lines[:2]._get_remark()), (6000, "2026年会费"),
        ):
            self.assertHeld(self.match(amount, remark))
        # numbers of several members, and the money of somebody else
        self.assertHeld(self.match(6000, self.lines._get_remark(), payer="演示他人有限公司"))
        self.assertEqual(self.lines.mapped('state'), ['billed'] * 3)

    def test_the_name_of_the_payer_is_enough(self):
        self.assertEqual(self.match(6000, "会费").dues_match, 'alias')
        self.assertEqual(self.lines.mapped('state'), ['paid'] * 3)

    def test_one_year_of_two(self):
        later = self.make_dues(self.units, 2028)
        self.assertEqual(self.match(6000, "2028年会费").dues_match, 'alias')
        self.assertEqual(set(later.mapped('state')), {'paid'})
        self.assertEqual(self.match(6000, "会费").dues_match, 'alias')
        self.assertEqual(set(self.lines.mapped('state')), {'paid'})

    def test_both_years(self):
        later = self.make_dues(self.units, 2028)
        self.assertEqual(self.match(12000, "两年会费").dues_match, 'alias')
        self.assertEqual(set((self.lines + later).mapped('state')), {'paid'})

    def test_a_payer_of_one_member(self):
        (self.units - self.units[0]).dues_payer_id = False
        receipt = self.match(2500)
        self.assertRecordValues(receipt, [{'dues_match': 'alias', 'dues_member_id': self.units[0].id}])
        self.assertPaid(receipt, {2027: 2000}, credit=500)

    def test_number_of_a_member_from_the_member_that_pays_for_it(self):
        head = self.make_head()
        self.units[0].dues_payer_id = head
        receipt = self.match(2000, self.units[0].member_number, payer=head.name)
        self.assertRecordValues(receipt, [{'dues_match': 'number', 'dues_member_id': self.units[0].id}])
        # of a member for which it does not pay, the receipt is held
        self.assertHeld(self.match(2000, self.units[1].member_number, payer=head.name))

    def test_a_member_pays_its_own_and_anothers(self):
        head = self.make_head()
        self.units[0].dues_payer_id = head
        lines = self.make_dues(head + self.units[0], 2028)
        self.assertEqual(len(lines.move_id), 1)
        receipt = self.match(4000, "2028年会费", payer=head.name)
        self.assertEqual((receipt.dues_match, receipt.dues_member_id), ('name', head))
        self.assertEqual(lines.mapped('state'), ['paid', 'paid'])
        # its own number is about its own dues, the rest stays its credit
        lines = self.make_dues(head + self.units[0], 2029)
        receipt = self.match(4000, f"2029年会费 {head.member_number}", payer=head.name)
        self.assertPaid(receipt, {2029: 2000}, credit=2000)
        self.assertEqual(lines.filtered(lambda line: line.partner_id == head).state, 'paid')
        self.assertEqual(lines.filtered(lambda line: line.partner_id != head).state, 'billed')

    def test_claimed_for_the_payer_and_the_rest_for_its_next_bill(self):
        receipt = self.match(7000)
        self.assertHeld(receipt)
        self.env['cfia.dues.claim'].with_user(self.user_accountant).create({
            'statement_line_ids': receipt.ids, 'partner_id': self.parent.id}).action_claim()
        self.assertEqual(self.lines.mapped('state'), ['paid'] * 3)
        lines = self.make_dues(self.units[1:], 2028)
        self.assertEqual(sum(lines.mapped('amount_paid')), 1000)
        self.assertEqual(sum(lines.mapped('amount_residual')), 3000)

    def test_recognised_at_receipt(self):
        self.company.cfia_dues_recognition = 'receipt'
        lines = self.make_dues(self.units, 2028)
        self.assertFalse(lines.move_id)
        self.assertEqual(self.match(6000, lines._get_remark()).dues_match, 'number')
        self.assertEqual(lines.mapped('state'), ['paid'] * 3)
        self.assertEqual(sum(lines.mapped('amount_paid')), 6000)
        # the payer's credit is recognised once, not for each member
        receipt = self.match(2500, payer="演示未知")
        receipt._claim_dues(self.parent)
        self.assertEqual(sum(self.lines.mapped('amount_paid')), 2500)
        receipt = self.match(4500, payer="演示未知")
        receipt._claim_dues(self.parent)
        later = self.make_dues(self.units, 2029)
        self.assertEqual(sum(later.mapped('amount_paid')), 1000)

    def test_of_one_name_the_only_one_that_owes_the_amount(self):
        twins = self.make_applications(["演示同名甲", "演示同名乙"], state='approved').partner_id.sorted('id')
        self.env['cfia.dues.line'].search([('partner_id', 'in', twins.ids)]).move_id.button_draft()
        # of one name with two codes there are two
        twins[0].uscc, twins[1].uscc = USCC_1, USCC_2
        twins[1].name = twins[0].name
        self.make_dues(twins[0], 2027)
        receipt = self.match(2000, payer=twins[0].name)
        self.assertRecordValues(receipt, [{'dues_match': 'name', 'dues_member_id': twins[0].id}])
        self.assertHeld(self.match(2000, payer=twins[0].name))
        self.make_dues(twins, 2028)
        self.assertHeld(self.match(2000, payer=twins[0].name))

    def test_early_payment_of_a_bill_and_of_money_paid_ahead(self):
        self.make_standard(2031, rule_ids=[Command.create({
            'name': "Early", 'kind': 'early_payment', 'clause': "Clause 5", 'percent': 10,
            'month_until': 1, 'day_until': 31})])
        lines = self.make_dues(self.units, 2031)
        with freeze_time('2031-01-20 02:00:00'):
            self.assertEqual(self.match(5400, lines._get_remark(), date='2031-01-20').dues_match, 'number')
        self.assertRecordValues(lines, [
            {'state': 'paid', 'amount_paid': 1800, 'amount_credited': 200, 'amount_residual': 0}] * 3)
        member = self.units[0]
        member.dues_payer_id = False
        self.match(1800, member.member_number, payer="演示", date='2031-02-20')
        self.assertEqual(self.lines.filtered(lambda line: line.partner_id == member).amount_paid, 1800)
        self.match(2000, member.member_number, payer="演示", date='2031-12-20')
        with freeze_time('2032-03-01 02:00:00'):
            line = self.make_dues(member, 2032)
        self.assertRecordValues(line, [
            {'state': 'paid', 'amount_paid': 1800, 'amount_credited': 200, 'amount_residual': 0}])
