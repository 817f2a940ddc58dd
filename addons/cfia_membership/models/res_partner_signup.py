from collections import defaultdict

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import email_normalize

# what the association writes about its members, for itself
INTERNAL_NOTES = {'comment'}


class ResPartner(models.Model):
    """Who becomes a user for a unit of the association is decided by its invitation alone.

    Contacts of other apps sign up as Odoo lets them.
    """

    _inherit = 'res.partner'

    def signup_get_auth_param(self):
        """Give nobody inside what would log in as the person of a unit."""
        strange = self if self.env.su else self - self._filter_of_units()
        result = defaultdict(dict)
        if strange:
            result.update(super(ResPartner, strange).signup_get_auth_param())
        else:
            # the right is asked for all the same
            super(ResPartner, self.browse()).signup_get_auth_param()
        return result

    def signup_prepare(self, signup_type='signup'):
        """Refuse to open the way in for a person of a unit outside of an invitation.

        :raise AccessError: naming the person
        """
        if not self.env.su and not self.env.user.has_group('base.group_erp_manager'):
            person = self._filter_of_units()[:1]
            if person:
                raise AccessError(self.env._(
                    "%(person)s belongs to a unit of the association: access is given by an invitation of the "
                    "organisation department.", person=person.sudo().display_name))  # sudo: the name, to say who
        return super().signup_prepare(signup_type=signup_type)

    def _filter_of_units(self):
        """Return those that are units of the association or their persons."""
        # sudo: whose contact it is does not depend on who asks
        return self.filtered(lambda partner: partner.sudo().commercial_partner_id.member_state)

    @api.model
    def _find_sender(self, email):
        """Return the person of the association with an address, where it is one unit's alone.

        An address is what a sender claims: others may have entered it, for themselves or for a unit.

        :param str email: as the mail has it
        :return: the person, or nothing; in superuser mode
        """
        address = email_normalize(email or '')
        if not address:
            return self.sudo().browse()
        # sudo: who writes is asked over all units
        persons = self.sudo().search([
            ('email_normalized', '=', address), ('commercial_partner_id.member_state', '!=', False)], order='id')
        if len(persons.commercial_partner_id) != 1:
            return self.sudo().browse()
        return persons.filtered('parent_id')[:1] or persons[:1]

    def _has_field_access(self, field, operation):
        """Keep the association's notes about a unit from the unit itself."""
        if field.name in INTERNAL_NOTES and not self.env.su and self.env.user.share and self.env.user.partner_id:
            # sudo: whether the user is of a unit is asked, not shown
            if self.env.user.sudo().partner_id.commercial_partner_id.member_state:
                return False
        return super()._has_field_access(field, operation)
