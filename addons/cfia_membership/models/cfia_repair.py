from odoo import fields, models


class CfiaRepair(models.Model):
    """Log of explicit repairs of number, event or file by the manager."""

    _name = 'cfia.repair'
    _description = "Repair"
    _inherit = ['cfia.ledger.mixin']
    _order = 'id desc'

    kind = fields.Selection(
        selection=[('number', "Member number"), ('event', "Event"), ('paper', "Paper in a file")],
        required=True, readonly=True)
    partner_id = fields.Many2one('res.partner', string="Unit", readonly=True, index=True, ondelete='restrict')
    user_id = fields.Many2one(
        'res.users', string="Repaired By", required=True, readonly=True, default=lambda self: self.env.user)
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    before = fields.Char(readonly=True)
    date_before = fields.Date(
        string="Day before It", readonly=True, help="Of an event: what was counted until the repair is counted from it.")
    after = fields.Char(readonly=True)
    reason = fields.Text(required=True, readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field='res_model', readonly=True, aggregator=None)
