from odoo.exceptions import AccessError, MissingError
from odoo.http import request, route

from odoo.addons.account_payment.controllers.payment import PaymentPortal
from odoo.addons.cfia_membership.controllers.portal import MembershipPortal


class DuesPayment(MembershipPortal):

    def _prepare_membership_values(self, unit):
        """Add the bills of the unit that can be paid online."""
        values = super()._prepare_membership_values(unit)
        bills_sudo = values['dues_lines'].filtered(lambda line: line.payer_id == unit).move_id
        values['dues_payable_lines'] = bills_sudo.filtered(
            lambda bill: bill._is_dues_payable_online(request.env.user.partner_id),
        ).mapped(lambda bill: bill.dues_line_ids[:1])
        return values

    @route('/my/membership/dues/<int:line_id>/pay', type='http', auth='user', website=True, readonly=True)
    def portal_my_dues_pay(self, line_id, **kwargs):
        """Lead to Odoo's payment page for the bill of a line that the user's own unit pays."""
        try:
            line_sudo = self._document_check_access('cfia.dues.line', line_id)
        except (AccessError, MissingError) as error:
            raise request.not_found() from error
        if line_sudo.payer_id != self._get_membership_unit():
            raise request.not_found()
        bill_sudo = line_sudo.move_id
        if not bill_sudo or not bill_sudo._is_dues_payable_online(request.env.user.partner_id):
            return request.redirect('/my/membership#cfia_dues_block')
        return request.redirect(bill_sudo._get_dues_payment_url())


class DuesPaymentPortal(PaymentPortal):

    def _get_extra_payment_form_values(self, invoice_id=None, **kwargs):
        """Lead back to the membership page: members' bills of dues have no page as invoices."""
        values = super()._get_extra_payment_form_values(invoice_id=invoice_id, **kwargs)
        # sudo: the way here has checked the access
        bill_sudo = request.env['account.move'].sudo().browse(self._cast_as_int(invoice_id)).exists()
        if bill_sudo._is_dues():
            values['landing_route'] = '/my/membership'
            if bill_sudo.commercial_partner_id == request.env.user.partner_id.commercial_partner_id:
                values['partner_is_different'] = False
        return values
