from odoo import api, models
from odoo.exceptions import ValidationError


class CfiaUnitPersonMixin(models.AbstractModel):
    """A unit and one of its persons: ``partner_id`` and ``contact_id`` of the model belong together.

    What a person asked or was told is not sent to the person of another unit.
    """

    _name = 'cfia.unit.person.mixin'
    _description = "Unit and Person"

    # === CONSTRAINT AND ONCHANGE METHODS === #

    @api.onchange('partner_id')
    def _onchange_partner_id_person(self):
        """Let go of the person of the unit that was chosen before."""
        if self.contact_id and not self._is_own_person():
            self.contact_id = False

    @api.constrains('partner_id', 'contact_id')
    def _check_person(self):
        for record in self.filtered(lambda record: record.partner_id and record.contact_id):
            if not record._is_own_person():
                raise ValidationError(self.env._(
                    "%(person)s is no person of %(unit)s. Choose one of its contacts, or enter the name alone.",
                    # sudo: the names that were chosen
                    person=record.contact_id.sudo().name, unit=record.partner_id.sudo().name))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Take the unit of a person for the unit."""
        partners = self.env['res.partner'].browse([vals['partner_id'] for vals in vals_list if vals.get('partner_id')])
        # sudo: whose unit a contact is, whoever may read it
        units = {partner.id: partner.commercial_partner_id for partner in partners.sudo()}
        completed = []
        for vals in vals_list:
            unit = units.get(vals.get('partner_id'))
            if unit and unit.id != vals['partner_id']:
                vals = {'contact_id': vals['partner_id'], **vals, 'partner_id': unit.id}
            completed.append(vals)
        return super().create(completed)

    # === BUSINESS METHODS === #

    def _is_own_person(self):
        """Return whether the person is of the unit. One record."""
        self.ensure_one()
        # sudo: whose unit a contact is, whoever may read it
        person_sudo, unit_sudo = self.contact_id.sudo(), self.partner_id.sudo()
        return bool(unit_sudo) and (
            unit_sudo in (person_sudo.parent_id, person_sudo) or person_sudo.commercial_partner_id == unit_sudo.commercial_partner_id)
