from odoo.tests import BaseCase, tagged

from odoo.addons.cfia_dues.tools.bank.read import read_transactions
from odoo.addons.cfia_membership.tests.sheets import open_here, pack, to_csv, to_xls, to_xlsx

A, B, WATER, RENT = "演示甲锻造有限公司", "演示乙精密锻件（集团）有限公司", "演示水务公司", "演示物业有限公司"
#: 100,000 before it: what came in and what went out, with the balance after each
COURSE = (
    ('2026-01-05', A, 2000, 102000, '2026年会费', 'N1'), ('2026-01-06', RENT, -1500, 100500, '物业费', 'N2'),
    ('2026-01-07', B, 5000, 105500, '会费', 'N3'), ('2026-01-08', WATER, -80, 105420, '水费', 'N4'))
EXPECTED = [(day, amount, payer) for day, payer, amount, *_rest in COURSE]


def by_sides(heading, came_in, went_out, amount_heading='交易金额', signed=False):
    """Return a list whose amounts have a column beside them that says which way the money went."""
    return [('交易日期', '对方户名', '对方账号', heading, amount_heading, '账户余额', '摘要', '交易流水号')] + [
        (day, payer, '0200001009200012345', came_in if amount > 0 else went_out,
         f'{amount if signed else abs(amount):,.2f}', f'{balance:,.2f}', note, number)
        for day, payer, amount, balance, note, number in COURSE]


def by_columns(credit, debit, payer='对方户名', day='交易日期', note='摘要', number='流水号', minus=False):
    """Return a list with a column for what came in and one for what went out."""
    return [(day, payer, credit, debit, '余额', note, number)] + [
        (date, name, f'{amount:,.2f}' if amount > 0 else '', f'{amount if minus else -amount:,.2f}' if amount < 0 else '',
         f'{balance:,.2f}', text, ref) for date, name, amount, balance, text, ref in COURSE]


@tagged('post_install', '-at_install')
class TestBankForms(BaseCase):
    """What the lists of banks and payment platforms look like; each must come out the same."""

    def read_list(self, content):
        bank_list = read_transactions(open_here(content))
        self.assertIsNone(bank_list.balance_break)
        self.assertIsNone(bank_list.total_break)
        return bank_list

    def taken(self, bank_list):
        return [(str(row.date), row.amount, row.payer) for row in bank_list.rows if not row.error]

    def test_sides(self):
        for heading, came_in, went_out in (
            ('收支方向', '收入', '支出'), ('收支类型', '转入', '转出'), ('交易类型', '存入', '支取'), ('收付标志', '收', '付'),
            ('借贷标志', '贷', '借'), ('借贷标志', '(贷)', '(借)'), ('借贷方向', '贷方', '借方'), ('收/支', '收入', '支出'),
            ('资金流向', '流入', '流出'), ('来往账标志', '来账', '往账'), ('方向', 'C', 'D'), ('借贷标识', 'CR', 'DR'),
            ('交易方向', '入账', '出账'), ('收付方向', '进账', '付款'), ('收支标志', '+', '-'), ('收付类型', '汇入', '汇出'),
        ):
            with self.subTest(heading=heading, word=came_in):
                rows = by_sides(heading, came_in, went_out)
                self.assertEqual(self.taken(self.read_list(to_xlsx(rows))), EXPECTED)
                # backwards, as many banks print
                self.assertEqual(self.taken(self.read_list(to_csv([rows[0], *rows[:0:-1]]))), EXPECTED[::-1])
        self.assertEqual(self.taken(self.read_list(to_xlsx(by_sides('交易类型', '来账', '往账', signed=True)))), EXPECTED)

    def test_words_that_nobody_knows_are_told_by_the_balance(self):
        self.assertEqual(self.taken(self.read_list(to_xlsx(by_sides('借贷标识', '2', '1')))), EXPECTED)
        rows = [row[:5] + row[6:] for row in by_sides('借贷标识', '2', '1')]
        bank_list = read_transactions(open_here(to_xlsx(rows)))
        self.assertEqual({row.error for row in bank_list.rows}, {'side'}, "without a balance somebody has to say")

    def test_columns(self):
        for credit, debit in (
            ('贷方金额', '借方金额'), ('贷方发生额', '借方发生额'), ('收入', '支出'), ('收入金额', '支出金额'), ('贷', '借'),
            ('转入金额', '转出金额'), ('存入', '支取'), ('交易金额(贷)', '交易金额(借)'), ('贷方发生额（收入）', '借方发生额（支取）'),
            ('收入金额（+元）', '支出金额（-元）'), ('流入金额', '流出金额'), ('来账金额', '往账金额'), ('贷方发生额/元', '借方发生额/元'),
        ):
            with self.subTest(credit=credit):
                self.assertEqual(self.taken(self.read_list(to_xls(by_columns(credit, debit)))), EXPECTED)
                self.assertEqual(self.taken(self.read_list(to_csv(by_columns(credit, debit, minus=True)))), EXPECTED)

    def test_what_was_not_carried_out_is_no_money(self):
        for word, expected in (("成功", None), ("交易失败", 'not_done'), ("已撤销", 'not_done'), ("处理中", 'not_done'), ("A1", 'state')):
            with self.subTest(word=word):
                bank_list = read_transactions(open_here(to_xlsx([
                    ('交易时间', '对方户名', '收入金额', '支出金额', '交易状态'), ('2026-01-05', A, 2000, None, "成功"),
                    ('2026-01-06', B, 5000, None, word)])))
                self.assertEqual([row.amount for row in bank_list.rows if not row.error], [2000, *[5000] * (not expected)])
                reasons = [row.reason for row in bank_list.passed] + [row.error for row in bank_list.rows if row.error]
                self.assertEqual(reasons, [expected] * bool(expected))

    def test_totals_that_have_a_day(self):
        rows = by_columns('收入', '支出', payer='对方户名')
        dated = [('2026-01-01', None, None, None, '100,000.00', "上年结转", None), *rows[1:3],
                 ('2026-01-31', None, '7,000.00', '1,500.00', None, "本月合计", None), *rows[3:],
                 ('2026-01-31', None, '7,000.00', '1,580.00', None, "本年累计", None)]
        bank_list = self.read_list(to_xlsx([rows[0], *dated]))
        self.assertEqual(self.taken(bank_list), EXPECTED)
        self.assertEqual([row.reason for row in bank_list.passed], ['total'] * 3)

    def test_units_of_amounts(self):
        for heading, amount, above in (("收入金额(万元)", 0.2, ()), ("收入金额（千元）", 2, ()), ("收入金额（分）", 200000, ()), ("收入金额/元", 2000, ()),
                                       ("收入金额", 0.2, [("单位：万元",)])):
            with self.subTest(heading=heading):
                bank_list = read_transactions(open_here(to_xlsx([
                    *above, ('交易日期', '对方户名', heading, '摘要'), ('2026-01-05', A, amount, "会费")])))
                self.assertEqual([row.amount for row in bank_list.rows], [2000])

    def test_side_beside_the_number(self):
        for came, went in (('{} CR', '{} DR'), ('贷{}', '借{}'), ('{}（贷）', '{}（借）')):
            rows = [('日期', '对方户名', '金额', '余额', '摘要')] + [
                (day, payer, (came if amount > 0 else went).format(f'{abs(amount):,.2f}'), balance, note)
                for day, payer, amount, balance, note, _number in COURSE]
            self.assertEqual(self.taken(self.read_list(to_xlsx(rows))), EXPECTED)

    def test_the_associations_own_books(self):
        # the bank's account is an asset: what comes in stands under 借
        rows = by_columns('借方', '贷方')
        self.assertEqual(self.taken(self.read_list(to_xlsx(rows))), EXPECTED)

    def test_accounts_below_one_another(self):
        head = ('日期', '对方户名', '收入', '支出')
        bank_list = read_transactions(open_here(to_xlsx([
            ("账号：111",), head, ('2026-01-05', A, 2000, None), ("账号：222",), head, ('2026-01-06', B, 5000, None)])))
        self.assertEqual([(row.own_account, row.amount) for row in bank_list.rows], [('111', 2000), ('222', 5000)])

    def test_amounts_as_persons_write_them(self):
        for text in ("2,000元整", "￥2000.-", "人民币2000元", "2000.00元"):
            bank_list = read_transactions(open_here(to_xlsx([('日期', '金额', '对方户名'), ('2026-01-05', text, A)])))
            self.assertEqual([row.amount for row in bank_list.rows], [2000], text)

    def test_account_and_name_in_a_cell(self):
        bank_list = read_transactions(open_here(to_xlsx([
            ('交易日期', '对方账户', '贷方发生额', '摘要'), ('2026-01-05', f'6222020200112345678 {A}', 2000, "会费")])))
        self.assertEqual(bank_list.rows[0].payer, A)

    def test_who_paid(self):
        for payer in ('对方户名', '对方名称', '收/付方名称', '对方账号名称', '对方账户名称', '交易对方', '对方单位名称', '往来单位名称'):
            with self.subTest(payer=payer):
                self.assertEqual(self.taken(self.read_list(to_xlsx(by_columns('收入', '支出', payer=payer)))), EXPECTED)
        own = '32001'
        both = [('交易类型[ Type ]', '付款人账号[ Debit Account ]', '付款人名称[ Payer ]', '收款人账号[ Payee Account ]',
                 '收款人名称[ Payee ]', '交易日期[ Date ]', '交易金额[ Amount ]', '交易后余额[ Balance ]', '用途[ Purpose ]')] + [
            ('来账', '0200', name, own, "演示协会", day, amount, balance, note) if amount > 0 else
            ('往账', own, "演示协会", '0200', name, day, amount, balance, note)
            for day, name, amount, balance, note, _number in COURSE]
        bank_list = self.read_list(to_csv(both))
        self.assertEqual(self.taken(bank_list), EXPECTED)
        self.assertEqual({row.account for row in bank_list.rows}, {'0200'})

    def test_own_account_is_not_the_payers(self):
        rows = [('账号', '账户名称', '币种', '记账日期', '摘要', '借方发生额（支取）', '贷方发生额（收入）', '余额', '对方户名')] + [
            ('1100100', "演示协会", '人民币', day, note, -min(amount, 0), max(amount, 0), balance, name)
            for day, name, amount, balance, note, _number in COURSE]
        bank_list = self.read_list(to_csv(rows))
        self.assertEqual(self.taken(bank_list), EXPECTED)
        self.assertEqual((bank_list.own_accounts, bank_list.currencies), (['1100100'], ['CNY']))
        self.assertFalse(any(row.account for row in bank_list.rows))

    def test_days(self):
        head = ('交易日', '交易时间', '贷方金额', '对方户名', '流水号')
        for day, hour in ((20260105.0, 93012.0), (20260121.0, 31522.0), ('20260105', '093012'), ('2026-01-05', '09:30:12')):
            with self.subTest(day=day):
                [row] = read_transactions(open_here(to_xlsx([head, (day, hour, 1, A, 'D')]))).rows
                self.assertEqual(row.date.isoformat()[:8], '2026-01-')
        [row] = read_transactions(open_here(to_xlsx([
            ('起始日期', '2026-01-01', '截止日期', '2026-01-31'), head, ('2072-06-25', '1', 1, A, 'D')]))).rows
        self.assertEqual(row.error, 'date_range')

    def test_what_came_back_keeps_its_sign(self):
        rows = [('交易日期', '对方户名', '借方金额', '贷方金额', '冲帐标志', '摘要', '流水号'),
                ('2026-01-05', RENT, '1,500.00', '', '', '物业费', 'C1'), ('2026-01-06', RENT, '-1,500.00', '', '*', '物业费', 'C2'),
                ('2026-01-07', RENT, '1,500.00', '', '', '退汇', 'C3')]
        self.assertEqual([row.amount for row in self.read_list(to_xlsx(rows)).rows], [-1500, 1500, -1500])

    def test_platforms(self):
        alipay = [('#支付宝账务明细查询',), ('#账号：[20880000156]',), ('#起始日期：[2026年01月01日 00:00:00]   终止日期：[2026年02月01日 00:00:00]',),
                  ('账务流水号', '业务流水号', '发生时间', '对方账号', '收入金额（+元）', '支出金额（-元）', '账户余额（元）', '业务类型', '备注'),
                  ('1\t', 'x\t', '2026-01-05 12:33:01', f'{A}(fin***@demo.example)\t', '2000.00', '0.00', '2000.00', '在线支付', '会费'),
                  ('2\t', 'x\t', '2026-01-05 12:33:01', '\t', '0.00', '-12.00', '1988.00', '收费', '服务费'),
                  ('3\t', 'x\t', '2026-01-08 12:33:01', f'{A}(fin***@demo.example)\t', '0.00', '-2000.00', '-12.00', '交易退款', '退款'),
                  ('#-----账务明细列表结束-----',), ('#支出合计：2笔，共-2012.00元',), ('#收入合计：1笔，共2000.00元',)]
        summary = to_csv([('类型', '笔数')])
        for form in (to_csv(alipay), pack(**{'明细.csv': to_csv(alipay), '汇总.csv': summary})):
            bank_list = self.read_list(form)
            self.assertEqual([row.amount for row in bank_list.rows], [2000, -12, -2000])
            self.assertEqual(bank_list.rows[0].payer, A)
            self.assertEqual([row.reason for row in bank_list.passed], ['note', 'total', 'total'])
        wechat = [('交易时间', '交易类型', '交易对方', '商品', '收/支', '金额(元)', '当前状态', '交易单号', '备注'),
                  ('2026-01-05 12:45:27', '转账', A, '2026年会费', '收入', '¥2000.00', '已存入零钱', '1000001\t', '/\t'),
                  ('2026-01-06 12:45:27', '零钱提现', '演示银行(0001)', '/', '/', '¥1500.00', '提现已到账', '1000002\t', '服务费')]
        bank_list = self.read_list(to_csv(wechat, 'utf-8-sig'))
        self.assertEqual(self.taken(bank_list), [('2026-01-05', 2000, A)])
        self.assertEqual(bank_list.rows[1].error, 'neutral')

    def test_a_missing_row_shows_in_the_balance(self):
        rows = by_columns('收入', '支出')
        bank_list = read_transactions(open_here(to_xlsx([*rows[:2], *rows[3:]])))
        self.assertEqual(bank_list.balance_break.reference, 'N3')
        rows = by_sides('收付标志', '付', '收')  # turned round
        self.assertTrue(read_transactions(open_here(to_xlsx(rows))).balance_break)

    def test_a_total_that_says_more(self):
        rows = [(*row[:4], *row[5:]) for row in by_columns('收入', '支出')]
        said = [('收入合计', '7,000.00'), *rows]
        self.assertIsNone(read_transactions(open_here(to_xlsx(said))).total_break)
        self.assertEqual(read_transactions(open_here(to_xlsx([('收入合计', '9,000.00'), *rows]))).total_break, (9000, 7000))

    def test_every_row_stands_in_one_place(self):
        rows = [("演示银行",), *by_columns('收入', '支出'), (None,), by_columns('收入', '支出')[0], ('合计', None, '7,000.00'),
                ('三月', "不明", '1'), ('2026-01-09', A, '0', '0', '105,420.00', '查询', 'N5'), ('注：仅供对账',)]
        bank_list = read_transactions(open_here(to_xlsx(rows)))
        self.assertEqual(len(bank_list.rows), 5)
        self.assertEqual([row.error for row in bank_list.rows], ['', '', '', '', 'date'])
        self.assertEqual([row.reason for row in bank_list.passed], ['heading', 'total', 'zero', 'note'])
        self.assertEqual(bank_list.seen_count, 9)
        other = to_xlsx(by_columns('收入', '支出'), 另=[('交易日期', '收入'), ('2026-01-05', 7)])
        self.assertEqual([row.reason for row in read_transactions(open_here(other)).passed], ['other_sheet'])

    def test_a_quotation_mark_swallows_no_rows(self):
        text = '交易日期,对方户名,收入,支出,流水号\n2026-01-05,"演示甲,2000.00,,R1\n2026-01-06,演示乙,5000.00,,R2\n'
        self.assertEqual([row.amount for row in self.read_list(text.encode()).rows], [2000, 5000])
