import json

from odoo.tests import tagged
from odoo.tools import file_open

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.cfia_membership.tools.guard import unlocked

GRADES = {
    "会员": 'member', "理事": 'director', "常务理事": 'standing_director',
    "副理事长": 'vice_president', "理事长": 'president',
}


@tagged('post_install', '-at_install')
class TestBankFile(DuesCommon):
    """A bank's file of two months against a roster of three hundred units."""

    def test_every_receipt_is_right(self):
        with file_open('cfia_dues/tests/data/bank_statement.json') as data_file:
            data = json.load(data_file)
        grades = {name: self.env.ref(f'cfia_membership.cfia_grade_{code}') for name, code in GRADES.items()}
        # the register of this database may hold numbers already: the file's ones are shifted above
        shift = 50000
        partners = unlocked(self.env['res.partner'].with_context(tracking_disable=True)).create([
            {
                'name': member['name'],
                'is_company': True,
                'member_state': 'withdrawn' if member['left'] else 'member',
                'member_grade_id': grades[member['grade']].id,
                'date_member_joined': '2000-01-01',
            }
            for member in data['members']
        ])
        partner_by_number = {
            f"{member['number']:05d}": partner for member, partner in zip(data['members'], partners)}
        self.env['cfia.member.number']._enter_numbers([
            (member['number'] + shift, partner, 'imported')
            for member, partner in zip(data['members'], partners)
        ])
        standard = self.make_standard(2001, in_force=False, line_ids=[
            (0, 0, {'grade_id': grades[name].id, 'amount': amount}) for name, amount in data['amounts'].items()])
        self.standard.state = 'draft'
        standard.action_put_in_force()
        for year in (2023, 2024, 2025, 2026):
            members = self.env['res.partner'].union(*(
                partner for member, partner in zip(data['members'], partners) if year in member['billed']))
            lines = self.Line._open(members, year)
            lines._price()
            lines._bill()
            self.assertEqual(set(lines.mapped('state')), {'billed'})

        receipts = self.BankLine.create([
            {
                'journal_id': self.bank_journal.id,
                'date': receipt['date'],
                'amount': receipt['amount'],
                'payment_ref': self._shift_numbers(receipt['remark'], shift),
                'partner_name': receipt['payer'],
                'ref': receipt['reference'],
            }
            for receipt in data['receipts']
        ])
        receipts.action_match_dues()

        seen = set()
        for receipt in receipts:
            if receipt.ref in seen:
                self.assertEqual(receipt.ref, data['duplicate'])
                self.assertEqual(receipt.dues_match, 'duplicate')
                self.assertFalse(receipt.is_reconciled)
                continue
            seen.add(receipt.ref)
            expected = next(row for row in data['expected'] if row['ref'] == receipt.ref)
            with self.subTest(**expected):
                self.assertEqual(receipt.dues_match, expected['by'])
                self.assertEqual(
                    receipt.dues_member_id,
                    partner_by_number.get(expected['member'], self.env['res.partner']))
                if expected['member']:
                    self.assertPaid(
                        receipt, {int(year): amount for year, amount in expected['pays'].items()},
                        credit=expected['credit'])
                else:
                    self.assertFalse(receipt.is_reconciled)
        self.assertEqual(seen, {row['ref'] for row in data['expected']})

    def _shift_numbers(self, remark, shift):
        """Return the remark with its member numbers moved by ``shift``, in the same script."""
        wide = str.maketrans('0123456789', '０１２３４５６７８９')
        for start, table in (('CFIA-', {}), ('ＣＦＩＡ－', wide)):
            head, found, tail = remark.partition(start)
            if found:
                number = f'{int(tail[:5]) + shift:05d}'.translate(table)
                return f'{head}{found}{number}{tail[5:]}'
        return remark
