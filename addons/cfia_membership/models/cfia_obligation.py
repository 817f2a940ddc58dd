from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.articles import article_text

_lt = LazyTranslate(__name__)

# period → its length in months
PERIODS = {'month': 1, 'two_months': 2, 'quarter': 3, 'year': 12, 'two_years': 24}
# What the regulation says; what the association may decide is the rest.
TEXT_FIELDS = frozenset({'code', 'article', 'kind', 'terms', 'minimum', 'period'})


class CfiaObligation(models.Model):
    """A duty of the regulation on member work (《会员工作管理办法》), with owner, cadence and evidence.

    How it is counted is data: each of its evidences names a model, a domain and a date. Add-ons fill
    the evidences of the duties that they make possible; a duty without any is shown as such, never
    as met.
    """

    _name = 'cfia.obligation'
    _description = "Obligation"
    _inherit = ['cfia.guard.mixin', 'mail.thread']
    _order = 'sequence, id'
    _guard_texts = {
        'frozen': _lt(
            "It is the regulation's. Where the charter rules otherwise say so on it; when the regulation is amended, "
            "archive it and enter another one."),
    }

    code = fields.Char(required=True, copy=False)
    article = fields.Char(string="Number of the Article", required=True, help="Clause of the regulation, e.g. 2.1.")
    article_text = fields.Char(string="Article", compute='_compute_article_text')
    name = fields.Char(required=True, translate=True)
    terms = fields.Char(string="Terms of the Regulation")
    sequence = fields.Integer(default=1000)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        selection=[
            ('prohibition', "Prohibition"),
            ('standing', "Standing duty"),
            ('event', "On each occasion"),
            ('counted', "Counted"),
        ],
        required=True,
    )
    department_id = fields.Many2one('cfia.department', string="Owner", required=True, index=True, tracking=True)
    user_id = fields.Many2one(
        'res.users', string="Person in Charge", ondelete='set null', tracking=True,
        domain="[('share', '=', False)]",
        help="Gets the tasks of this duty; without one, or while away, the department's head does.")
    is_shared = fields.Boolean(string="All Departments", help="All departments take part, the owner sees to it.")
    minimum = fields.Integer(default=1, help="How often at least in each period.")
    period = fields.Selection(
        selection=[
            ('month', "Month"),
            ('two_months', "Two months"),
            ('quarter', "Quarter"),
            ('year', "Year"),
            ('two_years', "Two years"),
        ],
        required=True,
        default='year',
    )
    days_allowed = fields.Integer(
        string="Days after the Period", tracking=True,
        help="The act on a period that has ended is due so many days later. The regulation says “promptly”.")
    days_ahead = fields.Integer(
        string="Remind Ahead (days)", default=14, tracking=True,
        help="The owner gets an activity so many days ahead.")
    cadence = fields.Char(compute='_compute_cadence')
    evidence_ids = fields.One2many('cfia.obligation.evidence', 'obligation_id', string="Evidence")
    act_ids = fields.One2many('cfia.obligation.act', 'obligation_id', string="Entered Late")
    # Article 6.2
    is_overridden = fields.Boolean(
        string="Charter Prevails", tracking=True, help="The charter rules otherwise (article 6).")
    override_reason = fields.Text(string="What the Charter Says", tracking=True)
    date_overridden = fields.Date(string="Overridden Since", tracking=True)

    _code_unique = models.UniqueIndex('(code)', "This code is already in use.")
    _minimum_positive = models.Constraint('CHECK (minimum > 0)', "The minimum is one at least.")
    _days_not_negative = models.Constraint(
        'CHECK (days_allowed >= 0 AND days_ahead >= 0)', "Days are not negative.")

    # === COMPUTE METHODS === #

    @api.depends('article')
    @api.depends_context('lang')
    def _compute_article_text(self):
        for obligation in self:
            obligation.article_text = article_text(self.env, obligation.article)

    @api.depends('article_text', 'name')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for obligation in self:
            obligation.display_name = f"{obligation.article_text} {obligation.name or ''}".strip()

    @api.depends('kind', 'minimum', 'period')
    @api.depends_context('lang')
    def _compute_cadence(self):
        kinds = dict(self._fields['kind']._description_selection(self.env))
        periods = dict(self._fields['period']._description_selection(self.env))
        for obligation in self:
            obligation.cadence = kinds.get(obligation.kind) if obligation.kind != 'counted' else self.env._(
                "%(count)s in: %(period)s", count=obligation.minimum, period=periods[obligation.period].lower())

    # === CONSTRAINT METHODS === #

    @api.constrains('is_overridden', 'override_reason', 'date_overridden')
    def _check_override(self):
        for obligation in self:
            if obligation.is_overridden and not (obligation.override_reason and obligation.date_overridden):
                raise ValidationError(self.env._(
                    "%(obligation)s: say what the charter rules, and since when.", obligation=obligation.display_name))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        obligations = super().create(vals_list)
        # one that begins in the middle of the year has its terms at once
        obligations._enter_terms(self.env['cfia.obligation.term']._get_current_year())
        return obligations

    def _may_freeze(self, names):
        return not TEXT_FIELDS.isdisjoint(names)

    def _get_frozen_names(self):
        """Keep what the regulation says; the association decides on the rest."""
        return TEXT_FIELDS if self.get_external_id()[self.id] else frozenset()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for obligation in self:
            if obligation.act_ids or obligation.get_external_id()[obligation.id]:
                raise UserError(self.env._(
                    "%(obligation)s is part of the regulation or has evidence. Archive it instead.",
                    obligation=obligation.display_name))

    # === ACTION METHODS === #

    def action_view_terms(self):
        """Open the periods of this duty, the newest first."""
        self.ensure_one()
        self.env['cfia.obligation.term']._refresh()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_obligation_term_action'),
            'domain': [('obligation_id', '=', self.id)],
            'context': {},
        }

    # === BUSINESS METHODS === #

    def _enter_terms(self, year):
        """Enter the periods of these duties that end in a year, once each.

        Periods that ended before the regulation came into force are none.

        :param int year: calendar year
        """
        # sudo: a setting of the company
        in_force = self.env.company.sudo().cfia_date_in_force
        # sudo: terms follow from the regulation, nobody enters them
        Term = self.env['cfia.obligation.term'].sudo().with_context(
            mail_create_nolog=True, mail_create_nosubscribe=True)
        known = {
            (obligation.id, date_from) for obligation, date_from in Term._read_group(
                [('obligation_id', 'in', self.ids), ('year', '=', year)], ['obligation_id', 'date_from:day'])
        }
        return Term.create([
            {'obligation_id': obligation.id, 'date_from': date_from, 'date_to': date_to, 'year': year}
            for obligation in self
            for date_from, date_to in obligation._get_periods(year, in_force)
            if (obligation.id, date_from) not in known
        ])

    def _get_periods(self, year, in_force):
        """Return the periods of this duty that end in a year and not before the regulation is in force.

        Periods of two years are counted from the year in which the regulation came into force.

        :return: pairs of first and last day
        :rtype: list[tuple[date, date]]
        """
        self.ensure_one()
        months = PERIODS[self.period] if self.kind == 'counted' else 12
        if months > 12:
            if (year - in_force.year) % 2 == 0:
                return []
            starts = [fields.Date.to_date(f'{year - 1}-01-01')]
        else:
            starts = [fields.Date.to_date(f'{year}-{month:02}-01') for month in range(1, 13, months)]
        periods = [(start, start + relativedelta(months=months, days=-1)) for start in starts]
        return [(date_from, date_to) for date_from, date_to in periods if date_to >= in_force]

    def _get_department_user(self):
        """Return who gets the tasks of this duty: the person in charge, else the owner department's."""
        self.ensure_one()
        # sudo: who is of a department is no secret
        user = self.user_id.sudo().filtered(lambda user: user.active and not user.is_out_of_office)
        return (
            user.sudo(False) or self.department_id and self.department_id._get_responsible()
            or self.department_id._get_responsible_of('organisation'))
