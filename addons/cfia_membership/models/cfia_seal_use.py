from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.index import trigram_index
from odoo.addons.cfia_membership.tools.task import assign

_lt = LazyTranslate(__name__)


class CfiaSealUse(models.Model):
    """Entry of the seal log (用印登记): document, purpose, who asked, who approved, who sealed."""

    _name = 'cfia.seal.use'
    _description = "Use of the Seal"
    _inherit = ['cfia.shown.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _frozen_when = dict.fromkeys(('approved', 'sealed', 'refused'), '*')
    _kept_when = True
    _numbered_by = ('name', 'cfia.seal.use')
    _guard_texts = {
        'write': _lt("Asking for, approving and sealing are noted by their buttons."),
        'frozen': _lt("It was decided and stays in the log as it is. Ask for the seal anew."),
        'unlink': _lt("The seal log is kept for good."),
    }

    name = fields.Char(string="Log Number", readonly=True, copy=False)
    subject = fields.Char(string="Paper to Seal", required=True)
    document_ids = fields.Many2many(
        'cfia.document', 'cfia_document_seal_use_rel', string="Official Documents")
    partner_id = fields.Many2one('res.partner', string="For", index='btree_not_null', ondelete='restrict')
    purpose = fields.Char(required=True)
    seal = fields.Selection(
        selection=[
            ('official', "Official seal"),
            ('membership', "Seal for member matters"),
            ('finance', "Finance seal"),
            ('contract', "Contract seal"),
        ],
        required=True,
        default='official',
    )
    copies = fields.Integer(string="Imprints", required=True, default=1)
    requested_by_id = fields.Many2one(
        'res.users', string="Asked By", required=True, readonly=True, default=lambda self: self.env.user,
        copy=False)
    date_requested = fields.Datetime(
        string="Seal Asked For On", readonly=True, default=fields.Datetime.now, copy=False)
    approved_by_id = fields.Many2one('res.users', string="Approved By", readonly=True, copy=False)
    date_approved = fields.Datetime(string="Approved On", readonly=True, copy=False)
    sealed_by_id = fields.Many2one('res.users', string="Sealed By", readonly=True, copy=False)
    date_sealed = fields.Datetime(string="Sealed On", readonly=True, copy=False)
    note = fields.Char(help="For a refusal, the reason.")
    state = fields.Selection(
        selection=[
            ('requested', "Asked for"), ('approved', "Approved"), ('sealed', "Sealed"), ('refused', "Refused")],
        required=True,
        readonly=True,
        default='requested',
        copy=False,
        tracking=True,
    )

    _copies_positive = models.Constraint('CHECK (copies > 0)', "A use of the seal leaves at least one imprint.")
    _open_idx = models.Index("(state) WHERE state IN ('requested', 'approved')")
    _date_requested_idx = models.Index('(date_requested)')
    _name_trigram_idx = trigram_index('name')
    _subject_trigram_idx = trigram_index('subject')
    _purpose_trigram_idx = trigram_index('purpose')

    @api.model_create_multi
    def create(self, vals_list):
        uses = super().create(vals_list)
        uses._schedule_approval()
        return uses

    def action_approve(self):
        """Approve, as the secretary-general and not for oneself."""
        self._check_approver()
        todo = self.filtered(lambda use: use.state == 'requested')
        todo._check_shown()
        for use in todo:
            # sudo: who approves need not write what was asked for
            unlocked(use.sudo()).content_hash = use._get_content_hash()
        self._move('requested', state='approved', approved_by_id=self.env.uid, date_approved=fields.Datetime.now())
        return True

    def action_refuse(self):
        """Refuse, with a note."""
        self._check_approver()
        for use in self:
            if not use.note:
                raise UserError(self.env._("Note why %(use)s is refused.", use=use.display_name))
        self._move('requested', state='refused', approved_by_id=self.env.uid, date_approved=fields.Datetime.now())
        return True

    def action_seal(self):
        """Note the imprint, as who keeps the seal in the organisation department."""
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department keeps the seal."))
        self._move('approved', state='sealed', sealed_by_id=self.env.uid, date_sealed=fields.Datetime.now())
        return True

    def _check_approver(self):
        """Refuse who may not approve these uses.

        :raise UserError: naming the reason
        """
        if not self.env.user.has_group('cfia_membership.group_cfia_secretary_general'):
            raise UserError(self.env._("The secretary-general approves uses of the seal."))
        own = self.filtered(lambda use: use.requested_by_id._is_same_person(self.env.user))[:1]
        if own:
            raise UserError(self.env._(
                "%(use)s was asked for by you. Another person has to approve it.", use=own.display_name))

    def _move(self, source, **vals):
        """Write a step; repeats are skipped.

        :raise UserError: naming a use that is not at this step
        """
        todo = self.filtered(lambda use: use.state != vals['state'])
        for use in todo:
            if use.state != source:
                raise UserError(self.env._("%(use)s is not at this step.", use=use.display_name))
        # sudo: the step is checked above, its columns are nobody's to write
        unlocked(todo.sudo()).write(vals)
        todo.sudo().activity_unlink(['cfia_membership.mail_act_seal_approve'])

    def _schedule_approval(self):
        """Put the uses before the secretary-general, in his language."""
        assign(
            self.with_context(mail_activity_quick_update=True), 'cfia_membership.mail_act_seal_approve',
            self.env.company._get_secretaries_general())
