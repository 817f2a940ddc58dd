from . import controllers
from . import demo
from . import models
from . import report
from . import wizard


def _post_init_dues_accounting(env):
    """Make the dues journal and income account where the association has a chart of accounts already."""
    env.company._set_up_dues_accounting()
