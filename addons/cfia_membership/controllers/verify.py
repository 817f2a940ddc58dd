from odoo.http import request, route

from odoo.addons.cfia_membership.controllers.public import PublicPage
from odoo.addons.cfia_membership.tools.rate_limit import RateLimit, client_key

# for each address that asks, within a minute
VERIFY_LIMIT = RateLimit('verify', times=30, seconds=60)


class VerifyController(PublicPage):

    @route('/cfia/verify/<string:token>', type='http', auth='public', website=True, multilang=False,
           sitemap=False, readonly=True)
    def verify(self, token, **kwargs):
        """Tell whoever holds a certificate whether it is valid, and nothing else."""
        self._speak_company_language()
        if VERIFY_LIMIT.hit(client_key(request.httprequest), request.env):
            return self._render_public('cfia_membership.verify_document', request.env['cfia.document']._verify(token))
        response = self._render_public('cfia_membership.verify_document', {'result': 'too_many'}, 429)
        response.headers['Retry-After'] = str(VERIFY_LIMIT.seconds)
        return response
