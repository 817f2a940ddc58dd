from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from odoo.addons.cfia_membership.models.res_partner import BATCH_CREATE_CONTEXT
from odoo.addons.cfia_membership.tools.index import literal_sql
from odoo.addons.cfia_membership.tools.text import normalise_unit_name, normalised_name_sql
from odoo.addons.cfia_membership.tools.uscc import is_valid_uscc, normalise_uscc


class CfiaKnownUnitMixin(models.AbstractModel):
    """Something that names a unit which the association may know under another spelling.

    Units are found by USCC, then by normalised name, present or former, as lists of contact targets
    are. A unit of exactly the name written is taken, and noted; of any other somebody decides:
    until then the record has no unit.

    A model that inherits it has ``name`` and ``partner_id`` and defines ``_take_units``.
    """

    _name = 'cfia.known.unit.mixin'
    _description = "Unit That May Be Known"

    uscc = fields.Char(string="USCC", help="Unified social credit code, where it is known.")
    # sudo: a unit is known whoever asks; its own rules decide who opens it
    candidate_ids = fields.Many2many(
        'res.partner', string="Units That It May Be", compute='_compute_candidate_ids', compute_sudo=True)

    # === COMPUTE METHODS === #

    @api.depends('name', 'uscc', 'partner_id')
    def _compute_candidate_ids(self):
        undecided = self.filtered(lambda record: not record.partner_id)
        found = undecided._find_candidates()
        for record in self:
            record.candidate_ids = found.get(record, False)

    # === CONSTRAINT METHODS === #

    @api.constrains('uscc')
    def _check_uscc(self):
        for record in self:
            if record.uscc and not is_valid_uscc(record.uscc):
                raise ValidationError(self.env._(
                    "The USCC %(uscc)s of %(unit)s is not valid. Compare it with the business licence.",
                    uscc=record.uscc, unit=record.name))

    # === ACTION METHODS === #

    def action_new_unit(self):
        """Note that somebody compared and the unit is none of those known.

        :raise UserError: when one of them has the same USCC
        """
        self.check_access('write')
        undecided = self.filtered(lambda record: not record.partner_id)
        for record in undecided:
            code = normalise_uscc(record.uscc)
            same = record.candidate_ids.filtered(lambda unit, code=code: code and unit.uscc == code)
            if same:
                raise UserError(self.env._(
                    "%(unit)s has the same USCC: it is this unit. Choose it, or correct the USCC.",
                    unit=same[0].display_name))
        undecided._take_units(undecided._create_prospects())
        return True

    def action_take_unit(self, unit_id):
        """Note that somebody compared and it is this unit.

        :param int unit_id: one of the candidates
        :raise UserError: when it is none of them
        """
        self.ensure_one()
        self.check_access('write')
        unit = self.candidate_ids.filtered(lambda candidate: candidate.id == unit_id)
        if not unit:
            raise UserError(self.env._(
                "This unit is none of those that %(record)s may be.", record=self.display_name))
        self._take_units({self: unit})
        self._log_unit(unit)
        return True

    # === BUSINESS METHODS === #

    def _find_candidates(self):
        """Return the units that each record may be; one query however many records.

        :rtype: dict
        """
        keys = {record: normalise_unit_name(record.name) for record in self}
        codes = {record: normalise_uscc(record.uscc) for record in self}
        # sudo: whether units are one is asked over all of them
        units = self.env['res.partner'].sudo()._search_by_spelling(
            set(filter(None, keys.values())), set(filter(None, codes.values())))
        by_code = units.grouped('uscc')
        by_key = {}
        for unit in units:
            for key in {normalise_unit_name(unit.name), normalise_unit_name(unit.former_name)} - {''}:
                by_key[key] = by_key.get(key, units.browse()) | unit
        none = units.browse()
        return {
            record: by_code.get(codes[record] or None, none) | by_key.get(keys[record], none) for record in self}

    def _match_known_units(self):
        """Tell records of a unit of exactly their name from those that somebody has to decide.

        :return: ({record: unit}, records to decide)
        :rtype: tuple
        """
        matched, undecided = {}, self.browse()
        for record, units in self._find_candidates().items():
            exact = units.filtered(lambda unit, name=record.name: unit.name == name)
            code = normalise_uscc(record.uscc)
            if len(exact) == 1 and not (code and exact.uscc and exact.uscc != code) and (
                    not code or units.filtered(lambda unit, code=code: unit.uscc == code) <= exact):
                matched[record] = exact
            elif units:
                undecided |= record
        return matched, undecided

    def _create_prospects(self):
        """Enter the units of these records as contact targets, once for each spelling.

        :return: {record: unit}
        :rtype: dict
        """
        groups = self.grouped(lambda record: normalise_unit_name(record.name))
        # sudo: every department and members name units, contacts are created by few
        units = self.env['res.partner'].sudo().with_context(**BATCH_CREATE_CONTEXT).create(
            [records[0]._prepare_prospect_values() for records in groups.values()])
        units._set_member_state('prospect')
        return {record: unit for records, unit in zip(groups.values(), units) for record in records}

    def _take_units(self, units):
        """Give each record its unit.

        :param dict units: record → unit
        """
        raise NotImplementedError

    def _log_unit(self, unit):
        self._message_log(body=self.env._("Compared: it is %(unit)s.", unit=unit.display_name))


class ResPartner(models.Model):
    _inherit = 'res.partner'

    _spelling_idx = models.Index(
        f"(({literal_sql(normalised_name_sql(SQL.identifier('name')))})) WHERE is_company AND parent_id IS NULL")
    _former_spelling_idx = models.Index(
        f"(({literal_sql(normalised_name_sql(SQL.identifier('former_name')))})) "
        "WHERE is_company AND parent_id IS NULL AND former_name IS NOT NULL")
    _uscc_idx = models.Index('(uscc)')

    @api.model
    def _search_by_spelling(self, keys, codes):
        """Return the units of these names, present or former, however they are spelt, or of these USCC.

        :param set keys: as ``normalise_unit_name`` gives them
        :param set codes: normalised USCC
        """
        if not keys and not codes:
            return self.browse()
        self.flush_model(['name', 'former_name', 'uscc', 'is_company', 'parent_id'])
        keys, codes = list(keys), list(codes)
        # each way is a query of its own, so that each uses its own index
        query = SQL(
            """SELECT id FROM res_partner WHERE is_company AND parent_id IS NULL AND %s = ANY(%s)
                UNION
               SELECT id FROM res_partner
                WHERE is_company AND parent_id IS NULL AND former_name IS NOT NULL AND %s = ANY(%s)
                UNION
               SELECT id FROM res_partner WHERE is_company AND parent_id IS NULL AND uscc = ANY(%s)
                ORDER BY id""",
            normalised_name_sql(SQL.identifier('name')), keys,
            normalised_name_sql(SQL.identifier('former_name')), keys, codes)
        # closed companies aside, archived units count: they come back
        return self.browse(id_ for id_, in self.env.execute_query(query))

    def action_take_for_record(self):
        """Say that an enquiry or a referral, told by the context, is about this unit."""
        self.ensure_one()
        model = self.env.context.get('cfia_known_model')
        if model not in self.env.registry.descendants(['cfia.known.unit.mixin'], '_inherit'):
            raise UserError(self.env._("Open this from an enquiry or a referral."))
        return self.env[model].browse(self.env.context.get('cfia_known_id')).action_take_unit(self.id)
