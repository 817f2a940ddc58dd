from odoo.tests import tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon


@tagged('post_install', '-at_install')
class TestGuess(DuesCommon):

    def test_nothing_is_posted_on_creation(self):
        """As outside tests, where OCA's module reconciles by itself."""
        member = self.make_member("演示猜测有限公司")
        line = self.make_dues(member, 2027)
        BankLine = self.env['account.bank.statement.line'].with_context(_test_account_reconcile_oca=True)
        for remark in (line._get_remark(), "2027年会费", "会费"):
            receipt = BankLine.create({
                'journal_id': self.bank_journal.id, 'date': '2027-02-02', 'amount': line.amount,
                'payment_ref': remark, 'partner_name': "演示猜测",
            })
            self.assertFalse(receipt.is_reconciled)
            self.assertFalse(receipt.partner_id)
        self.assertEqual(line.state, 'billed')
        # ours does the rest
        receipt.payment_ref = line._get_remark()
        receipt.action_match_dues()
        self.assertEqual(receipt.dues_match, 'number')
        self.assertTrue(receipt.is_reconciled)
