"""Read the list of receipts that came back from the platform."""
import re
from dataclasses import dataclass
from datetime import date

from odoo.addons.cfia_membership.tools.sheet import read_sheets
from odoo.addons.cfia_membership.tools.sheet.cells import narrow, parse_number, read_date
from odoo.addons.cfia_membership.tools.sheet.columns import find_list

HEADINGS = {
    'name': ('申请编号', '业务单号', '备注', '单号', '内部编号'),
    'title': ('交款人', '缴款人', '交款单位', '缴款单位', '付款单位', '票据抬头', '抬头', '单位名称', '交款人名称', '缴款人名称',
              '交款人全称'),
    'code': ('票据代码', '电子票据代码'),
    'number': ('票据号码', '电子票据号码', '票号', '票据号'),
    'check_code': ('校验码', '票据校验码'),
    'date': ('开票日期', '开具日期', '开票时间', '开具时间', '日期'),
    'amount': ('金额', '开票金额', '票据金额', '金额合计', '总金额', '合计金额', '价税合计'),
    'status': ('状态', '票据状态', '开票状态', '发票状态', '开具状态'),
}
_VOID = re.compile(r'作废|废票|注销|撤销|失败')
_RED = re.compile(r'冲红|红冲|红票|红字|已冲')
_ISSUED = re.compile(r'^(?:正常|已开具?|已开票|开票成功|成功|已生成|已换开|有效|已入账|未入账|已交付|)$')


class ReceiptSheetError(Exception):
    """A file in which no list of receipts is found."""


@dataclass
class ReceiptRow:
    """A row of the list. ``amount`` is None where the list has none that can be read.

    ``status``: ``issued``; ``void`` and ``red`` for one that was taken back; ``unclear`` for any other word.
    """

    number_in_sheet: int
    name: str
    title: str
    code: str
    number: str
    check_code: str
    date: date
    amount: float
    status: str = 'issued'


def read_receipt_sheet(content, limits=None):
    """Return the rows below the heading row of the first sheet that has one, blank ones left out.

    :param bytes content: the file, of any kind that :func:`read_sheets` reads
    :rtype: list[ReceiptRow]
    :raise ReceiptSheetError: when it is no such list
    :raise SheetError: when the file cannot be read
    """
    found = find_list(read_sheets(content, limits), HEADINGS, ['number'])
    if not found:
        raise ReceiptSheetError
    return [_read_row(at, values) for at, values in found[1]]


def _read_status(text, amount):
    if _VOID.search(text):
        return 'void'
    if _RED.search(text) or (amount or 0) < 0:
        return 'red'
    return 'issued' if _ISSUED.match(text) else 'unclear'


def _read_row(at, values):
    texts = {name: narrow(value).replace(' ', '') for name, value in values.items()}
    amount = parse_number(values['amount']) if texts.get('amount') else None
    return ReceiptRow(
        number_in_sheet=at,
        name=texts.get('name', ''),
        title=texts.get('title', ''),
        code=texts.get('code', ''),
        number=texts.get('number', ''),
        check_code=texts.get('check_code', ''),
        date=read_date(values.get('date')),
        amount=amount,
        status=_read_status(texts.get('status', ''), amount),
    )
