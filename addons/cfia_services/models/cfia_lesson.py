from odoo import fields, models


class CfiaLesson(models.Model):
    """A lesson on offer to those who hold an account of a learning service."""

    _name = 'cfia.lesson'
    _description = "Lesson"
    _order = 'service_id, sequence, id'

    name = fields.Char(required=True)
    service_id = fields.Many2one(
        'cfia.service', required=True, index=True, ondelete='restrict',
        domain="[('lesson_minimum', '>', 0)]",
        default=lambda self: self.env.ref('cfia_services.cfia_service_learning', raise_if_not_found=False))
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, help="Archive what is on offer no more.")
    note = fields.Text(string="Content")

    _name_unique = models.UniqueIndex('(service_id, name)', "This service has a lesson of that name already.")
