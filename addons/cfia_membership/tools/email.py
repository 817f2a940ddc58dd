"""Addresses as people write them: several in one field, between commas, semicolons or spaces of any width."""
import re

from odoo.tools import email_normalize

_SEPARATORS = re.compile(r'[\s,;，；、/|]+')
# what is valid in no address, but usual in Chinese lists
_FOREIGN = re.compile(r'[，；、＠\u3000\n]')


def split_emails(text):
    """Return the valid addresses in a text, in order, each once.

    :rtype: list[str]
    """
    found = []
    for part in _SEPARATORS.split((text or '').replace('＠', '@').replace('<', ' ').replace('>', ' ')):
        address = email_normalize(part)
        if address and address not in found:
            found.append(address)
    return found


def join_emails(*texts):
    """Return all addresses of the first text that has any, as one text that every mail takes; nothing without one."""
    return next((', '.join(found) for text in texts if (found := split_emails(text))), False)


def clean_email(text):
    """Return a text with addresses as mail servers separate them; what is no such list stays as it is."""
    return join_emails(text) or text if text and _FOREIGN.search(text) else text
