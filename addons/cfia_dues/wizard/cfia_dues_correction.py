from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import formatLang


class CfiaDuesCorrection(models.TransientModel):
    """Correct bills of dues (更正账单): credit note, present price and payer, new bill and notice in one step."""

    _name = 'cfia.dues.correction'
    _description = "Correct Bills of Dues"

    line_ids = fields.Many2many('cfia.dues.line', string="Dues", required=True, readonly=True)
    reason = fields.Char(required=True, help="Printed on the credit note.")
    payer_id = fields.Many2one(
        'res.partner', string="Bill To", help="Empty: the payer registered for each member, or the member itself.")
    preview = fields.Text(string="What Becomes of It", compute='_compute_preview')

    @api.depends('line_ids', 'payer_id')
    def _compute_preview(self):
        for correction in self:
            correction.preview = "\n".join(correction._get_preview())

    def _get_preview(self):
        """Return what each bill is and what it becomes, as sentences."""
        sentences = []
        for company, lines in self.line_ids._origin.grouped('company_id').items():
            _standards, _members, prices = lines._get_present_prices(company)
            reasons = dict(lines._fields['hold_reason']._description_selection(self.env))
            for line in lines:
                price = prices[line]
                payer = self.payer_id or line.partner_id.dues_payer_id or line.partner_id
                values = {
                    'line': line.display_name, 'old': formatLang(self.env, line.amount), 'old_payer': line.payer_id.name,
                    'paid': formatLang(self.env, line.amount_paid),
                }
                if price.is_known:
                    sentences.append(self.env._(
                        "%(line)s: %(old)s billed to %(old_payer)s, %(paid)s paid. Becomes %(new)s, billed to %(payer)s.",
                        new=formatLang(self.env, float(price.amount)), payer=payer.name, **values))
                else:
                    sentences.append(self.env._(
                        "%(line)s: %(old)s billed to %(old_payer)s, %(paid)s paid. Becomes nothing: %(reason)s.",
                        reason=reasons[price.reason], **values))
        return sentences

    def action_correct(self):
        """Correct the bills, all or none.

        :raise UserError: for others than those who bill dues
        """
        self.ensure_one()
        self.line_ids.check_access('write')
        if not self.env.user.has_group('cfia_membership.group_cfia_accountant'):
            raise UserError(self.env._("Finance corrects bills."))
        if not self.reason or not self.reason.strip():
            raise UserError(self.env._("Say why the bill is wrong."))
        self.line_ids._correct(self.reason.strip(), self.payer_id)
        return {'type': 'ir.actions.act_window_close'}
