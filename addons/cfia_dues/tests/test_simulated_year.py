from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
class TestSimulatedYear(DuesCommon):
    """A year of dues from the run to the next one. Of each twenty members

    0–5 are universities and exempt, 6–11 pay in full, 12 pays 4,500, 13 pays in two parts, 14 pays a quarter, 15 gets 800 off and pays
    after the second round, 16 leaves and is let off, 17 leaves and returns, 18 pays under a strange
    name, 19's payment bounces. At the year's end 28,000 had been billed, 2,800 taken off, 19,700 paid.
    """

    def test_a_thousand_members(self):
        self.simulate(1000, 'billing')

    def test_income_at_receipt_gives_the_same_figures(self):
        self.simulate(60, 'receipt')

    def simulate(self, count, recognition):
        """Live through 2030 and into 2031 with ``count`` members, a multiple of twenty."""
        self.company.cfia_dues_recognition = recognition
        self.scale = count // 20
        self.env['cfia.dues.line'].search([]).move_id.filtered(lambda move: move.state == 'posted').button_draft()
        unlocked(self.standard).state = 'draft'
        self.standard = self.make_standard(2010)
        with freeze_time('2030-01-05 02:00:00'):
            self.members = self.enter_members(count)
            self.kinds = {
                kind: self.env['res.partner'].browse(self.members.ids[kind::20]) for kind in range(20)}
            self.bill(2030, self.members, exempt=6 * self.scale)
        dues = self.lines(2030).filtered('amount')
        self.assertEqual(set(dues.mapped('state')), {'billed'})
        with freeze_time('2030-04-02 02:00:00'):
            self.pay_in_spring()
        with freeze_time('2030-05-06 02:00:00'):
            first_round = self.remind()
            self.assertEqual(first_round.recipient_count, 6 * self.scale)
        with freeze_time('2030-05-20 02:00:00'):
            self.pay(self.kinds[13], 1000, '2030-05-20')
        with freeze_time('2030-06-10 02:00:00'):
            leaving = self.kinds[16] + self.kinds[17]
            leaving._leave('withdrawn', note="演示")
            gone = dues.filtered(lambda line: line.partner_id in self.kinds[16])
            gone._waive({line: line.amount_residual for line in gone}, "退会", date(2030, 6, 10))
        with freeze_time('2030-09-02 02:00:00'):
            self.kinds[17]._rejoin(note="演示")
        with freeze_time('2030-10-08 02:00:00'):
            second_round = self.remind()
            self.assertEqual(second_round.recipient_count, 4 * self.scale)
            self.pay(self.kinds[15], 1200, '2030-10-20')
        with freeze_time('2030-12-31 02:00:00'):
            receipts = self.issue_receipts(dues)
            statement = self.env['cfia.dues.statement'].create({
                'year': 2030, 'quarter': '4', 'leader_ids': self.user_leader.ids})
            statement.action_submit()
        self.check_year(statement, dues, receipts, recognition)
        with freeze_time('2031-01-06 02:00:00'):
            self.bill(2031, self.env['res.partner'].union(*(self.kinds[kind] for kind in range(8, 16))))
        self.check_next_year(statement, recognition)
        self.check_agreement()

    # === WHAT HAPPENS === #

    def enter_members(self, count):
        """Return members of long standing."""
        members = unlocked(self.env['res.partner'].with_context(tracking_disable=True)).create([
            {
                'name': f"演示模拟{number:04d}有限公司",
                'is_company': True,
                'street': f"演示路{number}号",
                'email': f'contact{number}@member.example',
                'member_state': 'member',
                'member_grade_id': self.grade_member.id,
                'enterprise_category_id': self.category_university.id if number % 20 < 6 else False,
                'date_member_joined': '2020-01-01',
            }
            for number in range(count)
        ])
        self.env['cfia.member.number']._enter_numbers([
            (60000 + number, member, 'imported') for number, member in enumerate(members)])
        return members

    def bill(self, year, members, exempt=0):
        run = self.env['cfia.dues.run'].create({
            'year': year, 'scope': 'selected', 'partner_ids': members.ids, 'with_notices': False})
        run.action_start()
        with self.enter_registry_test_mode():
            self.env.ref('cfia_dues.ir_cron_cfia_dues_run').method_direct_trigger()
        self.assertRecordValues(run, [{'state': 'done', 'billed_count': len(members) - exempt, 'skipped_count': exempt}])
        self.gather_statistics()

    def lines(self, year):
        return self.Line.search([('partner_id', 'in', self.members.ids), ('year', '=', year)])

    def pay(self, members, amount, day, reference=''):
        """Receive the same of each member, and match it."""
        receipts = self.BankLine.with_context(tracking_disable=True).create([
            {
                'journal_id': self.bank_journal.id,
                'date': day,
                'amount': amount,
                'payment_ref': f"会费 {member.member_number}",
                'partner_name': member.name,
                'ref': reference and f'{reference}{member.id}',
            }
            for member in members
        ])
        self.gather_statistics()
        receipts.action_match_dues()
        self.gather_statistics()
        return receipts

    def pay_in_spring(self):
        """Money of all sorts, some of it twice on the bank's list, some unidentified, some bounced."""
        full = self.env['res.partner'].union(*(self.kinds[kind] for kind in range(6, 12)))
        self.assertEqual(set(self.pay(full, 2000, '2030-03-01', 'SJ').mapped('dues_match')), {'number'})
        twice = self.pay(full[:5], 2000, '2030-03-01', 'SJ')
        self.assertEqual(set(twice.mapped('dues_match')), {'duplicate'})
        self.pay(self.kinds[12], 4500, '2030-03-02')
        self.pay(self.kinds[13], 1000, '2030-03-03')
        self.pay(self.kinds[14], 500, '2030-03-04')
        waived = self.lines(2030).filtered(lambda line: line.partner_id in self.kinds[15])
        waived._waive(dict.fromkeys(waived, 800), "减免", date(2030, 4, 1))
        strange = self.BankLine.create([
            {
                'journal_id': self.bank_journal.id, 'date': '2030-03-05', 'amount': 2000,
                'payment_ref': "会费", 'partner_name': f"演示张{member.id}",
            }
            for member in self.kinds[18]
        ])
        strange.action_match_dues()
        self.assertEqual(set(strange.mapped('dues_match')), {'unidentified'})
        # the first is claimed by hand, the others' payers are registered
        strange[:1]._claim_dues(self.kinds[18][:1])
        self.env['cfia.dues.payer.alias'].create([
            {'name': receipt.partner_name, 'partner_id': member.id}
            for receipt, member in zip(strange[1:], self.kinds[18][1:])])
        strange.action_match_dues()
        self.assertEqual(set(strange[1:].mapped('dues_match')), {'alias'})
        bounced = self.pay(self.kinds[19], 2000, '2030-03-06')
        bounced.action_unmatch_dues()
        self.assertFalse(any(bounced.mapped('is_reconciled')))

    def remind(self):
        """Hold a collection round among these members."""
        dues_round = self.env['cfia.dues.round'].create({
            'date_deadline': date.today().replace(day=28), 'partner_domain': str([('id', 'in', self.members.ids)])})
        dues_round.action_prepare()
        return dues_round

    def issue_receipts(self, dues):
        receipts = self.env['cfia.dues.receipt'].with_context(tracking_disable=True)._request(dues)
        for number, receipt in enumerate(receipts, 1):
            receipt.write({'number': f'{number:010d}', 'date_issued': '2030-12-30'})
        receipts.action_issue()
        anew = receipts[:3]._issue_anew("抬头有误")
        return receipts | anew

    # === WHAT HAS TO AGREE === #

    def check_year(self, statement, dues, receipts, recognition):
        """Ledger, lines, statistics and receipts say the same of the year."""
        total = statement.data['total']
        expected = {'amount': 28000, 'credited': 2800, 'due': 25200, 'paid': 19700, 'open': 5500}
        self.assertEqual(
            {key: total[key] for key in expected}, {key: value * self.scale for key, value in expected.items()})
        self.assertEqual(
            [total[key] / self.scale for key in ('units', 'units_paid', 'units_partial', 'units_unpaid')], [13, 10, 1, 2])
        self.assertEqual(sum(dues.mapped('amount_paid')), total['paid'])
        self.assertEqual(sum(dues.mapped('amount_credited')), total['credited'])
        self.assertEqual(sum(dues.mapped('amount_residual')), total['open'])
        for line in dues:
            self.assertEqual(line.amount, line.amount_paid + line.amount_credited + line.amount_residual)
        self.assertEqual(
            {state: len(lines) / self.scale for state, lines in dues.grouped('state').items()},
            {'paid': 10, 'partial': 1, 'waived': 1, 'billed': 2})
        # receipts
        live = receipts.filtered(lambda receipt: receipt.state != 'void')
        self.assertEqual(sum(live.mapped('amount')), total['paid'])
        self.assertEqual(sum(dues.mapped('amount_unreceipted')), 0)
        # the bank: what was matched is paid or a credit
        matched = self.BankLine.search([('dues_member_id', 'in', self.members.ids)])
        self.assertEqual(sum(matched.mapped('amount')), total['paid'] + 2500 * self.scale)
        # the ledger
        ledger = statement.data['ledger']
        self.assertTrue(ledger['agrees'])
        self.assertEqual(ledger['credits'], 2500 * self.scale)
        self.assertEqual(ledger['dues'], 0 if recognition == 'receipt' else total['open'])
        self.assertEqual(ledger['unbooked'], total['open'] if recognition == 'receipt' else 0)
        [(income,)] = self.env['account.move.line']._read_group([
            ('parent_state', '=', 'posted'), ('account_id', '=', self.company.cfia_dues_account_id.id),
            ('date', '<=', '2030-12-31')], [], ['balance:sum'])
        self.assertEqual(-income, total['paid'] if recognition == 'receipt' else total['due'])

    def check_agreement(self):
        """What differs is the work that is left; once it is done, nothing does."""
        Agreement = self.env['cfia.dues.agreement']
        found = {key: len(ids) for key, (ids, _amount) in Agreement._find_differences(self.company).items()}
        self.assertEqual(found, {
            'bank_duplicate': 5, 'bank_open': self.scale, 'receipt_missing': self.scale, 'receipt_requested': 3})
        with freeze_time('2031-01-08 02:00:00'):
            self.BankLine.search([('dues_match', '=', 'duplicate'), ('is_reconciled', '=', False)]).unlink()
            # the bank writes off what bounced
            self.BankLine.create([
                {'journal_id': self.bank_journal.id, 'date': '2031-01-07', 'amount': -2000,
                 'payment_ref': f"退汇 {member.member_number}", 'partner_name': member.name}
                for member in self.kinds[19]]).action_match_dues()
            self.env['cfia.dues.receipt']._request(self.lines(2031).filtered('amount_paid'))
            waiting = self.env['cfia.dues.receipt'].search([('state', '=', 'requested')])
            for number, receipt in enumerate(waiting, 5000):
                receipt.write({'number': f'{number:010d}', 'date_issued': '2031-01-08'})
            waiting.action_issue()
        self.assertEqual(Agreement._find_differences(self.company), {})

    def check_next_year(self, statement, recognition):
        """What was paid ahead pays the next year; the year before recounts to what was submitted."""
        dues = self.lines(2031)
        self.assertEqual(len(dues), 8 * self.scale)
        self.assertEqual(sum(dues.mapped('amount_paid')), 2000 * self.scale)
        self.assertEqual(set(dues.filtered('amount_paid').partner_id.ids), set(self.kinds[12].ids))
        self.assertEqual(sum(dues.mapped('amount_residual')), 14000 * self.scale)
        with freeze_time('2031-01-06 02:00:00'):
            again = self.env['cfia.dues.statement'].create({
                'year': 2030, 'quarter': '4', 'leader_ids': self.user_leader.ids})
            again.action_count()
            now = self.env['cfia.dues.statement'].create({
                'year': 2031, 'quarter': '1', 'leader_ids': self.user_leader.ids})
            now.action_count()
        for key in ('total', 'all_years', 'tables', 'ages', 'ledger'):
            self.assertEqual(again.data[key], statement.data[key], key)
        self.assertTrue(now.data['ledger']['agrees'])
        self.assertEqual(now.data['ledger']['credits'], 500 * self.scale)
        self.assertEqual(now.data['all_years']['open'], (5500 + 14000) * self.scale)
