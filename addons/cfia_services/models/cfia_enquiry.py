from odoo import fields, models


class CfiaEnquiry(models.Model):
    _inherit = 'cfia.enquiry'

    need_ids = fields.One2many('cfia.need', 'enquiry_id', string="Needs")

    def action_make_need(self):
        """Make what a member asked here a need, so that it gets an owner, a deadline and a reply; once.

        :return: the action that opens it
        """
        self.ensure_one()
        # sudo: it may be another department's already
        need_sudo = self.sudo().need_ids
        if not need_sudo:
            need_sudo = self.env['cfia.need']._make_from_enquiry(self).sudo()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'cfia.need',
            'view_mode': 'form',
            'res_id': need_sudo.id,
        }
