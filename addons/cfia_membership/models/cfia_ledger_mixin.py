from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.guard import is_unlocked


class CfiaLedgerMixin(models.AbstractModel):
    """Append-only records: written once, then neither changed nor deleted by anybody.

    Superuser mode makes no exception; an explicit repair goes through
    :func:`odoo.addons.cfia_membership.tools.guard.unlocked`.
    """

    _name = 'cfia.ledger.mixin'
    _description = "Append-only Ledger"

    def write(self, vals):
        """Refuse changes.

        :raise UserError: unless the records were unlocked by the suite's own code
        """
        if vals and self and not is_unlocked(self):
            raise UserError(self.env._(
                "%(record)s stands in a ledger and cannot be changed. Record a new entry instead.",
                record=self[:1].display_name,
            ))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_unlocked(self):
        """Refuse deletion.

        :raise UserError: unless the records were unlocked by the suite's own code
        """
        if self and not is_unlocked(self):
            raise UserError(self.env._(
                "%(record)s stands in a ledger and cannot be deleted. Record a new entry instead.",
                record=self[:1].display_name,
            ))
