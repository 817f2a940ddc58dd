from odoo import api, fields, models


class CfiaDuesRunStart(models.TransientModel):
    """What a dues run will do, before it posts or mails anything."""

    _name = 'cfia.dues.run.start'
    _description = "Start a Dues Run"

    run_id = fields.Many2one('cfia.dues.run', required=True, readonly=True, ondelete='cascade')
    currency_id = fields.Many2one(related='run_id.currency_id')
    member_count = fields.Integer(string="Units to Bill", readonly=True)
    amount = fields.Monetary(string="Amount in All", readonly=True)
    summary = fields.Char(compute='_compute_summary')
    mail_count = fields.Integer(string="Notices by E-Mail", readonly=True)
    letter_count = fields.Integer(string="Notices by Letter", readonly=True)
    left_out_ids = fields.One2many('cfia.dues.run.start.member', 'start_id', string="Not to Be Billed", readonly=True)
    left_out_count = fields.Integer(string="Units Left Out", compute='_compute_left_out_count')

    @api.depends('member_count', 'amount')
    @api.depends_context('lang')
    def _compute_summary(self):
        for start in self:
            start.summary = self.env._(
                "%(count)s units are billed for %(year)s, %(amount)s in all. The invoices are posted in the "
                "background; no click takes them back.",
                count=start.member_count, year=start.run_id.year, amount=start.currency_id.format(start.amount))

    @api.depends('left_out_ids')
    def _compute_left_out_count(self):
        for start in self:
            start.left_out_count = len(start.left_out_ids)

    def action_confirm(self):
        """Let the schedule bill the members."""
        self.ensure_one()
        self.run_id.action_start()
        return {'type': 'ir.actions.act_window_close'}


class CfiaDuesRunStartMember(models.TransientModel):
    """A unit that a run will not bill, and why."""

    _name = 'cfia.dues.run.start.member'
    _description = "Unit Left Out of a Dues Run"
    _order = 'reason, id'

    start_id = fields.Many2one('cfia.dues.run.start', required=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one('res.partner', string="Member", required=True, readonly=True, ondelete='cascade')
    member_number = fields.Char(related='partner_id.member_number')
    reason = fields.Selection(
        selection=lambda self: self.env['cfia.dues.run.member']._selection_reason(), required=True, readonly=True)
