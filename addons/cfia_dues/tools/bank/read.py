"""Read a bank's list: every row of the file ends as a transaction, as one with a question, or as passed over."""
import hashlib
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date

from .balance import find_break, settle_sides
from .cells import read_account, read_currency, read_side, read_state, split_side
from .headings import HEADINGS, is_heading
from odoo.addons.cfia_membership.tools.sheet import ListError, find_tables, read_sheets
from odoo.addons.cfia_membership.tools.sheet.cells import narrow, parse_number, read_date
from odoo.addons.cfia_membership.tools.sheet.headings import normalise_heading
from odoo.addons.cfia_membership.tools.text import clean_text

_TOTAL = re.compile(r'合计|总计|小计|共计|累计|汇总|笔数|总笔|期初余额|期末余额|承前页|过次页|本页|打印|制表')
# what stands as the summary of a row with the day of its month's end
_DATED_TOTAL = re.compile(
    r'(?:本[日月年季页期]|当[日月年]|全[年月])?(?:合计|总计|小计|共计|累计|发生额|发生额合计)|[日月季年]计|承前页|过次页|上[年月]结转|上[年月]余额|结转下[年月]'
    r'|期[初末]余额')
_SUM = re.compile(r'(?P<side>贷方?|收入|转入|存入|流入|来账|借方?|支出|转出|支取|流出|往账)[^\d,.;:]{0,6}?(?:总额|总金额|合计|总计)'
                  r'|(?:汇总|合计)(?P<other>贷方?|收入|借方?|支出)')
_AMOUNT_BEHIND = re.compile(r'[:：共\s](-?[\d,]+\.\d{2})\s*元?\D*$')
_DAY = re.compile(r'(20\d{2})[-./年]?(0[1-9]|1[0-2])[-./月]?(0[1-9]|[12]\d|3[01])')
_RANGE = re.compile(r'起|始|范围|区间|截止|终止|结束|查询')
_LABELS = {
    'account': re.compile(r'^(?:查询|本方|账户|银行)?[账帐]号'),
    'currency': re.compile(r'^币[种别]'),
}
_CJK = re.compile(r'[\u3400-\u9fff]')
_QUOTED = re.compile(r'^=?"(.*)"$')
_MASKED = re.compile(r'[(（][^()（）]*\*+[^()（）]*[)）]$')
_ACCOUNT_BEFORE = re.compile(r'^\d{8,30}[\s/:,-]*(?=[\u3400-\u9fff])')
_NO_REFERENCE = re.compile(r'^[0\-/]*$')
_REVERSAL = re.compile(r'冲正|冲回|冲销|红字|退回|退汇|撤销')
_NOT_REVERSED = ('', '0', '否', 'N', 'NO', '正常', '无', '-', '/', '蓝', '蓝字')
#: Headings that name the other side only where nothing else does.
_GENERIC = ('账号', '帐号', '户名', '账户', '帐户')

# a sheet named by an account or its last digits, not by a year or month
_ACCOUNT_NAME = re.compile(r'(?<!\d)(?!(?:19|20)\d\d(?:0[1-9]|1[0-2])?(?!\d))(\d{4,30})(?!\d)')


@dataclass
class BankRow:
    """One transaction. ``error`` says why somebody has to look at it:

    ``date``, ``amount``: the cell cannot be read; ``side``: it does not say which way the money went;
    ``neutral``: it says neither; ``state``: nobody knows whether it was carried out; ``date_range``: the day lies outside the period that the list names.
    """

    number: int
    sheet: str = ''
    date: date = None
    payer: str = ''
    account: str = ''
    amount: float = 0.0
    remark: str = ''
    reference: str = ''
    own_account: str = ''
    currency: str = ''
    balance: float = None
    error: str = ''


@dataclass
class PassedRow:
    """A row that is no transaction. ``reason``: ``heading``, ``total``, ``note``, ``zero``, ``not_done``,
    ``hidden_sheet`` or ``other_sheet``."""

    number: int
    sheet: str
    reason: str
    text: str


@dataclass
class BankList:
    """What a file says. Each row below a heading stands in ``rows`` or in ``passed``.

    ``balance_break`` is the first row whose balance does not follow from the row before it, ``total_break``
    what the list's own total says and what was read.
    """

    rows: list = field(default_factory=list)
    passed: list = field(default_factory=list)
    balance_break: BankRow = None
    total_break: tuple = None

    @property
    def seen_count(self):
        return len(self.rows) + len(self.passed)

    @property
    def own_accounts(self):
        return sorted({row.own_account for row in self.rows if row.own_account})

    @property
    def currencies(self):
        return sorted({row.currency for row in self.rows if row.currency})


def read_bank_sheet(content, taught=None, limits=None):
    """Return the transactions of a list, in the order of the file.

    A list without numbers of the bank gets numbers made of what each row says, so that the same file read twice
    gives the same numbers.

    :param bytes content: the file, of any kind that :func:`read_sheets` reads
    :param Taught taught: what persons have said of headings
    :param dict limits: see :func:`read_sheets`
    :rtype: BankList
    :raise ListError: when there is no such list in it
    :raise SheetError: when the file cannot be read
    """
    return read_transactions(read_sheets(content, limits), taught)


def read_transactions(sheets, taught=None):
    """Return the transactions in the sheets of a file; see :func:`read_bank_sheet`."""
    tables = find_tables(sheets, HEADINGS, is_heading, taught)
    visible = [table for table in tables if not table.is_hidden]
    if not visible:
        raise ListError('no_header', sheets)
    best = max(visible, key=lambda table: (len(table.columns), len(table.rows)))
    own = [table for table in visible if table.columns.keys() == best.columns.keys()]
    is_by_account = len(own) > 1 and all(_ACCOUNT_NAME.search(table.sheet) for table in own)
    result = BankList()
    for table in own:
        # sheets named by the last digits of the account that each is of
        account = '*' + _ACCOUNT_NAME.search(table.sheet)[1] if is_by_account else ''
        _ListReader(table, result, account).read_table()
    for table in tables:
        if table not in own:
            result.passed += [
                PassedRow(number, table.sheet, 'hidden_sheet' if table.is_hidden else 'other_sheet', _join(cells))
                for number, cells in table.rows]
    return result


class _ListReader:
    """Reads the rows of one table into a :class:`BankList`."""

    def __init__(self, table, result, account):
        self.table = table
        self.result = result
        self.account = account
        self.columns = dict(table.columns)
        self.headings = [normalise_heading(heading) for heading in table.headings]
        self.sides = {}
        self.gross = defaultdict(float)

    def read_table(self):
        table = self.table
        body = table.rows
        self.result.passed += [
            PassedRow(number, table.sheet, 'heading' if reason == 'heading' else 'note', _join(cells))
            for number, cells, reason in table.passed]
        self._settle_accounts(body)
        self._settle_side(body)
        self._settle_reference(body)
        self.is_out_negative = self._prints_minus(body)
        self.above_account, self.above_currency = (self._read_above(name) for name in ('account', 'currency'))
        self.above_account = self.above_account or self.account
        self.scales = {name: table.scale(name) for name in ('credit', 'debit', 'amount', 'balance') if self.columns.get(name)}
        self.period = self._read_period()
        rows, totals = [], list(table.above)
        for number, cells in body:
            found = self._read_row(number, cells)
            if isinstance(found, BankRow):
                rows.append(found)
            else:
                self.result.passed.append(found)
                totals.append(cells)
                # lists of several accounts, one below the other
                self.above_account = read_account(self._read_label('account', cells)) or self.above_account
        unsure = settle_sides(rows, self.sides)
        for row in unsure:
            row.error = row.error or 'side'
        self._turn_own_books(rows)
        self.result.balance_break = self.result.balance_break or find_break(rows)
        self.result.total_break = self.result.total_break or self._compare_totals(rows, totals)
        # numbered by sheet: one that repeats another brings nothing new
        _number_rows(rows)
        self.result.rows += rows

    def _turn_own_books(self, rows):
        """Turn the signs where the balance shows that they are the association's: in its own books 借 is what came in."""
        if 'debit' not in self.columns or not find_break(rows):
            return
        turned = [replace(row, amount=-row.amount) for row in rows]
        if not find_break(turned):
            for row in rows:
                row.amount = -row.amount
            self.gross = defaultdict(float, {-side: value for side, value in self.gross.items()})

    # === WHICH COLUMN === #

    def _settle_accounts(self, body):
        """Tell the list's own account and name from the other side's, where a heading does not say."""
        has_other = any(
            self.headings[position] not in _GENERIC
            for name in ('account', 'payer') for position in self.columns.get(name, ()))
        for name, own in (('account', 'own_account'), ('payer', 'own_name')):
            positions = self.columns.get(name, [])
            generic = [position for position in positions if self.headings[position] in _GENERIC]
            for position in generic:
                values = [text for _number, cells in body if (text := narrow(cells[position])) and read_date(
                    cells[self.columns['date'][0]])]
                if has_other or (len(values) > 1 and len(set(values)) == 1):
                    positions = [other for other in positions if other != position]
                    self.columns.setdefault(own, []).append(position)
            self.columns[name] = positions

    def _settle_side(self, body):
        """Take of the columns that may say which way the money went the first that does."""
        positions = self.columns.get('side', [])
        self.side = None
        for position in positions:
            read = [read_side(cells[position]) for _number, cells in body
                    if narrow(cells[position]) and self._has_amount(cells)]
            if read and all(side is not None for side in read):
                self.side = position
                return
        named = [position for position in positions if self.headings[position] != '交易类型']
        if named and not self.columns.keys() & {'credit', 'debit'}:
            self.side = named[0]

    def _settle_reference(self, body):
        """Take of the columns with a number that which tells the rows apart: an order's stands beside its fee, too."""
        positions = self.columns.get('reference', [])
        if len(positions) > 1:
            def count(position):
                return len({narrow(cells[position]) for _number, cells in body if self._has_amount(cells)})
            self.columns['reference'] = [max(positions, key=lambda position: (count(position), -positions.index(position)))]

    def _has_amount(self, cells):
        return any(parse_number(cells[self.columns[name][0]]) for name in ('amount', 'credit', 'debit') if self.columns.get(name))

    def _prints_minus(self, body):
        """Tell whether the list prints what went out with a minus, all of it."""
        values = []
        for _number, cells in body:
            if self.columns.get('debit'):
                values.append(parse_number(cells[self.columns['debit'][0]]))
            elif self.side is not None and read_side(cells[self.side]) == -1:
                values.append(parse_number(cells[self.columns['amount'][0]]))
        values = [value for value in values if value]
        return bool(values) and all(value < 0 for value in values)

    # === ABOVE THE LIST === #

    def _read_above(self, name):
        """Return account or currency as it stands above the list, nothing where it does not."""
        read = read_account if name == 'account' else read_currency
        found = (self._read_label(name, cells) for cells in self.table.above)
        return read(next(filter(None, found), ''))

    def _read_label(self, name, cells):
        """Return what stands behind a label for account or currency in a line, nothing without one."""
        for at, cell in enumerate(cells):
            label, colon, value = narrow(cell).partition(':')
            if _LABELS[name].search(label.lstrip('#')):
                value = value.strip('[] ') if colon and value else next(filter(None, cells[at + 1:]), None)
                if value:
                    return value
        return None

    def _read_period(self):
        """Return first and last day that the list says it covers, or None."""
        days = [
            found for cells in self.table.above if _RANGE.search(text := _join(cells))
            for match in _DAY.finditer(text) if (found := read_date(''.join(match.groups())))]
        return (min(days), max(days)) if len(days) > 1 else None

    def _compare_totals(self, rows, lines):
        """Return (what the list says, what was read) where a total beside the list is another, else None."""
        if any(row.error in ('amount', 'side', 'neutral') for row in rows):
            return None
        said = {}
        for cells in lines:
            texts = [narrow(cell) for cell in cells]
            for at, text in enumerate(texts):
                match = _SUM.search(text)
                if not match or re.search(r'笔数|页', text):
                    continue
                behind = _AMOUNT_BEHIND.search(text)
                value = parse_number(behind[1]) if behind else next(
                    (number for number in map(parse_number, cells[at + 1:at + 3]) if number), None)
                if value:
                    side = match['side'] or match['other']
                    said.setdefault(1 if side[0] in '贷收转存流来' and side not in ('转出', '流出') else -1, abs(value))
        for side, value in said.items():
            net = abs(sum(row.amount for row in rows if (row.amount > 0) == (side > 0)))
            if min(abs(value - net), abs(value - self.gross[side])) >= 0.005:
                return value, net
        return None

    # === ROWS === #

    def _first(self, cells, name):
        positions = self.columns.get(name)
        return cells[positions[0]] if positions else None

    def _read_row(self, number, cells):
        """Return the transaction in a row or why it is none."""
        # what the money is for stands in 附言, 用途 or 备注; a summary (摘要) says mostly how it came (转账)
        remarks = [narrow(cells[position]) for name in ('note', 'summary') for position in self.columns.get(name, ())]
        flag = narrow(self._first(cells, 'reversal')).upper()
        is_reversal = flag not in _NOT_REVERSED or bool(_REVERSAL.search(' '.join(remarks)))
        amount, error, word = self._read_amount(cells, is_reversal)
        day = next(filter(None, (self._read_day(cells, position) for position in self.columns['date'])), None)
        payer = self._payer(cells, amount)
        is_total = not day and any(_TOTAL.search(narrow(cell)) for cell in cells)
        if day and not payer and any(_DATED_TOTAL.fullmatch(text.replace(' ', '')) for text in remarks):
            return PassedRow(number, self.table.sheet, 'total', _join(cells))
        is_done = read_state(self._first(cells, 'state'))
        if is_done is False:
            return PassedRow(number, self.table.sheet, 'not_done', _join(cells))
        if not day and sum(bool(narrow(cell)) for cell in cells) == 1:
            return PassedRow(number, self.table.sheet, 'total' if is_total else 'note', _join(cells))
        if not day and (not error and not amount or is_total and (not payer or _TOTAL.match(payer) or _TOTAL.search(
                next(filter(None, map(narrow, cells)))))):
            return PassedRow(number, self.table.sheet, 'total' if is_total else 'note', _join(cells))
        if not error and not amount:
            return PassedRow(number, self.table.sheet, 'zero', _join(cells))
        reference = narrow(self._first(cells, 'reference')).replace(' ', '')
        row = BankRow(
            number=number,
            sheet=self.table.sheet,
            date=day,
            payer=payer,
            account='' if _CJK.search(account := read_account(
                self._other(cells, amount, 'account', 'payee_account'))) else account,
            amount=amount,
            remark=' '.join(dict.fromkeys(text for text in remarks if text and text != '/')),
            reference='' if _NO_REFERENCE.match(reference) else reference,
            own_account=read_account(self._first(cells, 'own_account')) or self.above_account,
            currency=read_currency(self._first(cells, 'currency')) or self.above_currency,
            balance=self._read_number(cells, 'balance') if narrow(self._first(cells, 'balance')) else None,
            error=error or ('' if is_done else 'state'),
        )
        if word is not None:
            self.sides[id(row)] = word
        if not day:
            row.error = 'date'
        elif not row.error and self.period and not self.period[0] <= day <= self.period[1]:
            row.error = 'date_range'
        return row

    def _read_day(self, cells, position):
        """Return the day in a cell; 交易时间 beside 交易日 may be the hour alone, and 31522 no day but 03:15:22."""
        cell = cells[position]
        is_clock = len(self.columns['date']) > 1 and '时间' in self.headings[position]
        return None if is_clock and isinstance(cell, (int, float)) and abs(cell) < 10**7 else read_date(cell)

    def _payer(self, cells, amount):
        name = clean_text(self._other(cells, amount, 'payer', 'payee'))
        if not name and not self.columns.get('payer') and _CJK.search(account := clean_text(self._first(cells, 'account'))):
            # 支付宝 writes name and masked account into one cell
            name = account
        if name and (name[-1] == '"' or '*' in name):
            # 支付宝: 某某公司(fin***@…)
            name = _MASKED.sub('', _QUOTED.sub(r'\1', name).strip()).strip()
        # account and name in one cell
        name = _ACCOUNT_BEFORE.sub('', name)
        return '' if name in ('/', '-', '--') else name

    def _other(self, cells, amount, payer, payee):
        """Return the cell of the other side: who paid, or who was paid where both stand in the list."""
        if amount < 0 and self.columns.get(payee) and self._names_payer(payer):
            return self._first(cells, payee)
        return self._first(cells, payer) or (self._first(cells, payee) if not self.columns.get(payer) else None)

    def _names_payer(self, name):
        positions = self.columns.get(name)
        return not positions or self.headings[positions[0]].startswith(('付款', '汇款'))

    def _read_amount(self, cells, is_reversal):
        """Return the amount that came in, negative for one that went out, an error, and a word of no known side.

        Some lists print what went out with a minus: in them it counts as come back only where the row says
        so; in the others a minus is money that came back.
        """
        parsed = {name: self._read_number(cells, name) for name in ('credit', 'debit', 'amount')}
        if None in parsed.values():
            return 0.0, 'amount', None
        if parsed['credit'] or parsed['debit']:
            self.gross[1] += abs(parsed['credit'])
            self.gross[-1] += abs(parsed['debit'])
            return round(parsed['credit'] - self._went_out(parsed['debit'], is_reversal), 2), '', None
        amount = parsed['amount']
        side = split_side(self._first(cells, 'amount'))[1]
        if not side and (self.side is None or not amount):
            return round(amount, 2), '', None
        side = side or read_side(cells[self.side])
        if side is None:
            return round(amount, 2), 'side', narrow(cells[self.side])
        if not side:
            return round(amount, 2), 'neutral', None
        self.gross[side] += abs(amount)
        return round(amount if side > 0 else -self._went_out(amount, is_reversal), 2), '', None

    def _read_number(self, cells, name):
        """Return the number in a column in the list's unit, 0 for an empty cell, None for what is none."""
        number = parse_number(split_side(self._first(cells, name))[0])
        return number and number * self.scales[name]

    def _went_out(self, value, is_reversal):
        return abs(value) if self.is_out_negative and not is_reversal else value


def _join(cells):
    return ' '.join(filter(None, map(narrow, cells)))[:200]


def _number_rows(rows):
    """Give rows without a number of the bank one of their own; equal rows are counted."""
    seen = Counter()
    for row in rows:
        if row.reference or row.error:
            continue
        key = '|'.join((str(row.date), row.payer, row.account, f'{row.amount:.2f}', row.remark))
        seen[key] += 1
        # a short name for equal content, nothing secret
        digest = hashlib.sha256(f'{key}|{seen[key]}'.encode()).hexdigest()
        row.reference = f'#{digest[:16]}'
