from datetime import date, timedelta

from odoo import api, fields, models
from odoo.fields import Command, Domain

from .cfia_dues_line import OPEN_STATES
from odoo.addons.cfia_membership.models.cfia_round_mixin import CONTENT_FIELDS
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.email import split_emails
from odoo.addons.cfia_membership.tools.guard import unlocked

# days between the draft of the schedule and its opening, for looking it over
LEAD_DAYS = 7


class CfiaDuesRound(models.Model):
    """Concentrated reminder of dues (集中会费催缴, article 4.3.2), at least twice a year.

    It goes to payers with overdue dues, one 《会费催缴函》 in the prescribed form for each, whatever
    years and members it is about. What was paid in between drops out at sending.
    """

    _name = 'cfia.dues.round'
    _description = "Collection Round"
    _inherit = ['cfia.round.mixin']
    _frozen_when = {
        'open': (
            *CONTENT_FIELDS, 'year', 'number', 'year_from', 'year_to', 'days_overdue', 'grade_ids', 'date_deadline'),
        'closed': '*',
    }
    _order = 'year desc, number desc, id desc'
    _check_company_auto = True

    name = fields.Char(compute='_compute_name', store=True, readonly=False, precompute=True)
    company_id = fields.Many2one(
        'res.company', required=True, readonly=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    year = fields.Integer(
        required=True, aggregator=None, copy=False, default=lambda self: association_today().year)
    number = fields.Integer(
        string="Round of the Year", required=True, aggregator=None, copy=False,
        default=lambda self: self._get_next_number(self.env.company, association_today().year),
        help="Printed on the letters of the round.")
    date_deadline = fields.Date(string="Pay By")
    reminder_max = fields.Integer(default=0)
    recipient_ids = fields.One2many('cfia.dues.round.recipient', 'round_id', string="Recipient Lines")
    # Whose dues
    year_from = fields.Integer(string="Dues From Year", aggregator=None, help="Empty: all years.")
    year_to = fields.Integer(string="Dues To Year", aggregator=None, help="Empty: all years.")
    days_overdue = fields.Integer(
        string="Overdue For (days)", default=1, help="Dues that became due at least so many days ago.")
    grade_ids = fields.Many2many('cfia.grade', string="Grades", help="Empty: all grades.")
    # Result
    amount_asked = fields.Monetary(string="Amount Asked For", compute='_compute_figures')
    amount_settled = fields.Monetary(string="Settled Since", compute='_compute_figures')
    paid_count = fields.Integer(string="Paid Up", compute='_compute_figures')
    paid_rate = fields.Float(
        string="Collected", compute='_compute_figures', help="Amount settled since, of the amount asked for.")
    promise_count = fields.Integer(string="Promises", compute='_compute_figures')

    _number_unique = models.UniqueIndex(
        '(company_id, year, number)', "There is a round of this number in this year already.")

    # === DEFAULT METHODS === #

    @api.model
    def _default_mail_template_id(self):
        return self.env.ref('cfia_dues.mail_template_dues_reminder', raise_if_not_found=False)

    @api.model
    def _get_next_number(self, company, year):
        """Return the number that the next round of a year gets."""
        last = self.search([('company_id', '=', company.id), ('year', '=', year)], order='number desc', limit=1)
        return last.number + 1

    # === COMPUTE METHODS === #

    @api.depends('year', 'number')
    def _compute_name(self):
        for record in self:
            record.name = self.env._(
                "Collection round %(number)s of %(year)s", number=record.number, year=record.year)

    @api.model
    def _get_figure_fields(self):
        return [
            *super()._get_figure_fields(),
            'amount_asked', 'amount_settled', 'paid_count', 'paid_rate', 'promise_count',
        ]

    def _get_figures(self):
        """Add what was asked for and what has come in since."""
        figures = super()._get_figures()
        for record, values in figures.items():
            asked = record.recipient_ids.filtered(lambda recipient: recipient.state in ('sent', 'responded'))
            values['amount_asked'] = sum(asked.mapped('amount_asked'))
            values['amount_settled'] = sum(asked.mapped('amount_settled'))
            values['paid_count'] = len(asked.filtered('is_paid'))
            values['promise_count'] = len(asked.filtered('date_promised'))
            if values['amount_asked']:
                values['paid_rate'] = values['amount_settled'] / values['amount_asked']
        return figures

    # === ACTION METHODS === #

    def action_share(self):
        """Share the units out to departments, who call them."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Share Out"),
            'res_model': 'cfia.dues.round.share',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_round_id': self.id},
        }

    def action_view_calls(self):
        """Open the call list."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_dues.cfia_dues_round_recipient_action_call')
        return {**action, 'domain': [('round_id', '=', self.id)], 'context': {'create': False}}

    # === BUSINESS METHODS === #

    def _get_contact_role(self):
        return 'finance'

    def _get_overdue_domain(self):
        """Return the dues lines that are overdue today. One record."""
        return (
            Domain('company_id', '=', self.company_id.id)
            & Domain('state', 'in', OPEN_STATES)
            & Domain('date_due', '<', association_today())
        )

    def _get_chosen_domain(self):
        """Return the dues lines that make a payer part of the round. One record."""
        domain = self._get_overdue_domain() & Domain(
            'date_due', '<=', association_today() - timedelta(days=max(self.days_overdue, 1)))
        if self.year_from:
            domain &= Domain('year', '>=', self.year_from)
        if self.year_to:
            domain &= Domain('year', '<=', self.year_to)
        if self.grade_ids:
            domain &= Domain('grade_id', 'in', self.grade_ids.ids)
        return domain

    def _get_base_domain(self):
        chosen = self.env['cfia.dues.line']._read_group(self._get_chosen_domain(), ['payer_id'])
        return Domain('id', 'in', [payer.id for [payer] in chosen])

    def _prepare_recipients(self):
        """Find the overdue dues of all payers at once: a letter lists every unpaid year."""
        by_payer = {}
        for company in self.company_id:
            lines = self.env['cfia.dues.line'].search(
                self.filtered(lambda record, own=company: record.company_id == own)[0]._get_overdue_domain(),
                order='partner_id, year')
            for payer, own in lines.grouped('payer_id').items():
                by_payer[company.id, payer.id] = own.ids
        return super(CfiaDuesRound, self.with_context(cfia_dues_by_payer=by_payer))._prepare_recipients()

    def _prepare_recipient_values(self, partner, contact, reason=None):
        lines = self.env['cfia.dues.line'].browse(
            self.env.context.get('cfia_dues_by_payer', {}).get((self.company_id.id, partner.id), ()))
        return {
            **super()._prepare_recipient_values(partner, contact, reason),
            **self.env['cfia.dues.round.recipient']._prepare_dues_values(lines),
        }

    def _close(self):
        """Keep with each payer what it settled."""
        for recipient in self.recipient_ids:
            unlocked(recipient).amount_settled_closed = recipient.amount_settled
        return super()._close()

    # === CRON METHODS === #

    @api.model
    def _cron_plan(self):
        """Draft the rounds that fall due and call back broken promises.

        A month that was missed is made good later in the year; the number of the round is the lock.
        """
        today = association_today()
        for company in self.env['res.company'].search([('cfia_dues_journal_id', '!=', False)]):
            months = sorted(filter(None, (company.cfia_dues_round_month_1, company.cfia_dues_round_month_2)))
            due = [month for month in months if today >= date(today.year, month, 1)]
            Round = self.with_company(company).with_context(lang=company._get_association_lang())
            present = Round.search_count([('company_id', '=', company.id), ('year', '=', today.year)])
            if len(due) > present:
                Round._plan(company, present + 1, today)
        self.env['cfia.dues.round.recipient']._find_broken_promises(today)

    @api.model
    def _plan(self, company, number, today):
        """Draft one round, where anything is overdue."""
        opens = today + timedelta(days=LEAD_DAYS)
        record = self.new({'company_id': company.id})
        if not self.env['cfia.dues.line'].search_count(record._get_chosen_domain(), limit=1):
            return
        record = unlocked(self).create({
            'company_id': company.id,
            'year': today.year,
            'number': number,
            'user_id': company._get_dues_user().id or self.env.uid,
            'date_planned': opens if company.cfia_dues_round_is_automatic else False,
            'date_deadline': opens + timedelta(days=30),
        })
        record._schedule_problem(self.env._("This collection round is due. Look it over and open it."))


class CfiaDuesRoundRecipient(models.Model):
    """A payer in a collection round: its letter, its answer by telephone, what it paid since."""

    _name = 'cfia.dues.round.recipient'
    _description = "Payer in a Collection Round"
    _inherit = ['cfia.round.recipient.mixin']

    round_id = fields.Many2one(
        'cfia.dues.round', string="Round", required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='round_id.company_id', store=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    line_ids = fields.Many2many(
        'cfia.dues.line', string="Overdue Dues", readonly=True,
        groups='cfia_membership.group_cfia_organisation,cfia_membership.group_cfia_secretary_general,'
               'cfia_membership.group_cfia_accountant,cfia_membership.group_cfia_auditor')
    years_text = fields.Char(string="Unpaid Years", readonly=True)
    amount_asked = fields.Monetary(string="Amount Asked For", readonly=True)
    amount_settled_closed = fields.Monetary(string="Settled at Closing", readonly=True)
    amount_settled = fields.Monetary(string="Settled Since", compute='_compute_settled')
    is_paid = fields.Boolean(string="Paid Up", compute='_compute_settled')
    document_id = fields.Many2one(
        'cfia.document', string="Letter", readonly=True, index='btree_not_null', ondelete='restrict')
    # Telephone
    department_id = fields.Many2one(
        'cfia.department', string="Calls", index='btree_not_null', help="The department that calls this unit.")
    call_result = fields.Selection(
        selection=[
            ('promised', "Promised to pay"),
            ('hardship', "Asks for waiver or deferral"),
            ('disputed', "Disputes the amount"),
            ('unreached', "Not reached"),
            ('other', "Other answer"),
        ],
        string="Answer",
    )
    call_note = fields.Char(string="What Was Said")
    date_promised = fields.Date(string="Promised For")
    is_promise_broken = fields.Boolean(string="Promise Not Kept", readonly=True)
    called_by_id = fields.Many2one('res.users', readonly=True)
    date_called = fields.Date(readonly=True)

    _broken_idx = models.Index('(round_id) WHERE is_promise_broken IS TRUE')

    # === COMPUTE METHODS === #

    @api.depends('amount_asked', 'amount_settled_closed', 'round_id.state')
    def _compute_settled(self):
        for recipient in self:
            if recipient.round_id.state == 'closed':
                settled = recipient.amount_settled_closed
            else:
                # sudo: who calls need not read dues
                lines = recipient.sudo().line_ids
                settled = recipient.amount_asked - sum(lines.mapped('amount_residual'))
            recipient.amount_settled = settled
            recipient.is_paid = bool(recipient.amount_asked) and recipient.currency_id.compare_amounts(
                settled, recipient.amount_asked) >= 0

    # === CRUD METHODS === #

    def write(self, vals):
        """Note who called and when, and enter the call in the unit's contact log."""
        result = super().write(vals)
        if vals.get('call_result'):
            unlocked(self).write({
                'called_by_id': self.env.uid, 'date_called': association_today(), 'is_promise_broken': False})
            self._log_calls()
        return result

    def _log_calls(self):
        results = dict(self._fields['call_result']._description_selection(self.env))
        self.env['cfia.contact.log'].create([
            {
                'subject': recipient.round_id.name,
                'kind': 'call',
                'partner_id': recipient.partner_id.id,
                'contact_id': recipient.contact_id.id if recipient.contact_id != recipient.partner_id else False,
                'summary': ": ".join(filter(None, (results[recipient.call_result], recipient.call_note))),
            }
            for recipient in self
        ])

    # === ACTION METHODS === #

    def action_view_letter(self):
        """Open the letter's PDF."""
        self.ensure_one()
        return self.document_id.action_preview()

    # === BUSINESS METHODS - DUES === #

    @api.model
    def _prepare_dues_values(self, lines):
        """Return what is asked for: the unpaid years and their sum.

        :param lines: overdue dues of one payer
        """
        return {
            'line_ids': [Command.set(lines.ids)],
            'years_text': "、".join(str(year) for year in sorted(set(lines.mapped('year')))),
            'amount_asked': sum(lines.mapped('amount_residual')),
        }

    def _is_concerned(self):
        """Return those who still owe something of what they were to be asked for."""
        # sudo: as it stands in accounting
        return super()._is_concerned().filtered(lambda recipient: any(
            line.state in OPEN_STATES for line in recipient.sudo().line_ids))

    def _send_mails(self):
        """Issue the letters; each is mailed once its PDF is there."""
        recipients = self._filter_still_due()
        recipients._refresh_addresses()
        unreachable = recipients.filtered(lambda recipient: not split_emails(recipient.email))
        unreachable._turn_to_letter()
        recipients -= unreachable
        recipients._issue_letters()
        recipients._mark_dispatched('outgoing')

    def _issue_letters(self):
        """Freeze 《会费催缴函》 for each payer with what is open at this moment."""
        if not self:
            return
        for recipient in self.with_context(mail_notrack=True):
            # sudo: as it stands in accounting
            dues_sudo = recipient.sudo().line_ids
            lines = dues_sudo.filtered(lambda line: line.state in OPEN_STATES)
            vals = self._prepare_dues_values(lines)
            # most owe what they owed when the round was opened
            if lines != dues_sudo or recipient.currency_id.compare_amounts(recipient.amount_asked, vals['amount_asked']):
                unlocked(recipient).write(vals)
        earlier = self._get_earlier_letters()
        # sudo: the register of letters is written by the acts that issue them
        letters = self.env['cfia.document'].sudo()._issue('dues_reminder', [
            {
                'partner_id': recipient.partner_id.id,
                'res_model': self._name,
                'res_id': recipient.id,
                'date': association_today(),
                'lang': recipient.lang,
                # sudo: the letter tells the member its own dues; who sends it need not read entries
                'data': recipient.with_context(lang=recipient.lang).sudo()._prepare_letter_data(
                    earlier.get(recipient.partner_id, self.env['cfia.document'])),
            }
            for recipient in self
        ])
        for recipient, letter in zip(self.with_context(mail_notrack=True), letters):
            unlocked(recipient).document_id = letter

    def _get_earlier_letters(self):
        """Return the dues notices and reminders that the payers had before.

        :return: {payer: documents, oldest first}
        :rtype: dict
        """
        # sudo: the register is not open to all who collect
        return self.env['cfia.document'].sudo().search([
            ('partner_id', 'in', self.partner_id.ids),
            ('kind', 'in', ('dues_notice', 'dues_reminder')),
        ], order='date, id').grouped('partner_id')

    def _prepare_letter_data(self, earlier):
        """Return what 《会费催缴函》 prints (DOMAIN §4.6). One record.

        :param earlier: the payer's notices and reminders up to now
        """
        record = self.round_id
        lines = self.line_ids.sorted(lambda line: (line.member_number or '', line.year))
        since = min((line.date_billed or line.date_due for line in lines), default=association_today())
        return {
            **record.company_id._prepare_dues_sender_data(),
            'unit_name': self.unit_name,
            'year': record.year,
            'number': record.number,
            'date_deadline': record.date_deadline.isoformat(),
            'lines': [
                {
                    'unit_name': line.partner_id.name,
                    'member_number': line.member_number or '',
                    'year': line.year,
                    'date_due': line.date_due.isoformat(),
                    'amount': line.amount,
                    'amount_open': line.amount_residual,
                }
                for line in lines
            ],
            'amount_open': self.amount_asked,
            'earlier': [
                {'name': letter.name or '', 'date': letter.date.isoformat()}
                for letter in earlier if letter.date >= since
            ],
            'consequence': record.company_id.with_context(lang=self.lang).cfia_dues_consequence or '',
            'remark': lines._get_remark(),
        }

    def _process_attachments_for_template_post(self, mail_template):
        """Attach the frozen letters."""
        # sudo: the register is not open to all who collect
        return {
            recipient.id: {'attachment_ids': recipient.sudo().document_id.attachment_id.ids}
            for recipient in self if recipient.sudo().document_id.attachment_id
        }

    # === BUSINESS METHODS - DELIVERY === #

    def _mark_dispatched(self, delivery_state):
        result = super()._mark_dispatched(delivery_state)
        if delivery_state == 'sent':
            # sudo: the register is not open to all who collect
            self.sudo().document_id._note_delivery('posted', way='post')
        return result

    def _set_delivery(self, delivery_state, error=False):
        """Note on the letter, too, what became of its mail."""
        result = super()._set_delivery(delivery_state, error=error)
        # sudo: as above
        self.sudo().document_id._set_delivery(delivery_state, error)
        return result

    def action_returned(self):
        result = super().action_returned()
        # sudo: as above
        self.sudo().document_id._note_delivery('returned', error=self.env._("Returned by post"))
        return result

    # === BUSINESS METHODS - PAPER === #

    def _print_letters(self):
        """Print the letters; those to be posted are issued with what is open now."""
        self.round_id.check_access('read')
        self._refresh_due()
        due = self.filtered(lambda recipient: recipient.is_due and recipient.channel == 'letter')
        still_due = due._filter_still_due()
        still_due.filtered(lambda recipient: (
            not recipient.document_id
            or recipient.date_last_sent and recipient.document_id.create_date <= recipient.date_last_sent
        ))._issue_letters()
        letters = (self - due + still_due).document_id
        return self.env.ref('cfia_dues.action_report_dues_reminder').report_action(letters, config=False)

    @api.model
    def _get_label_report_xmlid(self):
        return 'cfia_dues.action_report_dues_round_label'

    # === CRON METHODS === #

    @api.model
    def _find_broken_promises(self, today):
        """Bring promises that were not kept back on the call list."""
        late = self.search([
            ('round_id.state', '=', 'open'), ('date_promised', '<', today), ('is_promise_broken', '=', False),
        ]).filtered(lambda recipient: not recipient.is_paid)
        unlocked(late).write({'is_promise_broken': True})
        for record in late.round_id:
            record._schedule_problem(self.env._("Promises to pay were not kept: see the call list."))
