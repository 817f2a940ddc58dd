from odoo import fields, models
from odoo.exceptions import UserError


class CfiaCertificateIssue(models.TransientModel):
    """New certificates for members; the number stays."""

    _name = 'cfia.certificate.issue'
    _description = "Issue Certificates"

    partner_ids = fields.Many2many(
        'res.partner', 'cfia_certificate_issue_partner_rel', string="Units", required=True,
        default=lambda self: self.env['res.partner']._get_active_units())
    reason = fields.Selection(
        selection=[
            ('renewal', "Renewal"),
            ('lost', "Lost or damaged"),
            ('changed', "Name or grade changed"),
        ],
        required=True,
        default='renewal',
    )

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
