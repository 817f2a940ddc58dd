import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import email_normalize
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.guard import unlocked

_lt = LazyTranslate(__name__)

_logger = logging.getLogger(__name__)


class CfiaPortalInvitation(models.Model):
    """Invitations to the members' pages for all who hold a contact role, in the background.

    Nobody is invited twice, over all invitations; who cannot be reached stands in the list with the
    reason.
    """

    _name = 'cfia.portal.invitation'
    _description = "Invitations to the Members' Pages"
    _inherit = ['cfia.guard.mixin']
    _order = 'id desc'
    _frozen_when = dict.fromkeys(('running', 'done'), ('role_id',))
    _guard_texts = dict.fromkeys(
        ('write', 'frozen', 'unlink'), _lt("Invitations that have begun say who was invited: make new ones."))

    name = fields.Char(required=True, default=lambda self: self.env._("Invitations to the members' pages"))
    role_id = fields.Many2one(
        'cfia.contact.role', string="Contact Role", required=True, ondelete='restrict',
        default=lambda self: self.env.ref('cfia_membership.cfia_contact_role_contact', raise_if_not_found=False),
        help="Who holds it for a member is invited; where nobody does, the contact person or the unit itself.")
    state = fields.Selection(
        selection=[('draft', "Draft"), ('running', "Under way"), ('done', "Done")],
        required=True, readonly=True, default='draft', copy=False)
    date_started = fields.Datetime(string="Started On", readonly=True, copy=False)
    date_done = fields.Datetime(string="Finished On", readonly=True, copy=False)
    line_ids = fields.One2many('cfia.portal.invitation.line', 'invitation_id', string="Persons", readonly=True)
    line_count = fields.Integer(string="Number of Units", compute='_compute_counts')
    invited_count = fields.Integer(string="Invited", compute='_compute_counts')
    problem_count = fields.Integer(string="Not Reached", compute='_compute_counts')
    progress = fields.Float(string="Progress (%)", compute='_compute_counts')

    # === COMPUTE METHODS === #

    @api.depends('line_ids.state')
    def _compute_counts(self):
        counts = {}
        for invitation, state, count in self.env['cfia.portal.invitation.line']._read_group(
                [('invitation_id', 'in', self.ids)], ['invitation_id', 'state'], ['__count']):
            counts.setdefault(invitation, {})[state] = count
        for invitation in self:
            by_state = counts.get(invitation, {})
            total = sum(by_state.values())
            invitation.line_count = total
            invitation.invited_count = by_state.get('invited', 0)
            invitation.problem_count = sum(
                count for state, count in by_state.items() if state not in ('invited', 'has_access', 'waiting'))
            invitation.progress = 100 * (total - by_state.get('waiting', 0)) / total if total else 0

    # === ACTION METHODS === #

    def action_start(self):
        """Take whoever holds the role for each member and invite them in the background.

        :raise UserError: when there is nobody
        """
        self.check_access('write')
        for invitation in self.filtered(lambda invitation: invitation.state == 'draft'):
            lines = invitation._prepare_lines()
            if not lines:
                raise UserError(self.env._("There are no members to invite yet."))
            # sudo: nobody writes lines by hand, inviting makes them
            unlocked(self.env['cfia.portal.invitation.line'].sudo()).create(lines)
            unlocked(invitation).write({'state': 'running', 'date_started': fields.Datetime.now()})
        self.env.ref('cfia_membership.ir_cron_cfia_portal_invitation')._trigger()
        return True

    def action_view_problems(self):
        """Open the list of those who were not reached."""
        self.ensure_one()
        domain = [
            ('invitation_id', '=', self.id),
            '|', ('state', 'in', ('no_email', 'taken', 'failed')), ('is_bounced', '=', True),
        ]
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Not Reached"),
            'res_model': 'cfia.portal.invitation.line',
            'view_mode': 'list',
            'domain': domain,
        }

    def action_retry(self):
        """Try those again whose address was put right meanwhile."""
        self.check_access('write')
        # sudo: lines are written by the run alone
        lines = self.sudo().line_ids.filtered(lambda line: line.state in ('no_email', 'taken', 'failed'))
        for line in lines:
            unlocked(line).write({'state': 'waiting', 'email': email_normalize(line.partner_id.email or ''), 'error': False})
        unlocked(self.filtered(lambda invitation: invitation.sudo().line_ids & lines)).write({'state': 'running'})
        self.env.ref('cfia_membership.ir_cron_cfia_portal_invitation')._trigger()
        return True

    # === BUSINESS METHODS === #

    def _prepare_lines(self):
        """Return a line for each member. Queries do not grow with the members."""
        self.ensure_one()
        # sudo: who is invited does not depend on who presses the button
        units = self.env['res.partner'].sudo().search([('member_state', '=', 'member'), ('is_company', '=', True)])
        contacts = units._get_role_contacts(self.role_id.code)
        return [
            {
                'invitation_id': self.id,
                'unit_id': unit.id,
                'partner_id': contacts[unit].id,
                'email': email_normalize(contacts[unit].email or '') or False,
            }
            for unit in units
        ]

    @api.model
    def _cron_invite(self, batch_size=50):
        """Invite those who wait, in batches; the end of each batch is committed."""
        Line = self.env['cfia.portal.invitation.line']
        domain = [('state', '=', 'waiting'), ('invitation_id.state', '=', 'running')]
        commit_progress = self.env['ir.cron']._commit_progress
        commit_progress(remaining=Line.search_count(domain))
        while batch := Line.search(domain, order='id', limit=batch_size):
            lines = batch.try_lock_for_update().filtered_domain(domain)
            if not lines:
                break
            lines._invite()
            if not commit_progress(len(batch)):
                return
        for invitation in self.search([('state', '=', 'running'), ('line_ids.state', 'not in', ('waiting',))]):
            if not Line.search_count([('invitation_id', '=', invitation.id), ('state', '=', 'waiting')], limit=1):
                unlocked(invitation).write({'state': 'done', 'date_done': fields.Datetime.now()})


class CfiaPortalInvitationLine(models.Model):
    """One person to be invited, and what became of it."""

    _name = 'cfia.portal.invitation.line'
    _description = "Invited Person"
    _inherit = ['cfia.guard.mixin']
    _rec_name = 'partner_id'
    _order = 'invitation_id desc, id'
    _made_by_steps = True
    _append_only = True
    _guard_texts = {
        'create': _lt("Persons to invite come from the contact role."),
        'write': _lt("What became of an invitation is written by the run alone."),
    }

    invitation_id = fields.Many2one(
        'cfia.portal.invitation', required=True, readonly=True, index=True, ondelete='cascade')
    unit_id = fields.Many2one('res.partner', string="Unit", required=True, readonly=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one(
        'res.partner', string="Invited Person", required=True, readonly=True, index=True, ondelete='cascade')
    email = fields.Char(string="E-mail", readonly=True)
    state = fields.Selection(
        selection=[
            ('waiting', "To invite"),
            ('invited', "Invited"),
            ('has_access', "Had access already"),
            ('no_email', "No e-mail address"),
            ('taken', "Address of another user"),
            ('failed', "Failed"),
        ],
        required=True, readonly=True, default='waiting', index=True)
    date_invited = fields.Datetime(string="Invited On", readonly=True)
    error = fields.Char(string="Why", readonly=True)
    is_bounced = fields.Boolean(
        string="Bounced", compute='_compute_is_bounced', search='_search_is_bounced',
        help="Mail to this person came back.")

    _unit_unique = models.UniqueIndex('(invitation_id, unit_id)', "This unit is in the list already.")

    @api.depends('partner_id.message_bounce')
    def _compute_is_bounced(self):
        for line in self:
            line.is_bounced = line.partner_id.sudo().message_bounce > 0  # sudo: the count alone

    def _search_is_bounced(self, operator, value):
        if operator != 'in':
            return NotImplemented
        return [('partner_id.message_bounce', '>', 0)]

    def _invite(self):
        """Invite each person by Odoo's own portal invitation; one that fails stops no other."""
        for line in self:
            try:
                with self.env.cr.savepoint():
                    line._invite_one()
            except psycopg2.OperationalError:
                raise  # the database is busy: the whole run is repeated
            except Exception as error:  # noqa: BLE001 whatever went wrong, the others are invited
                _logger.info("%s could not be invited", line.display_name, exc_info=True)
                unlocked(line).write({'state': 'failed', 'error': str(error) or repr(error)})

    def _invite_one(self):
        self.ensure_one()
        partner = self.partner_id
        if partner.user_ids:
            unlocked(self).write({'state': 'has_access'})
            return
        email = email_normalize(partner.email or '')
        if not email:
            unlocked(self).write({'state': 'no_email', 'email': False})
            return
        # the schedule runs as the superuser, whose invitation Odoo's own wizard writes
        wizard = self.env['portal.wizard'].create({'partner_ids': [fields.Command.set(partner.ids)]})
        person = wizard.user_ids.filtered(lambda user: user.partner_id == partner)
        if person.email_state == 'exist':
            unlocked(self).write({'state': 'taken', 'email': email})
            return
        person.action_grant_access()
        unlocked(self).write({'state': 'invited', 'email': email, 'date_invited': fields.Datetime.now()})
