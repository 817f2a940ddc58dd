from odoo import models
from odoo.tools import email_normalize

from odoo.addons.cfia_membership.models.cfia_workplace import ROLES


class ResUsers(models.Model):
    """Who stands behind an account: an act that needs two people is not done by one with two accounts."""

    _inherit = 'res.users'

    def _is_same_person(self, other):
        """Tell whether two accounts are one person's: the same contact, e-mail address or mobile.

        An empty account is nobody's.
        """
        # sudo: who somebody is does not depend on who may read it
        first, second = self.sudo(), other.sudo()
        if not first or not second:
            return False
        return first._get_person_keys() & second._get_person_keys() != set()

    def _get_person_keys(self):
        """Return what stands for a person, of one account. Extend with ``super()``."""
        self.ensure_one()
        partner = self.partner_id
        keys = {('account', self.id), ('contact', partner.id)}
        keys.update(
            ('email', address) for address in (email_normalize(self.login or ''), email_normalize(partner.email or ''))
            if address)
        mobile = ''.join(character for character in partner.mobile or '' if character.isdigit())
        if mobile:
            keys.add(('mobile', mobile))
        return keys

    def _get_reader_lang(self):
        """Return the language in which this user is written to."""
        return self.partner_id._get_reader_lang()

    def _has_role(self):
        """Tell whether this user works for the association."""
        roles = self.env['res.groups'].browse([self.env.ref(role).id for role in ROLES.split(',')])
        # sudo: who works here is no secret
        return bool(self.sudo().all_group_ids & roles)

    def _is_of_association(self):
        """Tell whether this user works for the association, or for a unit that it knows."""
        # sudo: whose account it is does not depend on who asks
        return self._has_role() or bool(self.sudo().partner_id.commercial_partner_id.member_state)
