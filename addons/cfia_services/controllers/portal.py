from odoo.http import request

from odoo.addons.cfia_membership.controllers.portal import MembershipPortal


class ServicesPortal(MembershipPortal):

    def _prepare_entitlements_domain(self, unit):
        """Return the domain of the entitlements shown to ``unit``: present, coming and past ones."""
        return [('partner_id', '=', unit.id)]

    def _prepare_membership_values(self, unit):
        """Add the unit's entitlements to its membership page."""
        values = super()._prepare_membership_values(unit)
        entitlements = request.env['cfia.entitlement']
        if entitlements.has_access('read'):
            entitlements = entitlements.search(self._prepare_entitlements_domain(unit))
        values['entitlements'] = entitlements.sorted(
            lambda entitlement: (entitlement.state not in ('open', 'upcoming'), entitlement.service_id.sequence))
        return values
