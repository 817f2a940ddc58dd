import base64
from os.path import basename

from odoo import api, models
from odoo.exceptions import UserError


class AccountStatementImportSheetParser(models.TransientModel):
    """Read a Chinese bank's list as the suite's own import does, into what OCA's import expects."""

    _inherit = 'account.statement.import.sheet.parser'

    @api.model
    def parse(self, data_file, mapping, filename):
        """Return currency, account number and statement values of a file.

        :raise UserError: naming the rows that cannot be read; nothing of the file is taken over
        """
        if not mapping.has_chinese_headings:
            return super().parse(data_file, mapping, filename)
        journal = self.env['account.journal'].browse(self.env.context.get('journal_id'))
        rows = journal._read_bank_list(base64.b64encode(data_file), filename).rows
        if unreadable := [row for row in rows if row.error]:
            raise UserError(self.env._(
                "These rows of “%(file)s” cannot be taken over: %(rows)s. Mend them in the file, or use “Import from the "
                "Bank” in Receipts to Claim, which says why and takes over the others.",
                file=filename or "", rows=", ".join(str(row.number) for row in unreadable)))
        return (
            (journal.currency_id or journal.company_id.currency_id).name,
            journal.bank_account_id.acc_number,
            [self._prepare_chinese_statement_values(rows, journal, filename)],
        )

    @api.model
    def _prepare_chinese_statement_values(self, rows, journal, filename):
        """Return the values of a statement.

        :param list[BankRow] rows: in the order of the file
        """
        return {
            'name': f"{journal.code}: {basename(filename or '')}",
            'date': max((row.date for row in rows), default=False),
            'transactions': [{
                'date': row.date,
                'amount': row.amount,
                'payment_ref': row.remark or self.env._("Transfer"),
                'ref': row.reference,
                **({'partner_name': row.payer} if row.payer else {}),
                **({'account_number': row.account} if row.account else {}),
            } for row in rows],
        }
