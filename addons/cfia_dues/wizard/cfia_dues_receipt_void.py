from odoo import fields, models


class CfiaDuesReceiptVoid(models.TransientModel):
    """Declare receipts void (作废), and ask for others in their place (重开)."""

    _name = 'cfia.dues.receipt.void'
    _description = "Declare Receipts Void"

    receipt_ids = fields.Many2many('cfia.dues.receipt', string="Fiscal Receipts", required=True, readonly=True)
    reason = fields.Char(required=True)
    is_kept = fields.Boolean(string="Keep Them", help="The receipts stay as they are; the decision is on record.")
    is_issued_anew = fields.Boolean(string="Issue Anew", default=True)
    title = fields.Char(string="New Title", help="Empty: the same title.")
    uscc = fields.Char(string="New USCC", help="Empty: the same USCC.")

    def action_void(self):
        """Void the receipts; where asked, open what is requested in their place."""
        self.ensure_one()
        self.receipt_ids.check_access('write')
        if self.is_kept:
            self.receipt_ids._keep(self.reason)
            return {'type': 'ir.actions.act_window_close'}
        if not self.is_issued_anew:
            self.receipt_ids._void(self.reason)
            return {'type': 'ir.actions.act_window_close'}
        vals = {name: self[name] for name in ('title', 'uscc') if self[name]}
        receipts = self.receipt_ids._issue_anew(self.reason, **vals)
        return self.env['cfia.dues.line']._get_receipt_action(receipts)
