"""What lists call their columns: one matcher for every kind of list, the names in data files, a line each.

A file of names has lines ``column: heading``, the more particular heading of a column first, and behind them lines
``column ~ pattern`` for headings that no list names, tried in their order; ``- ~ pattern`` says that such a heading
is no column. ``#`` begins a comment.
"""
import re
import unicodedata
from collections import defaultdict
from functools import lru_cache
from pathlib import Path

LONGEST_NAME, LONGEST_LIKE = 60, 24
_NOISE = re.compile(r'[\s*＊.。·"“”\'‘’`_\-#]+')
_NOTE = re.compile(r'\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|〔[^〔〕]*〕|<[^<>]*>|《[^《》]*》')
_OPEN_NOTE = re.compile(r'[(\[【〔].*$')
# 交易金额(借): such a note says which column it is
_TELLING_NOTE = re.compile(r'额[(\[][借贷收支付存取]')
_NUMBERING = re.compile(r'^(?:\d+|[一二三四五六七八九十]+)[、,.]')
# 联系人1 is the first contact person, of which lists without a second have one
_FIRST = re.compile(r'^((?:第一)?联[系络]人)(?:1|一)')
_ALTERNATIVES = re.compile(r'[/、,|或及和与]')
#: Traditional characters in headings, each with its simplified one behind it.
_TRADITIONAL = (
    '帳账帐账號号戶户單单稱称聯联繫系電电話话會会員员證证編编碼码級级別别類类業业專专質质規规區区縣县郵邮職职務务機机構构團团國国營营備备註注記记錄录時时間间額额餘余貸贷發发轉转進进貨货幣币種种說说對对應应'
    '銀银開开關关係系憑凭據据結结總总計计繳缴費费納纳稅税請请領领實实際际狀状態态參叁觀观眾众運运遞递訂订購购買买賣卖數数價价準准確确認认標标誌志識识衝冲沖冲銷销廢废紅红藍蓝資资產产負负債债現现匯汇報报審审'
    '離离補补齡龄屆届學学協协廠厂處处傳传網网頁页見见當当該该經经辦办執执監监長长書书與与為为從从後后來来個个們们這这無无過过還还連连絡络採采課课題题訓训練练歷历舊旧變变動动點点體体驗验術术齊齐儲储貳贰萬万'
    '億亿')
_SIMPLIFIED = {ord(_TRADITIONAL[at]): _TRADITIONAL[at + 1] for at in range(0, len(_TRADITIONAL), 2)}


def normalise_heading(text):
    """Return the key under which spellings of one heading meet.

    Half width, simplified, upper case, without blanks, line breaks, asterisks and numbering.

    :param text: a string, or None
    :rtype: str
    """
    return _normalise(text if isinstance(text, str) else str(text or ''))


@lru_cache(maxsize=16384)
def _normalise(text):
    key = unicodedata.normalize('NFKC', text).translate(_SIMPLIFIED).strip()
    return _NOISE.sub('', _NUMBERING.sub('', key)).strip(':').upper()


def bare_heading(key):
    """Return a normalised heading without notes in brackets."""
    return _OPEN_NOTE.sub('', _NOTE.sub('', key))


def row_keys(cells):
    """Return the headings of a row, normalised, blank for what is none."""
    return [normalise_heading(cell) if isinstance(cell, str) and len(cell) <= LONGEST_NAME else '' for cell in cells]


class Headings:
    """The names of the columns of one kind of list.

    :param path: the file of names
    :param anchors: columns of which one has to be named for a pattern to count
    """

    def __init__(self, path, anchors=()):
        self.anchors = anchors
        self.names = defaultdict(list)
        self._known, self._like = {}, []
        self._find, self._find_like = (lru_cache(maxsize=4096)(method) for method in (self._find, self._find_like))
        for line in Path(path).read_text(encoding='utf-8').splitlines():
            column, separator, text = re.match(r'([\w-]*)(: | ~ |)(.*)', line).groups()
            if separator == ': ':
                self._known.setdefault(normalise_heading(text), (column, len(self._known)))
                self.names[column].append(text)
            elif separator:
                self._like.append(('' if column == '-' else column, re.compile(text)))

    @property
    def columns(self):
        """The columns, in the order of the file."""
        return list(self.names)

    def match(self, cells, taught=None):
        """Return {column: positions} for the headings in a row, the most particular heading first.

        :param list cells: the cells of one row
        :param Taught taught: what persons have said; it comes before what is known
        """
        keys = row_keys(cells)
        if taught and (columns := taught.get_list(keys)):
            return columns
        found, unknown = defaultdict(list), []
        for position, key in enumerate(keys):
            if not key:
                continue
            match = (taught and taught.get(key)) or self._find(key)
            if match and match[0]:
                found[match[0]].append((match[1], position))
            elif not match:
                unknown.append((position, key))
        if not self.anchors or any(name in found for name in self.anchors):
            for position, key in unknown:
                column = self._find_like(key)
                if column:
                    found[column].append((len(self._known), position))
        return {column: [position for _rank, position in sorted(positions)] for column, positions in found.items()}

    def match_first(self, cells, taught=None):
        """Return {column: its position}, of several the most particular heading's."""
        return {column: positions[0] for column, positions in self.match(cells, taught).items()}

    def _find(self, key):
        """Return (column, rank) of a heading by the table: whole, without notes in brackets, in parts."""
        if key in self._known:
            return self._known[key]
        if _TELLING_NOTE.search(key):
            return None
        bare = bare_heading(key)
        first = _FIRST.sub(r'\1', bare)
        for text in (bare, first):
            if text in self._known:
                return self._known[text]
        parts = [self._known[part] for part in _ALTERNATIVES.split(first) if part in self._known]
        return parts[0] if parts and not {'credit', 'debit'} <= {column for column, _rank in parts} else None

    def _find_like(self, key):
        text = key if _TELLING_NOTE.search(key) else bare_heading(key)
        if not 1 < len(text) <= LONGEST_LIKE:
            return ''
        return next((column for column, pattern in self._like if pattern.search(text)), '')


class Taught:
    """What persons have said of the headings of one kind of list.

    :param dict lists: headings of a whole row, normalised → {position: column}
    :param dict names: heading → column, in every list
    """

    def __init__(self, lists=None, names=None):
        self._lists = {tuple(keys): columns for keys, columns in (lists or {}).items()}
        self._names = {normalise_heading(heading): (column, -1) for heading, column in (names or {}).items()}

    def __bool__(self):
        return bool(self._lists or self._names)

    def get(self, key):
        """Return (column, rank) of a heading, None where nobody said."""
        return self._names.get(key)

    def get_list(self, keys):
        """Return {column: positions} of a row whose headings were taught as a whole, None for another."""
        said = self._lists.get(strip_blank(keys)) if self._lists else None
        if said is None:
            return None
        columns = defaultdict(list)
        for position, column in sorted(said.items()):
            columns[column].append(position)
        return dict(columns)


def strip_blank(keys):
    """Return the headings of a row without the blank ones behind them."""
    keys = list(keys)
    while keys and not keys[-1]:
        keys.pop()
    return tuple(keys)
