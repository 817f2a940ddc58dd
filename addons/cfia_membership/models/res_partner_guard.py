from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import RedirectWarning, UserError

from odoo.addons.cfia_membership.tools.change_value import read_value
from odoo.addons.cfia_membership.tools.guard import is_unlocked

UNIT_CHANGE_FIELDS = (
    'name', 'name_en', 'uscc', 'enterprise_category_id', 'enterprise_category_ids', 'ownership_id',
    'enterprise_size', 'state_id', 'city', 'street', 'street2', 'zip', 'phone', 'email', 'website',
    'date_founded', 'registered_capital', 'staff_count', 'annual_revenue', 'main_products',
)
CONTACT_CHANGE_FIELDS = (
    'name', 'function', 'mobile', 'phone', 'email', 'contact_role_ids', 'state_id', 'city', 'street',
    'street2', 'zip', 'active',
)
# what nobody reports by itself, but nobody else writes either
FURTHER_FIELDS = ('country_id', 'former_name', 'member_grade_id', 'parent_id', 'is_company')
REGULATED_FIELDS = {*UNIT_CHANGE_FIELDS, *CONTACT_CHANGE_FIELDS, *FURTHER_FIELDS}


class ResPartner(models.Model):
    """The write guard: a member's data are written by 组织部 or an applied change request (4.0b).

    It looks at who the user is, not at superuser mode, since the portal writes in that mode.
    """

    _inherit = 'res.partner'

    commercial_member_state = fields.Selection(
        related='commercial_partner_id.member_state', string="Membership of the Unit")

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        if not self._may_write_members():
            # sudo: members' data are guarded, whoever may read them; defaults of a context name a unit as well
            for partner, vals in zip(partners.sudo(), vals_list):
                unit = partner.parent_id.commercial_partner_id
                if unit.member_state == 'member':
                    self._refuse_change(unit, {}, [vals])
        return partners

    def write(self, vals):
        if not self._may_write_members():
            regulated = {name: value for name, value in vals.items() if name in REGULATED_FIELDS}
            if regulated:
                # sudo: members' data are guarded, whoever may read them
                self.sudo()._check_member_data(regulated)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_contact_of_member(self):
        if self._may_write_members():
            return
        # sudo: members' data are guarded, whoever may read them
        for partner in self.sudo():
            if partner.parent_id and partner.commercial_partner_id.member_state == 'member':
                self._refuse_change(partner.commercial_partner_id, {partner: {'active': False}}, [])

    # === ACTION METHODS === #

    def action_report_change(self):
        """Open the present data of the unit, to be overwritten with what changed."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_change_report_action'),
            'context': {'default_partner_id': self.commercial_partner_id.id, 'dialog_size': 'extra-large'},
        }

    # === BUSINESS METHODS === #

    def _may_write_members(self):
        """Tell whether the user, or the method at work, may write members' data."""
        return (
            is_unlocked(self)
            or self.env.uid == SUPERUSER_ID
            or self.env.user.has_group('cfia_membership.group_cfia_organisation')
        )

    def _check_member_data(self, vals):
        """Refuse real changes of members' units and of their contact persons.

        :param dict vals: as for ``write``
        """
        target = self.browse(vals.get('parent_id')).commercial_partner_id
        for partner in self:
            unit = partner.commercial_partner_id
            if target.member_state == 'member' and target != unit:
                self._refuse_change(target, {}, [{'name': partner.name}])
            if unit.member_state != 'member':
                continue
            changed = {
                name: value for name, value in vals.items()
                if read_value(partner, name) != read_value(partner, name, value)
            }
            if changed:
                self._refuse_change(unit, {partner: changed}, [])

    def _refuse_change(self, unit, changes, new_contacts):
        """Refuse a change of a member's data, showing the way to report it.

        :raise RedirectWarning: in the web client, with the change filled in
        :raise UserError: elsewhere
        """
        names = {name for vals in [*changes.values(), *new_contacts] for name in vals}
        message = self.env._(
            "%(unit)s is a member: the organisation department keeps its data (%(fields)s). "
            "Report the change with “Report a change”; it is entered once verified.",
            unit=unit.name,
            fields=", ".join(sorted(
                self._fields[name]._description_string(self.env) for name in names if name in self._fields)),
        )
        if self.env.user.share or self.env.context.get('import_file') or len(self) > 1:
            raise UserError(message)
        raise RedirectWarning(
            message,
            # sudo: the id of an action is no secret
            self.env.ref('cfia_membership.cfia_change_report_action').sudo().id,
            self.env._("Report a change"),
            {
                'default_partner_id': unit.id,
                'cfia_changes': {
                    str(partner.id): {name: read_value(partner, name, value) for name, value in vals.items()}
                    for partner, vals in changes.items()
                },
                'cfia_new_contacts': [
                    {name: read_value(self.browse(), name, vals[name])
                     for name in CONTACT_CHANGE_FIELDS if name in vals}
                    for vals in new_contacts
                ],
            },
        )
