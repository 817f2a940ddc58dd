from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.cfia_membership.models.res_partner import BATCH_CREATE_CONTEXT
from odoo.addons.cfia_membership.tools.text import normalise_unit_name
from odoo.addons.cfia_membership.tools.unit_match import UnitKeys
from odoo.addons.cfia_membership.tools.uscc import is_valid_uscc, normalise_uscc


class CfiaKnownUnitMixin(models.AbstractModel):
    """Something that names a unit which the association may know under another spelling.

    Units are found by the rule of ``tools.unit_match``. What is certain is taken, and noted; of anything else
    somebody decides: until then the record has no unit.

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

    def _match_units(self):
        """Return what the association knows of each record's unit; queries do not grow with the records.

        :return: {record: UnitMatch}
        :rtype: dict
        """
        # sudo: whether units are one is asked over all of them
        return self.env['res.partner'].sudo()._match_units(
            {record: UnitKeys.of(record.name, record.uscc) for record in self})

    def _find_candidates(self):
        """Return the units that each record may be.

        :rtype: dict
        """
        return {
            record: self.env['res.partner'].union(*match.possible) for record, match in self._match_units().items()}

    def _match_known_units(self):
        """Tell records whose unit is certain from those that somebody has to decide.

        :return: ({record: unit}, records to decide)
        :rtype: tuple
        """
        found = self._match_units()
        return (
            {record: match.certain for record, match in found.items() if match.certain},
            self.filtered(lambda record: found[record].possible and not found[record].certain),
        )

    def _create_prospects(self):
        """Enter the units of these records as contact targets, once for each spelling.

        :return: {record: unit}
        :rtype: dict
        """
        groups = self.grouped(lambda record: normalise_unit_name(record.name))
        # sudo: every department and members name units, contacts are created by few
        units = self.env['res.partner'].sudo().with_context(**BATCH_CREATE_CONTEXT).create(
            [records[0].with_prefetch(self.ids)._prepare_prospect_values() for records in groups.values()])
        units._set_member_state('prospect')
        return {record: unit for records, unit in zip(groups.values(), units) for record in records}

    def _take_units(self, units):
        """Give each record its unit.

        :param dict units: record → unit
        """
        raise NotImplementedError

    def _log_unit(self, unit):
        self._message_log(body=self.env._("Compared: it is %(unit)s.", unit=unit.display_name))
