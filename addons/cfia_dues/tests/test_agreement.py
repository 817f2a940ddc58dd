from datetime import date

from odoo.exceptions import AccessError
from odoo.tests import freeze_time, tagged
from odoo.tools import SQL

from odoo.addons.cfia_dues.models.cfia_dues_agreement import CAUSES
from odoo.addons.cfia_dues.tests.common import DuesCommon


@tagged('post_install', '-at_install')
class TestAgreement(DuesCommon):
    """One page says whether accounting, lines, bank and receipts agree, and which fault makes them differ."""

    def setUp(self):
        super().setUp()
        self.enterContext(freeze_time('2027-05-10 02:00:00'))
        # what the demo or tests before have left
        self.known = self.find()

    @classmethod
    def setUpClass(cls):
        with freeze_time('2026-05-10 02:00:00'):
            super().setUpClass()
            cls.units = cls.make_applications(
                [f"演示对账{number}有限公司" for number in range(3)], state='approved').partner_id.sorted('id')
            cls.units.dues_line_ids._waive({line: 2000 for line in cls.units.dues_line_ids}, "Decision")
        with freeze_time('2027-05-10 02:00:00'):
            cls.lines = cls.make_dues(cls.units, 2027)
            cls.receipt = cls.make_receipt(2300, cls.units[0].member_number, date='2027-05-08')
            cls.receipt.action_match_dues()
            cls.paper = cls.env['cfia.dues.receipt']._request(cls.lines[0])
            cls.paper.write({'number': '0001234580', 'date_issued': date(2027, 5, 10)})
            cls.paper.action_issue()
            cls.lines[1]._waive({cls.lines[1]: 800}, "Decision")
            cls.lines[2]._correct("Wrong grade")

    def find(self):
        return self.env['cfia.dues.agreement']._find_differences(self.company)

    def differences(self):
        self.env.flush_all()
        return {
            key: ids - self.known.get(key, (set(), 0))[0] for key, (ids, _amount) in self.find().items()
            if ids - self.known.get(key, (set(), 0))[0]}

    def plant(self, query, *values):
        self.env.flush_all()
        self.env.cr.execute(SQL(query, *values))
        self.env.invalidate_all()

    def get_bill_item(self, line):
        return line.item_ids._filtered_dues_receivables()

    def test_what_is_right_agrees(self):
        mine = {
            'account.bank.statement.line': self.receipt, 'cfia.dues.line': self.lines, 'cfia.dues.receipt': self.paper,
            'account.move.line': self.lines.item_ids | self.receipt.line_ids}
        actions = {key: self.env.ref(xmlid).res_model for key, _title, _way, xmlid in CAUSES}
        for key, (ids, _amount) in self.known.items():
            self.assertFalse(ids & set(mine[actions[key]].ids), key)

    def test_each_fault_is_named_by_its_cause(self):
        line, owing = self.lines[0], self.lines[1]
        item, open_item = self.get_bill_item(line), self.get_bill_item(owing)
        credit = self.receipt.line_ids.filtered(lambda aml: aml.dues_member_id and not aml.amount_residual)
        other_account = self.env['account.account'].search([
            ('account_type', '=', 'asset_receivable'), ('id', '!=', item.account_id.id)], limit=1) or item.account_id.copy()
        faults = (
            # the line shows what nobody booked
            ("UPDATE cfia_dues_line SET amount_residual = 1500 WHERE id = %s", [owing.id], {'line_stale': {owing.id}}),
            # the bill has lost its line
            ("UPDATE account_move_line SET dues_line_id = NULL WHERE dues_line_id = %s", [owing.id],
             {'line_unbilled': {owing.id}, 'item_astray': {open_item.id}}),
            # the line says another amount than its bill
            ("UPDATE cfia_dues_line SET amount = 5000 WHERE id = %s", [owing.id], {'line_amount': {owing.id}}),
            # the bill is another's
            ("UPDATE account_move_line SET dues_line_id = %s WHERE id = %s", [line.id, open_item.id],
             {'line_amount': {line.id}, 'line_unbilled': {owing.id}}),
            # the payer was written over
            ("UPDATE cfia_dues_line SET payer_id = %s WHERE id = %s", [self.units[2].id, owing.id],
             {'line_payer': {owing.id}}),
            # a correction was forgotten by half
            ("UPDATE account_move_line SET dues_superseded_from = '2027-05-01' WHERE id = %s", [open_item.id],
             {'line_unbilled': {owing.id}, 'item_astray': {open_item.id}}),
            # the open amount of an entry was written over
            ("UPDATE account_move_line SET amount_residual = 999 WHERE id = %s", [open_item.id],
             {'item_residual': {open_item.id}}),
            # reconciled with what is in another account
            ("UPDATE account_move_line SET account_id = %s WHERE id = %s", [other_account.id, credit.id],
             {'item_foreign': {item.id, credit.id}}),
            # the bank line forgot whose it is
            ("UPDATE account_bank_statement_line SET dues_member_id = NULL WHERE id = %s", [self.receipt.id],
             {'bank_match': {self.receipt.id}}),
            # the receipt was lost
            ("DELETE FROM cfia_dues_receipt_item WHERE receipt_id = %s", [self.paper.id], {'receipt_stale': {line.id}}),
            ("UPDATE cfia_dues_receipt SET state = 'requested' WHERE id = %s", [self.paper.id],
             {'receipt_requested': {self.paper.id}}),
        )
        for query, values, wanted in faults:
            with self.subTest(query=query, values=values), self.env.cr.savepoint() as savepoint:
                self.plant(query, *values)
                self.assertEqual(self.differences(), wanted)
                savepoint.rollback()
            self.env.invalidate_all()
            self.assertFalse(self.differences())

    def test_what_shows_something_else_is_counted_anew(self):
        line = self.lines[1]
        self.plant("UPDATE cfia_dues_line SET amount_residual = 1500, state = 'paid', amount_paid = 7 WHERE id = %s", line.id)
        self.assertIn('line_stale', self.differences())
        with self.assertRaises(AccessError):
            line.with_user(self.user_auditor).action_count_anew()
        line.with_user(self.user_accountant).action_count_anew()
        self.assertEqual((line.state, line.amount_residual, line.amount_paid), ('billed', 1200, 0))
        self.plant("UPDATE cfia_dues_line SET amount_unreceipted = 5 WHERE id = %s", line.id)
        self.assertEqual(self.differences(), {'receipt_stale': {line.id}})
        line.with_user(self.user_accountant).action_count_anew()
        self.assertFalse(self.differences())

    def test_what_bears_a_day_to_come_agrees(self):
        line = self.Line._open(self.units[0], 2028)
        line._price()
        line._bill(date(2027, 12, 1))
        self.make_receipt(500, f"2028 {self.units[0].member_number}", date='2027-12-02').action_match_dues()
        self.assertEqual(set(self.differences()), {'receipt_missing'})

    def test_work_that_is_not_done(self):
        unknown = self.make_receipt(70, "不明款项", date='2027-05-09')
        unknown.action_match_dues()
        back = self.make_receipt(-50, "其他", date='2027-05-09')
        self.assertEqual(self.differences(), {'bank_open': {unknown.id, back.id}})
        (unknown | back).unlink()
        twin = self.make_receipt(70, "不明款项", date='2027-05-09', ref='TW1')
        again = self.make_receipt(70, "不明款项", date='2027-05-09', ref='TW1')
        (twin | again).action_match_dues()
        self.assertEqual(self.differences(), {'bank_open': {twin.id}, 'bank_duplicate': {again.id}})
        (twin | again).unlink()
        paid = self.make_receipt(1200, self.units[1].member_number, date='2027-05-09')
        paid.action_match_dues()
        self.assertEqual(self.differences(), {'receipt_missing': {self.lines[1].id}})
        paper = self.env['cfia.dues.receipt']._request(self.lines[1])
        self.assertEqual(self.differences(), {'receipt_requested': {paper.id}})
        paper.write({'number': '0001234581', 'date_issued': date(2027, 5, 10)})
        paper.action_issue()
        self.assertFalse(self.differences())
        paid.action_unmatch_dues()
        self.assertEqual(self.differences(), {'bank_open': {paid.id}, 'receipt_uncovered': {paper.id}})

    def test_board_opens_what_differs(self):
        unknown = self.make_receipt(70, "不明款项", date='2027-05-09')
        self.plant("UPDATE cfia_dues_line SET amount_residual = 1500 WHERE id = %s", self.lines[1].id)
        self.plant("UPDATE account_move_line SET amount_residual = 999 WHERE id = %s", self.get_bill_item(self.lines[1]).id)
        for user in (self.user_accountant, self.user_auditor):
            board = self.env['cfia.dues.agreement'].with_user(user).with_context(lang='zh_CN').get_board()
            standing, differences = board['sections']
            figures = {figure['key']: figure for figure in differences['figures']}
            for key, record in (
                    ('bank_open', unknown), ('line_stale', self.lines[1]),
                    ('item_residual', self.get_bill_item(self.lines[1]))):
                action = figures[key]['action']
                window = self.env['ir.actions.act_window'].with_user(user)._for_xml_id(action['xmlid'])
                self.assertIn(record, self.env[window['res_model']].with_user(user).search(action['domain']), key)
                self.assertRegex(figures[key]['title'] + figures[key]['hint'], r'^[^A-Za-z]+$')
            self.assertEqual(standing['figures'][0]['key'], 'balance')
        for user in (self.user_organisation, self.user_leader, self.user_staff):
            with self.assertRaises(AccessError):
                self.env['cfia.dues.agreement'].with_user(user).get_board()
