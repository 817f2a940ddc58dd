import re

from odoo.exceptions import UserError
from odoo.http import request, route

from odoo.addons.cfia_membership.controllers.portal import MembershipPortal
from odoo.addons.cfia_membership.models.res_partner_guard import CONTACT_CHANGE_FIELDS
from odoo.addons.cfia_membership.tools.change_value import read_value
from odoo.addons.cfia_membership.tools.form_input import read_integer, read_option
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.routing import is_read
from odoo.addons.cfia_membership.tools.upload import read_uploads

UNIT_FORM_FIELDS = (
    'name', 'name_en', 'uscc', 'enterprise_category_id', 'ownership_id', 'state_id', 'city', 'street', 'zip',
    'phone', 'email', 'website', 'staff_count', 'main_products',
)
CONTACT_FORM_FIELDS = ('name', 'function', 'mobile', 'phone', 'email')
EVIDENCE_MAX_FILES = 5


class MembershipChangePortal(MembershipPortal):
    """The member reports what changed; Odoo's own address pages report, too, instead of writing."""

    # === CHANGE FORM === #

    @route('/my/membership/changes', type='http', auth='user', website=True, methods=['GET', 'POST'],
           readonly=is_read)
    def portal_my_membership_changes(self, **form):
        """Show the unit's data as a form; file what was overwritten as a change request."""
        unit = self._get_membership_unit()
        if unit.member_state != 'member':
            return request.redirect('/my/membership')
        error = None
        if request.httprequest.method == 'POST':
            try:
                filed = self._file_form(unit, form, source='portal')
                return request.redirect(f'/my/membership/changes?reported={int(bool(filed))}')
            except UserError as exception:
                error = str(exception)
        values = self._prepare_portal_layout_values()
        values.update(self._prepare_change_form_values(unit, form))
        values.update({
            'page_name': 'membership_changes',
            'error': error,
            'reported': form.get('reported'),
            # sudo: the unit is the user's own; the page shows the columns named in the template only
            'change_requests': request.env['cfia.change.request'].sudo().search(
                [('partner_id', '=', unit.id)], limit=20),
        })
        return request.render('cfia_membership.portal_my_changes', values)

    def _prepare_change_form_values(self, unit, form=None):
        """Return what the template ``change_form_fields`` shows.

        :param unit: the member, in superuser mode
        :param dict form: what was posted, to be shown again beside an error
        """
        form = form or {}
        return {
            'unit': unit,
            'unit_inputs': [self._prepare_input(unit, name, 'unit', form) for name in UNIT_FORM_FIELDS],
            'contact_inputs': [
                (contact, [
                    self._prepare_input(contact, name, f'contact-{contact.id}', form)
                    for name in CONTACT_FORM_FIELDS
                ])
                for contact in unit.child_ids
            ],
            'new_inputs': [
                self._prepare_input(unit.browse(), name, 'new', form) for name in CONTACT_FORM_FIELDS],
            'posted': form,
        }

    def _prepare_input(self, record, name, prefix, form):
        """Return key, label, value and choices of one field of the form."""
        field = record._fields[name]
        key = f'{prefix}-{name}'
        value = read_value(record, name) if record else ''
        options = self._get_options(record, name) if field.type == 'many2one' else None
        return {
            'key': key,
            'label': field._description_string(request.env),
            'value': str(form.get(key, value or '')),
            'options': options,
            'type': {'email': 'email', 'phone': 'tel', 'mobile': 'tel'}.get(name, 'text'),
        }

    def _get_options(self, record, name):
        """Return what a field offers: the classifications in use, and what the record has."""
        # sudo: classifications are public choices
        Choice = request.env[record._fields[name].comodel_name].sudo()
        domain = [('country_id.code', '=', 'CN')] if name == 'state_id' else []
        return [(str(option.id), option.name) for option in Choice.search(domain) | record[name]]

    def _file_form(self, unit, form, **vals):
        """File what differs on the posted form.

        :param unit: the member, in superuser mode
        :raise UserError: for values or files that cannot be taken
        :return: the change request, empty when nothing differs
        """
        changes = {unit: self._parse_inputs(unit, 'unit', UNIT_FORM_FIELDS, form)}
        for contact in unit.child_ids:
            changes[contact] = self._parse_inputs(
                contact, f'contact-{contact.id}', CONTACT_FORM_FIELDS, form)
            if form.get(f'contact-{contact.id}-left'):
                changes[contact] = {'active': False}
        new_contact = self._parse_inputs(unit.browse(), 'new', CONTACT_FORM_FIELDS, form)
        files = self._read_evidence()
        requests = request.env['cfia.change.request']._file([{
            'partner': unit,
            'changes': changes,
            'new_contacts': [new_contact] if new_contact.get('name') else [],
            'reason': form.get('reason'),
        }], **vals)
        if requests and files:
            # sudo: the reporter's evidence belongs to the request, which he cannot write
            attachments = unlocked(request.env['ir.attachment'].sudo()).create([
                {**file, 'res_model': requests._name, 'res_id': requests.id} for file in files])
            requests.sudo().attachment_ids = attachments
        return requests

    def _parse_inputs(self, record, prefix, names, form):
        """Return the posted values of one record as for ``write``.

        :raise UserError: naming the field
        """
        values = {}
        for name in names:
            text = form.get(f'{prefix}-{name}')
            if text is None:
                continue
            field = record._fields[name]
            text = text.strip()
            if field.type == 'many2one':
                try:
                    values[name] = read_option(text, self._get_options(record, name))
                except ValueError as error:
                    raise UserError(request.env._(
                        "%(field)s: choose one of the list.",
                        field=field._description_string(request.env))) from error
            elif field.type == 'integer':
                try:
                    values[name] = read_integer(text or '0')
                except ValueError as error:
                    raise UserError(request.env._(
                        "%(field)s: %(text)s is not a number.",
                        field=field._description_string(request.env), text=text[:50])) from error
            else:
                values[name] = text
        return values

    def _read_evidence(self):
        """Return the values of the uploaded files.

        :raise UserError: for files that are too large or of another kind
        """
        return read_uploads(request.env, request.httprequest.files.getlist('evidence'), EVIDENCE_MAX_FILES)

    # === ODOO'S ADDRESS PAGES === #

    def _create_or_update_address(self, partner_sudo, address_type='billing', use_delivery_as_billing=False,
                                  required_fields=False, verify_address_values=True, **form_data):
        """File a change request for members instead of writing (4.0b)."""
        unit = self._get_membership_unit()
        if unit.member_state != 'member':
            return super()._create_or_update_address(
                partner_sudo, address_type=address_type, use_delivery_as_billing=use_delivery_as_billing,
                required_fields=required_fields, verify_address_values=verify_address_values, **form_data)
        address_values, extra_form_data = self._parse_form_data(form_data)
        if verify_address_values:
            invalid_fields, missing_fields, error_messages = self._validate_address_values(
                address_values, partner_sudo, address_type, use_delivery_as_billing, required_fields or '',
                **extra_form_data)
            if error_messages:
                return partner_sudo, {
                    'invalid_fields': list(invalid_fields | missing_fields), 'messages': error_messages}
        values = {name: value for name, value in address_values.items() if name in CONTACT_CHANGE_FIELDS}
        changes = {partner_sudo: values} if partner_sudo else {}
        company_name = address_values.get('company_name')
        if company_name and partner_sudo != unit:
            changes[unit] = {'name': company_name}
        requests = request.env['cfia.change.request']._file([{
            'partner': unit,
            'changes': changes,
            'new_contacts': [] if partner_sudo else [values],
        }], source='portal')
        return partner_sudo, {'redirectUrl': f'/my/membership/changes?reported={int(bool(requests))}'}

    @route()
    def address_archive(self, partner_id=None):
        """File that a contact person left instead of archiving it, for members."""
        if not isinstance(partner_id, int | str) or not re.fullmatch(r'[0-9]{1,9}', str(partner_id)):
            raise request.not_found()
        unit = self._get_membership_unit()
        # sudo: whose contact it is decides; another unit's is left to core's own checks
        contact_sudo = request.env['res.partner'].sudo().browse(int(partner_id)).exists()
        if unit.member_state != 'member' or contact_sudo.commercial_partner_id != unit \
                or not contact_sudo._can_be_edited_by_current_customer():
            return super().address_archive(partner_id)
        request.env['cfia.change.request']._file(
            [{'partner': unit, 'changes': {contact_sudo: {'active': False}}}], source='portal')
        return None
