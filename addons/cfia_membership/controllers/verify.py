from odoo.http import Controller, request, route


class VerifyController(Controller):

    @route('/cfia/verify/<string:token>', type='http', auth='public', website=True, multilang=False,
           sitemap=False, readonly=True)
    def verify(self, token, **kwargs):
        """Tell whoever holds a certificate whether it is valid, and nothing else."""
        lang = request.env['res.company'].sudo().search([], order='id', limit=1).partner_id.lang
        if lang:
            request.update_context(lang=lang)
        response = request.render(
            'cfia_membership.verify_document', request.env['cfia.document']._verify(token))
        response.headers['X-Robots-Tag'] = 'noindex, nofollow'
        response.headers['Referrer-Policy'] = 'no-referrer'
        response.headers['Cache-Control'] = 'no-store'
        return response
