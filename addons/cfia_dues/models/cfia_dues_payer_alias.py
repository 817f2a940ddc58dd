from odoo import api, fields, models

from odoo.addons.cfia_membership.tools.text import normalise_unit_name


class CfiaDuesPayerAlias(models.Model):
    """A payer that is known to pay for a member: a parent, a director, another account."""

    _name = 'cfia.dues.payer.alias'
    _description = "Payer of a Member"
    _order = 'name'
    _check_company_auto = True

    name = fields.Char(string="Payer Name", required=True, help="As the bank prints it.")
    name_key = fields.Char(compute='_compute_name_key', store=True, precompute=True)
    partner_id = fields.Many2one(
        'res.partner', string="Member", required=True, index=True, ondelete='cascade',
        domain="[('member_number', '!=', False)]")
    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    note = fields.Char()

    _name_unique = models.UniqueIndex(
        '(company_id, name_key)',
        "This payer is registered already. One that pays for several members has to name their numbers.",
    )

    # === COMPUTE METHODS === #

    @api.depends('name')
    def _compute_name_key(self):
        for alias in self:
            alias.name_key = normalise_unit_name(alias.name)
