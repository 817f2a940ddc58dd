"""Read a file into sheets of cells, in a process of its own with bounds on memory and time."""
import datetime
import io
import pickle
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

#: What a list may be at most; each can be set (see :meth:`~.cfia.sheet.mixin._get_sheet_limits`).
LIMITS = {
    'bytes': 20 * 1024**2,
    'unpacked_bytes': 300 * 1024**2,
    'rows': 300_000,
    'seconds': 60,
    'memory_bytes': 1024**3,
}
_READER = Path(__file__).with_name('reader.py')
_TYPES = {('datetime', name): getattr(datetime, name) for name in ('date', 'datetime', 'time', 'timedelta')}


class SheetError(Exception):
    """A file that is no list. ``code`` is one of

    ``empty``; ``password``; ``damaged``; ``kind`` (a paper, picture or program, ``detail`` names it);
    ``too_large``, ``too_many_rows`` (``detail`` is the bound).
    """

    def __init__(self, code, detail=''):
        super().__init__(code)
        self.code = code
        self.detail = detail


class Sheet(NamedTuple):
    """One sheet: ``rows`` are lists of cells, merged cells filled with the value of their first.

    A cell is a text, a number, a boolean, a date, time or both, or None; ``merged`` holds the merged ranges
    as (row, column, last row, last column), counted from 0; ``is_1904`` tells that serial numbers of days count
    from 1904.
    """

    name: str
    rows: list
    merged: list
    is_hidden: bool = False
    is_1904: bool = False


class _Unpickler(pickle.Unpickler):
    """Of what the reader hands over only cells are taken."""

    def find_class(self, module, name):
        return _TYPES[module, name]


def read_sheets(content, limits=None):
    """Return the sheets of a file.

    Read are workbooks (xlsx, also strict, xlsm, xlsb, xls, ods), text with any delimiter in UTF-8, UTF-16 or
    GB18030, the web pages and the XML that are named xls, and a zip with lists in it.

    :param bytes content: the file
    :param dict limits: other values for :data:`LIMITS`
    :rtype: list[Sheet]
    :raise SheetError: for everything else
    """
    limits = {**LIMITS, **(limits or {})}
    if not content:
        raise SheetError('empty')
    if len(content) > limits['bytes']:
        raise SheetError('too_large', limits['bytes'])
    arguments = [str(limits[name]) for name in ('unpacked_bytes', 'rows', 'seconds', 'memory_bytes')]
    try:
        done = subprocess.run(
            [sys.executable, '-I', str(_READER), *arguments], input=content, capture_output=True, check=False,
            timeout=2 * limits['seconds'])
    except subprocess.TimeoutExpired as error:
        raise SheetError('too_large', limits['unpacked_bytes']) from error
    if done.returncode:
        # the bounds end it by a signal or as out of memory
        raise SheetError('too_large', limits['unpacked_bytes'])
    kind, result = _Unpickler(io.BytesIO(done.stdout)).load()
    if kind == 'error':
        raise SheetError(*result)
    return [Sheet(*sheet) for sheet in result]
