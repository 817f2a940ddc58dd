import random
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged
from odoo.tools import file_path

from odoo.addons.cfia_dues.tests.test_bank_forms import COURSE, EXPECTED
from odoo.addons.cfia_dues.tools.bank.headings import HEADINGS
from odoo.addons.cfia_dues.tools.bank.read import read_transactions
from odoo.addons.cfia_membership.tests.sheets import KINDS, open_here, to_csv, to_xlsx

FEW = settings(max_examples=15, deadline=None, database=None, derandomize=True)
DAYS = {
    'day': '%Y-%m-%d', 'dots': '%Y.%m.%d', 'slash': '%Y/%m/%d', 'digits': '%Y%m%d', 'chinese': '%Y年%m月%d日',
    'stamp': '%Y-%m-%d 10:00:00', 'long': '%Y-%m-%d 10:00:00.0', 'db2': '%Y-%m-%d-10.00.00.000000', 'english': '%d-%b-%Y',
    'english2': '%d %b %Y', 'quotedday': '="%Y-%m-%d"', 'tickstamp': '`%Y-%m-%d 10:00:00',
}
WORDS = {
    'own': '0200001009200099999', 'other': '6222020200112345678', 'ownname': "演示协会", 'hour': '10:00:00', 'clock': '10:00',
    'sixdigits': 100000, 'sixdigitstext': '100000', 'samenumber': '2026010522001400001\t', '-': '', 'tickword': '`交易',
    'ticksystem': '`system',
}


def write_cell(what, at):
    """Return what a program writes for a transaction of the course."""
    day, payer, amount, balance, note, number = COURSE[at]
    came, went = max(amount, 0), -min(amount, 0)
    is_in = amount > 0
    if what in DAYS:
        return date.fromisoformat(day).strftime(DAYS[what])
    if what in WORDS:
        return WORDS[what]
    head, _colon, sides = what.partition(':')
    if head in ('side', 'tickside'):
        return ('`' if head == 'tickside' else '') + sides.split('/')[0 if is_in else 1]
    return {
        'at': at + 1, 'payer': payer, 'note': note, 'number': number, 'balance': f'{balance:,.2f}', 'plainbalance': f'{balance:.2f}',
        'c': f'{came:,.2f}' if came else '', 'd': f'{went:,.2f}' if went else '', 'credit': came or '', 'debit': went or '',
        'credit0': f'{came:.2f}', 'debit0': f'{went:.2f}', 'debitminus': f'-{went:.2f}' if went else '0.00',
        'c+d': f'{abs(amount):,.2f}', 'c+dm': f'{amount:,.2f}', 'signed': f'{amount:.2f}', 'abs': f'{abs(amount):.2f}',
        'yen': f'¥{abs(amount):.2f}', 'numday': int(day.replace('-', '')), 'serial': (date.fromisoformat(day) - date(1899, 12, 30)).days,
        'quotednumber': f'="{number}"', 'tabnumber': f'{number}\t', 'masked': f'{payer}(dem***@demo.example)\t',
        'ticknumber': f'`{number}', 'tickabs': f'`{abs(amount):.2f}', 'tickbalance': f'`{balance:.2f}', 'ticknote': f'`{note}',
        'from': payer if is_in else "演示协会", 'to': "演示协会" if is_in else payer,
        'fromaccount': '62220' if is_in else '320000000001', 'toaccount': '320000000001' if is_in else '62220',
    }.get(what, what)


def read_forms():
    with open(file_path('cfia_dues/tests/data/bank_forms.txt'), encoding='utf-8') as lines:
        for line in lines:
            if line.strip() and not line.startswith('#'):
                name, kind, above, columns, below = line.rstrip('\n').split(';')
                cut = lambda text: [cells.split('|') for cells in text.split('//') if cells]  # noqa: E731
                # 发生额//借方: a heading of two lines
                columns = [column.rpartition('=')[::2] for column in columns.replace('|发生额//', '|发生额\0').split('|')]
                yield name, kind, cut(above), columns, cut(below)


@tagged('post_install', '-at_install')
class TestBankPrograms(BaseCase):
    """Each bank's and platform's list comes out the same, whatever its program is."""

    def test_each_program(self):
        for name, kind, above, columns, below in read_forms():
            with self.subTest(name=name):
                upper = [heading.partition('\0')[0] for heading, _what in columns]
                lower = [heading.partition('\0')[2] for heading, _what in columns]
                body = [[write_cell(what, at) for _heading, what in columns] for at in range(len(COURSE))]
                units = [[("元" if "金额" in heading or heading == "余额" else "") for heading in upper]] if below == [['UNITS']] else []
                rows = [*above, upper, *([lower] if any(lower) else []), *units, *body, *([] if units else below)]
                make = KINDS.get(kind) or KINDS.get({'html': 'web page'}.get(kind)) or (
                    lambda rows, kind=kind: to_csv(rows, kind))
                bank_list = read_transactions(open_here(make(rows)))
                self.assertEqual(
                    [(str(row.date), row.amount, row.payer) for row in bank_list.rows if not row.error],
                    [(day, amount, '' if 'payer' not in ''.join(what for _h, what in columns) and 'masked' not in {
                        what for _h, what in columns} and 'from' not in {what for _h, what in columns} else payer)
                     for day, amount, payer in EXPECTED])
                self.assertFalse([row.error for row in bank_list.rows if row.error])
                self.assertIsNone(bank_list.balance_break)
                self.assertIsNone(bank_list.total_break)
                remarks = [row.remark for row in bank_list.rows]
                self.assertTrue(all(note in remark for (*_rest, note, _number), remark in zip(COURSE, remarks)), remarks)
                self.assertEqual(len({row.reference for row in bank_list.rows}), len(COURSE))

    @FEW
    @given(st.integers(0, 10**6))
    def test_any_list(self, seed):
        """Columns in any order, under any name, days in any form, rows of noise: each row ends in one place, sums agree."""
        chance = random.Random(seed)
        names = {column: chance.choice(HEADINGS.names[column]) for column in ('credit', 'debit', 'note', 'reference')}
        # 户名 and 时间 alone may mean other things
        names['payer'] = chance.choice(HEADINGS.names['payer'][:12])
        names['date'] = chance.choice(HEADINGS.names['date'][:8])
        day_form = chance.choice([form for form in DAYS if form not in ('quotedday', 'tickstamp')])
        columns = list(names)
        chance.shuffle(columns)
        body, credit, debit = [], 0, 0
        for at in range(chance.randint(1, 25)):
            day, amount = date(2026, chance.randint(1, 12), chance.randint(1, 28)), chance.randint(1, 10**7) / 100
            is_in = chance.random() < .7
            credit, debit = (credit + amount, debit) if is_in else (credit, debit + amount)
            body.append({
                'date': day.strftime(DAYS[day_form]), 'payer': f"演示{at}有限公司", 'reference': f'N{at}', 'note': "会费",
                'credit': f'{amount:,.2f}' if is_in else '', 'debit': '' if is_in else f'{amount:,.2f}'})
        rows = [[row[column] for column in columns] for row in body]
        noise = [[names[column] for column in columns], [None], ["本页小计"], ["打印时间：2026-02-01"], ["注：仅供对账"]]
        for _time in range(chance.randint(0, 6)):
            rows.insert(chance.randint(0, len(rows)), chance.choice(noise))
        content = [["演示银行"], [None], [names[column] for column in columns], *rows]
        bank_list = read_transactions(open_here(chance.choice([to_xlsx, to_csv])(content)))
        self.assertEqual(bank_list.seen_count, sum(any(row) for row in rows))
        self.assertFalse([row.error for row in bank_list.rows if row.error])
        self.assertEqual(len(bank_list.rows), len(body))
        self.assertAlmostEqual(sum(row.amount for row in bank_list.rows if row.amount > 0), credit, 2)
        self.assertAlmostEqual(-sum(row.amount for row in bank_list.rows if row.amount < 0), debit, 2)
