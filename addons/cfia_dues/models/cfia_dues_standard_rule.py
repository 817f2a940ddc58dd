from decimal import Decimal

from odoo import api, fields, models

from ..tools import pricing


class CfiaDuesStandardRule(models.Model):
    """An exemption or discount inside the resolution, with its clause (优惠办法)."""

    _name = 'cfia.dues.standard.rule'
    _description = "Dues Rule"
    _inherit = ['cfia.guard.mixin']
    _order = 'sequence, id'
    _frozen_with = ('standard_id', 'rule_ids')

    standard_id = fields.Many2one('cfia.dues.standard', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='standard_id.company_id', store=True)
    sequence = fields.Integer(
        default=10, help="The first rule that holds for a member decides: rules do not add up.")
    name = fields.Char(required=True, translate=True)
    kind = fields.Selection(
        selection=[
            ('exemption', "Exemption"),
            ('category', "Reduction"),
            ('second_half', "Second-half entrants"),
            ('early_payment', "Early payment"),
            ('years_ahead', "Several years ahead"),
        ],
        required=True,
        default='exemption',
    )
    clause = fields.Char(required=True, translate=True, help="Where the resolution says so.")
    percent = fields.Float(string="Reduction (%)", digits=(5, 2), default=100, aggregator=None)
    month_from = fields.Integer(
        string="From Month", default=7, aggregator=None,
        help="First month of joining that counts as the second half of the year.")
    years_min = fields.Integer(
        string="Years Ahead", default=2, aggregator=None,
        help="How many years a member has to agree on in advance.")
    month_until = fields.Integer(
        string="Paid Until Month", default=1, aggregator=None,
        help="Month of the year dues are for.")
    day_until = fields.Integer(string="Paid Until Day", default=31, aggregator=None)
    enterprise_category_ids = fields.Many2many(
        'cfia.enterprise.category', 'cfia_dues_rule_enterprise_category_rel',
        string="Enterprise Categories", help="Subcategories count too. Empty: all.")
    grade_ids = fields.Many2many(
        'cfia.grade', 'cfia_dues_rule_grade_rel', string="Grades", help="Empty: all.")

    _percent_range = models.Constraint(
        'CHECK (percent > 0 AND percent <= 100)', "A reduction is above 0 and at most 100 percent.")
    _month_range = models.Constraint(
        'CHECK (month_from BETWEEN 1 AND 12)', "A month is between 1 and 12.")
    _years_min_range = models.Constraint(
        'CHECK (years_min BETWEEN 2 AND 10)', "Several years ahead are 2 to 10 years.")
    _until_range = models.Constraint(
        'CHECK (month_until BETWEEN 1 AND 12 AND day_until BETWEEN 1 AND 31)',
        "The last day of early payment needs a month from 1 to 12 and a day from 1 to 31.")
    _exemption_is_full = models.Constraint(
        "CHECK (kind != 'exemption' OR percent = 100)", "An exemption is a reduction of 100 percent.")

    # === ONCHANGE METHODS === #

    @api.onchange('kind')
    def _onchange_kind(self):
        if self.kind == 'exemption':
            self.percent = 100
        elif self.percent == 100:
            self.percent = 50 if self.kind == 'second_half' else 10

    # === BUSINESS METHODS === #

    def _to_pricing(self):
        """Return this rule as the pricing function reads it."""
        self.ensure_one()
        return pricing.Rule(
            key=self.id,
            kind=self.kind,
            percent=Decimal(str(self.percent)),
            categories=frozenset(self.enterprise_category_ids.ids),
            grades=frozenset(self.grade_ids.ids),
            month_from=self.month_from,
            years_min=self.years_min,
            until=(self.month_until, self.day_until),
        )
