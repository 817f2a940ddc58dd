"""Which heading of a bank's list names which column."""
import re
from collections import defaultdict
from pathlib import Path

from odoo.addons.cfia_membership.tools.sheet.cells import narrow

_LONGEST_HEADING = 24
_GLOSS = re.compile(r'\s*[(\[].*$|/元$')
# Headings that no list names are read by what they say; what a bank prints above its list is none.
_LIKE = (
    ('balance', re.compile(r'^(?!.*[前初]).*(?:余额|结余)')),
    ('', re.compile(r'余额|总|合计|笔数|手续费率|[:\d]')),
    ('currency', re.compile(r'币[种别]|货币')),
    ('own_account', re.compile(r'(?:本方|己方|我方).*[账帐]号')),
    ('own_name', re.compile(r'(?:本方|己方|我方).*名')),
    ('payee_account', re.compile(r'收款.*[账帐]号')),
    ('payee', re.compile(r'^收款.*名')),
    ('', re.compile(r'本方|己方|我方|收款[人方单]|母/子')),
    ('reversal', re.compile(r'冲[正账帐销].*标[志识]|红字')),
    ('side', re.compile(r'^(?!.*额).*(?:借贷|收支|收付)(?!款?方)')),
    # 交易金额(借), 贷方发生额(收入)
    ('credit', re.compile(r'^(?!.*[借付支](?!.*[贷收存])).*(?:额.*[(\[]?(?:贷|收|存)|(?:贷|收入|转入|存入|来账|流入|进账).*额)')),
    ('debit', re.compile(r'额.*[(\[]?(?:借|支|付|取)|(?:借|支出|转出|支取|往账|流出|出账).*额')),
    ('reference', re.compile(r'流水')),
    ('payer', re.compile(r'(?:对方|对手|付款|汇款|收/?付).*名')),
    ('account', re.compile(r'(?:对方|对手|付款|汇款|收/?付).*[账帐]号')),
    ('date', re.compile(r'^(?!.*(?:起息|有效|到期|打印|申请)).*(?:日期|时间)')),
    ('note', re.compile(r'附言|用途|备注')),
    ('summary', re.compile(r'摘要')),
    ('amount', re.compile(r'金额|发生额')),
)


def _read_synonyms():
    known, rank = {}, 0
    for line in Path(__file__).with_name('headings.txt').read_text(encoding='utf-8').splitlines():
        column, _colon, heading = line.partition(': ')
        if heading and not line.startswith('#'):
            known.setdefault(heading, (column, rank))
            rank += 1
    return known


SYNONYMS = _read_synonyms()


def match_columns(cells, taught=None):
    """Return {column: positions} for the headings in a row, the most particular heading first.

    :param dict taught: heading → column, what a person has said; it comes before what is known
    """
    found = defaultdict(list)
    for position, cell in enumerate(cells):
        if cell is None or not isinstance(cell, str):
            continue
        column, rank = match_heading(narrow(cell).replace(' ', ''), taught or {})
        if column:
            found[column].append((rank, position))
    return {column: [position for _rank, position in sorted(positions)] for column, positions in found.items()}


def match_heading(heading, taught):
    """Return the column that a heading names and how particular it is, the lower the more."""
    if heading in taught:
        return taught[heading], -1
    bare = _GLOSS.sub('', heading)
    if heading in SYNONYMS:
        return SYNONYMS[heading]
    is_sided = bool(re.search(r'额[(\[][借贷收支付存取]', heading))
    if bare in SYNONYMS and not is_sided:
        return SYNONYMS[bare]
    if 1 < len(bare) <= _LONGEST_HEADING:
        text = heading if is_sided else bare
        for column, pattern in _LIKE:
            if pattern.search(text):
                return column, len(SYNONYMS)
    return '', 0


def is_heading(columns):
    """Tell whether these columns make a row the heading of a list of transactions."""
    return 'date' in columns and bool(columns.keys() & {'credit', 'amount'})
