from odoo import fields, models


class CfiaChecklistItem(models.Model):
    """What the organisation department checks before an application is signed (article 2 and 5.2)."""

    _name = 'cfia.checklist.item'
    _description = "Admission Checklist Item"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        selection=[('test', "Membership test"), ('paper', "Paper")],
        required=True,
        default='paper',
    )
    is_required = fields.Boolean(
        string="Required", default=True, help="Has to be met. Other items may stay open with a note.")
    article = fields.Char(help="Article of the regulation that asks for this item.")

    _code_unique = models.UniqueIndex('(code)', "This code is already in use.")
