"""Addresses that are themselves a right: whoever reads one acts as the person it was made for.

They stand in the mail that goes out and nowhere else: not in what is kept of it, nor in a log.
"""
import logging
import re

HIDDEN = '…'
_PERSONAL = re.compile(r'(/cfia/(?:r|apply|roster)/)(?!link\b|uscc\b)[^/?#\s"\'<>&…]*')
_SIGN_UP = re.compile(r'(/web/(?:signup|reset_password|login)\?[^\s"\'<>]*?\btoken=)[^&\s"\'<>…]+')


def hide_tokens(text):
    """Return a text with the secret part of each personal address taken out."""
    return _PERSONAL.sub(rf'\g<1>{HIDDEN}', text)


def hide_sign_up(text):
    """Return a text with the secret part of each address for signing up taken out."""
    return _SIGN_UP.sub(rf'\g<1>{HIDDEN}', text)


class HideTokens(logging.Filter):
    """Keeps the lines of requests free of what would answer them again."""

    def filter(self, record):
        if isinstance(record.args, tuple):
            record.args = tuple(_hide(value) for value in record.args)
        record.msg = _hide(record.msg)
        return True


def _hide(value):
    if isinstance(value, str) and ('/cfia/' in value or 'token=' in value):
        return hide_sign_up(hide_tokens(value))
    return value


def install_filter():
    """Set the filter on the logs that name the addresses asked for, once."""
    for name in ('werkzeug', 'odoo.http'):
        logger = logging.getLogger(name)
        if not any(isinstance(present, HideTokens) for present in logger.filters):
            logger.addFilter(HideTokens())
