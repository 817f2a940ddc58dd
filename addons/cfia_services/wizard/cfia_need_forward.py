from odoo import fields, models
from odoo.exceptions import UserError


class CfiaNeedForward(models.TransientModel):
    """Pass needs on to another department, which replies."""

    _name = 'cfia.need.forward'
    _description = "Pass On a Need"

    need_ids = fields.Many2many('cfia.need', string="Needs", required=True)
    department_id = fields.Many2one('cfia.department', string="Pass On To", required=True)
    user_id = fields.Many2one(
        'res.users', string="Person in Charge", domain="[('share', '=', False)]", help="Empty: whoever looks after the department's needs.")
    note = fields.Char(string="Remarks")

    def action_forward(self):
        """Pass on.

        :return: the list of needs where the user sees them no more
        :raise UserError: for needs that were replied to
        """
        self.ensure_one()
        needs = self.need_ids
        needs.check_access('write')
        for need in needs.filtered(lambda need: need.state != 'open'):
            raise UserError(self.env._("“%(need)s” was replied to.", need=need.name))
        # sudo: who passes on may not see what other departments have
        needs_sudo = needs.sudo()
        needs_sudo.with_context(cfia_need_note=self.note or '').write({'department_id': self.department_id.id})
        if self.user_id:
            needs_sudo.user_id = self.user_id
            needs_sudo._schedule_reply()
        if needs._filtered_access('read') == needs:
            return {'type': 'ir.actions.act_window_close'}
        # what is another department's from now on cannot be shown any more
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_services.cfia_need_action'), 'target': 'main'}
