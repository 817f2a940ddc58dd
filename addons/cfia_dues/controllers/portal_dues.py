from odoo.exceptions import AccessError, MissingError
from odoo.fields import Domain
from odoo.http import request, route

from odoo.addons.account.controllers.portal import PortalAccount
from odoo.addons.cfia_membership.controllers.portal import MembershipPortal


class DuesMoneyPortal(MembershipPortal):
    """What a member's contact for dues does: copy the transfer text, ask for and fetch receipts."""

    def _prepare_membership_values(self, unit):
        """Add the transfer text and the unit's receipts."""
        values = super()._prepare_membership_values(unit)
        receipts = request.env['cfia.dues.receipt']
        if receipts.has_access('read'):
            receipts = receipts.search([('partner_id', '=', unit.id), ('state', '!=', 'void')])
        lines_sudo = values['dues_lines']
        values.update({
            # sudo: found under the user's own rules; the items have no portal access
            'dues_receipts': receipts.sudo(),
            'dues_receiptable': lines_sudo.filtered(
                lambda line: line.payer_id == unit and line.amount_unreceipted > 0),
            'dues_transfer_text': lines_sudo.filtered(
                lambda line: line.payer_id == unit and line.state in ('billed', 'partial', 'deferred'),
            )._get_transfer_text(),
        })
        return values

    @route('/my/membership/receipts/<int:receipt_id>', type='http', auth='user', website=True, readonly=True)
    def portal_my_dues_receipt(self, receipt_id, **kwargs):
        """Send the file of a receipt of the user's own unit."""
        try:
            receipt_sudo = self._document_check_access('cfia.dues.receipt', receipt_id)
        except (AccessError, MissingError) as error:
            raise request.not_found() from error
        if receipt_sudo.state != 'issued' or not receipt_sudo.attachment_id:
            raise request.not_found()
        stream = request.env['ir.binary']._get_stream_from(receipt_sudo.attachment_id)
        return stream.get_response(as_attachment=True)

    @route('/my/membership/dues/<int:line_id>/receipt', type='http', auth='user', website=True, methods=['POST'])
    def portal_my_dues_request_receipt(self, line_id, **kwargs):
        """Ask for a receipt over what the user's own unit paid; asking twice changes nothing."""
        try:
            line_sudo = self._document_check_access('cfia.dues.line', line_id)
        except (AccessError, MissingError) as error:
            raise request.not_found() from error
        if line_sudo.payer_id != self._get_membership_unit():
            raise request.not_found()
        line_sudo.env['cfia.dues.receipt']._request(line_sudo, origin='portal')
        return request.redirect('/my/membership#cfia_dues_receipts')


class DuesPortalAccount(PortalAccount):
    """Dues are announced by notices and settled against receipts; Odoo's invoices leave them out."""

    def _get_invoices_domain(self, m_type=None):
        return super()._get_invoices_domain(m_type) & self._get_no_dues_domain()

    def _get_overdue_invoices_domain(self, partner_id=None):
        return Domain(super()._get_overdue_invoices_domain(partner_id)) & self._get_no_dues_domain()

    def _get_no_dues_domain(self):
        """Return the domain of what is no bill of dues."""
        # sudo: the setting is no secret
        journals = request.env['res.company'].sudo().search([]).cfia_dues_journal_id
        return Domain('journal_id', 'not in', journals.ids)

    @route()
    def portal_my_invoice_detail(self, invoice_id, *args, **kwargs):
        # sudo: whether it is one of dues decides who answers
        if request.env['account.move'].sudo().browse(invoice_id).exists()._is_dues():
            raise request.not_found()
        return super().portal_my_invoice_detail(invoice_id, *args, **kwargs)
