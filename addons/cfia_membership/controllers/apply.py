import secrets
import time

from odoo.exceptions import UserError
from odoo.http import content_disposition, request, route
from odoo.tools import email_normalize, hash_sign, verify_hash_signed

from odoo.addons.cfia_membership.controllers.public import PublicPage
from odoo.addons.cfia_membership.models.cfia_online_application import PAPER_KINDS
from odoo.addons.cfia_membership.models.cfia_online_application_form import STEPS
from odoo.addons.cfia_membership.tools.rate_limit import RateLimit, client_key
from odoo.addons.cfia_membership.tools.text import clean_text, clean_unit_name, to_half_width
from odoo.addons.cfia_membership.tools.upload import UPLOAD_SIZE, UPLOAD_TYPES
from odoo.addons.cfia_membership.tools.uscc import is_valid_uscc, normalise_uscc

# for each network that asks; many people may share one behind a firewall
START_LIMIT = RateLimit('apply.start', times=20, seconds=3600)
PAGE_LIMIT = RateLimit('apply.page', times=120, seconds=60)
PDF_LIMIT = RateLimit('apply.pdf', times=10, seconds=60)
USCC_LIMIT = RateLimit('apply.uscc', times=60, seconds=60)
# for each address that gets a mail, whoever asks for it
MAIL_LIMIT = RateLimit('apply.mail', times=5, seconds=3600)

START_SCOPE = 'cfia-apply-start'
START_HOURS = 12
# nobody reads the page and fills it in faster
START_SECONDS = 3
MAX_BODY = 4 * UPLOAD_SIZE
# people do not see this field and leave it empty
HONEYPOT = 'fax_confirm'


class ApplicationFormController(PublicPage):
    """《入会申请表》 for everybody: begun on a public page, continued behind a personal link.

    The routes behind the link ask for no CSRF token: the address is itself a secret that no other
    site knows, and a page may stay open for days without what was typed being lost.
    """

    # === BEGIN === #

    @route('/cfia/apply', type='http', auth='public', methods=['GET'], website=True, multilang=False,
           sitemap=True, readonly=True)
    def apply(self, **kwargs):
        """Tell what is needed and begin a form."""
        self._speak_company_language()
        if not PAGE_LIMIT.hit(client_key(request.httprequest), request.env):
            return self._render_notice('too_many', 429)
        return self._render_start({})

    @route('/cfia/apply', type='http', auth='public', methods=['POST'], website=True, multilang=False,
           sitemap=False, csrf=False)
    def apply_start(self, **post):
        """Begin a form, mail its link and go there. A page that is sent twice begins one form."""
        self._speak_company_language()
        entered = {name: (post.get(name) or '').strip()[:500] for name in ('unit', 'email', 'agree')}
        key, errors = self._check_start(post, entered)
        if errors:
            return self._render_start(entered, errors)
        if not START_LIMIT.hit(client_key(request.httprequest), request.env):
            return self._render_start(entered, {
                '': request.env._("Too many forms were begun from your network. Please try again in an hour.")}, 429)
        # sudo: anybody may begin a form, nobody may read one
        Form = request.env['cfia.online.application'].sudo()
        try:
            form_sudo = Form._begin(
                clean_unit_name(entered['unit'])[:200], email_normalize(to_half_width(entered['email'])),
                request.env['cfia.privacy.notice'].sudo()._get_current(), key)
        except UserError as error:
            return self._render_start(entered, {'': str(error)}, 429)
        return self._protect(request.redirect(form_sudo._get_path() + '?begun=1', code=303))

    def _check_start(self, post, entered):
        """Return the key of the page and what is wrong, field → message."""
        errors = {}
        if not clean_text(entered['unit']):
            errors['unit'] = request.env._("The name of the unit is missing. Please fill it in.")
        if not email_normalize(to_half_width(entered['email'])):
            errors['email'] = request.env._(
                "Please write an e-mail address like name@company.com: the link to your form goes there.")
        if not entered['agree']:
            errors['agree'] = request.env._("Please read the privacy notice and tick that you agree.")
        if post.get(HONEYPOT):
            errors[''] = request.env._("Please press the button once more.")
        key, begun = None, 0
        try:
            # sudo: checking reads the secret of the database
            key, begun = verify_hash_signed(request.env(su=True), START_SCOPE, post.get('form_token') or '')
        except (TypeError, ValueError, OverflowError):
            errors[''] = request.env._("The page was open for long. Please press the button once more.")
        if key and time.time() - begun < START_SECONDS:
            errors[''] = request.env._("Please read the page and press the button once more.")
        return key, errors

    def _render_start(self, entered, errors=None, status=None):
        token = hash_sign(
            request.env(su=True), START_SCOPE, [secrets.token_urlsafe(18), time.time()],  # sudo: as above
            expiration_hours=START_HOURS)
        return self._render_public('cfia_membership.apply_start', {
            'entered': entered,
            'errors': errors or {},
            'form_token': token,
            'honeypot': HONEYPOT,
            'notice': request.env['cfia.privacy.notice'].sudo()._get_current(),  # sudo: it is for everybody
        }, status or (422 if errors else 200))

    def _render_notice(self, kind, status):
        return self._render_public('cfia_membership.apply_notice', {'kind': kind}, status)

    # === LOST LINK === #

    @route('/cfia/apply/link', type='http', auth='public', methods=['POST'], website=True, multilang=False,
           sitemap=False, csrf=False)
    def apply_link(self, email='', **post):
        """Mail the links of an address to it. The answer is the same whether there are any."""
        self._speak_company_language()
        address = email_normalize(to_half_width(email))
        if not START_LIMIT.hit(client_key(request.httprequest), request.env):
            return self._render_notice('too_many', 429)
        if address and not post.get(HONEYPOT) and MAIL_LIMIT.hit(address, request.env):
            # sudo: the mail goes to the address itself, the page tells nothing
            request.env['cfia.online.application'].sudo()._send_links_to(address)
        return self._render_notice('link_sent', 200)

    # === USCC === #

    @route('/cfia/apply/uscc', type='jsonrpc', auth='public', readonly=True)
    def apply_uscc(self, code='', **kwargs):
        """Tell whether a code can be a USCC, by its check character alone.

        :param str code: as typed
        :return: ``valid``, ``code`` in the usual form, and ``message`` for people
        :rtype: dict
        """
        self._speak_company_language()
        code = str(code)[:60]
        if not USCC_LIMIT.hit(client_key(request.httprequest), request.env):
            return {'valid': None, 'code': code, 'message': ''}
        if is_valid_uscc(code):
            return {
                'valid': True, 'code': normalise_uscc(code),
                'message': request.env._("The USCC is complete and its check character is right."),
            }
        return {
            'valid': False, 'code': normalise_uscc(code),
            'message': request.env['cfia.online.application']._explain_uscc(code),
        }

    # === BEHIND THE LINK === #

    def _get_form(self, token):
        """Return the form of a link in superuser mode and in its language, or nothing."""
        form_sudo = request.env['cfia.online.application']._from_token(token)
        self._speak_company_language(form_sudo.lang)
        return form_sudo.with_context(lang=request.env.lang)

    @route('/cfia/apply/<string:token>', type='http', auth='public', methods=['GET'], website=True,
           multilang=False, sitemap=False, readonly=True)
    def apply_form(self, token, step=None, begun=None, saved=None, sent=None, **kwargs):
        """Show a page of the form, or the course of the application once it was sent."""
        form_sudo = self._get_form(token)
        if not PAGE_LIMIT.hit(client_key(request.httprequest), request.env):
            return self._render_notice('too_many', 429)
        if not form_sudo:
            return self._render_notice('ended', 404)
        if form_sudo.state == 'sent' or form_sudo.state == 'returned' and not step:
            return self._render_status(form_sudo, token, just_sent=bool(sent))
        return self._render_step(form_sudo, token, step, notice='begun' if begun else 'saved' if saved else None)

    @route('/cfia/apply/<string:token>', type='http', auth='public', methods=['POST'], website=True,
           multilang=False, sitemap=False, csrf=False, max_content_length=MAX_BODY)
    def apply_save(self, token, **post):
        """Keep what was typed, then go where the button leads; or send."""
        form_sudo = self._get_form(token)
        if not form_sudo:
            return self._render_notice('ended', 404)
        if form_sudo.state == 'sent':
            # the button was pressed twice, or the page was open in two tabs
            if post.get('go') == 'add_papers':
                return self._add_papers_later(form_sudo, token)
            return self._protect(request.redirect(f'/cfia/apply/{token}', code=303))
        step = post.get('step') if post.get('step') in STEPS else next(iter(STEPS))
        values = form_sudo._read_post(step, request.httprequest.form)
        if not PAGE_LIMIT.hit(client_key(request.httprequest), request.env):
            # what was typed stands on the page again, nothing is written
            return self._render_step(form_sudo, token, step, errors={
                '': request.env._("Too many requests. Please wait a minute and press the button again.")},
                entered=values, status=429)
        form_sudo._save(values)
        errors = self._read_papers(form_sudo, post) if step == 'papers' else {}
        go = post.get('go') or (step if post.get('remove') else 'next')
        if errors:
            return self._render_step(form_sudo, token, step, errors=errors, status=422)
        if go == 'next':
            errors = form_sudo._check_form([step])
            if errors:
                return self._render_step(form_sudo, token, step, errors=errors, status=422)
            pages = list(STEPS)
            go = pages[min(pages.index(step) + 1, len(pages) - 1)]
        if go == 'send':
            errors = form_sudo._check_form()
            if errors:
                return self._render_step(form_sudo, token, 'review', errors=errors, status=422)
            form_sudo._send()
            return self._protect(request.redirect(f'/cfia/apply/{token}?sent=1', code=303))
        if go not in STEPS:
            return self._protect(request.redirect(f'/cfia/apply/{token}?step={step}&saved=1', code=303))
        return self._protect(request.redirect(f'/cfia/apply/{token}?step={go}', code=303))

    def _read_papers(self, form_sudo, post):
        """Keep the files of a page, remove those taken back; return what is wrong by field."""
        if (post.get('remove') or '').isdigit():
            form_sudo._remove_paper(int(post['remove']))
        return form_sudo._add_papers([
            (kind, upload.filename, upload.read(UPLOAD_SIZE + 1))
            for kind in PAPER_KINDS
            for upload in request.httprequest.files.getlist(kind) if upload.filename
        ])

    def _add_papers_later(self, form_sudo, token):
        """Take papers for an application that was sent and is not verified yet."""
        errors = {}
        if not PAGE_LIMIT.hit(client_key(request.httprequest), request.env):
            errors[''] = request.env._("Too many requests. Please wait a minute and press the button again.")
        elif form_sudo._may_add_papers():
            errors = self._read_papers(form_sudo, {})
            form_sudo._hand_over_papers(form_sudo.application_id)
        if errors:
            return self._render_status(form_sudo, token, errors=errors, status=422)
        return self._protect(request.redirect(f'/cfia/apply/{token}', code=303))

    def _render_step(self, form_sudo, token, step, errors=None, entered=None, notice=None, status=200):
        step = step if step in STEPS else next(iter(STEPS))
        if entered:
            form_sudo = form_sudo.with_context(cfia_entered=entered)
        pages = list(STEPS)
        page_errors = form_sudo._check_form() if step == 'review' and errors is None else (errors or {})
        return self._render_public('cfia_membership.apply_form', {
            'form': form_sudo,
            'token': token,
            'step': step,
            'pages': [
                {'key': key, 'title': form_sudo._get_step_title(key), 'number': number}
                for number, key in enumerate(pages, start=1)
            ],
            'page_number': pages.index(step) + 1,
            'is_last': step == pages[-1],
            'sections': form_sudo._prepare_sections(step, page_errors),
            'overview': form_sudo._prepare_overview() if step == 'review' else [],
            'errors': page_errors,
            'is_attempt': errors is not None,
            'error_links': self._prepare_error_links(form_sudo, token, step, page_errors),
            'notice': notice,
            'privacy_notice': request.env['cfia.privacy.notice'].sudo()._get_current(),  # sudo: for everybody
            'accept': ','.join(extension for types in UPLOAD_TYPES.values() for extension in types),
            'upload_size': UPLOAD_SIZE,
        }, status)

    def _prepare_error_links(self, form_sudo, token, step, errors):
        """Return the messages with the addresses of the fields they are about."""
        links = []
        for name, message in errors.items():
            home = form_sudo._get_step(name) or step
            links.append({
                'message': message,
                'href': name and (f'#{name}' if home == step else f'/cfia/apply/{token}?step={home}#{name}'),
            })
        return links

    def _render_status(self, form_sudo, token, just_sent=False, errors=None, status=200):
        return self._render_public('cfia_membership.apply_status', {
            'form': form_sudo,
            'token': token,
            'just_sent': just_sent,
            'errors': errors or {},
            'accept': ','.join(extension for types in UPLOAD_TYPES.values() for extension in types),
            'upload_size': UPLOAD_SIZE,
            **form_sudo._prepare_status(),
        }, status)

    @route('/cfia/apply/<string:token>/form.pdf', type='http', auth='public', methods=['GET'], website=True,
           multilang=False, sitemap=False, readonly=True)
    def apply_pdf(self, token, **kwargs):
        """Print the form as it is filled in, to be sealed."""
        form_sudo = self._get_form(token)
        if not form_sudo:
            return self._render_notice('ended', 404)
        if not PDF_LIMIT.hit(client_key(request.httprequest), request.env):
            return self._render_notice('too_many', 429)
        content = request.env['ir.actions.report'].sudo()._render_qweb_pdf(  # sudo: the link is the right
            'cfia_membership.action_report_online_application', form_sudo.ids)[0]
        return self._protect(request.make_response(content, headers=[
            ('Content-Type', 'application/pdf'),
            ('Content-Disposition', content_disposition(
                request.env._("Membership application form %(unit)s", unit=form_sudo.name) + '.pdf')),
        ]))

    @route('/cfia/apply/<string:token>/papers/<int:paper_id>', type='http', auth='public', methods=['GET'],
           website=True, multilang=False, sitemap=False, readonly=True)
    def apply_paper(self, token, paper_id, **kwargs):
        """Give an applicant back a paper of this form."""
        form_sudo = self._get_form(token)
        paper_sudo = form_sudo._get_papers().filtered(lambda attachment: attachment.id == paper_id)
        if not paper_sudo or not PAGE_LIMIT.hit(client_key(request.httprequest), request.env):
            return self._render_notice('ended', 404)
        return self._protect(request.make_response(paper_sudo.raw, headers=[
            ('Content-Type', paper_sudo.mimetype),
            ('Content-Disposition', content_disposition(paper_sudo.name)),
            ('Content-Security-Policy', "default-src 'none'"),
        ]))
