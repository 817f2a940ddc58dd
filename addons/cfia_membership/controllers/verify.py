from odoo.http import Controller, request, route

from odoo.addons.cfia_membership.tools.rate_limit import RateLimit, client_key

# for each address that asks, within a minute
VERIFY_LIMIT = RateLimit('verify', times=30, seconds=60)


class VerifyController(Controller):

    @route('/cfia/verify/<string:token>', type='http', auth='public', website=True, multilang=False,
           sitemap=False, readonly=True)
    def verify(self, token, **kwargs):
        """Tell whoever holds a certificate whether it is valid, and nothing else."""
        # sudo: the language of the association is no secret
        lang = request.env['res.company'].sudo().search([], order='id', limit=1).partner_id.lang
        if lang:
            request.update_context(lang=lang)
        if VERIFY_LIMIT.hit(client_key(request.httprequest), request.env):
            response = request.render(
                'cfia_membership.verify_document', request.env['cfia.document']._verify(token))
        else:
            response = request.render('cfia_membership.verify_document', {'result': 'too_many'})
            response.status_code = 429
            response.headers['Retry-After'] = str(VERIFY_LIMIT.seconds)
        response.headers['X-Robots-Tag'] = 'noindex, nofollow'
        response.headers['Referrer-Policy'] = 'no-referrer'
        response.headers['Cache-Control'] = 'no-store'
        return response
