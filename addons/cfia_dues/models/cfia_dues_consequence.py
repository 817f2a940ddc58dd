from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from .cfia_dues_line import OPEN_STATES
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.task import assign

_lt = LazyTranslate(__name__)

# what a member's exit is called in the ledger
EXITS = {'exit': 'withdrawn', 'expulsion': 'expelled'}


class CfiaDuesConsequenceRule(models.Model):
    """What the charter says of dues that stay unpaid, as data. Nothing follows by itself."""

    _name = 'cfia.dues.consequence.rule'
    _description = "Consequence of Unpaid Dues"
    _order = 'years_unpaid, id'

    name = fields.Char(required=True, translate=True)
    clause = fields.Char(required=True, help="Clause of the charter or resolution.")
    years_unpaid = fields.Integer(required=True, default=2, help="Years overdue from which it is proposed.")
    grade_ids = fields.Many2many('cfia.grade', string="Grades", help="Empty: all grades.")
    consequence = fields.Selection(
        selection=[
            ('warning', "Written warning"),
            ('post', "Suspension of the council post"),
            ('exit', "Counts as withdrawn"),
            ('expulsion', "Expulsion"),
        ],
        required=True,
        default='warning',
    )
    body = fields.Selection(
        selection=lambda self: self.env['cfia.resolution']._fields['body']._description_selection(self.env),
        string="Deciding Body", required=True, default='council')
    active = fields.Boolean(default=True)

    _years_positive = models.Constraint('CHECK (years_unpaid > 0)', "At least one year has to be unpaid.")


class CfiaDuesConsequence(models.Model):
    """Proposal that follows from a rule, with its evidence; a person decides."""

    _name = 'cfia.dues.consequence'
    _description = "Proposed Consequence of Unpaid Dues"
    _inherit = ['cfia.guard.mixin', 'mail.thread', 'mail.activity.mixin']
    _rec_name = 'partner_id'
    _order = 'state desc, id desc'
    _made_by_steps = True
    _kept_when = True
    _frozen_when = dict.fromkeys(('scheduled', 'decided', 'dropped'), '*')
    _guard_texts = {
        'create': _lt("Consequences are proposed by the schedule from the rules."),
        'write': _lt("Decide or drop a proposal by its button."),
        'frozen': _lt("What was decided stays as it is."),
        'unlink': _lt("Proposals are kept. Drop it with a note instead."),
    }

    rule_id = fields.Many2one('cfia.dues.consequence.rule', required=True, readonly=True, ondelete='restrict')
    consequence = fields.Selection(related='rule_id.consequence', store=True)
    body = fields.Selection(related='rule_id.body')
    clause = fields.Char(related='rule_id.clause')
    company_id = fields.Many2one(
        'res.company', required=True, readonly=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    partner_id = fields.Many2one(
        'res.partner', string="Member", required=True, readonly=True, index=True, ondelete='restrict')
    member_number = fields.Char(related='partner_id.member_number')
    years_text = fields.Char(string="Unpaid Years", readonly=True)
    year_last = fields.Integer(string="Last Unpaid Year", readonly=True, aggregator=None)
    amount = fields.Monetary(string="Unpaid", readonly=True)
    document_ids = fields.Many2many(
        'cfia.document', string="Evidence", readonly=True, help="Notices and reminders sent for these years.")
    state = fields.Selection(
        selection=[
            ('proposed', "To decide"), ('scheduled', "Decided, takes effect later"), ('decided', "Decided"),
            ('dropped', "Dropped")],
        required=True, readonly=True, default='proposed', tracking=True, index=True)
    resolution_id = fields.Many2one('cfia.resolution', copy=False)
    note = fields.Text(help="Why the proposal is dropped, or what was decided.")
    decided_by_id = fields.Many2one('res.users', readonly=True)
    date_decided = fields.Date(readonly=True)

    # proposed once for the same years, whether decided or dropped
    _rule_partner_unique = models.UniqueIndex(
        '(rule_id, partner_id, year_last)', "This consequence was proposed already.")

    # === ACTION METHODS === #

    def action_decide(self):
        """Bring decisions into effect: the member event, post or exit, and the papers in the file.

        :raise UserError: without the resolution of the body that the rule names
        """
        self._check_role()
        for item in self.filtered(lambda item: item.state == 'proposed'):
            item._check_resolution()
            if item.resolution_id.date_effective > association_today():
                # until then nothing changes
                item._close('scheduled')
                continue
            # sudo: a decision writes units, ledger and files, whatever who enters it may edit
            item.sudo()._apply()
            item._close('decided')
        return True

    def action_drop(self):
        """Drop proposals, with a note.

        :raise UserError: without one
        """
        self._check_role()
        for item in self:
            if not item.note:
                raise UserError(self.env._("Note why the proposal on %(unit)s is dropped.", unit=item.partner_id.name))
        self.filtered(lambda item: item.state == 'proposed')._close('dropped')
        return True

    # === BUSINESS METHODS === #

    def _check_role(self):
        """Refuse others than the organisation department.

        :raise UserError: naming the role
        """
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department enters resolutions."))

    def _check_resolution(self):
        """Refuse a decision that rests on no resolution of the right body. One record.

        :raise UserError: naming unit and body
        """
        resolution = self.resolution_id
        if resolution.body != self.body or not resolution.attachment_ids or resolution.date > association_today():
            bodies = dict(resolution._fields['body']._description_selection(self.env))
            raise UserError(self.env._(
                "%(unit)s: choose the resolution of the body “%(body)s”, with its signed paper.",
                unit=self.partner_id.name, body=bodies[self.body]))
        if self.partner_id.member_state != 'member':
            raise UserError(self.env._("%(unit)s is not a member any more.", unit=self.partner_id.name))
        if self.consequence == 'post' and not self._get_post():
            raise UserError(self.env._(
                "%(unit)s holds no council post that could be suspended.", unit=self.partner_id.name))

    def _get_post(self):
        """Return the council post that the member holds. One record."""
        # sudo: the post decides what may be proposed; grades are not accounting's to read
        return self.sudo().partner_id.grade_term_ids.filtered(
            lambda term: term.is_council_post and term.state == 'active')

    def _apply(self):
        """Write what the rule says. One record, in superuser mode."""
        resolution, unit = self.resolution_id, self.partner_id
        note = " · ".join(filter(None, (self.rule_id.clause, resolution.display_name, self.note)))
        if self.consequence in EXITS:
            unit._leave(
                EXITS[self.consequence], resolution.date_effective, note=note,
                res_model=resolution._name, res_id=resolution.id)
        elif self.consequence == 'post':
            self._get_post()._suspend(resolution, resolution.date_effective)
        resolution._file_papers(unit, 'exit' if self.consequence in EXITS else 'resolution')

    def _close(self, state):
        unlocked(self).write({
            'state': state, 'decided_by_id': self.env.uid, 'date_decided': association_today()})
        self.activity_feedback(['cfia_dues.mail_act_dues_consequence'])

    # === CRON METHODS === #

    @api.model
    def _cron_propose(self):
        """Propose what the rules say of members with dues unpaid, and drop what was paid meanwhile."""
        self._apply_scheduled()
        rules = self.env['cfia.dues.consequence.rule'].search([])
        for company in self.env['res.company'].search([('cfia_dues_journal_id', '!=', False)]):
            self.with_company(company)._propose(company, rules)

    @api.model
    def _apply_scheduled(self):
        """Bring into effect what was decided for today or earlier."""
        for item in self.search([
                ('state', '=', 'scheduled'), ('resolution_id.date_effective', '<=', association_today())]):
            if item.partner_id.member_state != 'member':
                unlocked(item).write({'state': 'dropped'})
                continue
            # sudo: it was decided by who may
            item.sudo()._apply()
            unlocked(item).write({'state': 'decided'})

    @api.model
    def _propose(self, company, rules):
        """Enter the proposals of one company; constant queries however many members there are.

        :return: the new proposals
        """
        lines = self.env['cfia.dues.line'].search([
            ('company_id', '=', company.id),
            ('state', 'in', OPEN_STATES),
            ('date_due', '<', association_today()),
            ('partner_id.member_state', '=', 'member'),
        ])
        by_member = lines.grouped('partner_id')
        open_items = self.search([('company_id', '=', company.id), ('state', '=', 'proposed')])
        paid = open_items.filtered(
            lambda item: len(set(by_member.get(item.partner_id, lines.browse()).mapped('year')))
            < item.rule_id.years_unpaid)
        unlocked(paid).write({
            'state': 'dropped', 'note': self.env._("Paid meanwhile"), 'date_decided': association_today()})
        paid.activity_unlink(['cfia_dues.mail_act_dues_consequence'])
        known = {
            (item.rule_id.id, item.partner_id.id, item.year_last)
            for item in self.search([('partner_id', 'in', lines.partner_id.ids)])
        }
        # sudo: days of letters alone are read, and documents are not accounting's
        letters = self.env['cfia.document'].sudo().search([
            ('partner_id', 'in', lines.payer_id.ids), ('kind', 'in', ('dues_notice', 'dues_reminder')),
        ], order='date').grouped('partner_id')
        vals_list = []
        for member, own in by_member.items():
            years = sorted(set(own.mapped('year')))
            for rule in rules:
                if len(years) < rule.years_unpaid or rule.grade_ids and member.member_grade_id not in rule.grade_ids:
                    continue
                if (rule.id, member.id, years[-1]) in known:
                    continue
                sent = self.env['cfia.document'].union(*(
                    letters.get(payer, self.env['cfia.document']) for payer in own.payer_id))
                vals_list.append({
                    'rule_id': rule.id,
                    'company_id': company.id,
                    'partner_id': member.id,
                    'years_text': "、".join(map(str, years)),
                    'year_last': years[-1],
                    'amount': sum(own.mapped('amount_residual')),
                    'document_ids': sent.filtered(
                        lambda letter, first=years[0]: letter.date.year >= first).ids,
                })
        items = unlocked(self.with_context(mail_create_nolog=True, tracking_disable=True)).create(vals_list)
        assign(
            items[:1], 'cfia_dues.mail_act_dues_consequence',
            self.env['cfia.department']._get_responsible_of('organisation'))
        return items.with_env(self.env)
