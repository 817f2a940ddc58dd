from odoo import models


class AccountStatementImport(models.TransientModel):
    """A transaction comes in once, and what came in is matched to members at once."""

    _inherit = 'account.statement.import'

    def _create_bank_statements(self, stmts_vals, result):
        """Pass over bank references that the journal has, list them, and match the others."""
        if not self.sheet_mapping_id.has_chinese_headings:
            return super()._create_bank_statements(stmts_vals, result)
        left_out = self._drop_known_references(stmts_vals)
        statement_vals = [vals for vals in stmts_vals if vals['transactions']]
        created = super()._create_bank_statements(statement_vals, result)
        if left_out:
            result['notifications'].append(self.env._(
                "Left out, because the journal has these bank references already: %(references)s.",
                references=", ".join(left_out)))
        lines = self.env['account.bank.statement'].browse(result['statement_ids']).line_ids
        if lines:
            notice = lines.action_match_dues()
            result['notifications'].append(notice['params']['message'])
        return created

    def _drop_known_references(self, stmts_vals):
        """Take transactions that came in before, or stand twice in the file, out of the values.

        :return: their references
        :rtype: list[str]
        """
        journal = self.env['account.journal'].browse({vals['journal_id'] for vals in stmts_vals})
        # two imports at once would not see each other's lines
        journal.lock_for_update(allow_referencing=True)
        known = {
            (line.bank_reference, line.amount > 0)
            for line in self.env['account.bank.statement.line'].search([
                ('journal_id', 'in', journal.ids),
                ('bank_reference', 'in', [row['ref'] for vals in stmts_vals for row in vals['transactions']]),
            ])
        }
        left_out = []
        for vals in stmts_vals:
            kept = []
            for row in vals['transactions']:
                # a refund may quote the number of what it gives back
                key = (row['ref'], row['amount'] > 0)
                (left_out if key in known else kept).append(row)
                known.add(key)
            vals['transactions'] = kept
        return [row['ref'] for row in left_out]
