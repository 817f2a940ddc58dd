import re

from werkzeug.exceptions import NotFound, Unauthorized

from odoo.http import request, route

from odoo.addons.mass_mailing.controllers.main import MassMailController


class NewsletterMailController(MassMailController):
    """Who wants no newsletter is taken off the newsletter, not put on the blocklist of all mailings."""

    def _mailing_unsubscribe_from_document(self, mailing, document_id, email, hash_token):
        if not mailing.cfia_newsletter_ids:
            return super()._mailing_unsubscribe_from_document(mailing, document_id, email, hash_token)
        # sudo: the link's token was checked
        request.env['cfia.newsletter.opt.out'].sudo()._set(email, True, 'link')
        return self._render_newsletter_choice(mailing, document_id, email, hash_token)

    def _render_newsletter_choice(self, mailing, document_id, email, hash_token):
        # sudo: the link's token was checked
        is_out = request.env['cfia.newsletter.opt.out'].sudo()._is_out(email)
        return request.render('cfia_services.newsletter_choice', {
            'mailing': mailing,
            'document_id': document_id,
            'email': email,
            'hash_token': hash_token,
            'is_out': is_out,
            'choice_text': request.env._("%(email)s gets no newsletter any more.", email=email) if is_out
            else request.env._("Shall %(email)s get no more newsletters?", email=email),
        })

    def _get_newsletter_mailing(self, mailing_id, document_id, email, hash_token):
        """Return the mailing of a newsletter's link, in superuser mode, None for another mailing.

        :raise Unauthorized: for links that are not right
        """
        if not request.env['mailing.mailing'].sudo().browse(mailing_id).exists().cfia_newsletter_ids:
            return None
        try:
            mailing_sudo = self._check_mailing_email_token(
                mailing_id, document_id, email, hash_token, required_mailing_id=True)
        except NotFound as error:
            raise Unauthorized() from error
        if not hash_token:
            # staff looking at their own text: nobody is taken off
            raise request.not_found()
        return mailing_sudo

    @route()
    def mailing_confirm_unsubscribe(self, mailing_id, document_id=None, email=None, hash_token=None):
        """Ask before taking an address off: programs that look through mails follow links."""
        mailing_sudo = self._get_newsletter_mailing(mailing_id, document_id, email, hash_token)
        if mailing_sudo is None:
            return super().mailing_confirm_unsubscribe(mailing_id, document_id, email, hash_token)
        return self._render_newsletter_choice(mailing_sudo, document_id, email, hash_token)

    @route()
    def mailing_unsubscribe(self, mailing_id, document_id=None, email=None, hash_token=None, **kwargs):
        """Take an address off by the one click of a mail program; a page asks first."""
        mailing_sudo = self._get_newsletter_mailing(mailing_id, document_id, email, hash_token)
        if mailing_sudo is None:
            return super().mailing_unsubscribe(mailing_id, document_id, email, hash_token)
        if request.httprequest.method == 'POST':
            return self._mailing_unsubscribe_from_document(mailing_sudo, document_id, email, hash_token)
        return self._render_newsletter_choice(mailing_sudo, document_id, email, hash_token)

    @route('/cfia/newsletter/choice', type='http', auth='public', website=True, methods=['POST'])
    def newsletter_choice(self, mailing_id=None, document_id=None, email=None, hash_token=None, choice=None, **kwargs):
        """Take the addressee's choice: no more newsletters, or newsletters again."""
        mailing_sudo = self._get_newsletter_mailing(
            int(mailing_id) if re.fullmatch(r'[0-9]{1,9}', str(mailing_id)) else 0, document_id, email, hash_token)
        if mailing_sudo is None:
            raise request.not_found()
        # sudo: the link's token was checked
        request.env['cfia.newsletter.opt.out'].sudo()._set(email, choice != 'in', 'link')
        return self._render_newsletter_choice(mailing_sudo, document_id, email, hash_token)
