"""Which way the money went, accounts and currencies as the lists of banks write them."""
import re

from odoo.addons.cfia_membership.tools.sheet.cells import narrow

_CURRENCIES = {
    '人民币': 'CNY', 'RMB': 'CNY', 'CNY': 'CNY', '人民币元': 'CNY', '元': 'CNY', '156': 'CNY', '01': 'CNY', '10': 'CNY',
    '美元': 'USD', 'USD': 'USD', '欧元': 'EUR', 'EUR': 'EUR', '港币': 'HKD', '港元': 'HKD', 'HKD': 'HKD',
    '日元': 'JPY', 'JPY': 'JPY', '英镑': 'GBP', 'GBP': 'GBP',
}
# Which way the money went. What stands for both ways, or neither, is in none.
IN_WORDS = frozenset((
    '贷', '贷方', '收', '收入', '收款', '入', '入账', '入金', '转入', '存入', '汇入', '来', '来账', '进', '进账', '流入',
    'C', 'CR', 'CREDIT', 'IN', '+'))
OUT_WORDS = frozenset((
    '借', '借方', '支', '支出', '支取', '支付', '付', '付款', '付出', '出', '出账', '出金', '转出', '取出', '取款', '汇出',
    '往', '往账', '流出', 'D', 'DR', 'DEBIT', 'OUT', '-'))
NEUTRAL_WORDS = frozenset(('中性', '中性交易', '不计收支', '/', '其他', '其它'))

_SIDED = re.compile(r'\(?(?P<before>[贷借收支付]|CR|DR|C|D)?方?\)?(?P<number>[¥￥]?[\d,]+(?:\.\d+)?)元?\(?(?P<behind>[贷借收支付]|CR|DR|C|D)?\)?')
# a refund is a transaction of its own, and what it gives back was carried out
_NOT_DONE = re.compile(r'失败|撤[销回]|关闭|取消|作废|拒绝|驳回|无效|不成功|未(?!冲|退)|待|在途|受理|挂起|(?:处理|进行|审核|支付|清算)中|FAIL|CANCEL|PENDING|REJECT', re.IGNORECASE)
_DONE = re.compile(r'成功|完成|[入到记出]账|正常|转账|存入|收|付|有效|退|冲|抹|清算|结算|处理|SUCCESS|COMPLETE|POSTED|BOOKED|OK', re.IGNORECASE)


def read_side(value):
    """Return 1 for money that came in, -1 for what went out, 0 for neither, None where the cell does not say."""
    text = narrow(value).upper().strip("()[]【】 ")
    if text in IN_WORDS:
        return 1
    if text in OUT_WORDS:
        return -1
    return 0 if text in NEUTRAL_WORDS else None


def split_side(value):
    """Return a cell without the word for the way the money went that stands beside its number, and that: 2,000.00 CR.

    :rtype: tuple[str, int | None]
    """
    match = _SIDED.fullmatch(narrow(value).upper().replace(' ', '')) if isinstance(value, str) else None
    word = match and (match['before'] or match['behind'])
    return (match['number'], read_side(word)) if word else (value, None)


def read_state(value):
    """Return True for a transaction that was carried out, False for one that was not, None where the word says neither."""
    text = narrow(value).replace(' ', '').strip('-/')
    if not text:
        return True
    if _NOT_DONE.search(text):
        return False
    return True if _DONE.search(text) else None


def read_account(value):
    """Return an account number; nothing for one that the spreadsheet has rounded to fifteen digits."""
    if isinstance(value, float) and abs(value) >= 10**15:
        return ''
    return narrow(value).replace(' ', '').replace('-', '')


def read_currency(value):
    """Return the code of a currency, as written where it is not known, nothing for an empty cell."""
    text = narrow(value).upper()
    return _CURRENCIES.get(text, text)
