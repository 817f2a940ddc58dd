from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.models.res_partner import EVENT_KIND_BY_FIELD
from odoo.addons.cfia_membership.models.res_partner_guard import CONTACT_CHANGE_FIELDS, UNIT_CHANGE_FIELDS
from odoo.addons.cfia_membership.tools.change_value import read_value
from odoo.addons.cfia_membership.tools.guard import is_unlocked, unlocked

# in the context of a merge, which keeps what leads to the persons that it deletes
MERGING = object()


class ResPartner(models.Model):
    """What the department edits in a member's data is an applied change: event, bulletin and file follow (4.2.2)."""

    _inherit = 'res.partner'

    change_source = fields.Char(
        string="Source of the Change", compute='_compute_change_source', readonly=False,
        help="Where the change comes from, in one line. Kept with the change, not here.")

    # === COMPUTE METHODS === #

    def _compute_change_source(self):
        self.change_source = False

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        source = next((vals['change_source'] for vals in vals_list if vals.get('change_source')), False)
        partners = super().create([
            {name: value for name, value in vals.items() if name != 'change_source'} for vals in vals_list])
        if self._is_edited_by_department():
            new = {}
            for partner in partners:
                unit = partner.commercial_partner_id
                if unit != partner and unit.member_state == 'member':
                    new.setdefault(unit, []).append(
                        {name: read_value(partner, name) for name in CONTACT_CHANGE_FIELDS if name != 'active'})
            self._enter_edits({unit: ({}, contacts) for unit, contacts in new.items()}, source)
        return partners

    def write(self, vals):
        vals = dict(vals)
        source = vals.pop('change_source', False)
        if not vals:
            return True
        if not self._is_edited_by_department():
            return super().write(vals)
        names = {*UNIT_CHANGE_FIELDS, *CONTACT_CHANGE_FIELDS, *EVENT_KIND_BY_FIELD} & vals.keys()
        before = {}
        for partner in self if names else ():
            unit = partner.commercial_partner_id
            if unit.member_state != 'member':
                continue
            columns = {*UNIT_CHANGE_FIELDS, *EVENT_KIND_BY_FIELD} if partner == unit else set(CONTACT_CHANGE_FIELDS)
            before[partner] = {name: read_value(partner, name) for name in names & columns}
        result = super().write(vals)
        edits = {}
        for partner, values in before.items():
            changed = {name: value for name, value in values.items() if read_value(partner, name) != value}
            if changed:
                edits.setdefault(partner.commercial_partner_id, ({}, []))[0][partner] = changed
        self._enter_edits(edits, source)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_person_of_member(self):
        """Keep who was a member's contact: he leaves by a change, and letters and logs still name him.

        :raise UserError: naming the person and the way out
        """
        if not self._is_edited_by_department() or self.env.context.get('cfia_merging') is MERGING:
            return
        # sudo: what is kept does not depend on who may read it
        for partner in self.sudo():
            unit = partner.commercial_partner_id
            if unit != partner and partner.type == 'contact' and unit.member_state == 'member':
                raise UserError(self.env._(
                    "%(person)s of %(unit)s is not deleted: who left is archived, which is kept as a change. Of two that are one "
                    "person, merge one into the other.", person=partner.name, unit=unit.name))

    # === BUSINESS METHODS === #

    def _is_edited_by_department(self):
        """Tell whether a person writes members' data, and neither a schedule nor a step that leaves its own event."""
        return not is_unlocked(self) and self.env.uid != SUPERUSER_ID

    def _is_same_contact(self, values):
        """Return whether this is the person that values of a new contact tell of. One record."""
        self.ensure_one()
        if ''.join((self.name or '').split()) != ''.join((values.get('name') or '').split()):
            return False
        # of one name and two telephones there may be two
        both = [
            (self[name], values[name]) for name in ('mobile', 'email') if self[name] and values.get(name)]
        return not both or any(own == other for own, other in both)

    @api.model
    def _enter_edits(self, edits, source=False):
        """Keep what was edited as applied changes, and enter them in the ledger.

        :param dict edits: unit → (values before: {unit or person: {field: value}}, values of new persons)
        :param str source: where the changes come from
        """
        if not edits:
            return
        self.env['cfia.change.request']._enter_applied(edits, source)
        for unit, (changes, _contacts) in edits.items():
            former = changes.get(unit, {}).get('name')
            if former:
                # sudo: the former name follows from the change
                unlocked(unit.sudo()).former_name = former
