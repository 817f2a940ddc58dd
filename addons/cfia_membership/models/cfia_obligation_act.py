from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.dates import association_today


class CfiaObligationAct(models.Model):
    """An act done outside the system, entered late with its scan (补录). Never changed afterwards."""

    _name = 'cfia.obligation.act'
    _description = "Act Entered Late"
    _inherit = ['cfia.ledger.mixin']
    _order = 'date desc, id desc'

    obligation_id = fields.Many2one('cfia.obligation', required=True, index=True, ondelete='restrict')
    department_id = fields.Many2one(related='obligation_id.department_id', store=True)
    date = fields.Date(string="Done On", required=True, index=True)
    name = fields.Char(string="What Was Done", required=True)
    scan = fields.Binary(required=True, attachment=True)
    scan_name = fields.Char(string="Name of the Scan", required=True)
    user_id = fields.Many2one(
        'res.users', string="Entered By", required=True, readonly=True, default=lambda self: self.env.user,
        ondelete='restrict')
    create_date = fields.Datetime(string="Entered On")

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        today = association_today()
        for vals in vals_list:
            if fields.Date.to_date(vals.get('date')) and fields.Date.to_date(vals['date']) > today:
                raise UserError(self.env._("“%(act)s” is dated in the future.", act=vals.get('name', '')))
            if not vals.get('scan'):
                raise UserError(self.env._("“%(act)s” needs its scan: it is the evidence.", act=vals.get('name', '')))
            if not self.env.su:
                vals['user_id'] = self.env.uid
        acts = super().create(vals_list)
        years = {act.date.year for act in acts} | {act.date.year + 1 for act in acts}
        self.env['cfia.obligation.term']._refresh_years(sorted(years))
        return acts
