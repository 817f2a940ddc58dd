from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from odoo.addons.cfia_membership.tools.index import literal_sql
from odoo.addons.cfia_membership.tools.text import normalised_name_sql
from odoo.addons.cfia_membership.tools.unit_match import Likeness, UnitIndex, UnitKeys, head_office_name_sql


class ResPartner(models.Model):
    """Do we know this unit? One answer for enquiries, referrals, applications and lists."""

    _inherit = 'res.partner'

    _spelling_idx = models.Index(
        f"(({literal_sql(head_office_name_sql(SQL.identifier('name')))})) WHERE is_company AND parent_id IS NULL")
    _former_spelling_idx = models.Index(
        f"(({literal_sql(normalised_name_sql(SQL.identifier('former_name')))})) "
        "WHERE is_company AND parent_id IS NULL AND former_name IS NOT NULL")
    _uscc_idx = models.Index('(uscc)')

    # === CONSTRAINT METHODS === #

    @api.constrains('name')
    def _check_namesake(self):
        """Refuse that a member is renamed into another one, by whatever door."""
        members = self.filtered(lambda partner: partner.member_state == 'member')
        if not members:
            return
        # sudo: whether units are one is asked over all of them
        found = members.sudo()._match_units({member: member._get_unit_keys() for member in members.sudo()})
        for member, match in found.items():
            namesake = next((
                unit for unit in match.possible if unit != member and unit.member_state == 'member'
                and member._get_unit_keys().compare(unit._get_unit_keys()) == Likeness.NAME), None)
            if namesake:
                raise ValidationError(self.env._(
                    "%(unit)s is the name of member %(number)s. Two members of one name are one unit: compare their "
                    "USCC and enter it on both, or note that one was merged into the other.",
                    unit=namesake.name, number=namesake.member_number))

    # === BUSINESS METHODS === #

    @api.model
    def _match_units(self, written):
        """Return the units that each description is or may be, archived ones too: they come back.

        One query, however many descriptions.

        :param dict written: anything → UnitKeys
        :return: {anything: UnitMatch}
        :rtype: dict
        """
        units = self._search_alike(written.values())
        index = UnitIndex([(unit, unit._get_unit_keys()) for unit in units], lambda unit: bool(unit.member_number))
        return {what: index.match(keys) for what, keys in written.items()}

    @api.model
    def _search_alike(self, written):
        """Return the units that one of these descriptions may mean.

        :param written: UnitKeys
        """
        names = {key for keys in written for key in (keys.name, keys.former) if key}
        bases = {key for keys in written for key in keys.bases()}
        codes = {keys.code for keys in written if keys.code}
        if not names and not codes:
            return self.browse()
        self.flush_model(['name', 'former_name', 'uscc', 'is_company', 'parent_id'])
        # each way is a query of its own, so that each uses its own index
        query = SQL(
            """SELECT id FROM res_partner WHERE is_company AND parent_id IS NULL AND %s = ANY(%s)
                UNION
               SELECT id FROM res_partner
                WHERE is_company AND parent_id IS NULL AND former_name IS NOT NULL AND %s = ANY(%s)
                UNION
               SELECT id FROM res_partner WHERE is_company AND parent_id IS NULL AND uscc = ANY(%s)
                ORDER BY id""",
            head_office_name_sql(SQL.identifier('name')), list(bases),
            normalised_name_sql(SQL.identifier('former_name')), list(names), list(codes))
        return self.browse(id_ for id_, in self.env.execute_query(query))

    def _get_unit_keys(self):
        """Return what tells this unit from others."""
        self.ensure_one()
        return UnitKeys.of(self.name, self.uscc, self.former_name)

    def action_take_for_record(self):
        """Say that an enquiry, a referral or an application, told by the context, is about this unit."""
        self.ensure_one()
        model = self.env.context.get('cfia_known_model')
        if model not in self.env.registry.descendants(['cfia.known.unit.mixin'], '_inherit'):
            raise UserError(self.env._("Open this from the enquiry, the referral or the application that it is about."))
        return self.env[model].browse(self.env.context.get('cfia_known_id')).action_take_unit(self.id)
