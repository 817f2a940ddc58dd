from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.guard import is_unlocked, unlocked

_lt = LazyTranslate(__name__)


class CfiaMembershipApplicationCheck(models.Model):
    """One item of an application's checklist, signed by the organisation department (5.2b).

    The list is made with the application and anew each time it comes back; earlier ones are archived.
    """

    _name = 'cfia.membership.application.check'
    _description = "Application Check"
    _inherit = ['cfia.guard.mixin']
    _order = 'round desc, sequence, id'
    _made_by_steps = True
    _guard_texts = {
        'create': _lt("The checklist is made together with its application."),
        'frozen': _lt("A checklist stays as it is when its application is not being verified, or was forwarded anew."),
        'unlink': _lt("The checklist of a forwarded application stays with it."),
    }

    application_id = fields.Many2one(
        'cfia.membership.application', required=True, readonly=True, index=True, ondelete='cascade')
    round = fields.Integer(readonly=True, default=1, aggregator=None)
    active = fields.Boolean(default=True, readonly=True)
    item_id = fields.Many2one(
        'cfia.checklist.item', string="Item", required=True, readonly=True, ondelete='restrict')
    sequence = fields.Integer(related='item_id.sequence', store=True)
    kind = fields.Selection(related='item_id.kind')
    is_required = fields.Boolean(related='item_id.is_required')
    result = fields.Selection(
        selection=[('passed', "Verified"), ('noted', "Open, with a note"), ('failed', "Not met")])
    note = fields.Char()
    checked_by_id = fields.Many2one('res.users', string="Checked By", readonly=True)
    date_checked = fields.Datetime(string="Checked On", readonly=True)

    _application_item_unique = models.UniqueIndex(
        '(application_id, item_id) WHERE active', "An item stands once on a checklist.")

    @api.depends('item_id', 'application_id')
    def _compute_display_name(self):
        for check in self:
            check.display_name = f"{check.application_id.reference or ''} {check.item_id.name or ''}".strip()

    @api.constrains('result', 'note')
    def _check_note(self):
        for check in self.filtered(lambda check: check.result == 'noted'):
            if check.is_required:
                raise ValidationError(self.env._(
                    "“%(item)s” has to be met, a note is not enough. Return the application instead.",
                    item=check.item_id.name,
                ))
            if not (check.note or '').strip():
                raise ValidationError(self.env._(
                    "Say in the note why “%(item)s” may stay open.", item=check.item_id.name))

    def write(self, vals):
        """Sign a result; nobody signs in another's name, nor what is no longer being verified.

        :raise AccessError: for other departments
        :raise UserError: naming the item
        """
        if is_unlocked(self) or vals.keys().isdisjoint(('result', 'note')):
            return super().write(vals)
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise AccessError(self.env._("The organisation department signs the checklist."))
        self._judge_write(vals)
        if 'result' in vals:
            signed = self if vals['result'] else self.browse()
        else:
            # a note changed after the signature is signed again
            signed = self.filtered('result')
        super(CfiaMembershipApplicationCheck, unlocked(signed)).write({
            **vals, 'checked_by_id': self.env.uid, 'date_checked': fields.Datetime.now()})
        super(CfiaMembershipApplicationCheck, unlocked(self - signed)).write({
            **vals, 'checked_by_id': False, 'date_checked': False})
        return True

    def _get_frozen_names(self):
        """Keep what is no longer being verified, and what belongs to an earlier round."""
        if self.application_id.state != 'submitted' or not self.active:
            return self._get_own_names()
        return super()._get_frozen_names()

    def _may_freeze(self, names):
        return True

    def _is_kept(self):
        return bool(self.application_id.round)

    def action_pass(self):
        """Sign these items as verified."""
        self.write({'result': 'passed'})

    def action_note(self):
        """Sign these items as open, for the reason given in the note."""
        self.write({'result': 'noted'})

    def action_fail(self):
        """Sign these items as not met."""
        self.write({'result': 'failed'})

    def _renew(self, applications):
        """Give each application a fresh checklist of the items now asked for; the last one is archived.

        :param applications: many records
        """
        # sudo: whoever enters or forwards an application, its checklist belongs to the organisation department
        Check = unlocked(self.sudo())
        earlier = Check.search([('application_id', 'in', applications.ids)])
        earlier.write({'active': False})
        # before the new ones come: an item stands once on a checklist
        earlier.flush_recordset(['active'])
        applications.invalidate_recordset(['check_ids'])
        # sudo: every item stands on the checklist, whoever submits
        items = self.env['cfia.checklist.item'].sudo().search([])
        Check.create([
            {'application_id': application.id, 'item_id': item.id, 'round': max(application.round, 1)}
            for application in applications for item in items
        ])
