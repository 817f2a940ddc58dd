from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon


@tagged('post_install', '-at_install')
class TestMoney(DuesCommon):
    """The state of a line is right after whatever accounting does."""

    def test_write_off_is_no_money(self):
        line = self.make_dues(self.unit_member, 2027)
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=line.move_id.ids,
        ).create({
            'amount': 1500,
            'payment_difference_handling': 'reconcile',
            'writeoff_account_id': self.env['account.account'].search([
                ('company_ids', 'in', self.company.id), ('account_type', '=', 'expense')], limit=1).id,
        })._create_payments()
        self.assertRecordValues(line, [{
            'state': 'paid', 'amount_paid': 1500, 'amount_credited': 500, 'amount_residual': 0}])

    def test_nobody_waives_beside_a_decision(self):
        line = self.make_dues(self.unit_member, 2027)
        invoice = line.move_id.with_user(self.user_accountant)
        for act in (invoice.button_draft, invoice.button_cancel):
            with self.subTest(act=act.__name__), self.assertRaisesRegex(UserError, "waiver is a decision"), \
                    self.env.cr.savepoint():
                act()
        note = invoice._reverse_moves([{'invoice_date': date(2027, 5, 1), 'date': date(2027, 5, 1)}])
        with self.assertRaisesRegex(UserError, "waiver is a decision"), self.env.cr.savepoint():
            note.action_post()
        loose = self.env['account.move'].with_user(self.user_accountant).create({
            'move_type': 'out_refund',
            'partner_id': self.unit_member.id,
            'invoice_date': date(2027, 5, 1),
            'invoice_line_ids': [Command.create({'name': "演示红字", 'price_unit': 2000, 'tax_ids': []})],
        })
        loose.action_post()
        with self.assertRaisesRegex(UserError, "without money"), self.env.cr.savepoint():
            (loose | invoice).line_ids.filtered(
                lambda item: item.account_type == 'asset_receivable').reconcile()
        self.assertEqual(line.state, 'billed')
        write_off = self.env['account.payment.register'].with_user(self.user_accountant).with_context(
            active_model='account.move', active_ids=line.move_id.ids,
        ).create({
            'amount': 1500,
            'payment_difference_handling': 'reconcile',
            'writeoff_account_id': self.env['account.account'].search([
                ('company_ids', 'in', self.company.id), ('account_type', '=', 'expense')], limit=1).id,
        })
        with self.assertRaisesRegex(UserError, "without money"), self.env.cr.savepoint():
            write_off._create_payments()
        with self.assertRaisesRegex(UserError, "Due Date"):
            line.with_user(self.user_accountant).date_due = '2099-12-31'
        self.assertEqual(line.state, 'billed')
        write_off.payment_difference_handling = 'open'
        write_off._create_payments()
        self.assertEqual(line.state, 'partial')
        line.item_ids.remove_move_reconcile()
        line.move_id.with_user(self.user_treasurer).button_draft()

    def test_credit_note_after_payment_and_refund(self):
        line = self.make_dues(self.unit_member, 2027)
        self.make_receipt(2000, line._get_remark()).action_match_dues()
        self.assertEqual(line.state, 'paid')
        note = line.move_id._reverse_moves([{'invoice_date': date(2027, 5, 1), 'date': date(2027, 5, 1)}])
        note.action_post()
        # what was paid for these dues is the member's again, whether or not it is paid back
        expected = {'state': 'waived', 'amount_paid': 0, 'amount_credited': 2000, 'amount_residual': 0}
        self.assertRecordValues(line, [expected])
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=note.ids).create({})._create_payments()
        self.assertRecordValues(line, [expected])
        note.line_ids.remove_move_reconcile()
        note.button_draft()
        self.assertRecordValues(line, [{'state': 'paid', 'amount_paid': 2000, 'amount_credited': 0}])

    def test_foreign_currency(self):
        currency = self.env.ref('base.USD' if self.company.currency_id.name != 'USD' else 'base.EUR')
        currency.active = True
        self.env['res.currency.rate'].create({
            'name': '2020-01-01', 'currency_id': currency.id, 'company_id': self.company.id, 'rate': 0.5})
        line = self.make_dues(self.unit_member, 2027)
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=line.move_id.ids,
        ).create({'currency_id': currency.id, 'amount': 400})._create_payments()
        self.assertRecordValues(line, [{'state': 'partial', 'amount_paid': 800, 'amount_residual': 1200}])
        line.item_ids.remove_move_reconcile()
        self.assertRecordValues(line, [{'state': 'billed', 'amount_paid': 0, 'amount_residual': 2000}])

    def test_deferred(self):
        line = self.make_dues(self.unit_member, 2027)
        line._defer(date(2027, 12, 31))
        self.assertRecordValues(line, [{'state': 'deferred', 'date_due': date(2027, 12, 31)}])
        self.assertEqual(line._get_open_receivables().date_maturity, date(2027, 12, 31))
        receipt = self.make_receipt(500, line._get_remark())
        receipt.action_match_dues()
        self.assertEqual(line.state, 'partial')
        receipt.action_unmatch_dues()
        self.assertEqual(line.state, 'deferred')
        self.make_receipt(2000, line._get_remark()).action_match_dues()
        self.assertEqual(line.state, 'paid')

    def test_waive_and_cancel(self):
        line = self.make_dues(self.unit_member, 2027)
        note = line._waive({line: 800}, "Decision 3")
        self.assertRecordValues(line, [{
            'state': 'billed', 'amount_credited': 800, 'amount_paid': 0, 'amount_residual': 1200}])
        self.assertEqual((note.state, note.amount_total, note.ref), ('posted', 800, "Decision 3"))
        with self.assertRaises(UserError):
            line._waive({line: 1300}, "Too much")
        with self.assertRaises(UserError):
            line._cancel()
        other = self.Line._open(self.unit_member, 2028)
        other._cancel()
        self.assertEqual(other.state, 'cancelled')
        other._price()
        self.assertFalse(other._bill())

    def test_no_other_price_on_the_invoice(self):
        line = self.make_dues(self.unit_member, 2027)
        line.move_id.button_draft()
        line.move_id.invoice_line_ids.price_unit = 1800
        with self.assertRaises(UserError):
            line.move_id.action_post()
        line.move_id.invoice_line_ids.price_unit = 2000
        line.move_id.action_post()
        self.assertRecordValues(line, [{'state': 'billed', 'amount_residual': 2000}])


@tagged('post_install', '-at_install')
class TestPayer(DuesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.parent = cls.env['res.partner'].create({'name': "演示集团有限公司", 'is_company': True})
        cls.units = cls.make_applications(
            ["演示子公司一", "演示子公司二", "演示子公司三"], state='approved').partner_id.sorted('id')
        cls.units.dues_payer_id = cls.parent

    def test_one_invoice_and_letter_a_payer(self):
        lines = self.make_dues(self.units, 2027).sorted('partner_id')
        move = lines.move_id
        self.assertEqual(len(move), 1)
        self.assertRecordValues(move, [{'partner_id': self.parent.id, 'amount_total': 6000}])
        self.assertEqual(len(move.invoice_line_ids), 3)
        for unit in self.units:
            self.assertIn(unit.member_number, "".join(move.invoice_line_ids.mapped('name')))
            self.assertIn(unit.member_number, move.payment_reference)
        notice = lines._issue_notices()
        self.assertEqual((len(notice), notice.partner_id), (1, self.parent))
        self.assertEqual([row['amount'] for row in notice.data['lines']], [2000] * 3)
        self.assertEqual(notice.data['amount_open'], 6000)
        # each line has its own money
        self.make_receipt(2000, lines[1]._get_remark()).action_match_dues()
        self.assertEqual(lines.mapped('state'), ['billed', 'paid', 'billed'])
        self.make_receipt(500, lines[0]._get_remark()).action_match_dues()
        self.assertEqual(lines.mapped('amount_residual'), [1500, 0, 2000])
        # money of the parent for the rest of the invoice
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=move.ids).create({'amount': 3500})._create_payments()
        self.assertEqual(lines.mapped('state'), ['paid'] * 3)

    def test_edited_draft_keeps_the_lines_apart(self):
        lines = self.make_dues(self.units, 2027)
        move = lines.move_id
        move.button_draft()
        move.invoice_line_ids[0].name = "Edited"
        move.invoice_date_due = '2027-06-30'
        move.action_post()
        self.assertEqual(lines.mapped('state'), ['billed'] * 3)
        self.assertEqual(lines.mapped('amount_residual'), [2000] * 3)
        self.assertEqual(move.amount_residual, 6000)


@tagged('post_install', '-at_install')
class TestRecognition(DuesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.cfia_dues_recognition = 'receipt'

    def test_invoice_over_the_money_that_arrives(self):
        line = self.make_dues(self.unit_member, 2027)
        self.assertFalse(line.move_id)
        self.assertRecordValues(line, [{'state': 'billed', 'amount_residual': 2000, 'amount_paid': 0}])
        self.make_receipt(500, line._get_remark()).action_match_dues()
        self.assertRecordValues(line, [{'state': 'partial', 'amount_residual': 1500, 'amount_paid': 500}])
        self.assertEqual(line.move_id.amount_total, 500)
        self.make_receipt(2500, line._get_remark()).action_match_dues()
        self.assertRecordValues(line, [{'state': 'paid', 'amount_residual': 0, 'amount_paid': 2000}])
        income = line.item_ids.filtered(lambda aml: aml.account_id == self.company.cfia_dues_account_id)
        self.assertEqual(sorted(income.mapped('credit')), [500, 1500])
        # the excess pays the next year when it is billed
        following = self.make_dues(self.unit_member, 2028)
        self.assertRecordValues(following, [{'state': 'partial', 'amount_residual': 1000, 'amount_paid': 1000}])

    def test_waived_before_receipt(self):
        line = self.make_dues(self.unit_member, 2027)
        self.assertFalse(line._waive({line: 500}, "Decision"))
        self.assertRecordValues(line, [{'state': 'billed', 'amount_residual': 1500, 'amount_credited': 500}])
        line._waive({line: 1500}, "Decision")
        self.assertRecordValues(line, [{'state': 'waived', 'amount_residual': 0}])
        self.assertFalse(line.item_ids)

    def test_lines_keep_their_way(self):
        line = self.make_dues(self.unit_member, 2027)
        self.company.cfia_dues_recognition = 'billing'
        self.make_receipt(2000, line._get_remark()).action_match_dues()
        self.assertRecordValues(line, [{'state': 'paid', 'amount_residual': 0, 'recognition': 'receipt'}])
        self.assertEqual(self.make_dues(self.unit_member, 2028).recognition, 'billing')


@tagged('post_install', '-at_install')
class TestOffers(DuesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.make_standard(2026, rule_ids=[
            Command.create({'name': "Early", 'kind': 'early_payment', 'clause': "Clause 5", 'percent': 10,
                            'month_until': 2, 'day_until': 31, 'sequence': 1}),
            Command.create({'name': "Four years", 'kind': 'years_ahead', 'clause': "Clause 6", 'percent': 20,
                            'years_min': 4, 'sequence': 0}),
        ])

    @freeze_time('2026-01-10 02:00:00')
    def test_early_payment(self):
        units = self.make_applications(["演示早缴一", "演示早缴二", "演示早缴三"], state='approved').partner_id.sorted('id')
        lines = units.dues_line_ids.sorted('partner_id')
        offers = lines[0]._prepare_offers()
        self.assertEqual([(offer['amount'], offer['until'], offer['years']) for offer in offers], [
            (1600, '', 4), (1800, '2026-02-28', 0)])
        # in full, in part, late
        receipts = self.make_receipt(1800, lines[0]._get_remark(), date='2026-02-28')
        receipts += self.make_receipt(1700, lines[1]._get_remark(), date='2026-02-28')
        receipts += self.make_receipt(1800, lines[2]._get_remark(), date='2026-03-01')
        receipts.action_match_dues()
        self.assertRecordValues(lines, [
            {'state': 'paid', 'amount_paid': 1800, 'amount_credited': 200, 'amount_residual': 0},
            {'state': 'partial', 'amount_paid': 1700, 'amount_credited': 0, 'amount_residual': 300},
            {'state': 'partial', 'amount_paid': 1800, 'amount_credited': 0, 'amount_residual': 200},
        ])
        self.assertIn("Clause 5", lines[0].explanation)

    def undo_early(self, recognition):
        """Pay early and in full, have the payment undone after the date, pay again late and early."""
        self.company.cfia_dues_recognition = recognition
        unit = self.make_member("演示早缴退汇")
        line = unit.dues_line_ids
        receipt = self.make_receipt(1800, line._get_remark(), date='2026-02-20')
        receipt.action_match_dues()
        self.assertRecordValues(line, [{'state': 'paid', 'amount_paid': 1800, 'amount_credited': 200}])
        with freeze_time('2026-05-10 02:00:00'):
            receipt.action_unmatch_dues()
        self.assertRecordValues(line, [{
            'state': 'billed', 'amount_paid': 0, 'amount_credited': 0, 'amount_residual': 2000}])
        self.assertNotIn("Clause 5", line.explanation)
        self.assertEqual(line.adjustment_ids.sorted('id').mapped('amount'), [200, -200])
        with freeze_time('2026-05-11 02:00:00'):
            late = self.make_receipt(1800, line._get_remark(), date='2026-05-11')
            late.action_match_dues()
            self.assertRecordValues(line, [{'state': 'partial', 'amount_paid': 1800, 'amount_residual': 200}])
            late.action_unmatch_dues()
            # the money that came early is early still
            receipt.action_match_dues()
        self.assertRecordValues(line, [{'state': 'paid', 'amount_paid': 1800, 'amount_credited': 200}])
        self.assertEqual(line.adjustment_ids.sorted('id').mapped('kind'), ['early', 'early_back', 'early'])
        return line

    @freeze_time('2026-01-10 02:00:00')
    def test_early_payment_undone_is_owed_again(self):
        line = self.undo_early('billing')
        [(income,)] = self.env['account.move.line']._read_group([
            ('account_id', '=', self.company.cfia_dues_account_id.id), ('partner_id', '=', line.partner_id.id),
            ('parent_state', '=', 'posted')], [], ['balance:sum'])
        self.assertEqual(income, -1800)

    @freeze_time('2026-01-10 02:00:00')
    def test_early_payment_undone_at_receipt_is_owed_again(self):
        self.undo_early('receipt')

    @freeze_time('2026-01-10 02:00:00')
    def test_decisions_count_from_their_day(self):
        self.company.cfia_dues_recognition = 'receipt'
        unit = self.make_member("演示裁决日")
        line = unit.dues_line_ids
        before = line.date_due
        with freeze_time('2026-06-10 02:00:00'):
            line._defer(date(2026, 12, 31))
            line._waive({line: 500}, "Decision")
        with freeze_time('2026-09-01 02:00:00'):
            rows = {
                day: next(row for row in self.env['cfia.dues.report']._recount(self.company, day) if row['id'] == line.id)
                for day in (date(2026, 6, 9), date(2026, 6, 10))
            }
            dates = []
            for day in ('2026-06-09', '2026-06-10'):
                self.env['cfia.dues.report'].invalidate_model()
                dates.append(self.env['cfia.dues.report'].with_context(cfia_dues_day=day).search(
                    [('dues_line_id', '=', line.id)]).date_due)
        self.assertEqual([row['amount_credited'] for row in rows.values()], [0, 500])
        self.assertEqual([row['amount_open'] for row in rows.values()], [2000, 1500])
        self.assertEqual(dates, [before, date(2026, 12, 31)])
        self.assertEqual(rows[date(2026, 6, 10)]['age'], 'not_due')

    @freeze_time('2026-01-10 02:00:00')
    def test_several_years_ahead(self):
        unit = self.make_member("演示预缴有限公司")
        self.make_receipt(2000, unit.dues_line_ids.filtered('move_id')._get_remark()).action_match_dues()
        self.make_receipt(6400, f'2027-2030年会费 {unit.member_number}').action_match_dues()
        # an open credit, reconciled when each year is billed
        first = self.make_dues(unit, 2027)
        self.assertRecordValues(first, [{'state': 'paid', 'amount_paid': 1600}])
        self.assertIn("Clause 6", first.rule_id.clause)
        following = unit.dues_line_ids.filtered(lambda line: line.year > 2027).sorted('year')
        self.assertEqual(following.mapped('amount'), [1600] * 3)
        following.action_bill()
        self.assertEqual(following.mapped('state'), ['paid'] * 3)

    @freeze_time('2027-03-10 02:00:00')
    def test_a_past_year_is_priced_by_the_ledger(self):
        unit = self.env['res.partner'].create({'name': "演示升级有限公司", 'is_company': True})
        for grade, kind, day in (
            (self.grade_member, 'joined', '2020-01-01'), (self.grade_director, 'grade', '2027-02-01'),
        ):
            unit._set_member_state('member', {unit: {'member_grade_id': grade.id, 'date_member_joined': '2020-01-01'}})
            unit._record_member_event(kind, day)
        line = self.Line._open(unit, 2026)
        line._price()
        self.assertEqual((line.grade_id, line.amount), (self.grade_member, 2000))


@tagged('post_install', '-at_install')
class TestUndoneAtReceipt(DuesCommon):

    def test_money_undone_where_income_is_recognised_at_receipt(self):
        self.company.cfia_dues_recognition = 'receipt'
        member = self.make_member("演示退汇有限公司")
        line = self.make_dues(member, 2027) | member.dues_line_ids
        line = line.filtered(lambda line: line.year == 2027)
        member.dues_line_ids.filtered(lambda line: line.year != 2027)._cancel()
        for _turn in range(2):
            receipt = self.make_receipt(2000, member.member_number)
            receipt.action_match_dues()
            self.assertEqual((line.state, line.amount_paid), ('paid', 2000))
            invoice = line.move_id
            receipt.action_unmatch_dues()
            self.assertEqual((line.state, line.amount_paid, line.amount_residual), ('billed', 0, 2000))
            self.assertEqual(invoice.state, 'cancel')
        [(income,)] = self.env['account.move.line']._read_group([
            ('dues_line_id', '=', line.id), ('parent_state', '=', 'posted')], [], ['balance:sum'])
        self.assertFalse(income)
