from odoo import api, fields, models
from odoo.exceptions import AccessError


class CfiaMembershipApplicationCheck(models.Model):
    """One item of an application's checklist, signed by the organisation department (5.2b)."""

    _name = 'cfia.membership.application.check'
    _description = "Application Check"
    _order = 'sequence, id'

    application_id = fields.Many2one(
        'cfia.membership.application', required=True, index=True, ondelete='cascade')
    item_id = fields.Many2one('cfia.checklist.item', string="Item", required=True, ondelete='restrict')
    sequence = fields.Integer(related='item_id.sequence', store=True)
    kind = fields.Selection(related='item_id.kind')
    is_required = fields.Boolean(related='item_id.is_required')
    result = fields.Selection(selection=[('passed', "Verified"), ('failed', "Not met")])
    note = fields.Char()
    checked_by_id = fields.Many2one('res.users', readonly=True)
    date_checked = fields.Datetime(readonly=True)

    _application_item_unique = models.UniqueIndex(
        '(application_id, item_id)', "An item stands once on a checklist.")

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._sign(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._sign(vals))

    def _sign(self, vals):
        """Add to a result who gave it and when; nobody signs in another's name.

        :raise AccessError: for other departments
        """
        vals = {key: value for key, value in vals.items() if key not in ('checked_by_id', 'date_checked')}
        if 'result' in vals:
            if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
                raise AccessError(self.env._("The organisation department signs the checklist."))
            vals['checked_by_id'] = bool(vals['result']) and self.env.uid
            vals['date_checked'] = bool(vals['result']) and fields.Datetime.now()
        return vals

    def action_pass(self):
        """Sign these items as verified."""
        self.write({'result': 'passed'})

    def action_fail(self):
        """Sign these items as not met."""
        self.write({'result': 'failed'})
