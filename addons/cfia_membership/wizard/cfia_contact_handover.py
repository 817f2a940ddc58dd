from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.guard import unlocked


class CfiaContactHandover(models.TransientModel):
    """A contact person leaves; who takes the roles?"""

    _name = 'cfia.contact.handover'
    _description = "Hand-over of Contact Roles"

    person_id = fields.Many2one(
        'res.partner', string="Leaving Person", required=True, readonly=True,
        default=lambda self: self.env.context.get('active_id'))
    unit_id = fields.Many2one(related='person_id.commercial_partner_id', string="Unit")
    contact_role_ids = fields.Many2many(related='person_id.contact_role_ids')
    successor_id = fields.Many2one(
        'res.partner', string="Successor",
        domain="[('parent_id', '=', unit_id), ('id', '!=', person_id)]",
        help="Empty for a person who is not registered yet.")
    name = fields.Char(string="Name of the New Person")
    function = fields.Char(string="Job Position")
    mobile = fields.Char()
    email = fields.Char()

    def action_confirm(self):
        """Hand the roles over.

        :raise UserError: outside the organisation department, or without a successor
        """
        self.ensure_one()
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department verifies changes of members' data."))
        successor = self.successor_id
        if not successor:
            if not self.name:
                raise UserError(self.env._("Choose the successor or enter the new person's name."))
            # the hand-over leaves its own event
            successor = unlocked(self.env['res.partner'])._create_contacts([{
                'parent_id': self.unit_id.id,
                'type': 'contact',
                'name': self.name,
                'function': self.function,
                'mobile': self.mobile,
                'email': self.email,
                'lang': self.unit_id.lang,
            }])
        elif self.email and not successor.email:
            unlocked(successor).email = self.email
        self.person_id._hand_over(successor)
        return {'type': 'ir.actions.act_window_close'}
