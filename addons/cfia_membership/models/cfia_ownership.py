from odoo import fields, models


class CfiaOwnership(models.Model):
    """Kind of owner of a unit (单位性质)."""

    _name = 'cfia.ownership'
    _description = "Ownership"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_unique = models.UniqueIndex('(code)', "This code is already in use.")
