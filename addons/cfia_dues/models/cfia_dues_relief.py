from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from .cfia_dues_line import OPEN_STATES
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.task import assign

_lt = LazyTranslate(__name__)


class CfiaDuesRelief(models.Model):
    """Request to waive or to defer dues (减免、缓缴), and the decision of the body set for it.

    A waiver becomes a credit note on the line, a deferral a new due date. Papers go to the file.
    """

    _name = 'cfia.dues.relief'
    _description = "Waiver or Deferral of Dues"
    _inherit = ['cfia.shown.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _check_company_auto = True
    _frozen_when = dict.fromkeys(('granted', 'refused', 'withdrawn'), '*')
    _kept_when = True
    _numbered_by = ('name', 'cfia.dues.relief')
    _guard_texts = {
        'write': _lt("A request is decided by its buttons."),
        'frozen': _lt("It was decided. Enter a new request."),
        'unlink': _lt("Requests are kept. Withdraw it instead."),
    }

    name = fields.Char(string="Request Number", readonly=True, copy=False)
    company_id = fields.Many2one(
        'res.company', required=True, readonly=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    partner_id = fields.Many2one(
        'res.partner', string="Member", required=True, index=True, ondelete='restrict',
        domain="[('member_number', '!=', False)]")
    line_ids = fields.Many2many(
        'cfia.dues.line', string="Dues", required=True, check_company=True,
        domain="[('partner_id', '=', partner_id), ('state', 'in', ('billed', 'partial', 'deferred'))]")
    amount_open = fields.Monetary(string="Outstanding", compute='_compute_amount_open')
    kind = fields.Selection(
        selection=[('waiver', "Waiver"), ('deferral', "Deferral")], required=True, default='deferral', tracking=True)
    amount = fields.Monetary(string="Amount to Waive", tracking=True, help="Taken off the oldest year first.")
    date_due_new = fields.Date(string="New Due Date", tracking=True)
    reason = fields.Text(required=True)
    source = fields.Selection(
        selection=[('staff', "Staff"), ('portal', "Portal")], required=True, readonly=True, default='staff')
    attachment_ids = fields.Many2many(
        'ir.attachment', string="Papers", copy=False, help="The unit's letter and what shows its difficulty.")
    requested_by_id = fields.Many2one(
        'res.users', required=True, readonly=True, copy=False, default=lambda self: self.env.user)
    date_requested = fields.Date(readonly=True, copy=False, default=lambda self: association_today())
    state = fields.Selection(
        selection=[
            ('requested', "To decide"), ('granted', "Request granted"), ('refused', "Refused"), ('withdrawn', "Taken back")],
        required=True, readonly=True, copy=False, default='requested', tracking=True)
    resolution_id = fields.Many2one(
        'cfia.resolution', copy=False, help="Needed where a body decides, not the secretary-general.")
    decision_note = fields.Text(copy=False, help="Told to the member.")
    decided_by_id = fields.Many2one('res.users', readonly=True, copy=False)
    date_decided = fields.Date(readonly=True, copy=False)
    move_ids = fields.Many2many('account.move', string="Credit Notes", readonly=True, copy=False)

    _waiver_amount = models.Constraint(
        "CHECK (kind != 'waiver' OR amount > 0)", "A waiver needs an amount.")
    _deferral_date = models.Constraint(
        "CHECK (kind != 'deferral' OR date_due_new IS NOT NULL)", "A deferral needs a new due date.")

    # === COMPUTE METHODS === #

    @api.depends('line_ids.amount_residual')
    def _compute_amount_open(self):
        for relief in self:
            relief.amount_open = sum(relief.line_ids.mapped('amount_residual'))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        reliefs = super().create(vals_list)
        reliefs._check_lines()
        for relief in reliefs:
            relief.attachment_ids._adopt(relief)
        reliefs._schedule_decision()
        return reliefs

    def write(self, vals):
        result = super().write(vals)
        if {'line_ids', 'partner_id'} & set(vals):
            self._check_lines()
        if 'attachment_ids' in vals:
            for relief in self:
                relief.attachment_ids._adopt(relief)
        return result

    def _check_lines(self):
        """Refuse dues of others and requests without dues.

        :raise UserError: naming the request
        """
        for relief in self:
            if not relief.line_ids or relief.line_ids.partner_id != relief.partner_id:
                raise UserError(self.env._(
                    "%(relief)s: choose dues of %(unit)s.", relief=relief.name, unit=relief.partner_id.name))

    # === ACTION METHODS === #

    def action_grant(self):
        """Grant: credit notes or new due dates, papers to the file, the member is told.

        :raise UserError: for others than the body set, or when more is to be waived than is open
        """
        self._check_decider()
        for relief in self.filtered(lambda relief: relief.state == 'requested'):
            relief._check_shown()
            relief._check_open()
            unlocked(relief).content_hash = relief._get_content_hash()
            relief._grant()
            relief._decide('granted')
        return True

    def action_refuse(self):
        """Refuse, with a note.

        :raise UserError: for others than the body set, or without a note
        """
        self._check_decider()
        for relief in self:
            if not relief.decision_note:
                raise UserError(self.env._("Note why %(relief)s is refused.", relief=relief.display_name))
        self.filtered(lambda relief: relief.state == 'requested')._decide('refused')
        return True

    def action_withdraw(self):
        """Note that the member takes the request back."""
        self.check_access('write')
        unlocked(self.filtered(lambda relief: relief.state == 'requested')).write({'state': 'withdrawn'})
        self.activity_unlink(['cfia_dues.mail_act_dues_relief'])
        return True

    # === BUSINESS METHODS === #

    def _check_decider(self):
        """Refuse who may not decide these requests.

        :raise UserError: naming what is missing
        """
        user = self.env.user
        for relief in self:
            body = relief.company_id.cfia_dues_relief_body
            if relief.source == 'staff' and relief.requested_by_id._is_same_person(user):
                raise UserError(self.env._(
                    "%(relief)s was entered by you. Another person has to decide it.", relief=relief.display_name))
            if body == 'secretary_general':
                if not user.has_group('cfia_membership.group_cfia_secretary_general'):
                    raise UserError(self.env._("The secretary-general decides waivers and deferrals."))
                continue
            if not (user.has_group('cfia_membership.group_cfia_secretary_general')
                    or user.has_group('cfia_membership.group_cfia_treasurer')):
                raise UserError(self.env._("The secretary-general or the treasurer enters decisions on dues."))
            resolution = relief.resolution_id
            if resolution.body != body or not resolution.attachment_ids or resolution.date > association_today():
                bodies = dict(resolution._fields['body']._description_selection(self.env))
                raise UserError(self.env._(
                    "%(relief)s: choose the resolution of the body “%(body)s”, with its signed paper.",
                    relief=relief.display_name, body=bodies[body]))

    def _check_open(self):
        """Refuse what cannot be granted any more. One record.

        :raise UserError: naming the request
        """
        if any(line.state not in OPEN_STATES for line in self.line_ids):
            raise UserError(self.env._(
                "%(relief)s: dues were settled meanwhile. Take them off the request.", relief=self.display_name))
        if self.kind == 'waiver' and self.currency_id.compare_amounts(self.amount, self.amount_open) > 0:
            raise UserError(self.env._(
                "%(relief)s: only %(open)s is open.", relief=self.display_name, open=self.amount_open))
        if self.kind == 'deferral' and self.date_due_new <= association_today():
            raise UserError(self.env._(
                "%(relief)s: the new due date has to lie ahead.", relief=self.display_name))

    def _grant(self):
        """Bring one request into effect."""
        # sudo: the decision writes accounting, whatever who enters it may post
        lines = self.line_ids.sudo().sorted('year')
        if self.kind == 'deferral':
            lines._defer(self.date_due_new)
            return
        left, amounts = self.amount, {}
        for line in lines:
            share = min(left, line.amount_residual)
            if self.currency_id.compare_amounts(share, 0.0) > 0:
                amounts[line] = share
            left -= share
        text = self.with_context(lang=self.company_id._get_association_lang()).env._(
            "Waiver %(number)s", number=self.name)
        # sudo: the decision is checked by who called; invoices link back to it
        unlocked(self).sudo().move_ids = lines._waive(amounts, text)

    def _decide(self, state):
        """Note the decision, put the papers into the file, tell the member."""
        unlocked(self).write({
            'state': state, 'decided_by_id': self.env.uid, 'date_decided': association_today()})
        self.activity_feedback(['cfia_dues.mail_act_dues_relief'])
        for relief in self:
            papers = relief.attachment_ids | relief.resolution_id.attachment_ids
            # sudo: papers enter the file by themselves, whoever decides
            self.env['cfia.member.file'].sudo()._file_attachments(
                relief.partner_id, papers, 'dues', association_today(), source=relief)
        template = self.env.ref('cfia_dues.mail_template_dues_relief')
        for relief in self.filtered(lambda relief: relief._get_recipient().email):
            template.send_mail(relief.id)

    def _get_recipient(self):
        """Return whom the decision is told. One record."""
        return self.partner_id._get_role_contacts('finance')[self.partner_id]

    def _schedule_decision(self):
        """Put the requests before who decides or enters the decision."""
        # sudo: a member asks on the portal; the activity is for who decides
        for relief in self.sudo():
            company = relief.company_id
            users = company._get_secretaries_general()
            if company.cfia_dues_relief_body != 'secretary_general':
                users = company._get_dues_user() or users
            assign(relief, 'cfia_dues.mail_act_dues_relief', users)
