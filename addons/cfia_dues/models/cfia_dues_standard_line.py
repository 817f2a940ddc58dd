from odoo import fields, models


class CfiaDuesStandardLine(models.Model):
    """What a grade pays for a year. Several grades may share an amount."""

    _name = 'cfia.dues.standard.line'
    _description = "Dues Amount of a Grade"
    _inherit = ['cfia.guard.mixin']
    _order = 'grade_sequence, id'
    _frozen_with = ('standard_id', 'line_ids')

    standard_id = fields.Many2one('cfia.dues.standard', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='standard_id.company_id', store=True)
    currency_id = fields.Many2one(related='standard_id.currency_id')
    grade_id = fields.Many2one('cfia.grade', required=True, ondelete='restrict')
    grade_sequence = fields.Integer(related='grade_id.sequence', store=True, aggregator=None)
    amount = fields.Monetary(string="Amount per Year", required=True)

    _grade_unique = models.UniqueIndex(
        '(standard_id, grade_id)', "A grade has one amount in a standard.")
    _amount_positive = models.Constraint('CHECK (amount >= 0)', "An amount cannot be negative.")

    # === CRUD METHODS === #
