from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.http import request, route

from odoo.addons.cfia_membership.controllers.portal_change import MembershipChangePortal
from odoo.addons.cfia_membership.tools.change_value import read_value
from odoo.addons.cfia_membership.tools.routing import is_read

PERSON_FIELDS = ('name', 'mobile', 'phone')
PLACE_FIELDS = ('state_id', 'city', 'street', 'zip')


class MagazinePortal(MembershipChangePortal):
    """A member sees to whom its magazine goes, and reports another addressee or address (article 3.4)."""

    def _get_magazine_addressee(self, unit):
        """Return who gets the magazine and where.

        :param unit: the member, in superuser mode
        :return: (person, place): the contact or nobody, and the partner whose address it is
        """
        addressee = unit._get_role_contacts('magazine')[unit]
        person = addressee if addressee != unit else unit.browse()
        return person, addressee if addressee.street else unit

    def _prepare_membership_values(self, unit):
        """Add the addressee of the magazine to the unit's membership page."""
        values = super()._prepare_membership_values(unit)
        if unit.member_state == 'member':
            values['magazine'] = self._prepare_magazine_values(unit)
        return values

    def _prepare_magazine_values(self, unit):
        # sudo: the unit is the user's own
        ChangeList, Edition = request.env['cfia.change.list'].sudo(), request.env['cfia.magazine.edition'].sudo()
        category = unit.enterprise_category_id
        edition = Edition._get_by_category(category).get(category, Edition)
        addressee = unit._get_role_contacts('magazine')[unit]
        return {
            **ChangeList._prepare_line_values(unit, addressee, addressee, edition),
            'edition': edition.name,
            # sudo: copies of the user's own unit
            'copies': request.env['cfia.magazine.copy'].sudo().search(
                [('partner_id', '=', unit.id), ('issue_id.state', '=', 'posted')], limit=6),
        }

    def _prepare_addressee_inputs(self, unit, form):
        person, place = self._get_magazine_addressee(unit)
        return [
            *(self._prepare_input(person, name, 'addressee', form) for name in PERSON_FIELDS),
            *(self._prepare_input(place, name, 'addressee', form) for name in PLACE_FIELDS),
        ]

    @route('/my/membership/magazine', type='http', auth='user', website=True, methods=['GET', 'POST'],
           readonly=is_read)
    def portal_my_magazine(self, **form):
        """Show the addressee as a form; file what was overwritten as a change request."""
        unit = self._get_membership_unit()
        if unit.member_state != 'member':
            return request.redirect('/my/membership')
        error = None
        if request.httprequest.method == 'POST':
            try:
                filed = self._file_addressee(unit, form)
                return request.redirect(f'/my/membership/magazine?reported={int(bool(filed))}')
            except UserError as exception:
                error = str(exception)
        values = self._prepare_portal_layout_values()
        values.update({
            'page_name': 'membership_magazine',
            'unit': unit,
            'magazine': self._prepare_magazine_values(unit),
            'inputs': self._prepare_addressee_inputs(unit, form),
            'posted': form,
            'error': error,
            'reported': form.get('reported'),
        })
        return request.render('cfia_services.portal_my_magazine', values)

    def _file_addressee(self, unit, form):
        """File another addressee, or another address of the present one.

        :param unit: the member, in superuser mode
        :raise UserError: for values that cannot be taken
        :return: the change request, empty when nothing differs
        """
        person, place = self._get_magazine_addressee(unit)
        values = self._parse_inputs(unit.browse(), 'addressee', PERSON_FIELDS + PLACE_FIELDS, form)
        if not (values.get('name') and values.get('street')):
            raise UserError(request.env._("Please fill in the addressee's name and the address."))
        shown = {
            **{name: read_value(person, name) if person else False for name in PERSON_FIELDS},
            **{name: read_value(place, name) for name in PLACE_FIELDS},
        }
        changed = {name for name, value in values.items() if read_value(unit.browse(), name, value) != shown[name]}
        if not changed:
            return request.env['cfia.change.request']
        entry = {'partner': unit, 'reason': (form.get('reason') or '').strip()[:1000]}
        if person and 'magazine' in person.contact_role_ids.mapped('code'):
            # an address of its own is entered as a whole
            if place != person and changed & set(PLACE_FIELDS):
                changed |= set(PLACE_FIELDS)
            entry['changes'] = {person: {name: values[name] for name in changed if name in values}}
        else:
            # sudo: the roles are no secret
            role = request.env['cfia.contact.role'].sudo().search([('code', '=', 'magazine')], limit=1)
            entry['new_contacts'] = [{**values, 'contact_role_ids': [Command.set(role.ids)]}]
        return request.env['cfia.change.request']._file([entry], source='portal')
