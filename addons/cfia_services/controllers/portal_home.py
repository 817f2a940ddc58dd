from odoo.http import request

from odoo.addons.cfia_membership.controllers.portal import MembershipPortal


class HomePortal(MembershipPortal):

    def _prepare_membership_cards(self, unit):
        """Add the services that are open to the unit, and its needs that wait for a reply."""
        # sudo: the unit's own
        service_count = request.env['cfia.entitlement'].sudo().search_count(
            [('partner_id', '=', unit.id), ('state', '=', 'open')])
        Need = request.env['cfia.need'].sudo()
        counts = dict(Need._read_group([('partner_id', '=', unit.id)], ['state'], ['__count']))
        cards = [*super()._prepare_membership_cards(unit), {
            'key': 'service', 'sequence': 30, 'icon': 'fa-gift', 'title': request.env._("Services Open"),
            'value': str(service_count), 'hint': request.env._("For your unit"),
            'url': '#cfia_services_block', 'tone': 'muted',
        }]
        if unit.member_state == 'member':
            cards.append({
                'key': 'need', 'sequence': 40, 'icon': 'fa-comments-o', 'title': request.env._("Needs in Work"),
                'value': str(counts.get('open', 0)),
                'hint': request.env._("%(count)s answered", count=counts.get('replied', 0)),
                'url': '/my/membership/needs', 'tone': 'primary' if counts.get('open') else 'muted',
            })
        return cards
