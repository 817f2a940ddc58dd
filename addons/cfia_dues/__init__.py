from . import controllers
from . import demo
from . import models
from . import report
from . import wizard


def _post_init_dues_accounting(env):
    """Make the dues journal and income account of companies that have a chart of accounts already."""
    env['res.company'].search([('chart_template', '!=', False)])._set_up_dues_accounting()
