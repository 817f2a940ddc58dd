from odoo import fields, models

# Bodies that ratify what the secretary-general signed.
COUNCIL_BODIES = ('congress', 'council', 'standing_council')


class CfiaMembershipApplicationRatify(models.TransientModel):
    """Entry of the council's resolution on admissions that the secretary-general signed."""

    _name = 'cfia.membership.application.ratify'
    _description = "Ratify Applications"

    application_ids = fields.Many2many(
        'cfia.membership.application', 'cfia_application_ratify_rel', required=True)
    resolution_id = fields.Many2one(
        'cfia.resolution', required=True,
        domain=[('kind', 'in', ('admission', 'other')), ('body', 'in', COUNCIL_BODIES)])

    def action_confirm(self):
        """Bring the resolution into effect: the units are members."""
        self.ensure_one()
        self.resolution_id.action_apply()
        self.application_ids._ratify(self.resolution_id)
        return {'type': 'ir.actions.act_window_close'}
