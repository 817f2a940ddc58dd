from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .cfia_need import SATISFACTIONS
from odoo.addons.cfia_membership.models.cfia_round_mixin import CONTENT_FIELDS
from odoo.addons.cfia_membership.tools.dates import association_today, to_association_tz
from odoo.addons.cfia_membership.tools.guard import unlocked

# days between the draft of the schedule and its opening, for looking it over
LEAD_DAYS = 7
# rounds that were missed do not follow each other sooner
SPACING_DAYS = 30
ROUNDS_A_YEAR = 4


class CfiaNeedRound(models.Model):
    """A letter to all members that asks for their needs (服务需求征集, article 3.7), four a year at least.

    It cannot be closed while one need is unanswered.
    """

    _name = 'cfia.need.round'
    _description = "Round of Needs"
    _inherit = ['cfia.round.mixin']
    _frozen_when = {'open': (*CONTENT_FIELDS, 'year', 'number', 'form_id'), 'closed': '*'}
    _order = 'year desc, number desc'

    name = fields.Char(compute='_compute_name', store=True, readonly=False, precompute=True)
    year = fields.Integer(required=True, aggregator=None, copy=False, default=lambda self: association_today().year)
    number = fields.Integer(string="Round of the Year", required=True, copy=False, default=lambda self: self._default_number())
    form_id = fields.Many2one(
        'cfia.need.form', string="Form", required=True, ondelete='restrict', domain=[('state', '=', 'released')],
        default=lambda self: self.env['cfia.need.form']._get_current())
    recipient_ids = fields.One2many('cfia.need.round.recipient', 'round_id', string="Recipient Lines")
    need_ids = fields.One2many('cfia.need', 'round_id', string="Needs Stated")
    need_count = fields.Integer(string="Needs", compute='_compute_figures')
    unanswered_count = fields.Integer(string="To Reply", compute='_compute_figures')
    satisfaction = fields.Float(string="Satisfaction (1–5)", compute='_compute_figures')

    _year_number_unique = models.UniqueIndex('(year, number)', "There is a round of this number in the year already.")

    # === DEFAULT METHODS === #

    @api.model
    def _default_number(self):
        return (self.search([('year', '=', association_today().year)], limit=1).number or 0) + 1

    @api.model
    def _default_mail_template_id(self):
        return self.env.ref('cfia_services.mail_template_need_round', raise_if_not_found=False)

    # === COMPUTE METHODS === #

    @api.depends('year', 'number')
    def _compute_name(self):
        for record in self:
            record.name = self.env._("Needs of members, round %(number)s of %(year)s", number=record.number, year=record.year)

    @api.model
    def _get_figure_fields(self):
        return [*super()._get_figure_fields(), 'need_count', 'unanswered_count', 'satisfaction']

    @api.depends('need_ids.state')
    def _compute_figures(self):
        return super()._compute_figures()

    def _get_figures(self):
        figures = super()._get_figures()
        by_id = {record.id: values for record, values in figures.items()}
        # sudo: numbers alone are counted
        for record, state, count in self.env['cfia.need'].sudo()._read_group(
                [('round_id', 'in', self.ids)], ['round_id', 'state'], ['__count']):
            by_id[record.id]['need_count'] += count
            if state == 'open':
                by_id[record.id]['unanswered_count'] += count
        for record, score in self.env['cfia.need.round.recipient']._read_group(
                [('round_id', 'in', self.ids), ('satisfaction_score', '>', 0)], ['round_id'], ['satisfaction_score:avg']):
            by_id[record.id]['satisfaction'] = score
        return figures

    # === ACTION METHODS === #

    def action_view_needs(self):
        """Open what members asked for in this round."""
        self.ensure_one()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_services.cfia_need_action'),
            'domain': [('round_id', '=', self.id)],
            'context': {},
        }

    # === BUSINESS METHODS === #

    def _get_base_domain(self):
        return Domain('member_state', '=', 'member') & Domain('is_company', '=', True)

    def _get_recipient_domain(self):
        """Return all members: the regulation leaves no choice."""
        return self._get_base_domain()

    def _get_close_refusal(self):
        refusal = super()._get_close_refusal()
        if refusal or not self.unanswered_count:
            return refusal
        return self.env._(
            "%(round)s: %(count)s needs have not been answered. Answer every one before closing.",
            round=self.name, count=self.unanswered_count)

    # === CRON METHODS === #

    @api.model
    def _cron_plan(self):
        """Draft a round in each quarter; what was missed is made up for, a month apart."""
        today = association_today()
        form = self.env['cfia.need.form']._get_current()
        rounds = self.search([('year', '=', today.year)])
        quarter = (today.month - 1) // 3 + 1
        spacing = today - timedelta(days=SPACING_DAYS)
        newest = max((to_association_tz(record.create_date).date() for record in rounds), default=None)
        if not form or len(rounds) >= min(quarter, ROUNDS_A_YEAR) or (newest and newest > spacing):
            return
        opens = today + timedelta(days=LEAD_DAYS)
        record = self.with_context(lang=self.env.company._get_association_lang()).create({
            'year': today.year,
            'number': max(rounds.mapped('number'), default=0) + 1,
            'form_id': form.id,
            'user_id': self.env['cfia.department']._get_responsible_of('organisation').id or self.env.uid,
            'date_planned': opens if self.env.company.cfia_need_round_is_automatic else False,
            'date_deadline': opens + timedelta(days=21),
        })
        record._schedule_problem(
            self.env._("This round is due. Look it over: it opens by itself on the day given.")
            if record.date_planned else self.env._("This round is due. Look it over and open it."))


class CfiaNeedRoundRecipient(models.Model):
    """A member in a round of needs, with its answer."""

    _name = 'cfia.need.round.recipient'
    _description = "Recipient of a Round of Needs"
    _inherit = ['cfia.round.recipient.mixin']
    _link_template = 'cfia_services.need_round_page'

    round_id = fields.Many2one(
        'cfia.need.round', string="Round", required=True, readonly=True, index=True, ondelete='cascade')
    need_count = fields.Integer(string="Needs", readonly=True)
    satisfaction = fields.Selection(selection=SATISFACTIONS, readonly=True)
    satisfaction_score = fields.Integer(compute='_compute_satisfaction_score', store=True, aggregator='avg')
    suggestion = fields.Text(string="Suggestions", readonly=True)

    @api.depends('satisfaction')
    def _compute_satisfaction_score(self):
        for recipient in self:
            recipient.satisfaction_score = int(recipient.satisfaction or 0)

    # === ACTION METHODS === #

    def action_enter_no_need(self):
        """Enter that members answered on paper or by telephone and need nothing."""
        self._check_round_state('open')
        self.check_access('write')
        self._respond('staff')
        return True

    def action_enter_need(self):
        """Enter what a member asked for on paper or by telephone."""
        self.ensure_one()
        self._check_round_state('open')
        self.check_access('write')
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'cfia.need',
            'view_mode': 'form',
            'context': {
                'default_partner_id': self.partner_id.id, 'default_contact_id': self.contact_id.id,
                'default_source': 'round', 'cfia_need_recipient_id': self.id},
        }

    # === BUSINESS METHODS === #

    def _is_concerned(self):
        return super()._is_concerned().filtered(lambda recipient: recipient.partner_id.member_state == 'member')

    @api.model
    def _get_letter_report_xmlid(self):
        return 'cfia_services.action_report_need_round_letter'

    @api.model
    def _get_label_report_xmlid(self):
        return 'cfia_services.action_report_need_round_label'

    def _prepare_link_values(self):
        form = self.round_id.form_id
        Need = self.env['cfia.need']
        return {
            **super()._prepare_link_values(),
            'form': form,
            # sudo: kinds of needs are public choices
            'kinds': form.kind_ids.sudo(),
            'urgencies': Need._fields['urgency']._description_selection(self.env),
            'satisfactions': Need._fields['satisfaction']._description_selection(self.env),
        }

    def _process_link_response(self, post, files):
        """Take the needs of the form; an answer without any is an answer, too."""
        responder = (post.get('responder') or '').strip()[:100]
        if not responder:
            raise UserError(self.env._("Please enter your name, so that we know whom to ask."))
        vals_list = self._read_needs(post, responder)
        satisfaction = post.get('satisfaction') if post.get('satisfaction') in dict(SATISFACTIONS) else False
        suggestion = (post.get('suggestion') or '').strip()[:2000]
        # the same answer sent again adds nothing
        known = set(self.env['cfia.need'].search([
            ('round_id', '=', self.round_id.id), ('partner_id', '=', self.partner_id.id)]).mapped('description'))
        self._create_needs([vals for vals in vals_list if vals['description'] not in known])
        self._respond(
            post['via'], responder, satisfaction=satisfaction, suggestion=suggestion or False)

    def _create_needs(self, vals_list):
        """Enter needs of this member in its round."""
        needs = unlocked(self.env['cfia.need']).create([{**vals, 'round_id': self.round_id.id} for vals in vals_list])
        unlocked(self).write({'need_count': self.need_count + len(needs)})
        return needs

    def _read_needs(self, post, responder):
        """Return the values of the needs on the form.

        :raise UserError: for a need without a kind
        """
        # sudo: kinds of needs are public choices
        kinds = {str(kind.id): kind for kind in self.round_id.form_id.kind_ids.sudo()}
        urgencies = dict(self.env['cfia.need']._fields['urgency']._description_selection(self.env))
        vals_list = []
        for index in range(self.round_id.form_id.need_count):
            description = (post.get(f'need.{index}.description') or '').strip()[:4000]
            if not description:
                continue
            kind = kinds.get(post.get(f'need.{index}.kind'))
            if not kind:
                raise UserError(self.env._("Please choose what each need is about."))
            urgency = post.get(f'need.{index}.urgency')
            vals_list.append({
                'name': description.splitlines()[0][:60],
                'description': description,
                'wished_form': (post.get(f'need.{index}.wished_form') or '').strip()[:200] or False,
                'partner_id': self.partner_id.id,
                'contact_id': self.contact_id.id if self.contact_id != self.partner_id else False,
                'contact_name': responder,
                'email': self.email,
                'source': 'round',
                'kind_id': kind.id,
                'urgency': urgency if urgency in urgencies else '0',
            })
        return vals_list


class CfiaNeed(models.Model):
    _inherit = 'cfia.need'

    @api.model_create_multi
    def create(self, vals_list):
        """Take what staff enter for a member in a round as its answer."""
        recipient = self.env['cfia.need.round.recipient'].browse(self.env.context.get('cfia_need_recipient_id')).exists()
        if not recipient:
            return super().create(vals_list)
        recipient._check_round_state('open')
        recipient.check_access('write')
        needs = super(CfiaNeed, self.with_context(cfia_need_recipient_id=False)).create(vals_list)
        unlocked(needs).write({'round_id': recipient.round_id.id})
        recipient._respond('staff', need_count=recipient.need_count + len(needs))
        return needs
