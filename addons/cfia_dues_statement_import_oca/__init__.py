from . import models
from . import wizard


def _post_init_journal_mapping(env):
    """Let bank journals in yuan that have no mapping read the lists of Chinese banks."""
    env['account.journal']._set_chinese_bank_mapping()
