"""Run as a program: reads a file from standard input and writes its sheets to standard output, pickled.

It stands alone, so that a file made to harm ends this process and no other.
"""
import csv
import io
import pickle
import re
import resource
import sys
import zipfile
import zlib

import python_calamine as calamine
from lxml import etree, html

ZIP, OLE = b'PK\x03\x04', b'\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'
#: How a file of another kind begins.
OTHER_KINDS = {
    b'%PDF': 'PDF', b'\x89PNG': 'PNG', b'\xff\xd8\xff': 'JPEG', b'GIF8': 'GIF', b'BM': 'BMP', b'Rar!': 'RAR',
    b'7z\xbc\xaf': '7z', b'{\\rtf': 'RTF', b'\x7fELF': 'ELF', b'MZ': 'EXE', b'\x1f\x8b': 'gzip',
}
SPREADSHEET_ML = 'urn:schemas-microsoft-com:office:spreadsheet'
_CONTROL = re.compile(r'[\x00-\x08\x0e-\x1f]')
_LIST_NAME = re.compile(r'\.(?:xlsx|xlsm|xlsb|xls|ods|csv|txt|tsv)$', re.IGNORECASE)


class Refused(Exception):
    """What the caller raises as a ``SheetError``: code and detail."""


class Reader:
    """Reads files within bounds.

    :param int unpacked_bytes: what a file may be once unpacked
    :param int rows: of one sheet
    """

    def __init__(self, unpacked_bytes, rows):
        self.unpacked_bytes = unpacked_bytes
        self.rows = rows

    def read_file(self, content, is_inner=False):
        """Return the sheets as tuples (name, rows, merged ranges, whether hidden)."""
        if content.startswith(ZIP):
            return self._read_zip(content, is_inner)
        if content.startswith(OLE):
            return self._read_ole(content)
        for start, kind in OTHER_KINDS.items():
            if content.startswith(start):
                raise Refused('kind', kind)
        text = self._decode(content)
        if not text.strip():
            raise Refused('empty', '')
        if text.lstrip().startswith('<'):
            return self._read_xml(content) if SPREADSHEET_ML in text[:4096] else self._read_html(text)
        return [('', self._bound(self._read_text(text)), [], False)]

    # === WORKBOOKS === #

    def _read_zip(self, content, is_inner):
        try:
            archive = zipfile.ZipFile(io.BytesIO(content))
            infos = archive.infolist()
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise Refused('damaged', '') from error
        if sum(info.file_size for info in infos) > self.unpacked_bytes:
            raise Refused('too_large', self.unpacked_bytes)
        names = {info.filename for info in infos}
        if 'word/document.xml' in names or 'ppt/presentation.xml' in names:
            raise Refused('kind', 'Word' if 'word/document.xml' in names else 'PowerPoint')
        if '[Content_Types].xml' in names or 'content.xml' in names:
            return self._read_workbook(content, is_1904=self._counts_from_1904(archive, names))
        lists = [info for info in infos if _LIST_NAME.search(info.filename) and not info.is_dir()]
        if is_inner or not lists:
            raise Refused('kind', 'zip')
        if any(info.flag_bits & 1 for info in lists):
            raise Refused('password', '')
        sheets = []
        for info in lists:
            try:
                inner = archive.read(info)
            except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
                raise Refused('damaged', '') from error
            if inner.strip():
                sheets += [(f'{info.filename} {name}'.strip(), *rest) for name, *rest in self.read_file(inner, is_inner=True)]
        return sheets

    def _counts_from_1904(self, archive, names):
        try:
            head = archive.read('xl/workbook.xml') if 'xl/workbook.xml' in names else b''
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
            return False
        return bool(re.search(rb'date1904="(?:1|true)"', head))

    def _read_ole(self, content):
        if 'EncryptedPackage'.encode('utf-16-le') in content:
            raise Refused('password', '')
        if 'WordDocument'.encode('utf-16-le') in content:
            raise Refused('kind', 'Word')
        return self._read_workbook(content)

    def _read_workbook(self, content, is_1904=False):
        try:
            workbook = calamine.load_workbook(io.BytesIO(content))
            return [(*self._read_sheet(workbook, meta), is_1904) for meta in workbook.sheets_metadata
                    if meta.typ == calamine.SheetTypeEnum.WorkSheet]
        except calamine.PasswordError as error:
            raise Refused('password', '') from error
        except (calamine.CalamineError, ValueError, OSError) as error:
            raise Refused('damaged', '') from error

    def _read_sheet(self, workbook, meta):
        sheet = workbook.get_sheet_by_name(meta.name)
        if sheet.total_height > self.rows:
            raise Refused('too_many_rows', self.rows)
        rows = [[None if isinstance(cell, str) and not cell else cell for cell in row] for row in sheet.to_python(skip_empty_area=False)]
        merged = [
            (row, column, last_row, last_column)
            for (row, column), (last_row, last_column) in sorted(sheet.merged_cell_ranges or ())]
        return meta.name, rows, merged, meta.visible != calamine.SheetVisibleEnum.Visible

    # === TEXT === #

    def _decode(self, content):
        if content.startswith((b'\xff\xfe', b'\xfe\xff')):
            encodings = ['utf-16']
        elif b'\0' in content[:4096]:
            # of Latin letters and commas the upper byte is zero
            encodings = ['utf-16-le' if content[1:4096:2].count(0) > content[0:4096:2].count(0) else 'utf-16-be']
        else:
            encodings = ['utf-8-sig', 'gb18030']
        for encoding in encodings:
            try:
                text = content.decode(encoding)
            except UnicodeDecodeError:
                continue
            if not _CONTROL.search(text):
                return text
        raise Refused('damaged', '')

    def _read_text(self, text):
        """Return the rows by the delimiter that most lines have alike."""
        best = max(
            (self._split(text, delimiter) for delimiter in ',\t;|'),
            # some programs put a tab behind each cell beside the comma
            key=lambda rows: sum(bool(cell.strip(' ,\t;|')) for row in rows if len(row) > 1 for cell in row))
        return [[cell or None for cell in row] for row in best]

    def _split(self, text, delimiter):
        csv.field_size_limit(10**6)
        try:
            return list(csv.reader(io.StringIO(text, newline=''), delimiter=delimiter, strict=True))
        except csv.Error:
            # a quotation mark that nothing closes would swallow the rows below it
            rows = csv.reader(io.StringIO(text, newline=''), delimiter=delimiter, quoting=csv.QUOTE_NONE)
            return [[cell.strip().strip('"') for cell in row] for row in rows]

    def _read_html(self, text):
        try:
            root = html.fromstring(text.encode(), parser=html.HTMLParser(encoding='utf-8', no_network=True))
        except (etree.LxmlError, ValueError) as error:
            raise Refused('damaged', '') from error
        tables = [table for table in root.iter('table') if not list(table.iterdescendants('table'))]
        if not tables:
            raise Refused('kind', 'HTML')
        return [self._read_table(table) for table in tables]

    def _read_table(self, table):
        rows, merged = [], []
        hanging = {}
        for row_at, row in enumerate(table.iter('tr')):
            cells = []
            for cell in row.iterchildren('td', 'th'):
                while hanging.get(len(cells), 0) > row_at:
                    cells.append(None)
                across, down = (_span(cell.get(name)) for name in ('colspan', 'rowspan'))
                at = len(cells)
                cells += [cell.text_content().strip() or None] + [None] * (across - 1)
                for column in range(at, at + across):
                    hanging[column] = row_at + down
                if across > 1 or down > 1:
                    merged.append((row_at, at, row_at + down - 1, at + across - 1))
            rows.append(cells)
        return '', self._bound(rows), merged, False

    def _read_xml(self, content):
        """Read SpreadsheetML of 2003."""
        try:
            root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
        except etree.LxmlError as error:
            raise Refused('damaged', '') from error
        if root.getroottree().docinfo.doctype:
            raise Refused('kind', 'XML')
        space = f'{{{SPREADSHEET_ML}}}'
        sheets = []
        for sheet in root.iter(f'{space}Worksheet'):
            rows, merged = [], []
            for row in sheet.iter(f'{space}Row'):
                self._pad(rows, row.get(f'{space}Index'), [])
                cells = []
                for cell in row.iterchildren(f'{space}Cell'):
                    self._pad(cells, cell.get(f'{space}Index'), None)
                    across, down = (int(cell.get(f'{space}{name}') or 0) for name in ('MergeAcross', 'MergeDown'))
                    if across or down:
                        merged.append((len(rows), len(cells), len(rows) + down, len(cells) + across))
                    data = cell.find(f'{space}Data')
                    text = ''.join(data.itertext()) if data is not None else ''
                    is_number = data is not None and data.get(f'{space}Type') == 'Number'
                    cells += [_number(text) if is_number else text or None] + [None] * min(across, 1000)
                rows.append(cells)
            sheets.append((sheet.get(f'{space}Name') or '', self._bound(rows), merged, False))
        return sheets

    def _pad(self, items, index, filler):
        if index:
            if int(index) > self.rows:
                raise Refused('too_many_rows', self.rows)
            items += [filler] * (int(index) - 1 - len(items))

    def _bound(self, rows):
        if len(rows) > self.rows:
            raise Refused('too_many_rows', self.rows)
        return rows


def _span(text):
    return min(int(text), 1000) if (text or '').isdigit() and int(text) else 1


def _number(text):
    try:
        return float(text)
    except ValueError:
        return text or None


def fill_merged(sheet):
    """Return the sheet with the value of each merged range in all its cells of rows below the first.

    Beside one another they stay blank: a heading over three columns is no heading of the second.
    """
    _name, rows, merged, *_marks = sheet
    for row, column, last_row, last_column in merged:
        if last_row > row and row < len(rows) and column < len(rows[row]):
            for at in range(row + 1, min(last_row + 1, len(rows))):
                if column >= len(rows[at]):
                    rows[at] += [None] * (column + 1 - len(rows[at]))
                if rows[at][column] is None:
                    rows[at][column] = rows[row][column]
    return sheet


def main():
    """Read standard input; arguments are the bounds of ``Reader``, of seconds and of memory in bytes."""
    unpacked_bytes, rows, seconds, memory_bytes = map(int, sys.argv[1:5])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    try:
        reader = Reader(unpacked_bytes, rows)
        result = ('sheets', [fill_merged(sheet) for sheet in reader.read_file(sys.stdin.buffer.read())])
    except Refused as refused:
        result = ('error', refused.args)
    pickle.dump(result, sys.stdout.buffer, protocol=5)


if __name__ == '__main__':
    main()
