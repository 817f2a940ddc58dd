from odoo.http import Controller, request


class PublicPage(Controller):
    """What the suite's public pages share: the association's language, and headers that keep them apart.

    No search engine lists them, no other site learns their address, nothing keeps a copy.
    """

    def _speak_company_language(self, lang=None):
        """Answer in ``lang``, else in the association's language, whatever the browser asks for."""
        # sudo: the public may not read the company's contact
        lang = lang or request.env['res.company'].sudo().search([], order='id', limit=1)._get_association_lang()
        if lang:
            request.update_context(lang=lang)

    def _render_public(self, template, values, status=200):
        """Return a page with the headers of a public page."""
        response = request.render(template, values)
        response.status_code = status
        return self._protect(response)

    def _protect(self, response):
        """Set the headers of a public page on any response, and return it."""
        response.headers['X-Robots-Tag'] = 'noindex, nofollow'
        response.headers['Referrer-Policy'] = 'no-referrer'
        response.headers['Cache-Control'] = 'no-store'
        response.headers['X-Content-Type-Options'] = 'nosniff'
        response.headers['X-Frame-Options'] = 'DENY'
        return response
