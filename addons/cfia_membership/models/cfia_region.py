from odoo import api, fields, models


class CfiaRegion(models.Model):
    """Region of the quarterly statistics (地区), a group of provinces."""

    _name = 'cfia.region'
    _description = "Region"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    state_ids = fields.One2many('res.country.state', 'cfia_region_id', string="Provinces")

    _code_unique = models.UniqueIndex('(code)', "This code is already in use.")


class ResCountryState(models.Model):
    _inherit = 'res.country.state'

    cfia_region_id = fields.Many2one('cfia.region', string="Region", index='btree_not_null')

    @api.depends('country_id')
    def _compute_display_name(self):
        """Write provinces of China without the country: all units are there, save a few."""
        result = super()._compute_display_name()
        china = self.env.ref('base.cn', raise_if_not_found=False)
        for state in self:
            if china and state.country_id == china:
                state.display_name = state.name
        return result
