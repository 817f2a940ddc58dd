from functools import lru_cache

from odoo import api, models
from odoo.http import request

from odoo.addons.cfia_membership.tools import core_words
from odoo.addons.cfia_membership.tools.link_token import install_filter

install_filter()

# PostgreSQL's integer: no record has a higher id
MAX_ID = 2**31 - 1


@lru_cache
def _is_own(controller_class, method_name):
    """Tell whether a module of the suite defines or overrides a controller's method."""
    return any(
        method_name in vars(cls) and cls.__module__.startswith('odoo.addons.cfia_')
        for cls in controller_class.mro())


class IrHttp(models.AbstractModel):
    """The suite's routes take what no database can hold as not found or as if it were not there."""

    _inherit = 'ir.http'

    @api.model
    def _get_translations_for_webclient(self, modules, lang):
        """Lay our words for core's texts over core's own."""
        translations, parameters = super()._get_translations_for_webclient(modules, lang)
        for module, words in core_words.read_client_words(lang or self.env.context.get('lang')).items():
            if module in translations:
                of_core = {message['id']: message['string'] for message in translations[module]['messages']}
                translations[module] = {'messages': tuple(
                    {'id': source, 'string': text} for source, text in {**of_core, **words}.items())}
        return translations, parameters

    @classmethod
    def _dispatch(cls, endpoint):
        bound = endpoint.func
        if _is_own(type(bound.__self__), bound.__name__):
            request.params = {
                name: cls._clean_param(value) for name, value in request.params.items() if name != 'self'}
            for files in request.httprequest.files.listvalues():
                for file in files:
                    file.filename = cls._clean_param(file.filename)
        return super()._dispatch(endpoint)

    @classmethod
    def _post_dispatch(cls, response):
        result = super()._post_dispatch(response)
        cls._harden_session_cookie(response)
        return result

    @classmethod
    def _handle_error(cls, exception):
        response = super()._handle_error(exception)
        cls._harden_session_cookie(response)
        return response

    @classmethod
    def _harden_session_cookie(cls, response):
        """Let browsers send the session over TLS only, and not with what another site asks for.

        Where people come in without TLS, as on one's own machine, nothing changes.
        """
        headers = getattr(response, 'headers', None)
        if headers is None or not request.httprequest.is_secure:
            return
        cookies = headers.getlist('Set-Cookie')
        if not any(cookie.startswith('session_id=') for cookie in cookies):
            return
        headers.remove('Set-Cookie')
        for cookie in cookies:
            if cookie.startswith('session_id='):
                attributes = cookie.lower()
                cookie += '' if '; secure' in attributes else '; Secure'
                cookie += '' if '; samesite' in attributes else '; SameSite=Lax'
            headers.add('Set-Cookie', cookie)

    @classmethod
    def _clean_param(cls, value):
        """Return a parameter without characters that PostgreSQL refuses.

        :raise NotFound: for a number that is no id
        """
        if isinstance(value, str):
            return value.replace('\x00', '').encode(errors='ignore').decode()
        if isinstance(value, int) and abs(value) > MAX_ID:
            raise request.not_found()
        return value

    @classmethod
    def _serve_fallback(cls):
        # looked up as the address of a page or file, it would be refused by the database
        if '\x00' in request.httprequest.path:
            return None
        return super()._serve_fallback()
