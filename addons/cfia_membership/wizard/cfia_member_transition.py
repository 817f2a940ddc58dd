from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.dates import association_today


class CfiaMemberTransition(models.TransientModel):
    """Exit, expulsion, merger or return of units, with papers and deciding body."""

    _name = 'cfia.member.transition'
    _description = "Exit or Return of Members"

    kind = fields.Selection(
        selection=[
            ('withdrawn', "Withdraws by its own notice"),
            ('expelled', "Is expelled"),
            ('merged', "Merges into another member"),
            ('rejoined', "Returns"),
        ],
        string="What Happens",
        required=True,
        default=lambda self: self._default_kind(),
    )
    partner_ids = fields.Many2many(
        'res.partner', 'cfia_member_transition_partner_rel', string="Units", required=True,
        default=lambda self: self.env['res.partner']._get_active_units())
    date = fields.Date(
        string="Effective On", required=True, default=lambda self: association_today(),
        help="Of an exit, the first day without membership.")
    body = fields.Selection(
        selection=[
            ('unit', "The unit itself"),
            ('secretariat', "Secretariat"),
            ('standing_council', "Standing council"),
            ('council', "Council"),
            ('congress', "Members' congress"),
        ],
        string="Deciding Body",
        compute='_compute_body', store=True, readonly=False, precompute=True, required=True,
    )
    resolution_id = fields.Many2one('cfia.resolution')
    survivor_id = fields.Many2one(
        'res.partner', string="Merges Into",
        domain="[('member_state', '=', 'member'), ('is_company', '=', True), ('id', 'not in', partner_ids)]")
    grade_id = fields.Many2one(
        'cfia.grade', string="Grade from Now On",
        default=lambda self: self.env.ref('cfia_membership.cfia_grade_member', raise_if_not_found=False))
    reason = fields.Text(required=True)
    attachment_ids = fields.Many2many(
        'ir.attachment', 'cfia_member_transition_attachment_rel', string="Papers",
        help="The unit's letter, the minutes, the register's notice of merger.")

    @api.model
    def _default_kind(self):
        """Return what happens to the chosen units: those that left come back."""
        states = set(self.env['res.partner']._get_active_units().mapped('member_state'))
        return 'rejoined' if states and states <= {'withdrawn', 'expelled'} else 'withdrawn'

    @api.depends('kind')
    def _compute_body(self):
        for transition in self:
            transition.body = {'expelled': 'council', 'rejoined': 'secretariat'}.get(transition.kind, 'unit')

    def action_confirm(self):
        """Record what happened: units, numbers, ledger, certificates and files together.

        :raise UserError: naming what is missing or the unit that cannot go this way
        """
        self.ensure_one()
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department records exits and returns."))
        self._check_complete()
        reasons = [reason for unit in self.partner_ids if (reason := self._get_blocker(unit))]
        if reasons:
            raise UserError("\n".join(reasons))
        # sudo: exit and return write units, ledger, files and documents, whatever the department may edit
        units = self.partner_ids.sudo()
        note = self._prepare_note()
        source = {'res_model': 'cfia.resolution', 'res_id': self.resolution_id.id} if self.resolution_id else {}
        if self.kind == 'rejoined':
            units._rejoin(self.date, note=note, grade=self.grade_id, **source)
            units._issue_certificates('return')
        else:
            units._leave(self.kind, self.date, note=note, survivor=self.survivor_id, **source)
        attachments = self.attachment_ids | self.resolution_id.attachment_ids
        self.env['cfia.member.file']._file_attachments(
            # sudo: papers enter the files of both units
            units | self.survivor_id.sudo(), attachments, 'return' if self.kind == 'rejoined' else 'exit',
            self.date, source=self.resolution_id or None)
        return {'type': 'ir.actions.act_window_close'}

    def _check_complete(self):
        """Refuse without papers, resolution or survivor.

        :raise UserError: saying what to add
        """
        if not self.attachment_ids and not self.resolution_id.attachment_ids:
            raise UserError(self.env._("Attach the paper that this rests on: letter, minutes or notice."))
        if self.kind == 'expelled' and not self.resolution_id:
            raise UserError(self.env._("An expulsion rests on a resolution. Enter or choose it."))
        if self.kind == 'merged' and not self.survivor_id:
            raise UserError(self.env._("Choose the member into which the unit merges."))
        if self.survivor_id & self.partner_ids:
            raise UserError(self.env._(
                "%(unit)s cannot merge into itself.", unit=self.survivor_id.display_name))
        if self.survivor_id and self.survivor_id.member_state != 'member':
            raise UserError(self.env._(
                "%(unit)s is not a member and cannot take over another.", unit=self.survivor_id.display_name))
        if self.date > association_today():
            raise UserError(self.env._(
                "%(date)s lies in the future. Record it on that day.", date=self.date))

    def _get_blocker(self, unit):
        """Return why a unit cannot go this way, or nothing."""
        if self.kind == 'rejoined':
            if unit.member_state not in ('withdrawn', 'expelled') or not unit.member_number:
                return self.env._(
                    "%(unit)s did not leave, or was merged. Only former members return with their number.",
                    unit=unit.display_name)
            if unit.date_member_left and self.date < unit.date_member_left:
                return self.env._(
                    "%(unit)s left on %(date)s and cannot return before.",
                    unit=unit.display_name, date=unit.date_member_left)
        elif unit.member_state != 'member':
            return self.env._("%(unit)s is not a member.", unit=unit.display_name)
        elif unit.date_member_joined and self.date < unit.date_member_joined:
            return self.env._(
                "%(unit)s joined on %(date)s and cannot leave before.",
                unit=unit.display_name, date=unit.date_member_joined)
        return None

    def _prepare_note(self):
        """Return what the ledger keeps, in the association's language."""
        transition = self.with_context(lang=self.env.company._get_association_lang())
        bodies = dict(transition._fields['body']._description_selection(transition.env))
        parts = [
            bodies[self.body],
            self.resolution_id.display_name,
            self.survivor_id and transition.env._(
                "merged into %(number)s %(unit)s",
                number=self.survivor_id.member_number, unit=self.survivor_id.name),
            self.reason,
        ]
        return " · ".join(part for part in parts if part)
