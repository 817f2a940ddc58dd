"""Read the list of transactions that a Chinese bank exports as xlsx, however its columns stand."""
import hashlib
import io
import re
import unicodedata
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from openpyxl import load_workbook

from odoo.addons.cfia_membership.tools.text import clean_text

HEADER_SEARCH_ROWS = 60
# Headings of each column, the more particular first. A heading names the first column that lists it.
HEADINGS = {
    'reference': ('流水号', '交易流水号', '交易流水', '银行流水号', '核心流水号', '业务流水号', '账户明细编号-交易流水号',
                  '交易序号', '凭证号', '业务编号', '交易编号'),
    'date': ('交易时间', '交易日期', '记账日期', '入账日期', '入账时间', '日期', '交易日', '记账日', '会计日期', '时间'),
    'payer': ('对方户名', '对方名称', '对方账户名称', '对方单位名称', '对方单位', '付款人名称', '付款人户名', '付款人', '付款方',
              '付款方名称', '付款单位', '交易对方', '交易对手', '对手名称', '汇款人', '户名', '付款方户名', '对方帐户名称'),
    'account': ('对方账号', '对方帐号', '付款人账号', '付款账号', '付款方账号', '对方账户', '账号'),
    'bank': ('对方开户行', '对方行名', '对方开户行名', '付款人开户行', '开户行'),
    'credit': ('贷方金额', '贷方发生额', '贷方', '收入金额', '收入', '转入金额', '存入金额', '贷方发生额(收入)', '收款金额',
               '贷方发生额/元(收入)', '收入(贷方)', '入账金额', '来账金额'),
    'debit': ('借方金额', '借方发生额', '借方', '支出金额', '支出', '转出金额', '支取金额', '借方发生额(支取)', '付款金额',
              '借方发生额/元(支取)', '支出(借方)'),
    'amount': ('交易金额', '发生额', '金额', '交易额'),
    'side': ('借贷标志', '借贷方向', '借贷', '收支方向', '收支标志', '方向', '收/支', '借/贷', '交易方向'),
    'note': ('附言', '用途', '备注', '交易附言', '客户附言', '汇款附言', '付款用途', '转账附言', '留言'),
    'summary': ('摘要', '交易摘要', '说明'),
}
_COLUMN_OF = {heading: name for name, headings in HEADINGS.items() for heading in headings}
_UNITS = re.compile(r'\((?:元|人民币|RMB|CNY|人民币元|单位:元)\)$')
_TOTAL = re.compile(r'合计|总计|小计|共计|累计|笔数|总笔|期初余额|期末余额|承前页|过次页|本页|打印|制表')
_DATE = re.compile(r'^(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?')
_DATE_DIGITS = re.compile(r'^(\d{4})(\d{2})(\d{2})(?:\D|\d{6}|$)')
_OUT = ('借', '支', '付', 'D', '出', '-')


class BankSheetError(Exception):
    """A file in which no list of transactions is found. ``code``: ``not_xlsx`` or ``no_header``."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


@dataclass
class BankRow:
    """One row of the list. ``error`` says which cell could not be read: ``date`` or ``amount``."""

    number: int
    date: date = None
    payer: str = ''
    account: str = ''
    amount: float = 0.0
    remark: str = ''
    reference: str = ''
    error: str = ''


@dataclass
class _Sheet:
    columns: dict
    rows: list = field(default_factory=list)


def read_bank_sheet(content):
    """Return the transactions of a workbook, money that went out with a negative amount.

    The heading row may stand below a title, columns in any order, amounts and dates be text in any
    width. Blank rows, totals and repeated headings are passed over; what has an amount and cannot be
    read is returned with its error. Rows without the bank's number get one made of what they say, so
    that the same file read twice gives the same numbers.

    :param bytes content: an xlsx file
    :rtype: list[BankRow]
    :raise BankSheetError: when there is no such list in it
    """
    try:
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheets = [
            found for sheet in workbook.worksheets if sheet.sheet_state == 'visible'
            and (found := _read_sheet(sheet))]
        workbook.close()
    except (zipfile.BadZipFile, zlib.error, LookupError, ValueError, TypeError, OSError, SyntaxError) as error:
        raise BankSheetError('not_xlsx') from error
    if not sheets:
        raise BankSheetError('no_header')
    sheet = max(sheets, key=lambda found: (len(found.columns), len(found.rows)))
    rows = [row for number, cells in sheet.rows if (row := _read_row(number, cells, sheet.columns))]
    _number_rows(rows)
    return rows


def _read_sheet(sheet):
    """Return the columns and rows of a sheet, None where no row is a heading."""
    sheet.reset_dimensions()
    found = None
    for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        if found:
            found.rows.append((number, cells))
        elif number > HEADER_SEARCH_ROWS:
            return None
        else:
            columns = _match_columns(cells)
            if 'date' in columns and ('credit' in columns or 'amount' in columns):
                found = _Sheet(columns)
    return found


def narrow(value):
    return unicodedata.normalize('NFKC', clean_text(value)).strip()


def _match_columns(cells):
    """Return {column: position} for the headings in a row; the first of two of one meaning counts."""
    columns = {}
    for position, cell in enumerate(cells):
        heading = _UNITS.sub('', narrow(cell).replace(' ', '').upper())
        name = _COLUMN_OF.get(heading)
        if name:
            columns.setdefault(name, position)
    return columns


def _read_row(number, cells, columns):
    """Return the transaction in a row, None where the row is none."""
    values = {
        name: cells[position] if position < len(cells) else None for name, position in columns.items()}
    texts = [narrow(cell) for cell in cells]
    if not any(texts) or _match_columns(cells).keys() >= {'date'}:
        return None
    amount, is_readable = _read_amount(values)
    day = read_date(values.get('date'))
    payer = clean_text(values.get('payer'))
    is_total = not day and (not payer or _TOTAL.match(payer)) and any(_TOTAL.search(text) for text in texts)
    if is_total or (not day and is_readable and not amount):
        return None
    if day and is_readable and not amount:
        return None
    note, summary = narrow(values.get('note')), narrow(values.get('summary'))
    row = BankRow(
        number=number,
        date=day,
        payer=payer,
        account=narrow(values.get('account')).replace(' ', ''),
        amount=amount,
        # a summary (摘要) says mostly how the money came (转账), the note what for
        remark=' '.join(dict.fromkeys(text for text in (note, summary) if text)),
        reference=narrow(values.get('reference')).replace(' ', ''),
    )
    if not is_readable:
        row.error = 'amount'
    elif not day:
        row.error = 'date'
    return row


def read_date(value):
    """Return the day in a cell: a date, a spreadsheet's serial number, or a text in one of the usual forms."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 20000 < value < 80000:
        return date(1899, 12, 30) + timedelta(days=int(value))
    text = narrow(value)
    match = _DATE.match(text) or _DATE_DIGITS.match(text)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _read_amount(values):
    """Return the amount that came in, negative for one that went out, and whether it could be read."""
    parsed = {name: parse_number(values.get(name)) for name in ('credit', 'debit', 'amount')}
    if None in parsed.values():
        return 0.0, False
    if parsed['credit'] or parsed['debit']:
        return round(parsed['credit'] - parsed['debit'], 2), True
    amount = parsed['amount']
    side = narrow(values.get('side')).upper()
    if side and side.startswith(_OUT) and amount > 0:
        amount = -amount
    return round(amount, 2), True


def parse_number(value):
    """Return the number in a cell, 0 for an empty one, None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return float(value)
    text = re.sub(r'[\s,¥￥$+]|RMB|CNY|人民币|元|圆', '', narrow(value).upper())
    if text in ('', '-', '--', '/'):
        return 0.0
    if text.startswith('(') and text.endswith(')'):
        text = '-' + text[1:-1]
    try:
        return float(text)
    except ValueError:
        return None


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
