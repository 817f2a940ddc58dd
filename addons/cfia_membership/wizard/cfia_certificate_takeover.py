from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.dates import association_today


class CfiaCertificateTakeover(models.TransientModel):
    """Certificates that were issued before the suite: kept, with their numbers."""

    _name = 'cfia.certificate.takeover'
    _description = "Take Over Old Certificates"

    partner_ids = fields.Many2many(
        'res.partner', 'cfia_certificate_takeover_partner_rel', string="Units", required=True,
        default=lambda self: self.env['res.partner']._get_active_units())
    date_end = fields.Date(
        string="Valid Until", required=True,
        default=lambda self: self.env['cfia.congress']._get_current(association_today()).date_end)

    def action_confirm(self):
        """Note that these certificates were issued before and stay valid."""
        self.ensure_one()
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department keeps the certificates."))
        self.partner_ids._take_over_certificates(self.date_end)
        return {'type': 'ir.actions.act_window_close'}
