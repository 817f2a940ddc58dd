from odoo import fields, models
from odoo.exceptions import UserError


class CfiaNeedForward(models.TransientModel):
    """Pass needs on to another department, which replies."""

    _name = 'cfia.need.forward'
    _description = "Pass On a Need"

    need_ids = fields.Many2many('cfia.need', string="Needs", required=True)
    department_id = fields.Many2one('cfia.department', string="To", required=True)
    user_id = fields.Many2one(
        'res.users', string="Person", domain="[('share', '=', False)]", help="Empty: whoever looks after the department's needs.")
    note = fields.Char(string="Remark")

    def action_forward(self):
        """Pass on.

        :raise UserError: for needs that were replied to
        """
        self.ensure_one()
        needs = self.need_ids
        needs.check_access('write')
        for need in needs.filtered(lambda need: need.state != 'open'):
            raise UserError(self.env._("“%(need)s” was replied to.", need=need.name))
        # sudo: who passes on may not see what other departments have
        needs_sudo = needs.sudo()
        needs_sudo.write({'department_id': self.department_id.id})
        if self.user_id:
            needs_sudo.user_id = self.user_id
            needs_sudo._schedule_reply()
        if self.note:
            for need in needs_sudo:
                need.message_post(body=self.note)
        return {'type': 'ir.actions.act_window_close'}
