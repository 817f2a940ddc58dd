from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.dates import association_today


class CfiaVoucherExport(models.TransientModel):
    """Vouchers of dues for a period, as a spreadsheet for books kept elsewhere."""

    _name = 'cfia.voucher.export'
    _description = "Export Vouchers of Dues"

    format_id = fields.Many2one(
        'cfia.voucher.format', required=True,
        default=lambda self: self.env['cfia.voucher.format'].search([], limit=1))
    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    date_from = fields.Date(
        required=True, default=lambda self: association_today() + relativedelta(months=-1, day=1))
    date_to = fields.Date(
        required=True, default=lambda self: association_today() + relativedelta(day=1, days=-1))
    number_first = fields.Integer(string="First Voucher Number", required=True, default=1)
    move_count = fields.Integer(string="Vouchers", compute='_compute_move_count')

    @api.depends('company_id', 'date_from', 'date_to')
    def _compute_move_count(self):
        for export in self:
            export.move_count = len(export._get_moves()) if export.date_from and export.date_to else 0

    def _get_moves(self):
        return self.format_id._get_moves(self.company_id, self.date_from, self.date_to)

    def action_export(self):
        """Make the spreadsheet.

        :raise UserError: when there is nothing, or an account is not mapped
        """
        self.ensure_one()
        moves = self._get_moves()
        if not moves:
            raise UserError(self.env._("No entries of dues are posted in this period."))
        self.format_id._check_accounts(moves)
        return self.env.ref('cfia_dues.action_report_voucher_xlsx').report_action(self, config=False)
