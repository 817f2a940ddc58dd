from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
class TestAdmission(DuesCommon):

    @freeze_time('2026-03-05 02:00:00')
    def test_approval_bills_and_announces(self):
        unit = self.make_member("演示新会员有限公司")
        line = unit.dues_line_ids
        self.assertRecordValues(line, [{
            'year': 2026, 'origin': 'approval', 'state': 'billed', 'amount': 2000, 'amount_residual': 2000,
            'standard_id': self.standard.id, 'hold_reason': False,
            'date_due': fields.Date.to_date('2026-04-04'),
        }])
        self.assertRecordValues(line.move_id, [{
            'state': 'posted', 'move_type': 'out_invoice', 'amount_total': 2000, 'amount_tax': 0,
            'partner_id': unit.id, 'journal_id': self.company.cfia_dues_journal_id.id,
            'invoice_date_due': fields.Date.to_date('2026-04-04'),
        }])
        income = line.move_id.invoice_line_ids
        self.assertEqual(income.account_id, self.company.cfia_dues_account_id)
        self.assertFalse(income.tax_ids)
        self.assertFalse(income.product_id)
        notice = self._get_notices(line)
        self.assertEqual(notice.data['unit_name'], unit.name)
        self.assertEqual(notice.data['amount_open'], 2000)
        self.assertIn(unit.member_number, notice.data['remark'])
        self.assertTrue(notice.name)

    @freeze_time('2026-07-05 02:00:00')
    def test_second_half(self):
        line = self.make_member("演示下半年有限公司").dues_line_ids
        self.assertEqual((line.amount_base, line.amount, line.move_id.amount_total), (2000, 1000, 1000))
        self.assertIn("Clause 4", line.explanation)
        self.assertEqual(self._get_notices(line).data['amount_discount'], 1000)

    def test_exempt(self):
        line = self.make_member("演示学院", enterprise_category_id=self.category_university.id).dues_line_ids
        self.assertEqual(line.state, 'waived')
        self.assertFalse(line.move_id)
        self.assertFalse(self._get_notices(line))

    def test_missing_price_holds_back_the_notice_not_the_approval(self):
        unlocked(self.standard).state = 'draft'
        unit = self.make_member("演示无标准有限公司")
        line = unit.dues_line_ids
        self.assertEqual(unit.member_state, 'member')
        self.assertEqual((line.state, line.hold_reason), ('to_bill', 'no_standard'))
        self.assertFalse(self._get_notices(line))
        self.assertEqual(line.activity_ids.user_id, self.user_accountant)
        # finance settles it later
        unlocked(self.standard).state = 'in_force'
        line.with_user(self.user_accountant).action_bill()
        self.assertEqual((line.state, line.hold_reason), ('billed', False))
        self.assertTrue(self._get_notices(line))
        self.assertFalse(line.activity_ids)

    def test_missing_amount_and_accounting(self):
        president = self.env.ref('cfia_membership.cfia_grade_president')
        line = self.make_member("演示无金额有限公司", grade_id=president.id).dues_line_ids
        self.assertEqual(line.hold_reason, 'no_amount')
        self.company.cfia_dues_journal_id = False
        line = self.make_member("演示无日记账有限公司").dues_line_ids
        self.assertEqual((line.state, line.hold_reason), ('to_bill', 'no_account'))
        self.company._set_up_dues_accounting()
        line.action_bill()
        self.assertEqual(line.state, 'billed')

    def test_refusal_of_one_does_not_stop_the_others(self):
        prepare = type(self.Line)._prepare_move_values

        def refuse(line, *args):
            if line.partner_id.name == "演示被拒有限公司":
                raise UserError(line.partner_id.name)
            return prepare(line, *args)

        with patch.object(type(self.Line), '_prepare_move_values', refuse):
            applications = self.make_applications(["演示被拒有限公司", "演示顺利有限公司"], state='approved')
        lines = applications.partner_id.dues_line_ids.sorted('partner_id')
        self.assertEqual(set(applications.mapped('state')), {'approved'})
        self.assertRecordValues(lines, [
            {'state': 'to_bill', 'hold_reason': 'refused', 'hold_note': "演示被拒有限公司"},
            {'state': 'billed', 'hold_reason': False, 'hold_note': False},
        ])

    def test_notice_is_mailed_with_the_pdf(self):
        unit = self.make_member("演示收信有限公司")
        self.make_contact(unit, "演示财务", 'finance', email='finance@member.example')
        line = unit.dues_line_ids
        content = b'%PDF-1.4 notice'
        with patch.object(
            type(self.env['ir.actions.report']), '_render_qweb_pdf', lambda *args, **kwargs: (content, 'pdf'),
        ):
            # the first notice goes with what welcomes the member
            self.env['cfia.document'].search([('partner_id', '=', unit.id)])._render()
            line.action_issue_notice()
            notice = self._get_notices(line)[0]
            notice._render()
        self.assertEqual(notice.data['receipt_email'], 'finance@member.example')
        mail = self.env['mail.mail'].search([('model', '=', 'cfia.document'), ('res_id', '=', notice.id)])
        self.assertEqual(mail.recipient_ids.email, 'finance@member.example')
        self.assertEqual(mail.attachment_ids, notice.attachment_id)
        self.assertEqual(mail.attachment_ids.raw, content)
        self.assertIn(line._get_remark(), mail.body_html)

    def _get_notices(self, lines):
        return self.env['cfia.document'].search([
            ('kind', '=', 'dues_notice'), ('res_model', '=', 'cfia.dues.line'), ('res_id', 'in', lines.ids),
        ], order='id desc')


@tagged('post_install', '-at_install')
class TestBilling(DuesCommon):

    def test_twice_makes_nothing_twice(self):
        lines = self.make_dues(self.unit_member, 2027)
        self.assertFalse(self.Line._open(self.unit_member, 2027))
        moves = lines.move_id
        lines.action_bill()
        lines._bill()
        self.assertEqual(lines.move_id, moves)
        self.assertEqual(len(self.unit_member.dues_line_ids.filtered(lambda line: line.year == 2027)), 1)

    def test_unique_in_the_database(self):
        self.make_dues(self.unit_member, 2027)
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.cr.savepoint():
            unlocked(self.Line).create({'partner_id': self.unit_member.id, 'year': 2027})
            self.env.flush_all()

    def test_draft_invoice_is_posted_not_doubled(self):
        line = self.make_dues(self.unit_member, 2027)
        move = line.move_id
        move.button_draft()
        self.assertEqual(line.state, 'to_bill')
        line._bill()
        self.assertEqual((line.move_id, line.state), (move, 'billed'))
        move.button_draft()
        move.button_cancel()
        self.assertEqual((line.state, line.amount_residual), ('cancelled', 0))

    def test_paid_before_is_not_billed_again(self):
        history = self.Line._open_paid_history({self.unit_member: 2030})
        self.assertRecordValues(history, [{'origin': 'opening', 'state': 'paid', 'amount_residual': 0}])
        self.assertFalse(history.move_id)
        self.assertFalse(self.Line._open(self.unit_member, 2029))
        self.assertFalse(self.Line._open(self.unit_member, 2030))
        self.assertTrue(self.Line._open(self.unit_member, 2031))
        self.assertFalse(self.Line._open_paid_history({self.unit_member: 2030}))
        with self.assertRaises(UserError):
            history.unlink()

    def test_billed_line_keeps_its_member(self):
        line = self.make_dues(self.unit_member, 2027)
        with self.assertRaises(UserError):
            line.year = 2028
        with self.assertRaises(UserError):
            line.unlink()
        self.Line._open(self.unit_member, 2028).unlink()

    def test_no_discount_outside_the_resolution(self):
        line = self.Line._open(self.unit_member, 2028)
        line._price()
        for records in (line, line.sudo(), line.with_user(self.user_treasurer)):
            for vals in ({'amount': 1}, {'state': 'paid'}, {'amount_residual': 5}, {'is_cancelled': True}, {'amount_waived': 1}):
                with self.assertRaises(UserError):
                    records.write(vals)
        with self.assertRaises(UserError):
            self.Line.create({'partner_id': self.unit_member.id, 'year': 2031, 'amount': 1})
        self.assertEqual(line.amount, 2000)

    def test_yearly_due_date(self):
        line = self.Line._open(self.unit_member, 2028)
        self.assertEqual(str(line.date_due), '2028-03-31')
        self.company.write({'cfia_dues_due_month': 2, 'cfia_dues_due_day': 31})
        line = self.Line._open(self.unit_member, 2029)
        self.assertEqual(str(line.date_due), '2029-02-28')

    def test_state_follows_accounting(self):
        line = self.make_dues(self.unit_member, 2027)
        self._pay(line, 500)
        self.assertRecordValues(line, [{
            'state': 'partial', 'amount_paid': 500, 'amount_credited': 0, 'amount_residual': 1500}])
        # the rest is taken off: what was paid stays paid
        credit_note = self._credit(line, 1500)
        self.assertRecordValues(line, [{
            'state': 'paid', 'amount_paid': 500, 'amount_credited': 1500, 'amount_residual': 0}])
        line.move_id.line_ids.remove_move_reconcile()
        self.assertRecordValues(line, [{
            'state': 'billed', 'amount_paid': 0, 'amount_credited': 0, 'amount_residual': 2000}])
        credit_note.button_draft()
        credit_note.button_cancel()
        self._credit(line, 2000)
        self.assertRecordValues(line, [{
            'state': 'waived', 'amount_paid': 0, 'amount_credited': 2000, 'amount_residual': 0}])

    def test_reversed_and_payment_wizard(self):
        first, second = self.make_dues(self.unit_member, 2027, 2028)
        self.env['account.move.reversal'].with_context(
            active_model='account.move', active_ids=first.move_id.ids,
        ).create({'journal_id': first.move_id.journal_id.id}).refund_moves()
        refund = first.move_id.reversal_move_ids
        refund.action_post()
        (refund + first.move_id).line_ids.filtered(
            lambda aml: aml.account_type == 'asset_receivable' and not aml.reconciled).reconcile()
        self.assertEqual(first.state, 'waived')
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=second.move_id.ids,
        ).create({})._create_payments()
        self.assertEqual(second.state, 'paid')

    def test_same_entry_as_an_invoice_entered_by_hand(self):
        line = self.make_dues(self.unit_member, 2027)
        move = line.move_id
        by_hand = self.env['account.move'].create({
            'move_type': 'out_invoice',
            'partner_id': self.unit_member.id,
            'journal_id': move.journal_id.id,
            'invoice_date': move.invoice_date,
            'invoice_date_due': move.invoice_date_due,
            'invoice_payment_term_id': False,
            'payment_reference': move.payment_reference,
            'invoice_line_ids': [Command.create({
                'name': move.invoice_line_ids.name, 'price_unit': 2000, 'tax_ids': [],
                'account_id': self.company.cfia_dues_account_id.id,
            })],
        })
        by_hand.action_post()
        # every stored column is the same, but for what makes two records two and what only dues have
        own = {
            'id', 'create_date', 'write_date', 'name', 'sequence_number', 'made_sequence_gap', 'access_token',
            'line_ids', 'invoice_line_ids', 'message_ids', 'move_id', 'move_name', 'dues_line_id', 'dues_line_ids',
            'invoice_user_id', 'journal_line_ids',
        }
        for billed, plain in (
            (move, by_hand), *zip(move.line_ids.sorted('balance'), by_hand.line_ids.sorted('balance'), strict=True),
        ):
            fnames = [
                fname for fname, field in billed._fields.items()
                if (field.store or field.type == 'one2many') and fname not in own and not fname.startswith(('activity_', 'message_'))]
            self.assertGreater(len(fnames), 40)
            differing = {
                fname: (billed[fname], plain[fname]) for fname in fnames if billed[fname] != plain[fname]}
            self.assertEqual(differing, {})
        self.assertEqual(by_hand.sequence_number, move.sequence_number + 1)

    def test_batch_queries(self):
        units = self.make_applications([f"演示批量{n:02d}有限公司" for n in range(40)], state='approved').partner_id
        counts = []
        for year, members in ((2027, units[:10]), (2028, units)):
            lines = self.Line._open(members, year)
            lines._price()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            lines._bill()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        # what accounting itself asks for each invoice when it numbers and posts
        per_invoice = (counts[1] - counts[0]) / 30
        self.assertLess(per_invoice, 1, counts)

    def test_opening_and_pricing_take_constant_queries(self):
        units = self.make_applications([f"演示批价{n:02d}有限公司" for n in range(40)], state='approved').partner_id
        counts = []
        for year, members in ((2027, units[:10]), (2028, units)):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.Line._open(members, year)._price()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2, counts)

    def _pay(self, line, amount):
        receipt = self.make_receipt(amount, f'{line.year}年会费 {line.member_number}')
        receipt.action_match_dues()
        return receipt

    def _credit(self, line, amount):
        credit_note = self.env['account.move'].create({
            'move_type': 'out_refund',
            'partner_id': line.partner_id.id,
            'journal_id': line.move_id.journal_id.id,
            'invoice_date': association_today() + timedelta(days=0),
            'invoice_line_ids': [(0, 0, {
                'name': "Waiver", 'price_unit': amount, 'tax_ids': [],
                'account_id': self.company.cfia_dues_account_id.id})],
        })
        credit_note.action_post()
        (credit_note + line.move_id).line_ids.filtered(
            lambda aml: aml.account_type == 'asset_receivable' and not aml.reconciled).reconcile()
        return credit_note
