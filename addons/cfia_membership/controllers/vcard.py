from odoo.exceptions import RedirectWarning, UserError
from odoo.http import request, route

from odoo.addons.web.controllers.vcard import Partner


class PartnerCard(Partner):
    """Business cards of members pass the gate (article 1)."""

    @route()
    def download_vcard(self, partner_ids=None, partner=None, **kwargs):
        ids = [int(text) for text in (partner_ids or '').split(',') if text.isdigit()]
        members = (partner or request.env['res.partner'].browse(ids))._filter_member_data()
        if members:
            try:
                request.env['cfia.disclosure']._disclose('vcard', members, ['vcard'])
            except RedirectWarning as warning:
                # a page has no dialog to lead to the form
                raise UserError(warning.args[0]) from warning
        return super().download_vcard(partner_ids=partner_ids, partner=partner, **kwargs)
