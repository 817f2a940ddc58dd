from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

_lt = LazyTranslate(__name__)

# What stays as it was once a resolution has taken effect


class CfiaResolution(models.Model):
    """Resolution of a body of the association: the ground of grades, posts and exits.

    At the change of term (换届) one resolution sets the grades of all members and has their
    certificates printed anew.
    """

    _name = 'cfia.resolution'
    _description = "Resolution"
    _inherit = ['cfia.guard.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'date desc, id desc'
    _frozen_when = {'applied': '*'}
    _never_frozen = ('reference', 'note')
    _guard_texts = {
        'write': _lt("A resolution takes effect by its button."),
        'frozen': _lt("It has taken effect. Enter another resolution instead."),
        'unlink': _lt("It has taken effect. Enter another resolution instead."),
    }

    name = fields.Char(required=True)
    reference = fields.Char(string="Document Number", copy=False)
    body = fields.Selection(
        selection=[
            ('congress', "Members' congress"),
            ('council', "Council"),
            ('standing_council', "Standing council"),
            ('secretariat', "Secretariat"),
        ],
        string="Deciding Body",
        required=True,
        default='council',
        tracking=True,
    )
    kind = fields.Selection(
        selection=[
            ('election', "New term: grades of all"),
            ('grade', "Grades of some units"),
            ('post', "Council posts"),
            ('admission', "Admission of members"),
            ('exit', "Exit or return"),
            ('other', "Other"),
        ],
        string="Matter",
        required=True,
        default='grade',
    )
    date = fields.Date(string="Adopted On", required=True, default=lambda self: association_today())
    date_effective = fields.Date(
        string="Effective On", compute='_compute_date_effective', store=True, readonly=False, required=True,
        precompute=True)
    congress_id = fields.Many2one(
        'cfia.congress', string="Congress Term", index='btree_not_null', ondelete='restrict',
        default=lambda self: self.env['cfia.congress']._get_current(association_today()))
    attachment_ids = fields.Many2many(
        'ir.attachment', string="Papers", copy=False, help="The signed minutes or the resolution.")
    note = fields.Text()
    reissue_certificates = fields.Boolean(
        default=True, help="Issue a new certificate to every unit of the list. The number stays.")
    line_ids = fields.One2many('cfia.resolution.line', 'resolution_id', string="Grades")
    line_count = fields.Integer(compute='_compute_line_count')
    state = fields.Selection(
        selection=[('draft', "Draft"), ('applied', "In effect")],
        required=True,
        readonly=True,
        default='draft',
        copy=False,
        tracking=True,
    )
    applied_by_id = fields.Many2one('res.users', string="Entered By", readonly=True, copy=False)
    date_applied = fields.Datetime(string="Entered On", readonly=True, copy=False)

    # === COMPUTE METHODS === #

    @api.depends('date')
    def _compute_date_effective(self):
        for resolution in self:
            resolution.date_effective = resolution.date_effective or resolution.date

    @api.depends('line_ids')
    def _compute_line_count(self):
        counts = dict(self.env['cfia.resolution.line']._read_group(
            [('resolution_id', 'in', self.ids)], ['resolution_id'], ['__count']))
        for resolution in self:
            resolution.line_count = counts.get(resolution, 0)

    @api.depends('name', 'reference')
    def _compute_display_name(self):
        for resolution in self:
            resolution.display_name = f"{resolution.reference or ''} {resolution.name or ''}".strip()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        resolutions = super().create(vals_list)
        resolutions._adopt_attachments()
        return resolutions

    def write(self, vals):
        result = super().write(vals)
        if 'attachment_ids' in vals:
            self._adopt_attachments()
        return result

    def _check_draft(self):
        applied = self.filtered(lambda resolution: resolution.state != 'draft')[:1]
        if applied:
            raise UserError(self.env._(
                "“%(resolution)s” is in effect and stays as it is. Enter a new resolution.",
                resolution=applied.display_name,
            ))

    def _adopt_attachments(self):
        """Give papers uploaded before the resolution was saved to the resolution."""
        for resolution in self:
            resolution.attachment_ids._adopt(resolution)

    # === ACTION METHODS === #

    def action_fill(self):
        """Put every member that is not yet in the list on it, with its present grade."""
        self._check_draft()
        for resolution in self:
            members = self.env['res.partner'].search([
                ('member_state', '=', 'member'), ('is_company', '=', True),
                ('id', 'not in', resolution.line_ids.partner_id.ids),
            ])
            resolution.line_ids = [
                Command.create({'partner_id': member.id, 'grade_id': member.member_grade_id.id})
                for member in members
            ]
        return True

    def action_apply(self):
        """Bring the resolutions into effect: grades, history, ledger, files and certificates at once.

        Those in effect already are skipped.

        :raise UserError: naming what a resolution lacks
        """
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department enters resolutions."))
        todo = self.filtered(lambda resolution: resolution.state == 'draft')
        reasons = [reason for resolution in todo if (reason := resolution._get_apply_blocker())]
        if reasons:
            raise UserError("\n".join(reasons))
        # sudo: the resolution writes units, ledger, files and certificates, whatever who enters it may edit
        for resolution in todo.sudo():
            resolution._apply()
        unlocked(todo).write({
            'state': 'applied', 'applied_by_id': self.env.uid, 'date_applied': fields.Datetime.now()})
        return True

    def action_view_lines(self):
        """Open the list of grades."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_resolution_line_action'),
            'domain': [('resolution_id', '=', self.id)],
            'context': {'default_resolution_id': self.id},
        }

    # === BUSINESS METHODS === #

    def _get_apply_blocker(self):
        """Return why this resolution cannot take effect, or nothing."""
        self.ensure_one()
        if not self.attachment_ids:
            return self.env._("“%(resolution)s”: attach the signed paper.", resolution=self.display_name)
        if self.date_effective > association_today():
            return self.env._(
                "“%(resolution)s” takes effect on %(date)s. Enter it on that day.",
                resolution=self.display_name, date=self.date_effective,
            )
        if self.kind in ('election', 'grade') and not self.line_ids:
            return self.env._(
                "“%(resolution)s” has no list of grades yet.", resolution=self.display_name)
        line = self.line_ids.filtered(lambda line: not line.grade_id)[:1]
        if line:
            return self.env._(
                "“%(resolution)s”: choose a grade for %(unit)s.",
                resolution=self.display_name, unit=line.partner_id.display_name,
            )
        line = self.line_ids.filtered(lambda line: line.partner_id.member_state != 'member')[:1]
        if line:
            return self.env._(
                "“%(resolution)s”: %(unit)s is not a member. Take it off the list.",
                resolution=self.display_name, unit=line.partner_id.display_name,
            )
        return None

    def _apply(self):
        """Set the grades of all units on the list; constant queries however many they are."""
        self.ensure_one()
        partners = self.line_ids.partner_id
        if not partners:
            return
        partners._set_grades(
            {line.partner_id: line.grade_id for line in self.line_ids}, self,
            end_kind='term' if self.kind == 'election' else 'changed')
        self._file_papers(partners, 'resolution')
        if self.reissue_certificates:
            partners._issue_certificates(
                'election' if self.kind == 'election' else 'changed', source=self)

    def _file_papers(self, partners, kind):
        """Put the papers of the resolution into the files of units.

        :param partners: units, many records
        :param str kind: value of ``cfia.member.file.paper.kind``
        """
        self.ensure_one()
        self.env['cfia.member.file']._file_attachments(
            partners, self.attachment_ids, kind, self.date, source=self)


class CfiaResolutionLine(models.Model):
    """Grade of one unit as a resolution sets it."""

    _name = 'cfia.resolution.line'
    _description = "Grade by Resolution"
    _inherit = ['cfia.guard.mixin']
    _order = 'resolution_id, grade_sequence, id'
    _frozen_with = ('resolution_id', 'line_ids')

    resolution_id = fields.Many2one('cfia.resolution', required=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one(
        'res.partner', string="Unit", required=True, index=True, ondelete='restrict',
        domain="[('member_state', '=', 'member'), ('is_company', '=', True)]")
    member_number = fields.Char(related='partner_id.member_number')
    old_grade_id = fields.Many2one(
        'cfia.grade', string="Grade Before", compute='_compute_old_grade_id', store=True, precompute=True)
    grade_id = fields.Many2one('cfia.grade', ondelete='restrict')
    grade_sequence = fields.Integer(related='grade_id.sequence', store=True, string="Grade Order")
    is_changed = fields.Boolean(compute='_compute_is_changed', store=True, precompute=True)
    state = fields.Selection(related='resolution_id.state')

    _partner_unique = models.UniqueIndex(
        '(resolution_id, partner_id)', "A unit stands on the list of a resolution once.")

    @api.depends('partner_id')
    def _compute_old_grade_id(self):
        for line in self:
            # sudo: an importer of lists may not read every unit
            line.old_grade_id = line.sudo().partner_id.member_grade_id

    @api.depends('old_grade_id', 'grade_id')
    def _compute_is_changed(self):
        for line in self:
            line.is_changed = line.old_grade_id != line.grade_id
