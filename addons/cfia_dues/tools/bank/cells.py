"""Which way the money went, accounts and currencies as the lists of banks write them."""
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


def read_side(value):
    """Return 1 for money that came in, -1 for what went out, 0 for neither, None where the cell does not say."""
    text = narrow(value).upper().strip("()[]【】 ")
    if text in IN_WORDS:
        return 1
    if text in OUT_WORDS:
        return -1
    return 0 if text in NEUTRAL_WORDS else None


def read_account(value):
    """Return an account number; nothing for one that the spreadsheet has rounded to fifteen digits."""
    if isinstance(value, float) and abs(value) >= 10**15:
        return ''
    return narrow(value).replace(' ', '').replace('-', '')


def read_currency(value):
    """Return the code of a currency, as written where it is not known, nothing for an empty cell."""
    text = narrow(value).upper()
    return _CURRENCIES.get(text, text)
