from odoo import fields, models


class CfiaDepartment(models.Model):
    """Department of the association (部门)."""

    _name = 'cfia.department'
    _description = "Department"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    user_ids = fields.Many2many('res.users', string="Staff")

    _code_unique = models.UniqueIndex('(code)', "This code is already in use.")
