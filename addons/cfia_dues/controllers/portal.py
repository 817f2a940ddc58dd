from odoo.http import request

from odoo.addons.cfia_dues.models.cfia_dues_line import OPEN_STATES
from odoo.addons.cfia_membership.controllers.portal import MembershipPortal


class DuesPortal(MembershipPortal):

    def _prepare_membership_cards(self, unit):
        """Add what the unit owes at present."""
        # sudo: the unit's own dues, and those that it pays for others
        [(residual, count)] = request.env['cfia.dues.line'].sudo()._read_group([
            '|', ('partner_id', '=', unit.id), ('payer_id', '=', unit.id), ('state', 'in', OPEN_STATES),
        ], [], ['amount_residual:sum', '__count'])
        symbol = request.env.company.sudo().currency_id.symbol
        return [*super()._prepare_membership_cards(unit), {
            'key': 'dues', 'sequence': 20, 'icon': 'fa-credit-card', 'title': request.env._("Open Dues"),
            'value': f"{symbol}{residual:,.2f}".removesuffix('.00'),
            'hint': request.env._("%(count)s bills", count=count) if count else request.env._("All paid"),
            'url': '#cfia_dues_block', 'tone': 'primary' if count else 'muted',
        }]

    def _prepare_membership_values(self, unit):
        """Add the unit's dues, with the last notice of each, to its membership page."""
        values = super()._prepare_membership_values(unit)
        lines = request.env['cfia.dues.line']
        if lines.has_access('read'):
            lines = lines.search(['|', ('partner_id', '=', unit.id), ('payer_id', '=', unit.id)])
        # sudo: found under the user's own rules; the grade has no portal access
        lines_sudo = lines.sudo()
        values.update({
            'dues_lines': lines_sudo,
            'dues_notices': lines_sudo._get_notices(),
        })
        return values
