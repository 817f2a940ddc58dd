from odoo.http import request, route
from odoo.tools import email_normalize

from odoo.addons.cfia_membership.controllers.portal import pager
from odoo.addons.cfia_membership.controllers.portal_publication import PublicationPortal

PAGE_SIZE = 12


class NewsletterPortal(PublicationPortal):
    """Members read the newsletters that were sent (article 3.2)."""

    def _get_newsletters_domain(self):
        return [('state', '!=', 'draft'), ('body', '!=', False)]

    def _get_newsletter(self, issue_id):
        """Return an issue that was sent, for a member, in superuser mode; not found for anybody else."""
        if self._get_membership_unit().member_state != 'member':
            raise request.not_found()
        # sudo: members read what was sent, through the page alone
        issue_sudo = request.env['cfia.newsletter'].sudo().search([('id', '=', issue_id), *self._get_newsletters_domain()])
        if not issue_sudo:
            raise request.not_found()
        return issue_sudo

    def _get_own_email(self):
        return email_normalize(request.env.user.email or '')

    def _prepare_publication_values(self):
        # sudo: members read what was sent, through the page alone
        newsletters = request.env['cfia.newsletter'].sudo().search(self._get_newsletters_domain(), limit=3)
        return {**super()._prepare_publication_values(), 'newsletters': newsletters}

    @route(['/my/membership/newsletters', '/my/membership/newsletters/page/<int:page>'],
           type='http', auth='user', website=True, readonly=True)
    def portal_newsletters(self, page=1, **kwargs):
        """List the newsletters, page by page."""
        if self._get_membership_unit().member_state != 'member':
            raise request.not_found()
        # sudo: members read what was sent, through the page alone
        Newsletter = request.env['cfia.newsletter'].sudo()
        domain = self._get_newsletters_domain()
        pages = pager(
            url='/my/membership/newsletters', total=Newsletter.search_count(domain), page=page, step=PAGE_SIZE)
        email = self._get_own_email()
        # sudo: the address is the user's own
        is_out = request.env['cfia.newsletter.opt.out'].sudo()._is_out(email)
        return request.render('cfia_services.portal_newsletters', {
            'page_name': 'membership_newsletters',
            'newsletters': Newsletter.search(domain, limit=PAGE_SIZE, offset=pages['offset']),
            'pager': pages,
            'own_email': email,
            'is_out': is_out,
            'choice_text': request.env._("%(email)s gets no newsletter any more.", email=email) if is_out
            else request.env._("Newsletters to %(email)s can be stopped at any time.", email=email),
        })

    @route('/my/membership/newsletters/<int:issue_id>', type='http', auth='user', website=True, readonly=True)
    def portal_newsletter(self, issue_id, **kwargs):
        """Show an issue as it was sent."""
        issue_sudo = self._get_newsletter(issue_id)
        return request.render('cfia_services.portal_newsletter', {
            'page_name': 'membership_newsletters', 'newsletter': issue_sudo, 'body': issue_sudo._get_reading_body()})

    @route('/my/membership/newsletters/<int:issue_id>/pdf', type='http', auth='user', website=True, readonly=True)
    def portal_newsletter_pdf(self, issue_id, **kwargs):
        """Download the printed edition."""
        attachment = self._get_newsletter(issue_id).attachment_id
        if not attachment:
            raise request.not_found()
        return request.env['ir.binary']._get_stream_from(attachment).get_response(as_attachment=True)

    @route('/my/membership/newsletters/choice', type='http', auth='user', website=True, methods=['POST'])
    def portal_newsletter_choice(self, choice=None, **kwargs):
        """Take the choice of the present user for his own address."""
        if self._get_membership_unit().member_state != 'member':
            raise request.not_found()
        email = self._get_own_email()
        if email:
            # sudo: the address is the user's own
            request.env['cfia.newsletter.opt.out'].sudo()._set(email, choice != 'in', 'portal')
        return request.redirect('/my/membership/newsletters')
