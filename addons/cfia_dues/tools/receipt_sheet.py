"""Read the list of receipts that came back from the platform."""
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from odoo.addons.cfia_membership.tools.sheet import Headings, read_lines
from odoo.addons.cfia_membership.tools.sheet.cells import narrow, parse_number, read_date

HEADINGS = Headings(Path(__file__).with_name('receipt_headings.txt'))
_VOID = re.compile(r'作废|废票|注销|撤销|失败')
_RED = re.compile(r'冲红|红冲|红票|红字|已冲')
# under way, or in part: somebody looks
_UNSURE = re.compile(r'待|申请|部分|中$')
_NOT = re.compile(r'[未无非不](?:曾|予|被)?(?:作废|注销|撤销|冲红|红冲|冲销)')
_ISSUED = re.compile(r'^(?:已?开立|已开票据|已发送|已下载|已打印|已核销|未换开|已审核|已上传|蓝票|蓝字|已归档|正常|已开具?|已开票|开票成功|成功|已生成|已换开|有效|已入账|未入账|已交付|)$')


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
    sheet: str = ''
    cells: list = None
    headings: list = None


def read_receipt_sheet(content, limits=None, taught=None):
    """Return the receipts of a list, of all its sheets, and the rows that are none.

    :param bytes content: the file, of any kind that :func:`read_sheets` reads
    :rtype: tuple[list[ReceiptRow], list[Line]]
    :raise ListError: when it is no such list
    :raise SheetError: when the file cannot be read
    """
    lines, passed = read_lines(content, HEADINGS, [('number',)], limits, taught)
    return [_read_row(line) for line in lines], passed


def _read_status(line, amount):
    """Return what all columns of status say together."""
    found = 'issued'
    for answer in line.answers('status'):
        text = _NOT.sub('', answer).strip('-/')
        if _UNSURE.search(text):
            found = 'unclear'
            continue
        if _VOID.search(text):
            return 'void'
        if _RED.search(text):
            return 'red'
        if not _ISSUED.match(text):
            found = 'unclear'
    return 'red' if (amount or 0) < 0 else found


def _restore_zeros(cell, text, length):
    """Return a number with the zeros in front that a number cell has lost, nothing where it has lost its last digits.

    Receipts of the state have codes of eight and numbers of ten digits (财政电子票据).
    """
    if not isinstance(cell, (int, float)):
        return text
    return '' if abs(cell) >= 10**15 else text.zfill(length)


def _read_row(line):
    texts = {name: narrow(value).replace(' ', '') for name, value in line.values.items()}
    amount = parse_number(line.values['amount']) if texts.get('amount') else None
    if amount:
        amount = round(amount * line.table.scale('amount'), 2)
    return ReceiptRow(
        number_in_sheet=line.number,
        name=texts.get('name', ''),
        title=texts.get('title', ''),
        code=_restore_zeros(line.values.get('code'), texts.get('code', ''), 8),
        number=_restore_zeros(line.values.get('number'), texts.get('number', ''), 10 if texts.get('code') else 0),
        check_code=texts.get('check_code', ''),
        date=read_date(line.values.get('date')),
        amount=amount,
        status=_read_status(line, amount),
        sheet=line.sheet,
        cells=line.cells,
        headings=line.table.headings,
    )
