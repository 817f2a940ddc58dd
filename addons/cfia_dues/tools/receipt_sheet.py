"""Read the list of receipts that came back from the platform."""
import io
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date

from openpyxl import load_workbook

from odoo.addons.cfia_membership.tools.upload import check_sheet

from .bank_sheet import HEADER_SEARCH_ROWS, narrow, parse_number, read_date

HEADINGS = {
    'name': ('申请编号', '业务单号', '备注', '单号', '内部编号'),
    'title': ('交款人', '缴款人', '交款单位', '付款单位', '票据抬头', '抬头', '单位名称', '交款人名称', '缴款人名称'),
    'code': ('票据代码', '电子票据代码'),
    'number': ('票据号码', '电子票据号码', '票号'),
    'check_code': ('校验码', '票据校验码'),
    'date': ('开票日期', '开具日期', '开票时间', '日期'),
    'amount': ('金额', '开票金额', '票据金额', '金额合计', '总金额'),
}
_COLUMN_OF = {heading: name for name, headings in HEADINGS.items() for heading in headings}


class ReceiptSheetError(Exception):
    """A file in which no list of receipts is found."""


@dataclass
class ReceiptRow:
    """A row of the list. ``amount`` is None where the list has none that can be read."""

    number_in_sheet: int
    name: str
    title: str
    code: str
    number: str
    check_code: str
    date: date
    amount: float


def read_receipt_sheet(content):
    """Return the rows below the heading row, blank ones left out.

    :param bytes content: an xlsx file
    :rtype: list[ReceiptRow]
    :raise ReceiptSheetError: when it is no such list
    """
    columns, rows = None, []
    try:
        check_sheet(content)
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        for at, cells in enumerate(workbook.worksheets[0].iter_rows(values_only=True), 1):
            if columns is None:
                columns = _match_columns(cells) if at <= HEADER_SEARCH_ROWS else {}
                continue
            values = {name: cells[place] for name, place in columns.items() if place < len(cells)}
            if any(narrow(value) for value in values.values()):
                rows.append(_read_row(at, values))
        workbook.close()
    except (zipfile.BadZipFile, zlib.error, LookupError, ValueError, TypeError, OSError, SyntaxError) as error:
        raise ReceiptSheetError from error
    if not columns:
        raise ReceiptSheetError
    return rows


def _match_columns(cells):
    """Return the columns that a heading row names, None for any other row."""
    columns = {}
    for place, cell in enumerate(cells):
        name = _COLUMN_OF.get(narrow(cell).replace(' ', ''))
        if name:
            columns.setdefault(name, place)
    return columns if 'number' in columns else None


def _read_row(at, values):
    texts = {name: narrow(value).replace(' ', '') for name, value in values.items()}
    return ReceiptRow(
        number_in_sheet=at,
        name=texts.get('name', ''),
        title=texts.get('title', ''),
        code=texts.get('code', ''),
        number=texts.get('number', ''),
        check_code=texts.get('check_code', ''),
        date=read_date(values.get('date')),
        amount=parse_number(values['amount']) if texts.get('amount') else None,
    )
