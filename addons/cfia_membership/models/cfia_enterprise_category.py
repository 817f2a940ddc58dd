from odoo import api, fields, models
from odoo.exceptions import ValidationError


class CfiaEnterpriseCategory(models.Model):
    """Trade of a unit (企业类别); the primary one picks its magazine edition."""

    _name = 'cfia.enterprise.category'
    _description = "Enterprise Category"
    _parent_store = True
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    parent_id = fields.Many2one('cfia.enterprise.category', ondelete='restrict', index=True)
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many('cfia.enterprise.category', 'parent_id', string="Subcategories")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_unique = models.UniqueIndex('(code)', "This code is already in use.")

    @api.constrains('parent_id')
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A category cannot be its own parent."))
