from odoo import fields, models


class CfiaNeedSetAside(models.TransientModel):
    """Set aside what arrived among the needs and is no question of a member."""

    _name = 'cfia.need.set.aside'
    _description = "Set Aside"

    need_ids = fields.Many2many('cfia.need', string="Needs", required=True)
    reason = fields.Char(required=True)

    def action_set_aside(self):
        """Set aside."""
        self.ensure_one()
        self.need_ids.check_access('write')
        self.need_ids._set_aside(self.reason)
        return {'type': 'ir.actions.act_window_close'}
