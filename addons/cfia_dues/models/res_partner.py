from odoo import api, fields, models

DUES_READER_GROUPS = ','.join(
    f'cfia_membership.group_cfia_{role}'
    for role in ('organisation', 'secretary_general', 'leader', 'accountant', 'auditor')
)


class ResPartner(models.Model):
    _inherit = 'res.partner'

    dues_line_ids = fields.One2many(
        'cfia.dues.line', 'partner_id', string="Dues", groups=DUES_READER_GROUPS)
    dues_payer_id = fields.Many2one(
        'res.partner', string="Dues Paid By", groups=DUES_READER_GROUPS, copy=False, index='btree_not_null',
        help="A parent company or other unit to which invoices and notices of this member's dues go.")
    dues_paid_member_ids = fields.One2many(
        'res.partner', 'dues_payer_id', string="Pays Dues Of", groups=DUES_READER_GROUPS)
    dues_amount_open = fields.Monetary(
        string="Open Dues", compute='_compute_dues_amount_open', groups=DUES_READER_GROUPS)

    # === COMPUTE METHODS === #

    @api.depends('dues_line_ids.amount_residual')
    def _compute_dues_amount_open(self):
        amounts = dict(self.env['cfia.dues.line']._read_group(
            [('partner_id', 'in', self.ids)], ['partner_id'], ['amount_residual:sum']))
        for partner in self:
            partner.dues_amount_open = amounts.get(partner, 0.0)

    # === ACTION METHODS === #

    def action_view_dues_lines(self):
        """Open the dues of these members."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_dues.cfia_dues_line_action')
        action['domain'] = [('partner_id', 'in', self.ids)]
        action['context'] = {'default_partner_id': self.id} if len(self) == 1 else {}
        return action
