from odoo import fields, models


class CfiaGrade(models.Model):
    """Grade of a member (会员级别), from 理事长 to 会员."""

    _name = 'cfia.grade'
    _description = "Membership Grade"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    is_council_post = fields.Boolean(
        string="Council Post",
        help="A post in the council, given for a term of congress: it can be suspended without touching membership.",
    )

    _code_unique = models.UniqueIndex('(code)', "This code is already in use.")
