from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.cfia_membership.tools.dates import association_today

SERVICE_READERS = (
    'cfia_membership.group_cfia_organisation,cfia_membership.group_cfia_secretary_general,'
    'cfia_membership.group_cfia_leader,cfia_membership.group_cfia_editorial,'
    'cfia_membership.group_cfia_network,cfia_membership.group_cfia_training,'
    'cfia_membership.group_cfia_auditor'
)


class ResPartner(models.Model):
    _inherit = 'res.partner'

    entitlement_ids = fields.One2many(
        'cfia.entitlement', 'partner_id', string="Entitlements", groups=SERVICE_READERS)
    open_entitlement_count = fields.Integer(
        compute='_compute_open_entitlement_count', groups=SERVICE_READERS)

    @api.depends('entitlement_ids.date_from', 'entitlement_ids.date_to')
    @api.depends_context('uid')
    def _compute_open_entitlement_count(self):
        Entitlement = self.env['cfia.entitlement']
        counts = dict(Entitlement._read_group(
            Entitlement._get_valid_domain(association_today()) & Domain('partner_id', 'in', self.ids),
            ['partner_id'], ['__count'],
        ))
        for partner in self:
            partner.open_entitlement_count = counts.get(partner, 0)

    def action_view_entitlements(self):
        """Open the entitlements of these units."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_services.cfia_entitlement_action')
        action['domain'] = [('partner_id', 'in', self.ids)]
        action['context'] = {'default_partner_id': self.id if len(self) == 1 else False}
        return action
