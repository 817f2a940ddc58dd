"""Dates and sums as Chinese official letters write them (DOMAIN §4)."""
import base64
import io
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import cn2an
import qrcode

from odoo.tools import format_date


def chinese_date(day):
    """Return a date as letters write it: ``2025年3月1日``, without leading zeros.

    :param day: date or ISO text as frozen letter data holds it; nothing gives an empty text
    :rtype: str
    """
    if not day:
        return ''
    if isinstance(day, str):
        day = date.fromisoformat(day)
    return f'{day.year}年{day.month}月{day.day}日'


def official_date(env, day):
    """Return a date for a letter in the language of ``env``: Chinese form, else the long form.

    :param day: date or ISO text; nothing gives an empty text
    :rtype: str
    """
    if not day or _is_chinese(env):
        return chinese_date(day)
    return format_date(env, day, date_format='long')


def official_period(env, date_from, date_to):
    """Return a period for a letter: ``2025年3月1日至2029年12月31日``."""
    period = (official_date(env, date_from), official_date(env, date_to))
    return ('至' if _is_chinese(env) else ' – ').join(filter(None, period))


def capital_amount(amount):
    """Return a sum of yuan in capitals: 3000 → ``叁仟元整``.

    :param amount: number or text, not negative; rounded to the fen
    :rtype: str
    :raise ValueError: for a negative sum
    """
    fen = Decimal(str(amount)).quantize(Decimal('0.01'), rounding=ROUND_HALF_UP)
    if fen < 0:
        raise ValueError("A sum in capitals cannot be negative.")
    return cn2an.an2cn(f'{fen:f}', 'rmb')


def qr_data_uri(text):
    """Return ``text`` as a QR code that stands in the page itself, so that printing fetches nothing."""
    buffer = io.BytesIO()
    qrcode.make(text, box_size=8, border=1).save(buffer, format='PNG')
    return 'data:image/png;base64,' + base64.b64encode(buffer.getvalue()).decode()


def _is_chinese(env):
    return (env.lang or '').startswith('zh')
