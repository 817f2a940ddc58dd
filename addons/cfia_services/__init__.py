from . import controllers
from . import models
from . import report
from . import wizard


def _pre_init_btree_gist(env):
    """Make the operator classes with which the database refuses overlapping entitlements.

    The extension is a trusted one: the owner of the database may create it.
    """
    env.cr.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
