import io
from datetime import date

from freezegun import freeze_time
from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
@freeze_time('2028-07-10 04:00:00')
class TestStatement(DuesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        unlocked(cls.standard).state = 'draft'
        cls.standard = cls.make_standard(2010)
        cls.members = cls.make_applications(
            [f"演示统计{number}有限公司" for number in range(6)], state='approved').partner_id
        for year, day in ((2027, '2027-01-10'), (2028, '2028-01-10')):
            lines = cls.Line._open(cls.members, year)
            lines |= cls.Line.search([('partner_id', 'in', cls.members.ids), ('year', '=', year)])
            cls.bill_on(lines.filtered(lambda line: line.state == 'to_bill'), day)
        cls.Report = cls.env['cfia.dues.report']
        cls.Statement = cls.env['cfia.dues.statement'].with_user(cls.user_organisation)

    @classmethod
    def bill_on(cls, lines, day):
        """Bill lines as if their members had been ones for long."""
        unlocked(lines).write({
            'hold_reason': False, 'standard_id': cls.standard.id, 'grade_id': cls.grade_member.id,
            'amount_base': 2000, 'amount': 2000})
        lines._bill(date.fromisoformat(day))

    def pay(self, member, amount, day, years=''):
        receipt = self.make_receipt(amount, f"{years}会费 {member.member_number}", date=day)
        receipt.action_match_dues()
        return receipt

    def recount(self, day):
        """Return the rows by member and year, and check that they agree with the receivables."""
        day = date.fromisoformat(day)
        rows = self.Report._recount(self.company, day)
        ledger = self.Report._recount_ledger(self.company, day)
        booked = sum(row['amount_open'] for row in rows)
        self.assertAlmostEqual(float(booked), ledger['dues'], 2)
        self.assertAlmostEqual(ledger['balance'], ledger['dues'] - ledger['credits'] + ledger['other'], 2)
        [(balance,)] = self.env['account.move.line']._read_group([
            ('company_id', '=', self.company.id), ('parent_state', '=', 'posted'), ('date', '<=', day),
            ('account_type', '=', 'asset_receivable')], [], ['balance:sum'])
        self.assertAlmostEqual(balance or 0.0, ledger['balance'], 2)
        return {(row['partner_id'], row['year']): row for row in rows}

    def make_history(self):
        first, second, third, fourth, fifth, _sixth = self.members
        self.pay(first, 2000, '2027-03-01', '2027年')
        self.pay(second, 500, '2027-06-01', '2027年')
        self.pay(second, 1500, '2028-02-01', '2027年')
        self.pay(third, 9000, '2028-03-01')
        dues = self.Line.search([('partner_id', 'in', self.members.ids)]).grouped(
            lambda line: (line.partner_id, line.year))
        dues[fourth, 2027]._waive({dues[fourth, 2027]: 800}, "减免", date(2027, 9, 1))
        self.pay(fourth, 1200, '2027-10-01', '2027年')
        # a credit note over a bill that was paid, and a write-off
        self.pay(fifth, 2000, '2027-04-01', '2027年')
        self.env['account.move.reversal'].with_context(
            active_model='account.move', active_ids=dues[fifth, 2027].move_id.ids,
        ).create({'journal_id': dues[fifth, 2027].move_id.journal_id.id, 'date': '2028-04-01'}).reverse_moves()
        note = dues[fifth, 2027].move_id.reversal_move_ids
        note.filtered(lambda move: move.state == 'draft').action_post()
        return dues

    def test_any_day_agrees_with_accounting(self):
        dues = self.make_history()
        first, second, third, fourth, fifth, _sixth = self.members
        now = self.recount('2028-07-10')
        for key, line in dues.items():
            if line.date_billed:
                row = now[key[0].id, key[1]]
                self.assertEqual(
                    (float(row['amount_paid']), float(row['amount_credited']), float(row['amount_open'])),
                    (line.amount_paid, line.amount_credited, line.amount_residual), key)
        then = self.recount('2027-12-31')
        self.assertFalse([key for key in then if key[1] == 2028])
        self.assertEqual(float(then[first.id, 2027]['amount_open']), 0)
        self.assertEqual(float(then[second.id, 2027]['amount_open']), 1500)
        self.assertEqual(float(then[third.id, 2027]['amount_open']), 2000)
        self.assertEqual(
            (then[fourth.id, 2027]['amount_credited'], then[fourth.id, 2027]['amount_paid']), (800, 1200))
        self.assertEqual(then[fifth.id, 2027]['amount_paid'], 2000)
        for day in ('2027-01-09', '2027-05-31', '2027-09-01', '2028-01-10', '2028-03-31', '2028-06-30'):
            self.recount(day)

    def test_pivot_of_a_past_day(self):
        self.make_history()
        Report = self.Report.with_context(cfia_dues_day='2027-12-31').with_user(self.user_leader)
        [(count, amount_open)] = Report._read_group(
            [('partner_id', 'in', self.members.ids), ('year', '=', 2027)], [],
            ['unit_count:count_distinct', 'amount_open:sum'])
        self.assertEqual((count, amount_open), (6, 1500 + 2000 + 2000))

    def test_statement(self):
        self.make_history()
        statement = self.Statement.create({'year': 2027, 'quarter': '4', 'leader_ids': self.user_leader.ids})
        self.assertEqual(statement.date, date(2027, 12, 31))
        statement.action_count()
        total = statement.data['total']
        others = self.Line.search([('year', '=', 2027), ('partner_id', 'not in', self.members.ids), ('date_billed', '!=', False)])
        self.assertFalse(others)
        self.assertEqual(
            {key: total[key] for key in ('units', 'units_paid', 'units_partial', 'units_unpaid', 'amount', 'credited', 'due', 'paid', 'open')},
            {'units': 6, 'units_paid': 3, 'units_partial': 1, 'units_unpaid': 2,
             'amount': 12000, 'credited': 800, 'due': 11200, 'paid': 5700, 'open': 5500})
        self.assertTrue(statement.data['ledger']['agrees'])
        for table in statement.data['tables'][:3]:
            self.assertEqual(sum(row['paid'] for row in table['rows']), 5700)
            self.assertEqual(sum(row['units'] for row in table['rows']), 6)
        self.assertEqual(sum(row['open'] for row in statement.data['ages']), statement.data['all_years']['open'])
        self.assertAlmostEqual(statement.rate, 5700 / 11200)

    def test_rounds_count_by_the_associations_day(self):
        dues_round = self.env['cfia.dues.round'].create({'year': 2027})
        statement = self.Statement.create({'year': 2027, 'quarter': '4'})
        for moment, is_told in (('2027-12-31 15:59:59', True), ('2027-12-31 16:00:00', False)):
            unlocked(dues_round).write({'date_opened': moment})
            self.assertEqual(bool(statement._prepare_rounds()), is_told, moment)

    def test_frozen_and_acknowledged(self):
        other = self.user_secretary
        other.group_ids += self.env.ref('cfia_membership.group_cfia_leader')
        statement = self.Statement.create({
            'year': 2027, 'quarter': '4', 'leader_ids': (self.user_leader + other).ids})
        with self.assertRaises(AccessError):
            statement.with_user(self.user_leader).action_acknowledge()
        statement.action_submit()
        self.assertEqual(statement.state, 'submitted')
        self.assertEqual(statement.activity_ids.user_id, self.user_leader + other)
        data = statement.data
        self.pay(self.members[0], 2000, '2027-03-01', '2027年')
        statement.action_count()
        self.assertEqual(statement.data, data)
        for records in (statement, statement.sudo()):
            for vals in ({'data': {}}, {'date': '2028-01-01'}, {'amount_paid': 1}, {'state': 'draft'}):
                with self.assertRaises(UserError):
                    records.write(vals)
        with self.assertRaises(UserError):
            statement.unlink()
        with self.assertRaises(AccessError):
            statement.action_acknowledge()
        statement.with_user(self.user_leader).action_acknowledge()
        self.assertEqual(statement.state, 'submitted')
        with self.assertRaises(AccessError):
            statement.with_user(self.user_leader).action_acknowledge()
        statement.with_user(other).action_acknowledge()
        self.assertEqual(statement.state, 'acknowledged')
        self.assertFalse(statement.activity_ids)

    def test_without_leaders_nothing_is_submitted(self):
        statement = self.Statement.create({'year': 2027, 'quarter': '4', 'leader_ids': []})
        with self.assertRaisesRegex(UserError, statement.name):
            statement.action_submit()

    def test_printed(self):
        self.make_history()
        statement = self.Statement.create({'year': 2027, 'quarter': '4', 'leader_ids': self.user_leader.ids})
        statement.action_submit()
        html = self.env['ir.actions.report'].with_user(self.user_leader)._render_qweb_html(
            'cfia_dues.report_dues_statement', statement.ids)[0].decode()
        self.assertIn('11,200.00', html)
        content, _kind = self.env['ir.actions.report'].with_user(self.user_leader)._render_xlsx(
            'cfia_dues.statement_xlsx', statement.ids, {})
        values = [cell for row in load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True) for cell in row]
        self.assertIn(11200, values)
        self.assertIn(statement.name, values)

    def test_income_at_receipt(self):
        self.company.cfia_dues_recognition = 'receipt'
        member = self.make_member("演示收付有限公司")
        line = self.Line._open(member, 2027)
        self.bill_on(line, '2027-01-10')
        self.assertEqual(line.recognition, 'receipt')
        self.pay(member, 500, '2027-05-01', '2027年')
        row = next(row for row in self.Report._recount(self.company, date(2027, 12, 31)) if row['id'] == line.id)
        self.assertEqual((row['amount'], row['amount_paid'], row['amount_open']), (2000, 500, 1500))
        row = next(row for row in self.Report._recount(self.company, date(2027, 3, 31)) if row['id'] == line.id)
        self.assertEqual((row['amount_paid'], row['amount_open']), (0, 2000))
        statement = self.Statement.create({'year': 2027, 'quarter': '4', 'leader_ids': self.user_leader.ids})
        statement.action_count()
        self.assertTrue(statement.data['ledger']['agrees'])
        self.assertEqual(statement.data['ledger']['unbooked'], 1500)
