from odoo import models
from odoo.tools import SQL


class AccountBankStatementLine(models.Model):
    """Dues are matched by what is certain alone: guesses leave them alone."""

    _inherit = 'account.bank.statement.line'

    def _retrieve_partner(self):
        """Guess no partner of money that comes in: it may be dues, which are matched or claimed."""
        others = self.filtered(
            # sudo: which companies bill dues is no secret
            lambda line: line.amount <= 0 or not line.company_id.sudo().cfia_dues_journal_id)
        return super(AccountBankStatementLine, others)._retrieve_partner()

    def _do_auto_reconcile_invoices_query(self):
        """Leave what is owed of dues out of the invoices that a remark may mean."""
        query = super()._do_auto_reconcile_invoices_query()
        query.add_where(SQL('%s IS NULL', SQL.identifier('account_move_line', 'dues_line_id')))
        return query
