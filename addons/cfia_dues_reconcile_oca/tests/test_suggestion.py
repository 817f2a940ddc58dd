from lxml import etree

from odoo.tests import tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon


@tagged('post_install', '-at_install')
class TestSuggestion(DuesCommon):
    """OCA's screen tells whose dues a receipt may pay."""

    def test_screen_shows_and_claims(self):
        member = self.make_member("演示推荐锻造有限公司")
        self.make_dues(member, 2027)
        lines = member.dues_line_ids
        receipt = self.make_receipt(sum(lines.mapped('amount')), "往来款")
        receipt.partner_name = "演示推荐锻造公司"
        receipt = receipt.with_user(self.user_accountant)
        view = self.env['account.bank.statement.line'].with_user(self.user_accountant).get_view(
            self.env.ref('account_reconcile_oca.bank_statement_line_form_reconcile_view').id, 'form')
        arch = etree.fromstring(view['arch'])
        self.assertEqual(
            arch.xpath("//button[contains(@name, 'dues') or @name='action_claim_suggestion']/@name"),
            ['action_unmatch_dues', 'action_claim_suggestion', 'action_claim_dues'])
        self.assertEqual(receipt.dues_suggestion_id, member)
        receipt.action_claim_suggestion()
        self.assertEqual(receipt.dues_member_id, member)
        self.assertEqual(set(lines.mapped('state')), {'paid'})
        receipt.action_unmatch_dues()
        self.assertEqual(set(lines.mapped('state')), {'billed'})

    def test_auditor_only_looks(self):
        view = self.env['account.bank.statement.line'].with_user(self.user_auditor).get_view(
            self.env.ref('account_reconcile_oca.bank_statement_line_form_reconcile_view').id, 'form')
        arch = etree.fromstring(view['arch'])
        self.assertTrue(arch.xpath("//field[@name='dues_suggestion_id']"))
        self.assertFalse(arch.xpath("//button[contains(@name, 'dues') or @name='action_claim_suggestion']"))
