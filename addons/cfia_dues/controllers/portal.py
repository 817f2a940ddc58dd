from odoo.http import request

from odoo.addons.cfia_membership.controllers.portal import MembershipPortal


class DuesPortal(MembershipPortal):

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
