from odoo import api, models

from ..tools.bank.headings import HEADINGS as BANK_HEADINGS
from ..tools.receipt_sheet import HEADINGS as RECEIPT_HEADINGS
from odoo.addons.cfia_membership.models.cfia_sheet_form import Kind


class CfiaSheetForm(models.Model):
    _inherit = 'cfia.sheet.form'

    @api.model
    def _get_kinds(self):
        return {
            **super()._get_kinds(),
            'bank': Kind(
                self.env._("Bank transactions"), BANK_HEADINGS, (('date',), ('amount', 'credit', 'debit')),
                ('cfia.dues.bank.import',)),
            'receipt': Kind(
                self.env._("Receipts of the platform"), RECEIPT_HEADINGS, (('number',),), ('cfia.dues.receipt.import',)),
        }
