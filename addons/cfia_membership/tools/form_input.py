"""Numbers that strangers type into forms."""
import math
import re

#: What PostgreSQL's integer holds.
MAX_INTEGER = 2**31 - 1
#: Beyond what any sum or figure of a unit reaches; floats are still exact to the cent.
MAX_AMOUNT = 10**12


def read_integer(text):
    """Return a whole number that the database takes.

    :param text: as typed, or None
    :raise ValueError: for what is none, or too large
    """
    text = (text or '').strip()
    if not re.fullmatch(r'-?[0-9]{1,10}', text) or abs(int(text)) > MAX_INTEGER:
        raise ValueError(text)
    return int(text)


def read_option(text, options):
    """Return the id that a posted choice stands for, which has to be one of those that the form offered.

    :param text: as posted, or None
    :param options: pairs of id as text and label, as the form shows them
    :return: an id, or False when nothing was chosen
    :raise ValueError: for what was not offered
    """
    text = (text or '').strip()
    if not text:
        return False
    if text not in dict(options):
        raise ValueError(text)
    return int(text)


def read_amount(text):
    """Return a number; blanks and commas between thousands are left out.

    :param text: as typed, or None
    :raise ValueError: for what is none, not finite, or too large
    """
    text = re.sub(r'[\s,，]', '', text or '')
    if not re.fullmatch(r'[+-]?[0-9]{1,15}(\.[0-9]{0,9})?|[+-]?\.[0-9]{1,9}', text):
        raise ValueError(text)
    value = float(text)
    if not math.isfinite(value) or abs(value) > MAX_AMOUNT:
        raise ValueError(text)
    return value
