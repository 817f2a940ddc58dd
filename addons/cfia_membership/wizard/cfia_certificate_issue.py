from odoo import api, fields, models
from odoo.exceptions import UserError


class CfiaCertificateIssue(models.TransientModel):
    """New certificates for members; the number stays."""

    _name = 'cfia.certificate.issue'
    _description = "Issue Certificates"

    partner_ids = fields.Many2many(
        'res.partner', 'cfia_certificate_issue_partner_rel', string="Units", required=True)
    reason = fields.Selection(
        selection=[
            ('renewal', "Renewal"),
            ('lost', "Lost or damaged"),
            ('changed', "Name or grade changed"),
        ],
        required=True,
        default='renewal',
    )

    @api.model
    def default_get(self, fields):
        """Start from the units chosen in the list or form."""
        defaults = super().default_get(fields)
        if self.env.context.get('active_model') == 'res.partner' and 'partner_ids' in fields:
            units = self.env['res.partner'].browse(self.env.context.get('active_ids') or [])
            defaults['partner_ids'] = units.commercial_partner_id.ids
        return defaults

    def action_confirm(self):
        """Issue the certificates and show them."""
        self.ensure_one()
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department issues certificates."))
        documents = self.partner_ids._issue_certificates(self.reason)
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_document_action'),
            'domain': [('id', 'in', documents.ids)],
        }
