from odoo import fields, models


class CfiaNeedKind(models.Model):
    """What a member's need is about, and which department replies (类别)."""

    _name = 'cfia.need.kind'
    _description = "Kind of Need"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    department_id = fields.Many2one(
        'cfia.department', string="Replying Department", required=True, ondelete='restrict',
        default=lambda self: self.env.ref('cfia_membership.cfia_department_organisation', raise_if_not_found=False))
    days = fields.Integer(
        string="Days to Reply", default=15, required=True, help="The regulation asks for a reply to each and gives no days.")

    _days_positive = models.Constraint('CHECK (days > 0)', "There is one day at least to reply in.")
