from odoo import api, models


class AccountJournal(models.Model):
    _inherit = 'account.journal'

    @api.model
    def _set_chinese_bank_mapping(self):
        """Give the mapping for Chinese banks to bank journals in yuan that have none."""
        journals = self.search([('type', '=', 'bank'), ('default_sheet_mapping_id', '=', False)])
        journals.filtered(
            lambda journal: (journal.currency_id or journal.company_id.currency_id).name == 'CNY'
        ).default_sheet_mapping_id = self.env.ref(
            'cfia_dues_statement_import_oca.account_statement_import_sheet_mapping_chinese_bank')
