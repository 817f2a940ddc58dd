from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.cfia_membership.controllers.portal import MembershipPortal
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.upload import read_uploads

MAX_FILES = 5


class NeedPortal(MembershipPortal):
    """A member asks, reads the replies to its unit, rates them and asks again (article 3.7)."""

    def _get_needs_unit(self):
        """Return the member for which the present user acts, in superuser mode; not found for anybody else."""
        unit = self._get_membership_unit()
        if unit.member_state != 'member':
            raise request.not_found()
        return unit

    def _get_need(self, need_id):
        """Return a need of the user's own unit, in superuser mode."""
        unit = self._get_needs_unit()
        # sudo: the unit is the user's own
        need_sudo = request.env['cfia.need'].sudo().search([('id', '=', need_id), ('partner_id', '=', unit.id)])
        if not need_sudo:
            raise request.not_found()
        return need_sudo

    def _prepare_needs_values(self, unit, **values):
        # sudo: the unit is the user's own
        Need = request.env['cfia.need'].sudo()
        return {
            'page_name': 'membership_needs',
            'need': False,
            'needs': Need.search([('partner_id', '=', unit.id)], limit=100),
            'rounds': [
                {
                    'name': recipient_sudo.round_id.name,
                    'date_deadline': recipient_sudo._get_date_text(recipient_sudo.round_id.date_deadline),
                    'is_answered': recipient_sudo.state == 'responded',
                    'url': recipient_sudo._make_link('portal'),
                }
                for recipient_sudo in request.env['cfia.round.recipient.mixin']._get_open_for(unit)
                if recipient_sudo._name == 'cfia.need.round.recipient'
            ],
            # sudo: kinds of needs are public choices
            'kinds': request.env['cfia.need.kind'].sudo().search([]),
            'post': {},
            'error': False,
            **values,
        }

    def _render_need(self, need_sudo, error=False):
        return request.render('cfia_services.portal_need', {
            'page_name': 'membership_needs',
            'need': need_sudo,
            'earlier': need_sudo._get_earlier_replies(),
            'satisfactions': need_sudo._fields['satisfaction']._description_selection(request.env),
            'error': error,
        })

    @http.route('/my/membership/needs', type='http', auth='user', methods=['GET'], website=True, readonly=True)
    def portal_needs(self, **kwargs):
        """List what the user's unit asked, with a form to ask."""
        return request.render('cfia_services.portal_needs', self._prepare_needs_values(self._get_needs_unit()))

    @http.route('/my/membership/needs', type='http', auth='user', methods=['POST'], website=True)
    def portal_ask(self, **post):
        """Take a question."""
        unit = self._get_needs_unit()
        try:
            with request.env.cr.savepoint():
                need_sudo = self._create_need(unit, post)
        except UserError as error:
            return request.render('cfia_services.portal_needs', self._prepare_needs_values(
                unit, post=post, error=str(error)))
        return request.redirect(f'/my/membership/needs/{need_sudo.id}')

    def _create_need(self, unit, post):
        # sudo: kinds of needs are public choices
        kinds = {str(kind.id): kind for kind in request.env['cfia.need.kind'].sudo().search([])}
        subject = (post.get('subject') or '').strip()[:100]
        description = (post.get('description') or '').strip()[:4000]
        kind = kinds.get(post.get('kind'))
        if not (subject and description and kind):
            raise UserError(request.env._("Please fill in subject, kind and what you need."))
        files = read_uploads(request.env, request.httprequest.files.getlist('files'), MAX_FILES)
        user = request.env.user
        # sudo: the unit is the user's own, and the columns are these
        attachments_sudo = unlocked(request.env['ir.attachment'].sudo()).create(files)
        return request.env['cfia.need'].sudo().create({
            'name': subject,
            'description': description,
            'kind_id': kind.id,
            'partner_id': unit.id,
            'contact_id': user.partner_id.id if user.partner_id != unit else False,
            'contact_name': user.name,
            'email': user.email,
            'source': 'portal',
            'attachment_ids': attachments_sudo.ids,
        })

    @http.route('/my/membership/needs/<int:need_id>', type='http', auth='user', website=True, readonly=True)
    def portal_need(self, need_id, **kwargs):
        """Show a question of the user's unit with its reply."""
        return self._render_need(self._get_need(need_id))

    @http.route('/my/membership/needs/<int:need_id>/files/<int:attachment_id>', type='http', auth='user', website=True,
                readonly=True)
    def portal_need_file(self, need_id, attachment_id, **kwargs):
        """Send a paper of a question or an enclosure of its reply."""
        need_sudo = self._get_need(need_id)
        enclosed = need_sudo.step_ids.attachment_ids
        found = (need_sudo.attachment_ids + enclosed).filtered(lambda attachment: attachment.id == attachment_id)
        if not found:
            raise request.not_found()
        return request.env['ir.binary']._get_stream_from(found).get_response(as_attachment=True)

    @http.route('/my/membership/needs/<int:need_id>/rate', type='http', auth='user', methods=['POST'], website=True)
    def portal_rate(self, need_id, **post):
        """Take the member's view of the reply."""
        need_sudo = self._get_need(need_id)
        try:
            need_sudo._rate(post.get('satisfaction'), (post.get('note') or '').strip()[:1000])
        except UserError as error:
            return self._render_need(need_sudo, str(error))
        return request.redirect(f'/my/membership/needs/{need_id}')

    @http.route('/my/membership/needs/<int:need_id>/reopen', type='http', auth='user', methods=['POST'], website=True)
    def portal_reopen(self, need_id, **post):
        """Take up again what the member is not helped with."""
        need_sudo = self._get_need(need_id)
        try:
            need_sudo._reopen((post.get('reason') or '').strip()[:1000])
        except UserError as error:
            return self._render_need(need_sudo, str(error))
        return request.redirect(f'/my/membership/needs/{need_id}')
