from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date
from odoo.tools.translate import LazyTranslate

from ..tools import pricing
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

_lt = LazyTranslate(__name__)

PUBLISH_DAYS = 30
# What the congress resolved; only the publication is entered after dues were priced.
LOCKED_FIELDS = frozenset({
    'name', 'company_id', 'congress_id', 'date', 'entitled_count', 'present_count', 'vote_count', 'ballot',
    'year_from', 'line_ids', 'rule_ids', 'note',
})


class CfiaDuesStandard(models.Model):
    """The congress's resolution on dues (会费标准): amounts, exemptions and discounts, nothing outside it.

    A new resolution supersedes an old one from its year on. What a dues line was priced by is locked.
    """

    _name = 'cfia.dues.standard'
    _description = "Dues Standard"
    _inherit = ['cfia.guard.mixin', 'mail.thread']
    _order = 'year_from desc, id desc'
    _check_company_auto = True
    _guard_texts = dict.fromkeys(('frozen', 'unlink'), _lt(
        "Dues were priced by it, so it is locked. Enter a new resolution that supersedes it from a later year."))

    name = fields.Char(required=True, translate=True)
    company_id = fields.Many2one(
        'res.company', required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    state = fields.Selection(
        selection=[('draft', "Draft"), ('in_force', "In force")],
        required=True,
        default='draft',
        readonly=True,
        copy=False,
        tracking=True,
    )
    # Resolution
    congress_id = fields.Many2one(
        'cfia.congress', string="Congress Term", required=True, ondelete='restrict')
    date = fields.Date(string="Resolved On", required=True)
    entitled_count = fields.Integer(string="Entitled to Vote", aggregator=None)
    present_count = fields.Integer(string="Members Present", aggregator=None)
    vote_count = fields.Integer(string="Votes in Favour", aggregator=None)
    ballot = fields.Selection(
        selection=[
            ('secret', "Secret ballot"),
            ('hands', "Show of hands"),
            ('letter', "By letter"),
        ],
        required=True,
        default='secret',
    )
    date_publish_by = fields.Date(
        string="Publish By", compute='_compute_date_publish_by', store=True,
        help="The resolution is open to all members within 30 days (民发〔2014〕166号).")
    date_published = fields.Date(string="Published On", copy=False, tracking=True)
    # Effect
    year_from = fields.Integer(string="In Force from Year", required=True, aggregator=None)
    year_to = fields.Integer(
        string="To Year", aggregator=None, help="Empty: until a new resolution supersedes this one.")
    supersedes_id = fields.Many2one(
        'cfia.dues.standard', string="Supersedes", compute='_compute_supersedes_id')
    superseded_by_id = fields.Many2one(
        'cfia.dues.standard', string="Superseded By", compute='_compute_supersedes_id')
    line_ids = fields.One2many('cfia.dues.standard.line', 'standard_id', string="Amounts", copy=True)
    rule_ids = fields.One2many('cfia.dues.standard.rule', 'standard_id', string="Rules", copy=True)
    dues_line_ids = fields.One2many('cfia.dues.line', 'standard_id', string="Dues Lines")
    is_used = fields.Boolean(compute='_compute_is_used')
    warning = fields.Text(compute='_compute_warning')
    note = fields.Html(string="Text of the Resolution")
    # Leaving and coming back
    leaving = fields.Selection(
        selection=[('billed', "Owed if it was billed before the exit"), ('due', "Owed in full")],
        string="Year of Leaving", required=True, default='billed', tracking=True,
        help="What a unit owes for the year in which it leaves. Years without membership are never billed.")
    returning = fields.Selection(
        selection=[('due', "Owed as by any member"), ('new', "Owed as by a new member"), ('free', "Free")],
        string="Year of Coming Back", required=True, default='due', tracking=True,
        help="What a unit owes for the year in which it comes back. A unit that leaves and comes back within one "
             "year was a member at both its ends and owes it as any member.")
    is_course_agreed = fields.Boolean(
        string="Years of Leaving and Coming Back Agreed", copy=False, tracking=True,
        help="Finance has compared both with the text of the resolution.")

    _year_unique = models.UniqueIndex(
        "(company_id, year_from) WHERE state = 'in_force'",
        "Another standard is in force from this year.",
    )
    _counts_positive = models.Constraint(
        'CHECK (entitled_count >= 0 AND present_count >= 0 AND vote_count >= 0)',
        "Numbers of members and votes cannot be negative.",
    )
    _counts_possible = models.Constraint(
        'CHECK (present_count <= entitled_count AND vote_count <= present_count)',
        "No more members can be present than are entitled, nor vote than are present.",
    )
    _year_order = models.Constraint(
        'CHECK (year_to IS NULL OR year_to = 0 OR year_to >= year_from)',
        "The last year of a standard cannot be before its first.",
    )

    # === COMPUTE METHODS === #

    @api.depends('date')
    def _compute_date_publish_by(self):
        for standard in self:
            standard.date_publish_by = standard.date and standard.date + relativedelta(days=PUBLISH_DAYS)

    @api.depends('dues_line_ids')
    def _compute_is_used(self):
        # sudo: whoever may read the standard may know that it is locked
        used = {standard.id for [standard] in self.env['cfia.dues.line'].sudo()._read_group(
            [('standard_id', 'in', self.ids)], ['standard_id'])}
        for standard in self:
            standard.is_used = standard.id in used

    @api.depends('company_id', 'state', 'year_from')
    def _compute_supersedes_id(self):
        """Find the neighbours in force before and after each standard."""
        in_force = self.search(
            [('company_id', 'in', self.company_id.ids), ('state', '=', 'in_force')], order='year_from')
        for standard in self:
            others = in_force.filtered(
                lambda other: other.company_id == standard.company_id and other != standard._origin)
            standard.supersedes_id = others.filtered(
                lambda other: other.year_from <= standard.year_from)[-1:]
            standard.superseded_by_id = others.filtered(
                lambda other: other.year_from > standard.year_from)[:1]

    @api.depends(
        'state', 'entitled_count', 'present_count', 'vote_count', 'ballot', 'date_publish_by', 'date_published')
    @api.depends_context('lang')
    def _compute_warning(self):
        for standard in self:
            standard.warning = "\n".join(standard._get_warnings()) or False

    def _get_warnings(self):
        """Return what the resolution lacks by the ministry's rules, as sentences.

        At least two thirds of those entitled present, a majority of them in favour, a secret ballot,
        publication within 30 days. A warning, not a refusal: the charter may say otherwise.
        """
        self.ensure_one()
        warnings = []
        if not self.entitled_count or self.present_count * 3 < self.entitled_count * 2:
            warnings.append(self.env._(
                "No quorum: %(present)s of %(entitled)s were present, two thirds are needed.",
                present=self.present_count, entitled=self.entitled_count,
            ))
        if self.vote_count * 2 <= self.present_count:
            warnings.append(self.env._(
                "No majority: %(votes)s votes in favour of %(present)s present.",
                votes=self.vote_count, present=self.present_count,
            ))
        if self.ballot != 'secret':
            warnings.append(self.env._("The vote was not taken by secret ballot."))
        if self.date_publish_by and self.date_published and self.date_published > self.date_publish_by:
            warnings.append(self.env._("The resolution was published after the period for it."))
        if self.date_publish_by and not self.date_published and self.date_publish_by < association_today():
            warnings.append(self.env._("The resolution was to be published by %(date)s and is not.", date=format_date(
                self.env, self.date_publish_by)))
        return warnings

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Give a company whose members owe dues from now on journal and account for them."""
        standards = super().create(vals_list)
        # sudo: which companies bill dues is no secret
        standards.company_id.filtered(lambda company: not company.sudo().cfia_dues_journal_id)._set_up_dues_accounting()
        return standards

    def _get_frozen_names(self):
        """Keep what dues were priced by."""
        return LOCKED_FIELDS if self.is_used else super()._get_frozen_names()

    def _may_freeze(self, names):
        return not names.isdisjoint(LOCKED_FIELDS)

    def _is_kept(self):
        return self.is_used

    def _check_not_used(self):
        """Refuse to touch what dues were priced by.

        :raise UserError: naming the standard and the way out
        """
        used = self.filtered('is_used')[:1]
        if used:
            raise UserError(self.env._(
                "Dues were priced by “%(standard)s”, so it is locked. "
                "Enter a new resolution that supersedes it from a later year.",
                standard=used.name,
            ))

    # === ACTION METHODS === #

    def action_put_in_force(self):
        """Put resolutions in force from their year on.

        :raise UserError: when one has no amount
        """
        for standard in self:
            if not standard.line_ids:
                raise UserError(self.env._(
                    "“%(standard)s” has no amounts yet. Enter one for each grade.", standard=standard.name))
        self.check_access('write')
        unlocked(self).state = 'in_force'
        return True

    def action_reset_to_draft(self):
        """Take back resolutions by which nothing was priced yet."""
        self._check_not_used()
        self.check_access('write')
        unlocked(self).state = 'draft'
        return True

    def action_supersede(self):
        """Open a draft that takes over the amounts and rules, in force from the year after this one's.

        The votes are a new congress's and start empty.
        """
        self.ensure_one()
        standard = self.copy({
            'year_from': max(self.year_from + 1, association_today().year + 1),
            'year_to': False,
            'date': association_today(),
            'entitled_count': 0,
            'present_count': 0,
            'vote_count': 0,
        })
        return {
            'type': 'ir.actions.act_window',
            'res_model': self._name,
            'view_mode': 'form',
            'res_id': standard.id,
        }

    def action_view_dues_lines(self):
        """Open the lines priced by these standards."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_dues.cfia_dues_line_action')
        action['domain'] = [('standard_id', 'in', self.ids)]
        action['context'] = {}
        return action

    # === BUSINESS METHODS === #

    @api.model
    def _get_by_year(self, company, years):
        """Return the standard in force for each year, an empty one where there is none.

        :param company: company
        :param years: calendar years
        :return: {year: standard}
        :rtype: dict
        """
        standards = self.search(Domain([
            ('company_id', '=', company.id), ('state', '=', 'in_force'),
        ]), order='year_from desc')
        return {
            # the newest decides: an older one does not come back when it ends
            year: standards.filtered(lambda standard: standard.year_from <= year)[:1].filtered(
                lambda standard: not standard.year_to or standard.year_to >= year)
            for year in years
        }

    def _to_pricing(self):
        """Return this resolution as the pricing function reads it, None for an empty record."""
        if not self:
            return None
        self.ensure_one()
        return pricing.Standard(
            key=self.id,
            amounts={line.grade_id.id: Decimal(str(line.amount)) for line in self.line_ids},
            rules=tuple(rule._to_pricing() for rule in self.rule_ids.sorted()),
            leaving=self.leaving,
            returning=self.returning,
        )
