from odoo.exceptions import UserError
from odoo.http import request, route

from odoo.addons.cfia_membership.controllers.public import PublicPage
from odoo.addons.cfia_membership.tools.rate_limit import RateLimit, client_key

# requests of one address in a minute: many members may share one behind a firewall
LINK_RATE = RateLimit('round', 60, 60)


class RoundController(PublicPage):
    """Pages behind the personal links of rounds. The link is the right; nobody logs in."""

    def _get_recipient(self, token):
        """Return the recipient of a link, in its language, and the way of the link."""
        recipient_sudo, via = request.env['cfia.round.recipient.mixin']._from_token(token)
        if recipient_sudo is not None and not recipient_sudo._link_template:
            recipient_sudo = None
        self._speak_company_language(recipient_sudo and recipient_sudo.lang)
        return recipient_sudo and recipient_sudo.with_context(lang=request.env.lang), via

    def _refuse(self, reason, status):
        return self._render_public('cfia_membership.round_link_refused', {'reason': reason}, status)

    @route('/cfia/r/<string:token>', type='http', auth='public', methods=['GET'], website=True,
           multilang=False, sitemap=False, readonly=True)
    def round_link(self, token, again=None, **kwargs):
        """Show the page of one recipient, or that the link has ended."""
        recipient_sudo, _via = self._get_recipient(token)
        if not LINK_RATE.hit(client_key(request.httprequest), request.env):
            return self._refuse('rate', 429)
        if not recipient_sudo:
            return self._refuse('ended', 404)
        if recipient_sudo.state == 'responded' and not again:
            return self._render_public('cfia_membership.round_link_thanks', {'recipient': recipient_sudo})
        return self._render_public(recipient_sudo._link_template, recipient_sudo._prepare_link_values())

    @route('/cfia/r/<string:token>', type='http', auth='public', methods=['POST'], website=True,
           multilang=False, sitemap=False)
    def round_link_answer(self, token, **post):
        """Take the answer of one recipient."""
        recipient_sudo, via = self._get_recipient(token)
        if not LINK_RATE.hit(client_key(request.httprequest), request.env):
            return self._refuse('rate', 429)
        if not recipient_sudo:
            return self._refuse('ended', 404)
        if request.env.user._is_internal():
            # what the association's own people enter for a unit is an act of its own, with their name on it
            return self._refuse('staff', 403)
        try:
            with request.env.cr.savepoint():
                recipient_sudo._process_link_response(
                    {**post, 'via': via}, request.httprequest.files)
        except UserError as error:
            return self._render_public(recipient_sudo._link_template, {
                **recipient_sudo._prepare_link_values(), 'error': str(error), 'post': post,
            })
        return self._protect(request.redirect(f'/cfia/r/{token}'))
