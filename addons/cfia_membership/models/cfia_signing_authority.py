
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

_lt = LazyTranslate(__name__)

# What the secretary-general signed.
CONTENT_FIELDS = ('name', 'deputy_id', 'date_from', 'date_to', 'reason')


class CfiaSigningAuthority(models.Model):
    """Authority of a deputy to sign applications in the secretary-general's absence, with its paper.

    The secretary-general grants it for a period; every signature given under it names its number.
    """

    _name = 'cfia.signing.authority'
    _description = "Signing Authority"
    _inherit = ['cfia.shown.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'date_from desc, id desc'
    _frozen_when = dict.fromkeys(('granted', 'revoked'), (*CONTENT_FIELDS, 'attachment_ids'))
    _numbered_by = ('name', 'cfia.signing.authority')
    _guard_texts = {
        'write': _lt("An authority is granted and revoked by its buttons."),
        'frozen': _lt("It was granted. Revoke it and grant a new one."),
        'unlink': _lt("It was granted. Revoke it instead."),
    }

    name = fields.Char(
        string="Authority Number", required=True, readonly=True, copy=False, default=lambda self: self.env._("New"))
    deputy_id = fields.Many2one(
        'res.users', required=True, index=True, ondelete='restrict', tracking=True,
        domain="[('share', '=', False)]")
    date_from = fields.Date(string="Valid From", required=True, default=lambda self: association_today(), tracking=True)
    date_to = fields.Date(string="Valid Until", required=True, tracking=True)
    reason = fields.Char(required=True, help="Why the secretary-general cannot sign.")
    attachment_ids = fields.Many2many(
        'ir.attachment', string="Signed Authority", copy=False, help="Scan of the signed authority.")
    state = fields.Selection(
        selection=[('draft', "Draft"), ('granted', "Granted"), ('revoked', "Revoked")],
        required=True,
        readonly=True,
        default='draft',
        copy=False,
        tracking=True,
    )
    is_valid = fields.Boolean(string="Valid Today", compute='_compute_is_valid', search='_search_is_valid')
    granted_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    date_granted = fields.Datetime(string="Granted On", readonly=True, copy=False)
    revoked_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    date_revoked = fields.Datetime(string="Revoked On", readonly=True, copy=False)
    application_ids = fields.One2many(
        'cfia.membership.application', 'authority_id', string="Signed Applications", readonly=True)
    application_count = fields.Integer(compute='_compute_application_count')

    _name_unique = models.UniqueIndex("(name) WHERE state != 'draft'", "This number is already taken.")
    _period = models.Constraint('CHECK(date_to >= date_from)', "An authority ends after it begins.")

    # === COMPUTE METHODS === #

    @api.depends('state', 'date_from', 'date_to')
    def _compute_is_valid(self):
        today = association_today()
        for authority in self:
            authority.is_valid = authority.state == 'granted' and (
                authority.date_from <= today <= authority.date_to)

    def _search_is_valid(self, operator, value):
        if operator != 'in':
            return NotImplemented
        return self._get_valid_domain()

    @api.depends('application_ids')
    def _compute_application_count(self):
        # sudo: those who see the authority see how often it was used
        counts = dict(self.env['cfia.membership.application'].sudo()._read_group(
            [('authority_id', 'in', self.ids)], ['authority_id'], ['__count']))
        for authority in self:
            authority.application_count = counts.get(authority, 0)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        authorities = super().create(vals_list)
        authorities._adopt_attachments()
        return authorities

    def write(self, vals):
        result = super().write(vals)
        if 'attachment_ids' in vals:
            self._adopt_attachments()
        return result

    def _adopt_attachments(self):
        """Give papers that were uploaded before their authority was saved to the authority."""
        for authority in self:
            authority.attachment_ids._adopt(authority)

    def _get_signed_attachments(self):
        """Return the papers that stay as they are."""
        return self.filtered(lambda authority: authority.state != 'draft').attachment_ids

    # === ACTION METHODS === #

    def action_grant(self):
        """Sign the authorities: from the first day on the deputy signs applications.

        Those granted already are skipped.

        :raise UserError: naming what an authority lacks, or what changed since it was shown
        """
        self._check_secretary_general()
        todo = self.filtered(lambda authority: authority.state == 'draft')
        todo._check_shown()
        reasons = [reason for authority in todo if (reason := authority._get_grant_blocker())]
        if reasons:
            raise UserError("\n".join(reasons))
        for authority in todo:
            unlocked(authority).write({
                'state': 'granted',
                'granted_by_id': self.env.uid,
                'date_granted': fields.Datetime.now(),
                'content_hash': authority._get_content_hash(),
            })
        todo._put_applications_before_deputies()
        return True

    def action_revoke(self):
        """End the authorities at once. What was signed under them stands.

        :raise UserError: for others than the secretary-general
        """
        self._check_secretary_general()
        todo = self.filtered(lambda authority: authority.state == 'granted')
        unlocked(todo).write({
            'state': 'revoked', 'revoked_by_id': self.env.uid, 'date_revoked': fields.Datetime.now()})
        # sudo: the deputies' tasks
        self.env['cfia.membership.application'].sudo().search(
            [('state', '=', 'verified')])._drop_signature_tasks(todo.deputy_id)
        return True

    def action_view_applications(self):
        """Open what was signed under this authority."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id(
                'cfia_membership.cfia_membership_application_action'),
            'domain': [('authority_id', '=', self.id)],
            'context': {'create': False},
        }

    # === BUSINESS METHODS === #

    def _check_secretary_general(self):
        if not self.env.user.has_group('cfia_membership.group_cfia_secretary_general'):
            raise UserError(self.env._("Only the secretary-general grants and revokes an authority to sign."))

    def _get_grant_blocker(self):
        """Return why this authority cannot be granted, or nothing."""
        self.ensure_one()
        if self.deputy_id._is_same_person(self.env.user):
            return self.env._("%(authority)s: nobody deputises for himself.", authority=self.name)
        # sudo: groups of another user
        deputy = self.deputy_id.sudo()
        if not deputy.active or not deputy.has_group('cfia_membership.group_cfia_staff'):
            return self.env._(
                "%(authority)s: %(deputy)s has no role in member work. Give a role under Settings, Users first.",
                authority=self.name, deputy=deputy.name,
            )
        if not self.attachment_ids:
            return self.env._("%(authority)s: attach the signed document.", authority=self.name)
        if self.date_to < association_today():
            return self.env._("%(authority)s ended before it was granted. Correct the days.", authority=self.name)
        return None

    @api.model
    def _get_valid_domain(self):
        today = association_today()
        return Domain([('state', '=', 'granted'), ('date_from', '<=', today), ('date_to', '>=', today)])

    @api.model
    def _get_valid_for(self, user):
        """Return the authority under which ``user`` signs today, or none."""
        # sudo: a signature is checked whatever its author may read
        return self.sudo().search(
            self._get_valid_domain() & Domain('deputy_id', '=', user.id), order='date_from desc, id desc', limit=1)

    def _put_applications_before_deputies(self):
        """Give the deputies whose period has begun the applications that wait for a signature."""
        deputies = self.filtered('is_valid').deputy_id
        if deputies:
            self.env['cfia.membership.application'].search(
                [('state', '=', 'verified')])._schedule_signature(deputies)
