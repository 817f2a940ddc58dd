from werkzeug.exceptions import NotFound

from odoo import http
from odoo.http import request

from odoo.addons.cfia_membership.controllers.portal import MembershipPortal


class DuesPortal(MembershipPortal):

    def _prepare_membership_values(self, unit):
        """Add the unit's dues to its membership page."""
        values = super()._prepare_membership_values(unit)
        lines = self._get_portal_dues_lines(unit)
        open_lines = lines.filtered(lambda line: line.state in ('billed', 'partial'))
        values.update({
            'dues_lines': lines,
            'dues_lines_with_notice': lines.filtered(lambda line: line._get_notice()),
            'dues_remark': open_lines[-1:]._get_remark() if open_lines else False,
        })
        return values

    def _get_portal_dues_lines(self, unit):
        """Return the dues that a unit may see of itself.

        :param unit: commercial partner of the portal user
        """
        lines = request.env['cfia.dues.line'].search([('partner_id', '=', unit.id)])
        # sudo: found under the user's own rules; grade and letters have no portal access
        return lines.sudo()

    @http.route('/my/membership/dues/<int:line_id>/notice', type='http', auth='user', readonly=True)
    def portal_dues_notice(self, line_id, **kw):
        """Download the last notice of one's own dues; anybody else's does not exist."""
        unit = request.env.user.partner_id.commercial_partner_id
        line = self._get_portal_dues_lines(unit).filtered(lambda line: line.id == line_id)
        notice = line._get_notice()
        if not notice:
            raise NotFound
        return request.env['ir.binary']._get_stream_from(notice.attachment_id).get_response(
            as_attachment=True)
