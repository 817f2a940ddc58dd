from odoo import api, fields, models


class CfiaMembershipApplicationSign(models.TransientModel):
    """The secretary-general's step: confirm or correct the enterprise category, and sign (5.2c)."""

    _name = 'cfia.membership.application.sign'
    _description = "Sign an Application"

    application_id = fields.Many2one('cfia.membership.application', required=True, readonly=True)
    name = fields.Char(related='application_id.name')
    grade_id = fields.Many2one(related='application_id.grade_id')
    verified_by_id = fields.Many2one(related='application_id.verified_by_id')
    verification_note = fields.Text(related='application_id.verification_note')
    paper = fields.Html(string="Application Form", compute='_compute_paper', sanitize=False)
    attachment_ids = fields.Many2many(related='application_id.attachment_ids', string="Licence and Papers")
    check_ids = fields.One2many(related='application_id.check_ids', string="Checklist")
    verified_category_id = fields.Many2one(
        related='application_id.enterprise_category_id', string="Category as Verified")
    authority_id = fields.Many2one('cfia.signing.authority', compute='_compute_authority_id')
    needs_council = fields.Boolean(compute='_compute_authority_id')
    enterprise_category_id = fields.Many2one(
        'cfia.enterprise.category', string="Category Confirmed", required=True)
    enterprise_category_ids = fields.Many2many(
        'cfia.enterprise.category', 'cfia_application_sign_category_rel', string="Secondary Categories")
    note = fields.Text(string="Opinion")
    shown_hash = fields.Char(
        compute='_compute_shown_hash', store=True, readonly=False, precompute=True,
        help="Fingerprint of what was shown: nothing else is signed.")

    @api.depends('application_id')
    def _compute_shown_hash(self):
        for wizard in self:
            # from the database: the dialog may be new, what it shows is not
            wizard.shown_hash = wizard.application_id and wizard.application_id._origin._get_content_hash()

    @api.depends('application_id')
    @api.depends_context('uid')
    def _compute_authority_id(self):
        authority = self.env['cfia.signing.authority']
        if not self.env.user.has_group('cfia_membership.group_cfia_secretary_general'):
            authority = authority._get_valid_for(self.env.user)
        self.authority_id = authority
        self.needs_council = self.env.company.cfia_ratification

    @api.depends('application_id')
    def _compute_paper(self):
        """Show the form as it is printed: who signs has seen what he signs."""
        for wizard in self:
            wizard.paper = self.env['ir.qweb']._render(
                'cfia_membership.application_sign_paper', {'application': wizard.application_id})

    def action_confirm(self):
        """Enter the category where it was corrected, and sign.

        :raise UserError: when the application is another than the one shown
        """
        self.ensure_one()
        self.application_id._check_shown(self.shown_hash)
        values = {}
        if self.enterprise_category_id != self.application_id.enterprise_category_id:
            values['enterprise_category_id'] = self.enterprise_category_id.id
        if self.enterprise_category_ids != self.application_id.enterprise_category_ids:
            values['enterprise_category_ids'] = [fields.Command.set(self.enterprise_category_ids.ids)]
        if values:
            self.application_id.write(values)
        self.application_id._sign(self.note)
        return {'type': 'ir.actions.act_window_close'}
