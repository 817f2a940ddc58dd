"""Read the list of transactions that a Chinese bank exports, however its columns stand."""
import csv
import hashlib
import io
import re
import struct
import unicodedata
import zipfile
import zlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from lxml import etree, html
from openpyxl import load_workbook

from odoo.addons.cfia_membership.tools.text import clean_text
from odoo.addons.cfia_membership.tools.upload import check_sheet

try:
    import xlrd
except ImportError:  # Odoo itself reads old workbooks only where it is installed
    xlrd = None

HEADER_SEARCH_ROWS = 60
# Beyond what any transfer reaches; floats are exact to the cent below.
MAX_AMOUNT = 10**12
# Headings of each column, the more particular first: of two the more particular counts, wherever it stands.
HEADINGS = {
    'reference': ('流水号', '交易流水号', '交易流水', '银行流水号', '核心流水号', '业务流水号', '账户明细编号-交易流水号',
                  '流水', '交易序号', '业务编号', '交易编号', '交易号', '日志号'),
    'date': ('交易时间', '交易日期', '记账日期', '记账时间', '入账日期', '入账时间', '到账时间', '到账日期', '日期', '交易日',
             '记账日', '会计日期', '时间'),
    'payer': ('对方户名', '对方名称', '对方账户名称', '对方帐户名称', '对方账户名', '对方单位名称', '对方单位', '付款人名称',
              '付款人户名', '付款人', '付款方名称', '付款方户名', '付款方', '付款单位', '付款单位名称', '交易对方', '交易对方名称',
              '交易对手', '对手名称', '汇款人', '汇款人名称', '来款单位', '往来单位', '户名'),
    'account': ('对方账号', '对方帐号', '付款人账号', '付款账号', '付款方账号', '交易对方账号', '对方账户', '账号'),
    'bank': ('对方开户行', '对方行名', '对方开户行名', '付款人开户行', '开户行'),
    'credit': ('贷方金额', '贷方发生额', '贷方', '收入金额', '收入', '转入金额', '转入', '存入金额', '存入', '收款金额',
               '入账金额', '到账金额', '来账金额'),
    'debit': ('借方金额', '借方发生额', '借方', '支出金额', '支出', '转出金额', '转出', '支取金额', '支取', '付款金额'),
    'amount': ('交易金额', '发生额', '金额', '交易额'),
    'side': ('借贷标志', '借贷标识', '借贷方向', '借贷', '收支方向', '收支标志', '收支类型', '方向', '收/支', '借/贷',
             '交易方向', '来往账标志', '交易类型'),
    'note': ('附言', '交易附言', '客户附言', '汇款附言', '转账附言', '用途', '付款用途', '备注', '交易备注', '留言'),
    'summary': ('摘要', '交易摘要', '说明', '交易说明'),
}
_COLUMN_OF = {
    heading: (name, rank) for name, headings in HEADINGS.items() for rank, heading in enumerate(headings)}
# Headings that no list names are read by what they say; what a bank prints above its list is none.
_LIKE = (
    ('', re.compile(r'余额|总|合计|笔数|币|本方|己方|收款[人方单]|我方|[:\d]')),
    ('side', re.compile(r'借贷|收支')),
    ('credit', re.compile(r'^(?=.*(?:贷|收入|转入|存入|来账))(?=.*额)')),
    ('debit', re.compile(r'^(?=.*(?:借|支出|转出|支取|往账))(?=.*额)')),
    ('reference', re.compile(r'流水')),
    ('payer', re.compile(r'(?:对方|对手|付款|汇款).*名')),
    ('account', re.compile(r'(?:对方|对手|付款|汇款).*[账帐]号')),
    ('date', re.compile(r'日期|时间')),
    ('note', re.compile(r'附言|用途|备注')),
    ('summary', re.compile(r'摘要')),
    ('amount', re.compile(r'金额|发生额')),
)
_LONGEST_HEADING = 16
_GLOSS = re.compile(r'\s*[(\[/].*$')
_EXCEL_TEXT = re.compile(r'^=?"(.*)"$')
_TOTAL = re.compile(r'合计|总计|小计|共计|累计|笔数|总笔|期初余额|期末余额|承前页|过次页|本页|打印|制表')
_DATE = re.compile(r'^(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*日?')
_DATE_DIGITS = re.compile(r'^(\d{4})(\d{2})(\d{2})(?:\D|\d{6}|$)')
# what the readers raise for a broken file
_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, csv.Error, etree.LxmlError, LookupError, ValueError, TypeError,
    OSError, SyntaxError, AssertionError, *((xlrd.XLRDError, xlrd.compdoc.CompDocError) if xlrd else ()))
_NO_REFERENCE = re.compile(r'^[0\-/]*$')
_REVERSAL = re.compile(r'冲正|冲回|冲销|红字|退回|退汇|撤销')
_MINUS = str.maketrans('−–—', '---')
_OUT = ('借', '支', '付', 'D', '出', '转出', '往', '-')


class BankSheetError(Exception):
    """A file in which no list of transactions is found. ``code``: ``unreadable`` or ``no_header``."""

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
    """Return the transactions of a bank's file, money that went out with a negative amount.

    Read are workbooks (xlsx, xls), text (csv and the like in UTF-8, UTF-16 or GBK) and the web pages
    that some banks name xls. The heading row may stand below a title, columns in any order, amounts
    and dates be text in any width. Sheets with the same columns are read together. Blank rows, totals
    and repeated headings are passed over; what has an amount and cannot be read is returned with its
    error. Rows without the bank's number get one made of what they say, so that the same file read
    twice gives the same numbers.

    :param bytes content: the file
    :rtype: list[BankRow]
    :raise BankSheetError: when there is no such list in it
    """
    try:
        sheets = [found for rows in _read_tables(content) if (found := _find_list(rows))]
    except BankSheetError:
        raise
    except _BROKEN as error:
        raise BankSheetError('unreadable') from error
    if not sheets:
        raise BankSheetError('no_header')
    best = max(sheets, key=lambda found: (len(found.columns), len(found.rows)))
    result = []
    for sheet in sheets:
        if sheet.columns.keys() != best.columns.keys():
            continue
        rows = [row for number, cells in sheet.rows if (row := _read_row(number, cells, sheet.columns))]
        # numbered by sheet: one that repeats another brings nothing new
        _number_rows(rows)
        result += rows
    return result


def _read_tables(content):
    """Return the tables in a file, each as rows of cells.

    :rtype: iterable of lists of tuples
    :raise BankSheetError: for a file of another kind
    """
    if content.startswith(b'PK'):
        check_sheet(content)
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        for sheet in workbook.worksheets:
            if sheet.sheet_state == 'visible':
                sheet.reset_dimensions()
                yield list(sheet.iter_rows(values_only=True))
        workbook.close()
    elif content.startswith(b'\xd0\xcf\x11\xe0'):
        if not xlrd:
            raise BankSheetError('unreadable')
        workbook = xlrd.open_workbook(file_contents=content)
        for sheet in workbook.sheets():
            if not sheet.visibility:
                yield [
                    tuple(_read_old_cell(cell, workbook.datemode) for cell in sheet.row(at))
                    for at in range(sheet.nrows)]
    else:
        text = _decode(content)
        if text.lstrip()[:1] == '<':
            for table in html.fromstring(text.encode(), parser=html.HTMLParser(encoding='utf-8')).iter('table'):
                yield [
                    tuple(cell.text_content() for cell in row.iterchildren('td', 'th')) for row in table.iter('tr')]
            return
        # the delimiter by which a list of transactions is found, and most of it
        tables = [[tuple(row) for row in csv.reader(io.StringIO(text), delimiter=delimiter)] for delimiter in ',\t;|']
        yield max(tables, key=lambda rows: len(found.columns) if (found := _find_list(rows)) else 0)


def _read_old_cell(cell, datemode):
    if cell.ctype == xlrd.XL_CELL_DATE:
        return xlrd.xldate.xldate_as_datetime(cell.value, datemode)
    return None if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR) else cell.value


def _decode(content):
    """Return the text of a file.

    :raise BankSheetError: for what is no text
    """
    if content.startswith((b'\xff\xfe', b'\xfe\xff')):
        encodings = ['utf-16']
    elif b'\0' in content:
        encodings = []
    else:
        encodings = ['utf-8-sig', 'gb18030']
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BankSheetError('unreadable')


def _find_list(rows):
    """Return the columns and rows of the list in a table, None where no row is a heading."""
    found = None
    for number, cells in enumerate(rows, 1):
        if not found:
            if number > HEADER_SEARCH_ROWS:
                return None
            columns = _match_columns(cells)
            # above the list banks print sums and periods: 贷方发生额 1,000.00
            if _is_heading(columns) and not any(parse_number(cell) or read_date(cell) for cell in cells):
                found = _Sheet(columns)
            continue
        if not found.rows and (below := _match_columns(cells).keys() & {'credit', 'debit'}):
            # a heading of two rows: 发生额 above, 借方 and 贷方 below
            found.columns.update((name, _match_columns(cells)[name]) for name in below)
            found.columns.pop('amount', None)
            continue
        found.rows.append((number, cells))
    return found


def narrow(value):
    """Return a cell as one line of half-width text, without the marks that keep numbers as text."""
    text = unicodedata.normalize('NFKC', clean_text(value)).strip()
    return _EXCEL_TEXT.sub(r'\1', text).lstrip("'`").strip()


def _is_heading(columns):
    return 'date' in columns and bool(columns.keys() & {'credit', 'amount'})


def _match_columns(cells):
    """Return {column: positions} for the headings in a row, the most particular heading first."""
    found = defaultdict(list)
    for position, cell in enumerate(cells):
        heading = narrow(cell).replace(' ', '')
        name, rank = _match_heading(heading)
        if name:
            found[name].append((rank, position))
    return {name: [position for _rank, position in sorted(positions)] for name, positions in found.items()}


def _match_heading(heading):
    """Return the column that a heading names and how particular it is, the lower the more."""
    bare = _GLOSS.sub('', heading)
    for text in (heading, bare):
        if text in _COLUMN_OF:
            return _COLUMN_OF[text]
    if 1 < len(bare) <= _LONGEST_HEADING:
        for name, pattern in _LIKE:
            if pattern.search(bare):
                return name, len(_COLUMN_OF)
    return '', 0


def _read_row(number, cells, columns):
    """Return the transaction in a row, None where the row is none."""
    texts = [narrow(cell) for cell in cells]
    if not any(texts) or _is_heading(_match_columns(cells)):
        return None
    cells = (*cells, *[None] * (1 + max(position for positions in columns.values() for position in positions)))
    values = {name: cells[positions[0]] for name, positions in columns.items()}
    # what the money is for stands in 附言, 用途 or 备注; a summary (摘要) says mostly how it came (转账)
    remarks = [narrow(cells[position]) for name in ('note', 'summary') for position in columns.get(name, ())]
    amount, is_readable = _read_amount(values, is_reversal=any(map(_REVERSAL.search, remarks)))
    # 交易时间 beside 交易日 may be the hour alone
    day = next(filter(None, (read_date(cells[position]) for position in columns['date'])), None)
    payer = _EXCEL_TEXT.sub(r'\1', clean_text(values.get('payer'))).strip()
    is_total = not day and (not payer or _TOTAL.match(payer)) and any(_TOTAL.search(text) for text in texts)
    if is_total or (not day and is_readable and not amount):
        return None
    if day and is_readable and not amount:
        return None
    reference = narrow(values.get('reference')).replace(' ', '')
    row = BankRow(
        number=number,
        date=day,
        payer=payer,
        account=narrow(values.get('account')).replace(' ', ''),
        amount=amount,
        remark=' '.join(dict.fromkeys(text for text in remarks if text)),
        reference='' if _NO_REFERENCE.match(reference) else reference,
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


def _read_amount(values, is_reversal=False):
    """Return the amount that came in, negative for one that went out, and whether it could be read.

    Some banks print what went out with a minus: it counts as come back only where the row says so.
    """
    parsed = {name: parse_number(values.get(name)) for name in ('credit', 'debit', 'amount')}
    if None in parsed.values():
        return 0.0, False
    if parsed['credit'] or parsed['debit']:
        debit = parsed['debit'] if is_reversal else abs(parsed['debit'])
        return round(parsed['credit'] - debit, 2), True
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
        return float(value) if abs(value) < MAX_AMOUNT else None
    text = re.sub(r'[\s,¥￥$+]|RMB|CNY|人民币|元|圆', '', narrow(value).translate(_MINUS).upper())
    if text in ('', '-', '--', '/'):
        return 0.0
    if text.startswith('(') and text.endswith(')'):
        text = '-' + text[1:-1]
    elif text.endswith('-'):
        text = '-' + text[:-1]
    if not re.fullmatch(r'[+-]?(\d+(\.\d*)?|\.\d+)(E[+-]?\d{1,3})?', text):
        return None
    number = float(text)
    return number if abs(number) < MAX_AMOUNT else None


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
