from odoo.exceptions import UserError
from odoo.http import request, route

from odoo.addons.cfia_membership.controllers.portal import MembershipPortal


class ServicesPortal(MembershipPortal):

    def _prepare_entitlements_domain(self, unit):
        """Return the domain of the entitlements shown to ``unit``: present, coming and past ones."""
        return [('partner_id', '=', unit.id)]

    def _prepare_membership_values(self, unit):
        """Add the unit's entitlements to its membership page, and what it can ask for."""
        values = super()._prepare_membership_values(unit)
        entitlements = request.env['cfia.entitlement']
        if entitlements.has_access('read'):
            entitlements = entitlements.search(self._prepare_entitlements_domain(unit))
        values['entitlements'] = entitlements.sorted(
            lambda entitlement: (
                entitlement.state not in ('open', 'waiting', 'upcoming'), entitlement.service_id.sequence))
        # sudo: what the unit can ask for depends on its events and dues, which it does not read
        values['services_on_request'] = request.env['cfia.service'].sudo()._get_requestable(unit)
        values['service_error'] = False
        return values

    def _get_own_entitlement(self, entitlement_id):
        """Return an entitlement of the user's own unit, in superuser mode; not found for anybody else's."""
        unit = self._get_membership_unit()
        # sudo: the unit is the user's own
        entitlement_sudo = request.env['cfia.entitlement'].sudo().search(
            [('id', '=', entitlement_id), ('partner_id', '=', unit.id)])
        if not entitlement_sudo:
            raise request.not_found()
        return entitlement_sudo

    @route('/my/membership/services/<int:entitlement_id>', type='http', auth='user', website=True, readonly=True)
    def portal_entitlement(self, entitlement_id, **kwargs):
        """Show an entitlement of the user's unit with its balance and what was used of it."""
        entitlement = self._get_own_entitlement(entitlement_id)
        return request.render('cfia_services.portal_entitlement', {
            'page_name': 'membership_service',
            'entitlement': entitlement,
            'price_terms': entitlement.state == 'open' and entitlement.service_id._get_price_terms(entitlement.partner_id),
        })

    @route('/my/membership/services/<int:service_id>/request', type='http', auth='user', methods=['POST'],
           website=True)
    def portal_request_service(self, service_id, **post):
        """Ask for a service on request for the user's unit."""
        unit = self._get_membership_unit()
        # sudo: what the unit can ask for depends on its events and dues, which it does not read
        service_sudo = request.env['cfia.service'].sudo()._get_requestable(unit).filtered(
            lambda service: service.id == service_id)
        if not service_sudo:
            raise request.not_found()
        try:
            with request.env.cr.savepoint():
                entitlement = request.env['cfia.entitlement']._request(unit, service_sudo)
        except UserError as error:
            return request.render('cfia_membership.portal_my_membership', {
                **self._prepare_portal_layout_values(), **self._prepare_membership_values(unit),
                'documents': request.env['cfia.document'], 'service_error': str(error)})
        return request.redirect(f'/my/membership/services/{entitlement.id}')
