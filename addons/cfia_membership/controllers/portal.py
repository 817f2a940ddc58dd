from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.portal.controllers.portal import CustomerPortal, pager

# Units in these states have something to see; others get an invitation to join.
MEMBER_STATES = ('member', 'withdrawn', 'expelled', 'merged')


class MembershipPortal(CustomerPortal):
    """What a contact person sees of the membership of his own unit, and of no other."""

    _documents_per_page = 10

    def _get_membership_unit(self):
        """Return the unit for which the present user acts, in superuser mode.

        :rtype: recordset of `res.partner`
        """
        # sudo: the user's own unit; the page shows the columns named in the template only
        return request.env.user.sudo().partner_id.commercial_partner_id

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if 'membership_count' in counters:
            values['membership_count'] = int(self._get_membership_unit().member_state in (*MEMBER_STATES, 'applicant'))
        return values

    def _prepare_membership_documents_domain(self, unit):
        """Return the domain of the documents shown to ``unit``."""
        return Domain('partner_id', '=', unit.id) & Domain('state', '=', 'done')

    def _prepare_membership_values(self, unit):
        """Return the values of the page /my/membership. Extend to fill blocks of one's own.

        :param unit: the commercial partner of the present user, in superuser mode
        :rtype: dict
        """
        is_member_unit = unit.member_state in MEMBER_STATES
        certificate_sudo = request.env['cfia.document'].sudo()
        if unit.member_state == 'member':
            certificate_sudo = certificate_sudo.search(
                self._prepare_membership_documents_domain(unit) & Domain('kind', '=', 'certificate'),
                order='id desc', limit=1,
            )
        return {
            'page_name': 'membership',
            'unit': unit,
            'is_member_unit': is_member_unit,
            'cards': sorted(
                self._prepare_membership_cards(unit), key=lambda card: card['sequence']) if is_member_unit else [],
            'certificate': certificate_sudo,
            'certificate_validity': certificate_sudo._get_validity() if certificate_sudo else None,
            'open_rounds': [
                {
                    'name': recipient_sudo.round_id.name,
                    'date_deadline': recipient_sudo.round_id.date_deadline,
                    'is_answered': recipient_sudo.state == 'responded',
                    'url': recipient_sudo._make_link('portal'),
                }
                for recipient_sudo in request.env['cfia.round.recipient.mixin']._get_open_for(unit)
            ],
            # sudo: the association's own address, as on every letter
            'contact_lines': request.env['cfia.document'].sudo()._get_contact_lines(
                request.env['cfia.document'].sudo()._prepare_sender_data()),
        }

    def _prepare_membership_cards(self, unit):
        """Return the counters on top of the page /my/membership, each leading to what it counts.

        :param unit: a unit that is or was a member, in superuser mode
        :return: dictionaries: ``key``, ``sequence``, ``icon``, ``title``, ``value`` (text), ``hint``, ``url``,
            ``tone`` (``primary`` where the unit has something to do, else ``muted``)
        :rtype: list[dict]
        """
        return [
            card
            for card in (self._prepare_answer_card(unit), self._prepare_change_card(unit))
            if card
        ]

    def _prepare_answer_card(self, unit):
        """Return what the unit is asked to answer or confirm at present."""
        open_count = sum(
            recipient_sudo.state != 'responded'
            for recipient_sudo in request.env['cfia.round.recipient.mixin']._get_open_for(unit))
        return {
            'key': 'answer', 'sequence': 10, 'icon': 'fa-pencil-square-o', 'title': request.env._("To Answer"),
            'value': str(open_count), 'hint': request.env._("Surveys and checks of your data"),
            'url': '#cfia_membership_answer', 'tone': 'primary' if open_count else 'muted',
        }

    def _prepare_change_card(self, unit):
        """Return the changes that the unit reported and the association has not verified yet."""
        # sudo: the unit's own reports
        count = request.env['cfia.change.request'].sudo().search_count(
            [('partner_id', '=', unit.id), ('state', '=', 'submitted')])
        return unit.member_state == 'member' and {
            'key': 'change', 'sequence': 50, 'icon': 'fa-exchange', 'title': request.env._("Changes in Verification"),
            'value': str(count), 'hint': request.env._("Reported by your unit"),
            'url': '/my/membership/changes', 'tone': 'primary' if count else 'muted',
        }

    @route(['/my/membership', '/my/membership/page/<int:page>'], type='http', auth='user', website=True,
           readonly=True)
    def portal_my_membership(self, page=1, **kwargs):
        """Show number, state, grade, certificate and documents of the user's own unit."""
        unit = self._get_membership_unit()
        values = self._prepare_portal_layout_values()
        values.update(self._prepare_membership_values(unit))
        documents = request.env['cfia.document'].browse()
        if documents.has_access('read'):
            domain = self._prepare_membership_documents_domain(unit)
            values['pager'] = pager(
                url='/my/membership',
                total=documents.search_count(domain),
                page=page,
                step=self._documents_per_page,
            )
            documents = documents.search(
                domain, limit=self._documents_per_page, offset=values['pager']['offset'])
        values['documents'] = documents
        return request.render('cfia_membership.portal_my_membership', values)

    @route('/my/membership/documents/<int:document_id>', type='http', auth='user', website=True,
           readonly=True)
    def portal_my_membership_document(self, document_id, download=True, **kwargs):
        """Send the PDF of a document of the user's own unit, as it was issued."""
        try:
            document_sudo = self._document_check_access('cfia.document', document_id)
        except (AccessError, MissingError) as error:
            raise request.not_found() from error
        if document_sudo.state != 'done':
            raise request.not_found()
        stream = request.env['ir.binary']._get_stream_from(document_sudo.attachment_id)
        return stream.get_response(as_attachment=str(download).lower() not in ('0', 'false'))
