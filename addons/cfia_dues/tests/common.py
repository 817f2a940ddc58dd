from datetime import date

from odoo.fields import Command
from odoo.tools import SQL

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


class DuesCommon(MembershipCommon):
    """A company with a chart of accounts, the year's resolution and a bank journal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        if not cls.company.chart_template:
            cls.env['account.chart.template'].try_loading('generic_coa', cls.company, install_demo=False)
        cls.company._set_up_dues_accounting()
        cls.company.cfia_dues_user_id = cls.user_accountant
        cls.category_university = cls.env.ref('cfia_membership.cfia_enterprise_category_university')
        cls.congress = cls.env['cfia.congress'].search([], limit=1) or cls.env['cfia.congress'].create({
            'name': "第七届", 'number': 7, 'date_start': '2022-01-01', 'date_end': '2027-12-31',
        })
        # the demo's resolution would answer for the years of these tests
        cls.env['cfia.dues.standard'].search([]).write({'state': 'draft'})
        cls.standard = cls.make_standard(2000)
        cls.bank_journal = cls.env['account.journal'].search([
            ('company_id', '=', cls.company.id), ('type', '=', 'bank')], limit=1)
        cls.Line = cls.env['cfia.dues.line']
        cls.BankLine = cls.env['account.bank.statement.line']

    @classmethod
    def make_standard(cls, year_from, in_force=True, **vals):
        """Return a resolution with an amount for each of two grades and two rules."""
        standard = cls.env['cfia.dues.standard'].create({
            'name': f"Resolution {year_from}",
            'congress_id': cls.congress.id,
            'date': date(year_from - 1, 11, 20),
            'entitled_count': 120,
            'present_count': 90,
            'vote_count': 80,
            'year_from': year_from,
            'line_ids': [
                Command.create({'grade_id': cls.grade_member.id, 'amount': 2000}),
                Command.create({'grade_id': cls.grade_director.id, 'amount': 5000}),
            ],
            'rule_ids': [
                Command.create({
                    'sequence': 1, 'name': "Universities", 'kind': 'exemption', 'clause': "Clause 3",
                    'enterprise_category_ids': [Command.set(cls.category_university.ids)],
                }),
                Command.create({
                    'sequence': 2, 'name': "Second half", 'kind': 'second_half', 'clause': "Clause 4",
                    'percent': 50, 'month_from': 7,
                }),
            ],
            **vals,
        })
        if in_force:
            standard.action_put_in_force()
        return standard

    @classmethod
    def make_dues(cls, members, *years):
        """Return posted dues of members, the years of a member in their order."""
        lines = cls.Line
        for year in years:
            lines += cls.Line._open(members, year)
        lines._price()
        # joined today: earlier years are priced as if the unit had been a member
        unlocked(lines.filtered('hold_reason')).write({
            'hold_reason': False, 'standard_id': cls.standard.id, 'amount_base': 2000, 'amount': 2000})
        lines._bill()
        return lines

    @classmethod
    def make_receipt(cls, amount=2000, remark="会费", payer="演示付款人", **vals):
        return cls.BankLine.create({
            'journal_id': cls.bank_journal.id,
            'date': '2026-02-02',
            'amount': amount,
            'payment_ref': remark,
            'partner_name': payer,
            **vals,
        })

    @classmethod
    def gather_statistics(cls):
        """Tell the planner how much there is, as its schedule does between real transactions.

        Of an empty table it learns nothing: its pages, left by tests before, would hold no row for good.
        """
        cls.env.flush_all()
        for table in (
                'account_move', 'account_move_line', 'account_partial_reconcile', 'account_payment',
                'account_bank_statement_line', 'cfia_dues_line', 'res_partner'):
            if cls.env.execute_query(SQL("SELECT 1 FROM %s LIMIT 1", SQL.identifier(table))):
                cls.env.cr.execute(SQL("ANALYZE %s", SQL.identifier(table)))

    def assertPaid(self, receipt, by_year, credit=0):
        """Check which years a receipt paid and what it left as credit."""
        paid = {}
        counterparts = receipt.line_ids.filtered('dues_member_id')
        for partial in counterparts.matched_debit_ids:
            year = partial.debit_move_id.dues_line_id.year
            paid[year] = paid.get(year, 0) + partial.amount
        self.assertEqual(paid, by_year)
        self.assertEqual(-sum(counterparts.mapped('amount_residual')), credit)
