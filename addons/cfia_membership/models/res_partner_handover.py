from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.guard import unlocked


class ResPartner(models.Model):
    """Contact persons come and go; roles, and the portal with them, stay with the unit (5.3)."""

    _inherit = 'res.partner'

    contact_log_ids = fields.One2many(
        'cfia.contact.log', 'partner_id', string="Contact Log",
        groups='cfia_membership.group_cfia_staff,cfia_membership.group_cfia_manager,cfia_membership.group_cfia_auditor')

    # === ACTION METHODS === #

    def action_view_contact_log(self):
        """Open what was spoken with these units."""
        units = self.commercial_partner_id
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_contact_log_action'),
            'domain': [('partner_id', 'in', units.ids)],
            'context': {'default_partner_id': units[:1].id},
        }

    # === BUSINESS METHODS === #

    def _leave_unit(self):
        """Take persons out of their units: roles end, their portal users are closed.

        :raise UserError: for persons who work in the association's own system
        """
        staff = self.user_ids.filtered(lambda user: not user.share)[:1]
        if staff:
            raise UserError(self.env._(
                "%s is a user of the association. Close the user first.", staff.partner_id.display_name))
        # sudo: who hands over need not be an administrator of users
        self.user_ids.with_user(SUPERUSER_ID).action_archive()
        unlocked(self).write({'active': False, 'contact_role_ids': [fields.Command.clear()]})

    def _hand_over(self, successor):
        """Let a person leave and another of the same unit take the roles and, with them, the portal.

        :param successor: person of the same unit
        :raise UserError: when the successor is of another unit, or is to use the portal without e-mail
        """
        self.ensure_one()
        if successor.commercial_partner_id != self.commercial_partner_id or successor == self:
            raise UserError(self.env._(
                "%(successor)s is no other contact person of %(unit)s.",
                successor=successor.display_name, unit=self.commercial_partner_id.display_name))
        roles = self.contact_role_ids
        uses_portal = bool(self.user_ids.filtered('active'))
        if uses_portal and not successor.user_ids and not successor.email:
            raise UserError(self.env._(
                "%(person)s uses the portal. Enter the e-mail of %(successor)s, who is invited instead.",
                person=self.name, successor=successor.name))
        self._leave_unit()
        unlocked(successor).write({'contact_role_ids': [fields.Command.link(role.id) for role in roles]})
        if uses_portal and not successor.user_ids:
            # sudo: nor an administrator of the portal
            wizard = self.env['portal.wizard'].with_user(SUPERUSER_ID).with_context(
                default_partner_ids=successor.ids, active_ids=successor.ids).create({})
            wizard.user_ids.action_grant_access()
        self.commercial_partner_id._record_member_event('data', note=self.with_context(
            lang=self.env.company._get_association_lang()).env._("Contact persons"))
