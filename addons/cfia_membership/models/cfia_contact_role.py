from odoo import fields, models


class CfiaContactRole(models.Model):
    """What a contact person does for his unit (联系人角色)."""

    _name = 'cfia.contact.role'
    _description = "Contact Role"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_unique = models.UniqueIndex('(code)', "This code is already in use.")
