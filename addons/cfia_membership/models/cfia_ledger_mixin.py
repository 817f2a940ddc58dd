from odoo import models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)


class CfiaLedgerMixin(models.AbstractModel):
    """Append-only records: written once, then neither changed nor deleted by anybody.

    Superuser mode makes no exception; an explicit repair goes through
    :func:`odoo.addons.cfia_membership.tools.guard.unlocked`.
    """

    _name = 'cfia.ledger.mixin'
    _description = "Append-only Ledger"
    _guard_readonly = False
    _append_only = True
    _guard_texts = dict.fromkeys(('frozen', 'unlink'), _lt("It stands in a ledger. Record a new entry instead."))
    _inherit = ['cfia.guard.mixin']
