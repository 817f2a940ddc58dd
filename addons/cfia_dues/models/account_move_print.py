from odoo import models


class AccountMove(models.Model):
    """Bills of dues never call themselves 发票: that is a tax paper, and dues bear no tax."""

    _inherit = 'account.move'

    def _is_dues(self):
        """Tell whether this entry bills dues or takes them off."""
        return bool(self) and any(
            # sudo: whether an entry bills dues is no secret, nor is the journal of dues
            move.sudo().dues_line_ids or move.journal_id == move.company_id.sudo().cfia_dues_journal_id
            for move in self if move.is_sale_document())

    def _get_dues_title(self):
        """Return what a printed bill of dues is called."""
        self.ensure_one()
        if self.move_type == 'out_refund':
            return self.env._("Dues credit note %(number)s", number=self.name or "")
        return self.env._("Dues bill %(number)s", number=self.name or "")

    def _get_report_base_filename(self):
        if self._is_dues():
            return self._get_dues_title()
        return super()._get_report_base_filename()

    def _get_invoice_report_filename(self, extension='pdf', report=None):
        if self._is_dues():
            name = self._get_dues_title().replace(' ', '_').replace('/', '_')
            return f'{name}.{extension}'
        return super()._get_invoice_report_filename(extension=extension, report=report)
