from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from odoo.addons.cfia_membership.models.cfia_round_mixin import CONTENT_FIELDS
from odoo.addons.cfia_membership.tools.dates import association_today, to_association_tz
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.recruitment import PROSPECT_SOURCES

# days between the draft of the schedule and its opening, for looking it over
LEAD_DAYS = 7
ANSWERS = {
    'interested': 'interested',
    'later': 'later',
    'opt_out': 'none',
}


class CfiaRecruitmentMailing(models.Model):
    """Recruitment documents (会员征集文件) to contact targets, at least four times a year (2.1).

    Evidence are the day it was opened, its recipients, the versions enclosed and the frozen count.
    """

    _name = 'cfia.recruitment.mailing'
    _description = "Recruitment Mailing"
    _inherit = ['cfia.round.mixin']
    _frozen_when = {'open': (*CONTENT_FIELDS, 'handout_ids', 'introduction', 'period_key'), 'closed': '*'}
    _order = 'id desc'

    name = fields.Char(default=lambda self: self._default_name())
    partner_domain = fields.Char(default=lambda self: str(list(self._get_base_domain())))
    period_key = fields.Char(
        string="Planned For", readonly=True, copy=False, help="The part of the year for which the schedule drafted it.")
    channel_rule = fields.Selection(default='letter')
    is_opt_out_respected = fields.Boolean(default=True)
    reminder_max = fields.Integer(default=0)
    handout_ids = fields.Many2many(
        'cfia.handout', 'cfia_recruitment_mailing_handout_rel', string="Enclosures",
        domain="[('state', '=', 'released')]",
        help="Versions of the papers enclosed. Empty: those current when the mailing opens.")
    introduction = fields.Text(
        string="Opening Words", help="Printed at the beginning of the letter, instead of the usual words.")
    recipient_ids = fields.One2many('cfia.recruitment.mailing.recipient', 'round_id', string="Recipient Lines")
    interested_count = fields.Integer(string="Interested", compute='_compute_figures')
    opt_out_count = fields.Integer(string="No More Letters", compute='_compute_figures')

    _period_key_unique = models.UniqueIndex(
        '(period_key) WHERE period_key IS NOT NULL', "The mailing of this part of the year is drafted already.")

    # === DEFAULT METHODS === #

    @api.model
    def _default_name(self):
        today = association_today()
        return self.env._("Recruitment mailing %(year)s-%(month)s", year=today.year, month=f'{today.month:02d}')

    @api.model
    def _default_mail_template_id(self):
        return self.env.ref('cfia_membership.mail_template_recruitment_mailing', raise_if_not_found=False)

    # === COMPUTE METHODS === #

    @api.model
    def _get_figure_fields(self):
        return [*super()._get_figure_fields(), 'interested_count', 'opt_out_count']

    def _get_figures(self):
        figures = super()._get_figures()
        by_id = {record.id: values for record, values in figures.items()}
        for record, answer, count in self.env['cfia.recruitment.mailing.recipient']._read_group(
                [('round_id', 'in', self.ids), ('answer', 'in', ('interested', 'opt_out'))],
                ['round_id', 'answer'], ['__count']):
            by_id[record.id][f'{answer}_count'] = count
        return figures

    # === ACTION METHODS === #

    def action_print_courier_list(self):
        """Print the courier list of the letters that are to be posted."""
        return self.env.ref('cfia_membership.action_report_recruitment_mailing_xlsx').report_action(
            self._get_due_letters(), config=False)

    # === BUSINESS METHODS === #

    def _get_base_domain(self):
        return Domain('member_state', '=', 'prospect') & Domain('is_company', '=', True)

    def _get_exclusion_reasons(self, partners):
        """Leave out who does not want to be asked, whatever the round says."""
        reasons = super()._get_exclusion_reasons(partners)
        reasons.update({partner: 'opt_out' for partner in partners if partner.is_recruitment_opt_out})
        return reasons

    def _prepare_recipient_values(self, partner, contact, reason=None):
        """Take the way that the contact target prefers, where it has an address for it."""
        values = super()._prepare_recipient_values(partner, contact, reason)
        preferred = partner.recruitment_channel
        if preferred and values['email' if preferred == 'mail' else 'address']:
            values['channel'] = preferred
            if not reason:
                values.update({'state': 'waiting', 'excluded_reason': False})
        return values

    def _prepare_email_values(self):
        return {**super()._prepare_email_values(), 'attachment_ids': self.handout_ids._get_attachment_commands()}

    def _open(self):
        """Fix the versions that are enclosed, then open."""
        Handout = self.env['cfia.handout']
        for record in self.filtered(lambda record: not record.handout_ids):
            papers = Handout._get_current(('recruitment',)) or Handout._get_entry_papers()
            unlocked(record).handout_ids = [Command.set(papers.ids)]
        for record in self:
            draft = record.handout_ids.filtered(lambda handout: handout.state != 'released')[:1]
            if draft:
                raise UserError(self.env._(
                    "%(round)s: %(paper)s is not released. Release it first.",
                    round=record.display_name, paper=draft.display_name))
        return super()._open()

    # === CRON METHODS === #

    @api.model
    def _cron_plan(self):
        """Draft the mailing of the present part of the year, unless one was sent in it.

        The unique index lets two runs at once make one mailing.
        """
        today = association_today()
        company = self.env.company
        number = company.cfia_mailings_per_year
        if not number:
            return
        part = (today.month - 1) * number // 12
        key = f'{today.year}-{part + 1}/{number}'
        begins = date(today.year, -(-part * 12 // number) + 1, 1)
        sent = self.search([('date_opened', '!=', False)], order='date_opened desc', limit=1)
        if (
            sent and to_association_tz(sent.date_opened).date() >= begins
            or self.search_count([('period_key', '=', key)], limit=1)
        ):
            return
        mailing = unlocked(self.with_context(lang=company._get_association_lang())).create(
            self._prepare_planned_values(key, part + 1, today))
        mailing._schedule_problem(
            self.env._("This mailing is due. Look it over: it opens by itself on the day given.")
            if mailing.date_planned else
            self.env._("This mailing is due. Look it over and open it.")
        )

    @api.model
    def _prepare_planned_values(self, key, number, today):
        """Return the values of a mailing drafted by the schedule."""
        opens = today + timedelta(days=LEAD_DAYS)
        return {
            'name': self.env._("Recruitment mailing no. %(number)s of %(year)s", number=number, year=today.year),
            'period_key': key,
            'user_id': self.env['cfia.department']._get_responsible_of('organisation').id or self.env.uid,
            'date_planned': opens if self.env.company.cfia_mailing_is_automatic else False,
            'date_deadline': opens + timedelta(days=30),
        }


class CfiaRecruitmentMailingRecipient(models.Model):
    """A contact target in a recruitment mailing, with its answer."""

    _name = 'cfia.recruitment.mailing.recipient'
    _description = "Recipient of a Recruitment Mailing"
    _inherit = ['cfia.round.recipient.mixin']
    _link_template = 'cfia_membership.recruitment_mailing_page'

    round_id = fields.Many2one(
        'cfia.recruitment.mailing', string="Mailing", required=True, readonly=True, index=True, ondelete='cascade')
    answer = fields.Selection(
        selection=[('interested', "Interested"), ('later', "Later"), ('opt_out', "No more letters")], readonly=True)
    enquiry_id = fields.Many2one('cfia.enquiry', readonly=True, index='btree_not_null', ondelete='set null')
    # as of the mailing, so that its figures can be pivoted later
    state_id = fields.Many2one('res.country.state', string="Province", readonly=True)
    prospect_source = fields.Selection(selection=PROSPECT_SOURCES, string="Source", readonly=True)

    # === ACTION METHODS === #

    def action_enter_interested(self):
        """Enter that units are interested: each becomes an enquiry."""
        return self._enter('interested')

    def action_enter_later(self):
        """Enter that units may join later."""
        return self._enter('later')

    def action_enter_opt_out(self):
        """Enter that units want no more letters."""
        return self._enter('opt_out')

    def _enter(self, answer):
        self._check_round_state('open')
        self.check_access('write')
        for recipient in self:
            recipient._answer('staff', answer, {})
        return True

    # === BUSINESS METHODS === #

    def _is_concerned(self):
        return super()._is_concerned().filtered(
            lambda recipient: recipient.partner_id.member_state == 'prospect'
            # sudo: a wish not to be written to counts whoever sends
            and not recipient.partner_id.sudo().is_recruitment_opt_out)

    @api.model
    def _get_letter_report_xmlid(self):
        return 'cfia_membership.action_report_recruitment_mailing_letter'

    @api.model
    def _get_label_report_xmlid(self):
        return 'cfia_membership.action_report_recruitment_mailing_label'

    @api.model
    def _prepare_address_values(self, partner, contact):
        return {
            **super()._prepare_address_values(partner, contact),
            'state_id': partner.state_id.id,
            'prospect_source': partner.prospect_source,
        }

    def _prepare_link_values(self):
        return {**super()._prepare_link_values(), 'papers': self.round_id.handout_ids}

    def _process_link_response(self, post, files):
        """Take the answer of a contact target."""
        answer = post.get('answer')
        if answer not in ANSWERS:
            raise UserError(self.env._("Please choose one of the answers."))
        responder = (post.get('responder') or '').strip()[:100]
        if answer == 'interested' and not responder:
            raise UserError(self.env._("Please enter your name, so that we know whom to ask."))
        self._answer(post['via'], answer, {
            'contact_name': responder or False,
            'phone': (post.get('phone') or '').strip()[:50] or self.phone,
            'question': (post.get('question') or '').strip()[:2000],
        })

    def _answer(self, via, answer, enquiry_values):
        """Note an answer on the contact target; interest becomes an enquiry. One record."""
        self.ensure_one()
        # sudo: the answer is the unit's, whoever enters it
        partner = self.partner_id.sudo()
        vals = {'prospect_intention': ANSWERS[answer]}
        if answer == 'opt_out':
            vals['is_recruitment_opt_out'] = True
        partner.write(vals)
        enquiry = self.enquiry_id.sudo()
        if answer == 'interested' and not enquiry:
            # the mailing's own step: what it enclosed counts as handed over
            enquiry = unlocked(enquiry).create(self._prepare_enquiry_values(via, enquiry_values))
        elif enquiry:
            enquiry.write({'intention': ANSWERS[answer]})
        self._respond(via, enquiry_values.get('contact_name'), answer=answer, enquiry_id=enquiry.id)

    def _prepare_enquiry_values(self, via, values):
        """Return the enquiry of a unit that is interested; what the mailing enclosed it has."""
        self.ensure_one()
        user = self.round_id.user_id or self.env.user
        # sudo: the department of who answers for the mailing
        department = self.env['cfia.department'].sudo().search([('user_ids', 'in', user.ids)], limit=1)
        return {
            'name': self.partner_id.name,
            'partner_id': self.partner_id.id,
            'channel': 'website' if via in ('mail', 'letter', 'portal') else 'phone',
            # sudo: the source goes on to the enquiry of the same unit
            'source': self.partner_id.sudo().prospect_source,
            'user_id': user.id,
            'department_id': department.id,
            'contact_name': self.addressee,
            'phone': self.phone,
            'email': self.email,
            'state_id': self.partner_id.state_id.id,
            'enterprise_category_id': self.partner_id.enterprise_category_id.id,
            'intention': 'interested',
            'date_handed_over': self.date_sent,
            'handed_over_by_id': self.date_sent and self.round_id.opened_by_id.id,
            'handout_ids': [Command.set(self.round_id.handout_ids.ids)],
            **{name: value for name, value in values.items() if value},
        }
