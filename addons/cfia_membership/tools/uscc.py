"""统一社会信用代码 (USCC), GB 32100.

The check of python-stdnum demands digits in the first eight places and so refuses lawful codes
whose authority is a letter; here letters may stand in the first two.
"""
import re

from odoo.addons.cfia_membership.tools.text import to_half_width

_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_WEIGHTS = [pow(3, place, 31) for place in range(17)]
# no region begins with 0: eighteen zeros, a common stopgap in lists, would pass the check
_FORM = re.compile(rf'[{_ALPHABET}]{{2}}[1-9][0-9]{{5}}[{_ALPHABET}]{{10}}')
_NOISE = re.compile(r'[\s\-.·]+')


def normalise_uscc(text):
    """Return the code in half-width capitals without blanks, an empty string for none.

    :param text: a string, or None
    :rtype: str
    """
    return _NOISE.sub('', to_half_width(text)).upper()


def compute_check_character(code):
    """Return the check character of the first 17 places of ``code``.

    :param str code: normalised, every character in the alphabet
    """
    total = sum(_VALUES[character] * weight for character, weight in zip(code, _WEIGHTS))
    return _ALPHABET[-total % 31]


def is_valid_uscc(text):
    """Tell whether ``text`` is a USCC with a right check character, however it is spaced.

    :param text: a string, or None
    :rtype: bool
    """
    code = normalise_uscc(text)
    return bool(_FORM.fullmatch(code)) and compute_check_character(code) == code[17]
