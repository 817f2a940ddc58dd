from datetime import date

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
class TestCorrection(DuesCommon):
    """Whatever is wrong with a bill can be put right, and the figures follow."""

    def setUp(self):
        super().setUp()
        self.enterContext(freeze_time('2027-05-10 02:00:00'))

    @classmethod
    def setUpClass(cls):
        with freeze_time('2026-05-10 02:00:00'):
            super().setUpClass()
            cls.unit, cls.other = cls.make_applications(
                ["演示更正甲有限公司", "演示更正乙有限公司"], state='approved').partner_id.sorted('id')
        cls.group = cls.env['res.partner'].create({'name': "演示更正集团", 'is_company': True, 'street': "演示路1号"})

    def recount(self, line, day=None):
        rows = self.env['cfia.dues.report']._recount(self.company, day or date(2027, 5, 10))
        return next(([float(row[name]) for name in ('amount', 'amount_credited', 'amount_paid', 'amount_open')]
                     for row in rows if row['id'] == line.id), None)

    def assertLine(self, line, state, paid, credited, residual):
        self.assertEqual(
            (line.state, line.amount_paid, line.amount_credited, line.amount_residual), (state, paid, credited, residual))
        self.assertEqual(self.recount(line)[1:], [credited, paid, residual])

    def reverse(self, bill, is_modify=False, user=None):
        wizard = self.env['account.move.reversal'].with_user(user or self.user_treasurer).with_context(
            active_model='account.move', active_ids=bill.ids,
        ).create({'journal_id': bill.journal_id.id, 'reason': "抬头有误", 'date': date(2027, 5, 10)})
        (wizard.modify_moves if is_modify else wizard.refund_moves)()
        return wizard.new_move_ids

    def correct(self, lines, reason="级别有误", **vals):
        action = lines.with_user(self.user_accountant).action_correct()
        wizard = self.env[action['res_model']].with_user(self.user_accountant).with_context(action['context']).create(
            {'reason': reason, **vals})
        self.assertIn(lines[0].partner_id.name, wizard.preview)
        wizard.action_correct()
        return wizard

    def test_a_cancelled_bill_is_made_anew(self):
        line = self.make_dues(self.unit, 2027)
        old = line.move_id
        for act in (
            lambda: line.with_user(self.user_accountant).action_bill(),
            lambda: self._run(self.unit, 2027),
        ):
            bill = line.move_id
            bill.with_user(self.user_treasurer).button_draft()
            bill.with_user(self.user_treasurer).button_cancel()
            self.assertTrue(line.is_free)
            act()
            self.assertLine(line, 'billed', 0, 0, 2000)
            self.assertNotEqual(line.move_id, bill)
        with self.assertRaisesRegex(UserError, "was replaced"):
            old.button_draft()
        with self.assertRaisesRegex(UserError, "is there already"):
            self.Line.with_user(self.user_accountant).create({'partner_id': self.unit.id, 'year': 2027})

    def _run(self, partners, year):
        run = self.env['cfia.dues.run'].create({
            'year': year, 'scope': 'selected', 'partner_ids': [Command.set(partners.ids)]})
        run.action_start()
        run._bill_members(run.member_ids)
        unlocked(run).state = 'done'
        return run.member_ids

    def test_cancelled_bill_with_a_waiver_and_another_payer(self):
        line = self.make_dues(self.unit, 2027)
        line._waive({line: 800}, "Decision 3")
        line.move_id.button_draft()
        line.move_id.button_cancel()
        self.assertEqual(self.env['cfia.dues.report']._recount_ledger(self.company, date(2027, 5, 10))['astray'], 0)
        self.unit.dues_payer_id = self.group
        line.action_bill()
        self.assertLine(line, 'billed', 0, 800, 1200)
        self.assertEqual(line.move_id.partner_id, self.group)

    def test_reversed_bill_is_made_anew_and_money_follows(self):
        line = self.make_dues(self.unit, 2027)
        self.make_receipt(2000, line._get_remark(), date='2027-05-03').action_match_dues()
        self.reverse(line.move_id).action_post()
        self.assertLine(line, 'waived', 0, 2000, 0)
        line.with_user(self.user_accountant).action_bill()
        self.assertLine(line, 'paid', 2000, 0, 0)
        self.assertEqual(self.recount(line, date(2027, 5, 9)), None)

    def test_reverse_and_create_keeps_the_dues(self):
        line = self.make_dues(self.unit, 2027)
        old = line.move_id
        invoice = self.reverse(old, is_modify=True, user=self.user_accountant)
        self.assertEqual(line.move_id, invoice)
        invoice.invoice_date = date(2027, 5, 10)
        invoice.action_post()
        self.assertLine(line, 'billed', 0, 0, 2000)
        self.make_receipt(2000, line._get_remark(), date='2027-05-10').action_match_dues()
        self.assertLine(line, 'paid', 2000, 0, 0)
        self.assertEqual(invoice.payment_state, 'paid')

    def test_correct_grade_payer_and_money(self):
        with freeze_time('2027-05-08 02:00:00'):
            line = self.make_dues(self.unit, 2027)
            self.make_receipt(1500, line._get_remark(), date='2027-05-08').action_match_dues()
        before = self.recount(line, date(2027, 5, 9))
        self.assertEqual(before, [2000, 0, 1500, 500])
        old = line.move_id
        notice = line._issue_notices()
        unlocked(self.unit).member_grade_id = self.grade_director
        self.unit.dues_payer_id = self.group
        with self.assertRaises(UserError):
            self.correct(line, reason=" ")
        self.correct(line)
        self.assertLine(line, 'partial', 1500, 0, 3500)
        self.assertEqual((line.amount, line.payer_id, line.move_id.partner_id), (5000, self.group, self.group))
        self.assertEqual((old.payment_state, sum(old.reversal_move_ids.mapped('amount_total'))), ('paid', 2000))
        # what was is told as it was
        self.assertEqual(self.recount(line, date(2027, 5, 9)), before)
        new = self.env['cfia.dues.line'].browse(line.id)
        document = self.env['cfia.document'].search([('kind', '=', 'dues_notice'), ('partner_id', '=', self.group.id)])
        self.assertIn(notice.name, document.data['replaces'])
        self.assertIn(notice.name, document._get_dues_replaces_text())
        self.assertEqual(new.action_view_invoice()['view_mode'], 'list,form')

    def test_correct_keeps_waivers(self):
        line = self.make_dues(self.unit, 2027)
        line._waive({line: 800}, "Decision 3")
        self.correct(line)
        self.assertLine(line, 'billed', 0, 800, 1200)
        self.correct(line)
        self.assertLine(line, 'billed', 0, 800, 1200)

    def test_correct_part_of_a_shared_bill(self):
        (self.unit | self.other).dues_payer_id = self.group
        lines = self.make_dues(self.unit | self.other, 2027)
        self.assertEqual(len(lines.move_id), 1)
        first, second = lines
        self.make_receipt(2000, first._get_remark(), date='2027-05-08').action_match_dues()
        first.partner_id.dues_payer_id = False
        self.correct(first)
        self.assertLine(first, 'paid', 2000, 0, 0)
        self.assertLine(second, 'billed', 0, 0, 2000)
        self.assertEqual(first.move_id.partner_id, first.partner_id)

    def test_correct_what_is_not_owed(self):
        line = self.make_dues(self.unit, 2027)
        with freeze_time('2026-12-01 02:00:00'):
            self.unit._leave('withdrawn', date(2026, 12, 1))
        self.correct(line)
        self.assertEqual((line.hold_reason, line.amount_residual, bool(line.move_id)), ('away', 0, False))
        self.assertIsNone(self.recount(line))

    def test_undone_money_pulls_the_note_home(self):
        line = self.make_dues(self.unit, 2027)
        receipt = self.make_receipt(2000, line._get_remark(), date='2027-05-08')
        receipt.action_match_dues()
        self.correct(line)
        self.assertLine(line, 'paid', 2000, 0, 0)
        receipt.action_unmatch_dues()
        self.assertLine(line, 'billed', 0, 0, 2000)
        receipt.action_match_dues()
        self.assertLine(line, 'paid', 2000, 0, 0)

    def test_a_note_over_a_waived_bill_takes_off_the_rest_alone(self):
        line = self.make_dues(self.unit, 2027)
        line._waive({line: 800}, "Decision")
        note = self.reverse(line.move_id)
        with self.assertRaisesRegex(UserError, "2800"):
            note.action_post()
        note.invoice_line_ids.price_unit = 1200
        note.action_post()
        self.assertLine(line, 'waived', 0, 2000, 0)
        self.assertEqual(self.unit.dues_amount_credit, 0)

    def test_past_days_of_what_stood_in_no_entry(self):
        """Where income is recognised at receipt, what was corrected is told on past days as it was then."""
        self.company.cfia_dues_recognition = 'receipt'
        with freeze_time('2027-05-01 02:00:00'):
            line = self.make_dues(self.unit, 2027)
        self.assertEqual(self.recount(line, date(2027, 5, 5)), [2000, 0, 0, 2000])
        unlocked(self.unit).member_grade_id = self.grade_director
        self.unit._record_member_event('grade', date(2027, 1, 1))
        self.correct(line)
        self.assertEqual(self.recount(line), [5000, 0, 0, 5000])
        self.assertEqual(self.recount(line, date(2027, 5, 5)), [2000, 0, 0, 2000])
        self.assertIsNone(self.recount(line, date(2027, 4, 30)))
        with freeze_time('2027-05-20 02:00:00'):
            line._waive({line: 300}, "Decision")
            self.unit._leave('withdrawn', date(2026, 12, 31))
            line._correct("已离会")
            self.assertEqual((line.amount_credited, line.amount_residual), (0, 0))
            self.assertIsNone(self.recount(line, date(2027, 5, 20)))
            self.assertEqual(self.recount(line, date(2027, 5, 12)), [5000, 0, 0, 5000])
            self.assertEqual(self.recount(line, date(2027, 5, 5)), [2000, 0, 0, 2000])

    def test_money_of_a_note_came_when_its_bill_was_paid(self):
        """What came first pays first, also by way of a credit note that is younger than other money."""
        line = self.make_dues(self.unit, 2027)
        owed = self.unit.dues_line_ids - line
        owed._waive({each: each.amount_residual for each in owed}, "Decision")
        first = self.make_receipt(2000, line._get_remark(), date='2027-05-02')
        first.action_match_dues()
        later = self.make_receipt(3000, self.unit.member_number, date='2027-05-08')
        later.action_match_dues()
        self.reverse(line.move_id).action_post()
        self.assertEqual(self.unit.dues_amount_credit, 5000)
        following = self.make_dues(self.unit, 2028)
        self.assertLine(following, 'paid', 2000, 0, 0)
        first.action_unmatch_dues()
        self.assertLine(following, 'billed', 0, 0, 2000)
        self.assertEqual(self.unit.dues_amount_credit, 3000)

    def test_billed_twice_where_income_is_recognised_at_receipt(self):
        self.company.cfia_dues_recognition = 'receipt'
        line = self.make_dues(self.unit, 2027)
        unlocked(self.unit).member_grade_id = self.grade_director
        self.unit._record_member_event('grade', date(2027, 1, 1))
        with freeze_time('2027-05-12 02:00:00'):
            line.with_user(self.user_accountant).action_bill()
        self.assertEqual((line.amount, line.date_billed), (2000, date(2027, 5, 10)))

    def test_part_of_the_money_undone_where_income_is_recognised_at_receipt(self):
        """Of an entry over two transfers that one is undone of, what the other paid is recognised alone."""
        self.company.cfia_dues_recognition = 'receipt'
        owed = self.unit.dues_line_ids
        owed._waive({line: line.amount_residual for line in owed}, "Decision")
        first, second = (
            self.make_receipt(amount, self.unit.member_number, date='2027-05-08') for amount in (1500, 500))
        (first | second).action_match_dues()
        more = self.make_receipt(700, self.unit.member_number, date='2027-05-09')
        more.action_match_dues()
        line = self.make_dues(self.unit, 2027)
        self.assertLine(line, 'paid', 2000, 0, 0)
        first.action_unmatch_dues()
        # other money waits, as everywhere, for somebody to use it
        self.assertLine(line, 'partial', 500, 0, 1500)
        self.assertEqual(self.unit.dues_amount_credit, 700)
        second.action_unmatch_dues()
        self.assertLine(line, 'billed', 0, 0, 2000)
        more.action_unmatch_dues()
        first.action_match_dues()
        self.assertLine(line, 'partial', 1500, 0, 500)
        self.assertFalse(line._get_open_receivables(), "what did not come is no income")

    def test_money_follows_before_other_money(self):
        """The money of the old bill pays the new one, also where other money waits that came earlier."""
        line = self.make_dues(self.unit, 2027)
        later = self.make_receipt(2000, line._get_remark(), date='2027-05-08')
        later.action_match_dues()
        earlier = self.make_receipt(700, self.unit.member_number, date='2027-05-02')
        earlier.action_match_dues()
        self.correct(line)
        self.assertLine(line, 'paid', 2000, 0, 0)
        earlier.action_unmatch_dues()
        self.assertLine(line, 'paid', 2000, 0, 0)
        later.action_unmatch_dues()
        self.assertLine(line, 'billed', 0, 0, 2000)

    def test_notes_come_home_one_after_another(self):
        """A note that goes home leaves a bill that was replaced since: that one's own note comes home, too."""
        line = self.make_dues(self.unit, 2027)
        money = self.make_receipt(300, f"2027 {self.unit.member_number}", date='2027-05-01')
        money.action_match_dues()
        self.reverse(line.move_id).action_post()
        self.assertEqual(self.unit.dues_amount_credit, 300)
        line.action_bill()
        self.assertLine(line, 'partial', 300, 0, 1700)
        self.correct(line)
        self.assertLine(line, 'partial', 300, 0, 1700)
        money.action_unmatch_dues()
        self.assertLine(line, 'billed', 0, 0, 2000)
        self.assertEqual(self.unit.dues_amount_credit, 0)
        self.assertFalse(self.env['cfia.dues.report']._recount_ledger(self.company, date(2027, 5, 10))['astray'])

    def test_note_on_one_member_of_a_shared_bill(self):
        (self.unit | self.other).dues_payer_id = self.group
        first, second = self.make_dues(self.unit | self.other, 2027)
        for is_paid in (False, True):
            if is_paid:
                self.make_receipt(3500, "2027会费", self.group.name, date='2027-05-08').action_match_dues()
            note = self.reverse(first.move_id)
            note.invoice_line_ids.filtered(lambda item: item.dues_note_line_id == first).unlink()
            note.invoice_line_ids.price_unit = 500
            note.invoice_line_ids.name = "减收"
            note.action_post()
            if is_paid:
                self.assertLine(first, 'paid', 2000, 0, 0)
                self.assertLine(second, 'paid', 1000, 1000, 0)
            else:
                self.assertLine(first, 'billed', 0, 0, 2000)
                self.assertLine(second, 'billed', 0, 500, 1500)
        note = self.reverse(first.move_id)
        with self.assertRaisesRegex(UserError, "take off"):
            note.action_post()

    def test_note_used_on_another_year_is_money_carried_over(self):
        line = self.make_dues(self.unit, 2027)
        self.make_receipt(2000, line._get_remark(), date='2027-05-08').action_match_dues()
        note = self.reverse(line.move_id)
        note.action_post()
        following = self.make_dues(self.unit, 2028)
        self.assertLine(line, 'waived', 0, 2000, 0)
        self.assertLine(following, 'paid', 2000, 0, 0)

    def test_statement_can_say_no(self):
        line = self.make_dues(self.unit, 2027)
        statement = self.env['cfia.dues.statement'].create({'year': 2027, 'quarter': '2'})
        statement.action_count()
        self.assertTrue(statement.data['ledger']['agrees'])
        # a bill that lost what it is about
        self.env.flush_all()
        self.env.cr.execute("UPDATE account_move_line SET dues_line_id = NULL WHERE move_id = %s", [line.move_id.id])
        self.env.invalidate_all()
        statement.action_count()
        self.assertFalse(statement.data['ledger']['agrees'])


@tagged('post_install', '-at_install')
class TestCourse(DuesCommon):
    """Who is billed for which year, by the course of a membership."""

    def setUp(self):
        super().setUp()
        self.enterContext(freeze_time('2027-05-10 02:00:00'))

    @classmethod
    def setUpClass(cls):
        with freeze_time('2020-05-10 02:00:00'):
            super().setUpClass()
            cls.units = cls.make_applications(
                [f"演示去留{index}有限公司" for index in range(3)], state='approved').partner_id.sorted('id')
        cls.unit = cls.units[0]

    def leave(self, unit, day, state='withdrawn', **vals):
        with freeze_time(f'{day} 02:00:00'):
            unit._leave(state, date.fromisoformat(day), **vals)

    def rejoin(self, unit, day):
        with freeze_time(f'{day} 02:00:00'):
            unit._rejoin(date.fromisoformat(day))

    def price(self, unit, year):
        line = unit.dues_line_ids.filtered(lambda line: line.year == year) or self.Line._open(unit, year)
        line._price()
        return line.hold_reason or line.amount

    def test_years_away_are_free(self):
        self.leave(self.unit, '2023-06-01')
        self.assertEqual([self.price(self.unit, year) for year in (2022, 2023, 2024, 2030)], [2000, 'left', 'away', 'away'])
        self.standard.leaving = 'due'
        self.assertEqual(self.price(self.unit, 2023), 2000)
        self.rejoin(self.unit, '2026-09-01')
        self.assertEqual([self.price(self.unit, year) for year in (2024, 2025, 2027)], ['away', 'away', 2000])
        returned = self.unit.dues_line_ids.filtered(lambda line: line.year == 2026)
        self.assertEqual((returned.state, returned.amount), ('billed', 2000))
        returned.move_id.button_draft()
        returned.move_id.button_cancel()
        for rule, expected in (('new', 1000), ('free', 'return_free'), ('due', 2000)):
            self.standard.returning = rule
            unlocked(returned).write({'move_id': False, 'date_billed': False})
            self.assertEqual(self.price(self.unit, 2026), expected, rule)

    def test_run_looks_again_when_each_batch_comes(self):
        run = self.env['cfia.dues.run'].create({
            'year': 2028, 'scope': 'selected', 'partner_ids': [Command.set(self.units.ids)]})
        run.action_start()
        self.leave(self.unit, '2027-05-10', 'expelled')
        run._bill_members(run.member_ids)
        self.assertEqual(run.member_ids.mapped('reason'), ['away', False, False])
        self.assertFalse(self.unit.dues_line_ids.filtered(lambda line: line.year == 2028))
        run.action_retry()
        run._bill_members(run.member_ids)
        self.assertEqual(run.member_ids.mapped('reason'), ['away', 'exists', 'exists'])

    def test_back_within_the_year(self):
        line = self.make_dues(self.unit, 2027)
        line.move_id.button_draft()
        line.move_id.button_cancel()
        self.leave(self.unit, '2027-05-10')
        self.assertEqual(line.state, 'cancelled')
        line.action_bill()
        self.assertEqual(line.state, 'cancelled')
        self.unit._rejoin(date(2027, 5, 10))
        self.assertEqual((line.state, line.amount_residual), ('billed', 2000))

    def test_exit_to_come_leaves_a_member(self):
        with self.assertRaisesRegex(UserError, "stays a member"):
            self.unit._leave('withdrawn', date(2027, 12, 31))
        lines = self.make_dues(self.unit, 2024, 2025)
        rule = self.env['cfia.dues.consequence.rule'].create({
            'name': "视为退会", 'clause': "第十条", 'years_unpaid': 2, 'consequence': 'exit', 'body': 'council'})
        item = self.env['cfia.dues.consequence']._propose(self.company, rule).filtered(
            lambda item: item.partner_id == self.unit)
        self.assertEqual(set(lines.mapped('state')), {'billed'})
        paper = self.env['ir.attachment'].create({'name': 'r.pdf', 'raw': b'%PDF-1.4 r'})
        item.resolution_id = self.env['cfia.resolution'].create({
            'name': "退会决议", 'kind': 'exit', 'body': 'council', 'date': '2027-05-10', 'date_effective': '2028-01-01',
            'attachment_ids': [Command.set(paper.ids)]})
        item.with_user(self.user_organisation).action_decide()
        self.assertEqual((item.state, self.unit.member_state), ('scheduled', 'member'))
        with freeze_time('2027-12-31 15:00:00'):
            self.env['cfia.dues.consequence']._cron_propose()
            self.assertEqual(self.unit.member_state, 'member')
        with freeze_time('2027-12-31 17:00:00'):
            self.env['cfia.dues.consequence']._cron_propose()
        self.assertEqual((item.state, self.unit.member_state, self.unit.date_member_left),
                         ('decided', 'withdrawn', date(2028, 1, 1)))

    def test_members_are_not_archived(self):
        with self.assertRaisesRegex(UserError, "Note its exit first"):
            self.unit.action_archive()
        self.leave(self.unit, '2027-05-10')
        self.unit.action_archive()
        self.unit._rejoin(date(2027, 5, 10))
        self.assertTrue(self.unit.active)

    def test_payer_before_billing(self):
        first, second, third = self.units
        line = self.Line._open(first, 2028)
        first.dues_payer_id = second
        self.assertEqual(line.payer_id, second)
        second.dues_payer_id = third
        with self.assertRaisesRegex(ValidationError, "one another"):
            third.dues_payer_id = first
        with self.assertRaises(ValidationError):
            first.dues_payer_id = first
        self.leave(second, '2027-05-10')
        second.action_archive()
        line.action_bill()
        self.assertEqual((line.state, line.hold_reason), ('to_bill', 'payer_gone'))
        self.assertTrue(self.env['mail.activity'].search([
            ('res_model', '=', 'res.partner'), ('res_id', '=', first.id),
            ('activity_type_id', '=', self.env.ref('cfia_dues.mail_act_dues_exit').id)]))
        first.dues_payer_id = False
        line.action_bill()
        self.assertEqual((line.state, line.payer_id), ('billed', first))

    def test_leaving_with_money(self):
        first, second, third = self.units
        third.dues_payer_id = first
        line = self.make_dues(first, 2027)
        self.make_receipt(2500, line._get_remark(), date='2027-05-08').action_match_dues()
        owed = self.make_dues(first, 2022)
        dialog = Form(self.env['cfia.member.transition'].with_user(self.user_organisation).with_context(
            active_model='res.partner', active_ids=first.ids))
        for text in ("2022", "500.00", third.name):
            self.assertIn(text, dialog.dues_note)
        self.leave(first, '2027-05-10', 'merged', survivor=second)
        self.assertEqual(third.dues_payer_id, second)
        activity = self.env['mail.activity'].search([
            ('res_model', '=', 'res.partner'), ('res_id', '=', first.id),
            ('activity_type_id', '=', self.env.ref('cfia_dues.mail_act_dues_exit').id)])
        self.assertIn("500.00", activity.note)
        # money and letters of the unit go to the one that goes on
        receipt = self.make_receipt(owed.amount_residual, f"2022会费 {first.member_number}", date='2027-05-10')
        receipt.action_match_dues()
        self.assertEqual((receipt.dues_member_id, owed.state), (second, 'paid'))
        self.assertEqual(first._get_role_contacts('finance')[first], second._get_role_contacts('finance')[second])

    def decide(self, unit, way, user=None, **vals):
        action = unit.with_user(user or self.user_accountant).action_decide_dues_exit()
        dialog = self.env[action['res_model']].with_user(user or self.user_accountant).with_context(action['context']).create(
            {'way': way, 'reason': "按决定办理", **vals})
        dialog.action_decide()
        return dialog

    def get_exit_tasks(self, unit):
        return self.env['mail.activity'].search([
            ('res_model', '=', 'res.partner'), ('res_id', '=', unit.id),
            ('activity_type_id', '=', self.env.ref('cfia_dues.mail_act_dues_exit').id)])

    def pay_too_much(self, unit, amount=500):
        owed = self.units.dues_line_ids.filtered('amount_residual')
        owed._waive({line: line.amount_residual for line in owed}, "演示决定")
        line = self.make_dues(unit, 2027)
        receipt = self.make_receipt(2000 + amount, line._get_remark(), date='2027-05-08')
        receipt.action_match_dues()
        return receipt

    def leave_with_credit(self, unit, amount=500):
        receipt = self.pay_too_much(unit, amount)
        self.leave(unit, '2027-05-10')
        self.assertEqual(unit.dues_amount_credit, amount)
        return receipt

    def test_credit_of_a_unit_that_left_is_paid_back(self):
        unit = self.units[0]
        self.leave_with_credit(unit)
        self.decide(unit, 'refund')
        self.assertIn("按决定办理", unit.message_ids[0].body)
        [task] = self.get_exit_tasks(unit)
        self.assertIn("500.00", task.note)
        self.assertEqual(unit.dues_amount_credit, 500)
        back = self.make_receipt(-500, f"退多缴会费 {unit.member_number}", unit.name, date='2027-05-10')
        back.action_match_dues()
        self.assertEqual((back.dues_match, unit.dues_amount_credit), ('refund', 0))
        self.assertFalse(self.get_exit_tasks(unit))

    def test_credit_of_a_unit_that_left_is_carried_over(self):
        unit, heir = self.units[:2]
        receipt = self.leave_with_credit(unit, 2500)
        [credit] = receipt.line_ids.filtered(lambda item: item.dues_member_id and item.amount_residual)
        paper = self.env['cfia.dues.receipt'].with_user(self.user_accountant)._request_ahead(credit)
        paper.write({'number': '0001234568', 'date_issued': date(2027, 5, 10)})
        paper.action_issue()
        owed = self.make_dues(heir, 2027)
        self.decide(unit, 'carry', successor_id=heir.id)
        self.assertEqual((owed.state, owed.amount_paid), ('paid', 2000))
        self.assertEqual((unit.dues_amount_credit, heir.dues_amount_credit), (0, 500))
        self.assertEqual(credit.partner_id, heir)
        for each in (unit, heir):
            self.assertIn("按决定办理", each.message_ids[0].body)
        self.assertFalse(self.get_exit_tasks(unit))
        # the receipt is over money that is another's now: finance decides on it
        self.assertEqual(paper.amount_uncovered, 2500)
        # and the money is undone as any other
        receipt.action_unmatch_dues()
        self.assertEqual((owed.state, owed.amount_residual), ('billed', 2000))
        self.env.invalidate_all()
        self.assertEqual(heir.dues_amount_credit, 0)

    def test_credit_of_a_unit_that_left_stays(self):
        unit = self.units[0]
        self.leave_with_credit(unit)
        for user in (self.user_organisation, self.user_auditor):
            with self.assertRaises(AccessError):
                self.decide(unit, 'leave', user)
        self.decide(unit, 'leave')
        self.assertEqual(unit.dues_amount_credit, 500)
        self.assertFalse(self.get_exit_tasks(unit))

    def test_money_of_members_is_not_decided_on(self):
        unit, heir = self.units[:2]
        self.pay_too_much(unit)
        with self.assertRaisesRegex(UserError, "has not left"):
            self.decide(unit, 'refund')
        self.leave(unit, '2027-05-10')
        for successor in (False, unit):
            with self.assertRaisesRegex(UserError, "goes on"):
                self.decide(unit, 'carry', successor_id=successor and successor.id)
        self.decide(unit, 'carry', successor_id=heir.id)
        with self.assertRaisesRegex(UserError, "no open credit"):
            self.decide(unit, 'refund')


@tagged('post_install', '-at_install')
class TestAhead(DuesCommon):
    """What the notice offers is what a payer gets."""

    def setUp(self):
        super().setUp()
        self.enterContext(freeze_time('2027-01-10 02:00:00'))

    @classmethod
    def setUpClass(cls):
        with freeze_time('2026-05-10 02:00:00'):
            super().setUpClass()
            cls.units = cls.make_applications(
                ["演示三年甲有限公司", "演示三年乙有限公司"], state='approved').partner_id.sorted('id')
            cls.units.dues_line_ids._waive({line: 2000 for line in cls.units.dues_line_ids}, "Decision")
            cls.make_standard(2027, rule_ids=[
                Command.create({'sequence': 9, 'name': "Early", 'kind': 'early_payment', 'clause': "Clause 5",
                                'percent': 10, 'month_until': 1, 'day_until': 31}),
                Command.create({'sequence': 8, 'name': "Three years", 'kind': 'years_ahead', 'clause': "Clause 6",
                                'percent': 20, 'years_min': 3}),
            ])

    def test_three_years_as_offered(self):
        unit = self.units[0]
        line = self.make_dues(unit, 2027)
        [offer] = [offer for offer in line._prepare_offers() if offer['years']]
        receipt = self.make_receipt(3 * offer['amount'], f"2027-2029年会费 {unit.member_number}", date='2027-01-10')
        receipt.action_match_dues()
        self.assertEqual((line.state, line.amount_paid, line.amount_credited), ('paid', 1600, 400))
        following = unit.dues_line_ids.filtered(lambda line: line.year > 2027).sorted('year')
        self.assertEqual(following.mapped('amount'), [1600, 1600])
        following.action_bill()
        self.assertEqual(following.mapped('state'), ['paid', 'paid'])
        receipt.action_unmatch_dues()
        self.assertEqual([(each.amount, each.amount_residual) for each in line | following], [(2000, 2000)] * 3)

    def test_payer_of_several(self):
        group = self.env['res.partner'].create({'name': "演示三年集团", 'is_company': True, 'street': "演示路1号"})
        self.units.dues_payer_id = group
        lines = self.make_dues(self.units, 2027)
        [offer] = [offer for offer in lines._prepare_offers() if offer['years']]
        self.assertEqual(offer['amount'], 3200)
        self.make_receipt(9600, "会费", group.name, date='2027-01-10').action_match_dues()
        self.assertEqual(lines.mapped('state'), ['paid', 'paid'])
        following = self.units.dues_line_ids.filtered(lambda line: line.year > 2027)
        following.action_bill()
        self.assertEqual(set(following.mapped('state')), {'paid'})

    def test_early_in_two_transfers(self):
        for first, second, day, state in (
                (1000, 800, '2027-01-31', 'paid'), (1000, 800, '2027-02-01', 'partial')):
            unit = self.units[0 if state == 'paid' else 1]
            line = self.make_dues(unit, 2027)
            self.make_receipt(first, unit.member_number, date='2027-01-10').action_match_dues()
            self.make_receipt(second, unit.member_number, date=day).action_match_dues()
            self.assertEqual(line.state, state, day)


@tagged('post_install', '-at_install')
class TestMoneyMoves(DuesCommon):
    """One transfer for several, one that comes back, and the receipts over both."""

    def setUp(self):
        super().setUp()
        self.enterContext(freeze_time('2027-05-10 02:00:00'))

    @classmethod
    def setUpClass(cls):
        with freeze_time('2026-05-10 02:00:00'):
            super().setUpClass()
            cls.units = cls.make_applications(
                ["演示分摊甲有限公司", "演示分摊乙有限公司"], state='approved').partner_id.sorted('id')
            cls.units.dues_line_ids._waive({line: 2000 for line in cls.units.dues_line_ids}, "Decision")
        cls.lines = cls.make_dues(cls.units, 2027)

    def claim(self, receipt):
        return Form(self.env['cfia.dues.claim'].with_user(self.user_accountant).with_context(
            default_statement_line_ids=receipt.ids))

    def test_one_transfer_for_two(self):
        receipt = self.make_receipt(4000, "%s %s 会费" % tuple(self.units.mapped('member_number')), "某集团")
        receipt.action_match_dues()
        self.assertEqual(receipt.dues_match, 'unidentified')
        dialog = self.claim(receipt)
        with dialog.share_ids.edit(0) as share:
            self.assertEqual((share.amount_owed, share.amount), (2000, 2000))
            share.amount = 1500
        with self.assertRaisesRegex(UserError, "left over"):
            dialog.save().action_claim()
        with dialog.share_ids.edit(0) as share:
            share.amount = 2000
        dialog.save().action_claim()
        self.assertEqual(self.lines.mapped('state'), ['paid', 'paid'])
        receipt.action_unmatch_dues()
        self.assertEqual(self.lines.mapped('state'), ['billed', 'billed'])

    def test_bounced_transfer(self):
        for vals in ({'ref': 'TX1'}, {}):
            receipt = self.make_receipt(2000, self.units[0].member_number, "演示甲", date='2027-05-03', **vals)
            receipt.action_match_dues()
            self.assertEqual(self.lines[0].state, 'paid')
            back = self.make_receipt(-2000, f"退汇 {self.units[0].member_number}", "演示甲", date='2027-05-05', **vals)
            back.action_match_dues()
            self.assertEqual((back.dues_match, back.is_reconciled, receipt.is_reconciled), ('returned', True, True))
            self.assertEqual((self.lines[0].state, self.lines[0].amount_residual), ('billed', 2000))
            back.action_unmatch_dues()
            self.assertFalse(receipt.is_reconciled or back.is_reconciled)
            receipt.unlink()
            back.unlink()

    def test_credit_paid_back(self):
        self.make_receipt(2500, self.units[0].member_number).action_match_dues()
        back = self.make_receipt(-500, f"退多缴会费 {self.units[0].member_number}", self.units[0].name)
        back.action_match_dues()
        self.assertEqual((back.dues_match, back.is_reconciled), ('refund', True))
        self.assertEqual(self.lines[0].state, 'paid')
        again = self.make_receipt(-500, f"退多缴会费 {self.units[0].member_number}", self.units[0].name)
        again.action_match_dues()
        self.assertEqual(again.dues_match, 'unidentified')

    def test_receipt_whose_money_went(self):
        first, second = self.lines
        receipt = self.make_receipt(2000, first.partner_id.member_number)
        receipt.action_match_dues()
        paper = self.env['cfia.dues.receipt'].with_user(self.user_accountant)._request(first)
        paper.write({'number': '0001234567', 'date_issued': date(2027, 5, 10)})
        paper.action_issue()
        self.assertEqual(paper.amount_uncovered, 0)
        receipt.action_unmatch_dues()
        self.assertEqual(paper.amount_uncovered, 2000)
        wizard = self.env['cfia.dues.receipt.void'].with_user(self.user_accountant).with_context(
            paper.action_keep()['context']).create({'reason': "本年内将补缴"})
        wizard.action_void()
        self.assertEqual((paper.state, paper.amount_uncovered, paper.kept_by_id), ('issued', 0, self.user_accountant))
        receipt._claim_dues(second.partner_id)
        self.assertEqual((second.state, second.amount_unreceipted), ('paid', 2000))

    def test_receipt_issued_anew_is_over_what_is_there(self):
        first = self.lines[0]
        receipt = self.make_receipt(2000, first.partner_id.member_number)
        receipt.action_match_dues()
        Receipt = self.env['cfia.dues.receipt'].with_user(self.user_accountant)
        paper = Receipt._request(first)
        paper.write({'number': '0001234569', 'date_issued': date(2027, 5, 10)})
        paper.action_issue()
        receipt.action_unmatch_dues()
        receipt.unlink()
        self.make_receipt(1500, first.partner_id.member_number).action_match_dues()
        self.assertEqual(paper.amount_uncovered, 500)
        tile = next(tile for tile in self.env['cfia.workplace'].with_user(self.user_accountant).get_workplace()['tiles']
                    if tile['key'] == 'receipt_uncovered')
        self.assertIn(paper, Receipt.search(tile['action']['domain']))
        anew = paper._issue_anew("金额有变")
        self.assertEqual((paper.state, paper.amount_uncovered, anew.amount), ('void', 0, 1500))
        self.assertEqual((first.amount_unreceipted, anew.replaces_id), (0, paper))
        anew.write({'number': '0001234570', 'date_issued': date(2027, 5, 10)})
        anew.action_issue()
        first.item_ids.matched_credit_ids.credit_move_id.statement_line_id.action_unmatch_dues()
        self.assertEqual(anew.amount_uncovered, 1500)
        # nothing is there: it is void, and nothing is asked for
        self.assertFalse(anew._issue_anew("款项已退回"))
        self.assertEqual((anew.state, first.amount_unreceipted), ('void', 0))

    def test_receipt_over_money_ahead_that_was_undone(self):
        unit = self.units[0]
        Receipt = self.env['cfia.dues.receipt'].with_user(self.user_accountant)
        papers = Receipt
        for number in ('0001234571', False):
            receipt = self.make_receipt(2600, unit.member_number)
            receipt.action_match_dues()
            credit = receipt.line_ids.filtered(lambda item: item.dues_member_id and item.amount_residual)
            paper = Receipt._request_ahead(credit)
            if number:
                paper.write({'number': number, 'date_issued': date(2027, 5, 10)})
                paper.action_issue()
            receipt.with_user(self.user_accountant).action_unmatch_dues()
            receipt.unlink()
            papers += paper
        issued, asked = papers
        # one that is issued is decided on, one that was only asked for is asked for no more
        self.assertEqual((issued.state, issued.amount_uncovered, issued.item_ids.partner_id), ('issued', 600, unit))
        self.assertEqual((asked.state, asked.amount_uncovered), ('void', 0))
        self.assertEqual(self.lines[0].amount_residual, 2000)
        self.assertFalse(issued._issue_anew("款项已退回"))
        self.assertEqual((issued.state, issued.amount_uncovered), ('void', 0))

    def test_receipt_over_money_ahead_that_paid_and_was_undone(self):
        unit = self.units[0]
        Receipt = self.env['cfia.dues.receipt'].with_user(self.user_accountant)
        receipt = self.make_receipt(4000, unit.member_number)
        receipt.action_match_dues()
        paper = Receipt._request_ahead(receipt.line_ids.filtered(lambda item: item.dues_member_id and item.amount_residual))
        paper.write({'number': '0001234572', 'date_issued': date(2027, 5, 10)})
        paper.action_issue()
        following = self.make_dues(unit, 2028)
        self.assertEqual((following.state, following.amount_unreceipted, paper.amount_uncovered), ('paid', 0, 0))
        receipt.with_user(self.user_accountant).action_unmatch_dues()
        self.assertEqual((following.state, paper.amount_uncovered), ('billed', 2000))
