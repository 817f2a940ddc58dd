"""Core's own texts as our users read them: where Odoo's Chinese is missing or says something else.

They stand in ``i18n_core``, in the form of Odoo's own files. Our module is loaded after those that it corrects, so
they outlast an upgrade of Odoo.
"""
from functools import lru_cache
from pathlib import Path

import polib

FOLDER = Path(__file__).parent.parent / 'i18n_core'


def get_path(lang):
    """Return the file of a language; there is none for most."""
    return FOLDER / f'{lang}.po'


@lru_cache
def read_client_words(lang):
    """Return the texts of the web client.

    :return: {module: {source: text}}
    :rtype: dict
    """
    words = {}
    path = get_path(lang)
    for entry in polib.pofile(str(path)) if path.is_file() else ():
        if 'odoo-javascript' in entry.comment:
            module = entry.comment.splitlines()[0].removeprefix('module: ')
            words.setdefault(module, {})[entry.msgid] = entry.msgstr
    return words
