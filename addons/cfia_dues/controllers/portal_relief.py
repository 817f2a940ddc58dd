import re
from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.http import request, route

from odoo.addons.cfia_dues.models.cfia_dues_line import OPEN_STATES
from odoo.addons.cfia_membership.controllers.portal_change import MembershipChangePortal
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.form_input import read_amount
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.routing import is_read


class DuesReliefPortal(MembershipChangePortal):
    """The member in difficulties asks for a waiver or a deferral of its dues."""

    @route('/my/membership/dues/relief', type='http', auth='user', website=True, methods=['GET', 'POST'],
           readonly=is_read)
    def portal_my_dues_relief(self, **form):
        """Show the form and the requests so far; file what was posted."""
        unit = self._get_membership_unit()
        if unit.member_state != 'member':
            return request.redirect('/my/membership')
        error = None
        if request.httprequest.method == 'POST':
            try:
                self._file_relief(unit, form)
                return request.redirect('/my/membership/dues/relief?filed=1')
            except UserError as exception:
                error = str(exception)
        values = self._prepare_portal_layout_values()
        values.update({
            'page_name': 'dues_relief',
            'unit': unit,
            'open_lines': self._get_open_dues(unit),
            # sudo: the unit's own requests; the page shows the columns named in the template only
            'reliefs': request.env['cfia.dues.relief'].sudo().search([('partner_id', '=', unit.id)], limit=20),
            'posted': form,
            'chosen': request.httprequest.form.getlist('line'),
            'error': error,
            'filed': form.get('filed'),
        })
        return request.render('cfia_dues.portal_my_dues_relief', values)

    def _get_open_dues(self, unit):
        """Return the open dues of the present user's unit, in superuser mode."""
        # sudo: the unit's own dues
        return request.env['cfia.dues.line'].sudo().search(
            [('partner_id', '=', unit.id), ('state', 'in', OPEN_STATES)], order='year')

    def _file_relief(self, unit, form):
        """File the request; nothing of the form is taken unchecked.

        :raise UserError: saying what is missing
        """
        chosen = {int(text) for text in request.httprequest.form.getlist('line') if re.fullmatch(r'[0-9]{1,9}', text)}
        lines = self._get_open_dues(unit).filtered(lambda line: line.id in chosen)
        kind = form.get('kind')
        reason = (form.get('reason') or '').strip()
        if not lines or kind not in ('waiver', 'deferral') or not reason:
            raise UserError(request.env._("Choose the dues and what you ask for, and give the reason."))
        # sudo: the unit is the user's own; only whether a request waits is asked
        if request.env['cfia.dues.relief'].sudo().search_count(
                [('partner_id', '=', unit.id), ('state', '=', 'requested')], limit=1):
            raise UserError(request.env._("A request of your unit is waiting for its decision already."))
        values = {
            'partner_id': unit.id,
            'company_id': lines[:1].company_id.id,
            'line_ids': [Command.set(lines.ids)],
            'kind': kind,
            'reason': reason[:5000],
            'source': 'portal',
            **self._read_relief_wish(kind, lines, form),
        }
        files = self._read_evidence()
        # sudo: the member files for his own unit, the columns are those above
        relief_sudo = unlocked(request.env['cfia.dues.relief'].sudo()).create(values)
        if files:
            relief_sudo.attachment_ids = unlocked(request.env['ir.attachment'].sudo()).create([
                {**file, 'res_model': relief_sudo._name, 'res_id': relief_sudo.id} for file in files])

    def _read_relief_wish(self, kind, lines, form):
        """Return amount or new due date as asked for.

        :raise UserError: for what is no amount or day, or more than is open
        """
        if kind == 'deferral':
            try:
                day = date.fromisoformat(form.get('date_due_new') or '')
            except ValueError as error:
                raise UserError(request.env._("Enter the day until which you ask for a deferral.")) from error
            if not association_today() < day < association_today().replace(year=association_today().year + 3, day=1):
                raise UserError(request.env._("The day has to lie ahead, within three years."))
            return {'date_due_new': day}
        try:
            amount = read_amount(form.get('amount'))
        except ValueError as error:
            raise UserError(request.env._("Enter the amount of which you ask for a waiver.")) from error
        # a comparison that not-a-number fails, too
        if not 0 < amount <= sum(lines.mapped('amount_residual')):
            raise UserError(request.env._("The amount has to be positive and no more than is open."))
        return {'amount': amount}
