import calendar
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.cfia_membership.models.cfia_round_mixin import CONTENT_FIELDS, RECIPIENT_CREATE_CONTEXT
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

# issues that were missed do not follow each other sooner
SPACING_DAYS = 7
# missed months that are made up for
MAX_MISSED = 12
# days after which the figures of a sent issue are frozen
FIGURE_DAYS = 30
# written by the issue itself


class CfiaNewsletter(models.Model):
    """An issue of the newsletter (《锻协通讯》, article 3.2), twelve a year at least.

    A round without answers: recipients are frozen when it is sent; mails go out through the mailing that
    holds its text, those without e-mail get it on paper. What was sent stays as it was.
    """

    _name = 'cfia.newsletter'
    _description = "Newsletter"
    _inherit = ['cfia.round.mixin']
    _frozen_when = {'open': (*CONTENT_FIELDS, 'year', 'number', 'month', 'date_issue', 'name'), 'closed': '*'}
    _order = 'year desc, number desc'

    name = fields.Char(compute='_compute_name', store=True, readonly=False, precompute=True)
    year = fields.Integer(required=True, aggregator=None, copy=False, default=lambda self: association_today().year)
    number = fields.Integer(
        string="Issue Number", required=True, aggregator=None, copy=False, default=lambda self: self._default_number())
    month = fields.Date(
        copy=False, default=lambda self: self._default_month(),
        help="The issue of this month, counted by its first day. Empty: an issue beside the monthly ones.")
    date_issue = fields.Date(
        string="Issue Date", required=True, copy=False, default=lambda self: self._default_date_issue(), tracking=True)
    recipient_ids = fields.One2many('cfia.newsletter.recipient', 'round_id', string="Recipient Lines")
    # a round has an end; nothing is answered here, the figures are frozen then
    date_deadline = fields.Date(
        string="Figures Frozen On", default=lambda self: association_today() + timedelta(days=FIGURE_DAYS))
    link_days = fields.Integer(default=0)
    reminder_max = fields.Integer(default=0)
    is_opt_out_respected = fields.Boolean(default=True)
    # Text
    mailing_id = fields.Many2one(
        'mailing.mailing', string="Mass Mailing", readonly=True, copy=False, index='btree_not_null', ondelete='restrict',
        groups='cfia_membership.group_cfia_organisation')
    block_ids = fields.One2many('cfia.newsletter.block', 'newsletter_id', string="Blocks", readonly=True)
    opened_count = fields.Integer(string="Opened", compute='_compute_figures')
    bounced_count = fields.Integer(string="Bounced", compute='_compute_figures')
    open_rate = fields.Float(compute='_compute_figures', aggregator=None, help="Opened among the mails sent.")

    _year_number_unique = models.UniqueIndex('(year, number)', "There is an issue of this number in the year already.")
    _month_unique = models.UniqueIndex('(month) WHERE month IS NOT NULL', "The issue of this month is made already.")
    _mailing_unique = models.UniqueIndex(
        '(mailing_id) WHERE mailing_id IS NOT NULL', "A mailing belongs to one issue.")
    _number_positive = models.Constraint('CHECK (number > 0)', "Issues are counted from one.")
    _month_first_day = models.Constraint(
        "CHECK (month IS NULL OR EXTRACT(DAY FROM month) = 1)", "The month of an issue is dated with its first day.")

    # === DEFAULT METHODS === #

    @api.model
    def _default_number(self):
        return self._get_next_number(association_today().year)

    @api.model
    def _default_month(self):
        """Return the present month, unless its issue is made."""
        month = association_today().replace(day=1)
        return False if self.search_count([('month', '=', month)], limit=1) else month

    @api.model
    def _default_date_issue(self):
        today = association_today()
        return max(today, today.replace(day=self.env.company.cfia_newsletter_day))

    # === SELECTION METHODS === #

    @api.model
    def _selection_state(self):
        return list({
            'draft': self.env._("In preparation"),
            'open': self.env._("Sent Out"),
            'closed': self.env._("Archived"),
        }.items())

    # === COMPUTE METHODS === #

    @api.depends('year', 'number')
    def _compute_name(self):
        for issue in self:
            issue.name = self.env._("Newsletter %(year)s no. %(number)s", year=issue.year, number=issue.number)

    @api.model
    def _get_figure_fields(self):
        return [*super()._get_figure_fields(), 'opened_count', 'bounced_count', 'open_rate']

    @api.depends('recipient_ids.date_read')
    def _compute_figures(self):
        return super()._compute_figures()

    def _get_figures(self):
        figures = super()._get_figures()
        by_id = {issue.id: values for issue, values in figures.items()}
        sent = dict.fromkeys(by_id, 0)
        for issue, delivery, count, opened in self.env['cfia.newsletter.recipient']._read_group(
                [('round_id', 'in', self.ids), ('channel', '=', 'mail'), ('date_sent', '!=', False)],
                ['round_id', 'delivery_state'], ['__count', 'date_read:count']):
            by_id[issue.id]['opened_count'] += opened
            sent[issue.id] += count
            if delivery == 'bounced':
                by_id[issue.id]['bounced_count'] += count
        for res_id, values in by_id.items():
            if sent.get(res_id):
                values['open_rate'] = values['opened_count'] / sent[res_id]
        return figures

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Make issues with their text, filled from the ledger."""
        issues = super().create(vals_list)
        issues._create_mailings()
        issues._fill()
        return issues

    def write(self, vals):
        result = super().write(vals)
        if {'year', 'number', 'name'} & vals.keys():
            # sudo: the text is the issue's, which its mailing holds
            for issue in self.filtered(lambda issue: issue.state == 'draft').sudo():
                unlocked(issue.mailing_id).subject = issue._get_subject()
        return result

    def unlink(self):
        # sudo: text and pictures go with their issue
        mailings = self.sudo().mailing_id
        images = self.env['ir.attachment'].sudo().search([('res_model', '=', self._name), ('res_id', 'in', self.ids)])
        result = super().unlink()
        # a draft takes its text along
        unlocked(images).unlink()
        mailings.unlink()
        return result

    # === ACTION METHODS === #

    def action_edit(self):
        """Open the text in the editor of mailings."""
        self.ensure_one()
        self.check_access('write')
        return {
            'type': 'ir.actions.act_window',
            'name': self.name,
            'res_model': 'mailing.mailing',
            'res_id': self.mailing_id.id,
            'view_mode': 'form',
            'views': [(self.env.ref('cfia_services.mailing_mailing_view_form_newsletter').id, 'form')],
        }

    def action_fill(self):
        """Take in what was released since the issue was made; what was written stays."""
        self._check_state('draft')
        self.check_access('write')
        self._fill()
        return True

    def action_rebuild(self):
        """Make the text afresh; what was written is lost."""
        self._check_state('draft')
        self.check_access('write')
        self._fill(is_rebuilt=True)
        return True

    def action_send_test(self):
        """Send the text to the present user, as the members would get it.

        :raise UserError: for users without an e-mail address
        """
        self.ensure_one()
        self.check_access('write')
        email = self.env.user.email_formatted
        if not email:
            raise UserError(self.env._("You have no e-mail address. Enter one in your preferences."))
        # sudo: the mail holds what every member gets
        mailing_sudo = self.sudo().mailing_id
        self.env['mail.mail'].sudo().create({
            'subject': self.env._("[Test] %(subject)s", subject=mailing_sudo.subject),
            'email_from': mailing_sudo.email_from,
            'email_to': email,
            'body_html': mailing_sudo._get_newsletter_test_body(),
            'auto_delete': True,
        })
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {'type': 'success', 'message': self.env._("The test is on its way to %(email)s.", email=email)},
        }

    def action_view_opened(self):
        """Open the recipients who opened the mail."""
        return self._prepare_recipient_action(self.env._("Opened"), {'search_default_filter_opened': 1})

    def action_print_letters(self):
        """Open the printed edition, one copy for each letter that is to be posted."""
        self.ensure_one()
        self._get_due_letters()
        return self.action_print()

    def action_print_courier_list(self):
        """Print the courier list of the copies that are to be posted."""
        return self.env.ref('cfia_services.action_report_newsletter_courier').report_action(
            self._get_due_letters(), config=False)

    # === BUSINESS METHODS - RECIPIENTS === #

    def _get_base_domain(self):
        return Domain('member_state', '=', 'member') & Domain('is_company', '=', True)

    def _get_contact_role(self):
        return 'newsletter'

    def _get_exclusion_reasons(self, partners):
        """Leave out who is not entitled; that an address opted out is told by the address."""
        service = self.env.ref('cfia_services.cfia_service_newsletter', raise_if_not_found=False)
        if not service:
            return {}
        # sudo: who is entitled is asked of all members
        entitled = self.env['cfia.entitlement'].sudo()._get_entitled(services=service).partner_id
        return dict.fromkeys(partners - entitled.sudo(False), 'not_entitled')

    def _get_addressees(self, partners):
        """Return all newsletter contacts of units, the general contact person or the unit where there is none.

        :return: {unit: contacts}
        :rtype: dict
        """
        contacts = self.env['res.partner'].search([
            ('parent_id', 'in', partners.ids), ('contact_role_ids.code', '=', self._get_contact_role())]).grouped('parent_id')
        others = partners._get_role_contacts(self._get_contact_role())
        return {unit: contacts.get(unit) or others[unit] for unit in partners}

    def _prepare_recipients(self):
        """Bring the recipients in step with the members, one for each addressee; what was chosen by hand stays.

        The number of queries does not depend on the number of members.
        """
        Recipient = unlocked(self.env['cfia.newsletter.recipient'].with_context(**RECIPIENT_CREATE_CONTEXT))
        for issue in self:
            partners = self.env['res.partner'].search(issue._get_recipient_domain(), order='member_number, id')
            addressees = issue._get_addressees(partners)
            reasons = issue._get_exclusion_reasons(partners)
            wanted = {(unit, contact) for unit, contacts in addressees.items() for contact in contacts}
            present = {(recipient.partner_id, recipient.contact_id): recipient for recipient in issue.recipient_ids}
            unlocked(Recipient.browse(
                [recipient.id for key, recipient in present.items() if key not in wanted])).unlink()
            kept = {key for key, recipient in present.items() if key in wanted and recipient.is_manual}
            # an address gets one copy, that of the first unit by number
            seen = {present[key].email for key in kept if present[key].state == 'waiting' and present[key].channel == 'mail'}
            opted_out = issue._get_opted_out()
            values, changed = [], {}
            for unit, contacts in addressees.items():
                for contact in contacts:
                    key = (unit, contact)
                    if key in kept:
                        continue
                    vals = issue._prepare_recipient_values(unit, contact, reasons.get(unit))
                    if vals['state'] == 'waiting' and vals['channel'] == 'mail':
                        reason = 'opt_out' if vals['email'] in opted_out else 'same_address' if vals['email'] in seen else None
                        if reason:
                            vals.update(state='excluded', excluded_reason=reason)
                        seen.add(vals['email'])
                    if key not in present:
                        values.append({'round_id': issue.id, 'partner_id': unit.id, **vals})
                    elif any(present[key]._is_value_changed(name, value) for name, value in vals.items()):
                        changed[present[key]] = vals
            # addresses may have changed places: first none of them counts
            unlocked(Recipient.browse([recipient.id for recipient in changed])).write({'state': 'excluded'})
            for recipient, vals in changed.items():
                unlocked(recipient).write(vals)
            Recipient.create(values)
        self.invalidate_recordset(['recipient_ids'])

    def _get_opted_out(self):
        """Return the addresses that get no newsletter: those that want none, and the blocklist of mailings.

        :rtype: set
        """
        # sudo: an address is asked for, no one reads the list
        return self.env['cfia.newsletter.opt.out'].sudo()._get_emails() | set(
            self.env['mail.blacklist'].sudo().search([]).mapped('email'))

    # === BUSINESS METHODS - STATE === #

    def _open(self):
        """Freeze the text with the recipients, then send."""
        for issue in self:
            issue._freeze_text()
        return super()._open()

    def _action_open(self):
        result = super()._action_open()
        for issue in self:
            unlocked(issue).date_deadline = association_today() + timedelta(days=FIGURE_DAYS)
        self._queue_mails()
        self._trigger_printing()
        return result

    def _queue_mails(self):
        """Have the mailings send what is due."""
        # sudo: what is due is counted whoever sends
        due = self.env['cfia.newsletter.recipient'].sudo()._read_group(
            [('round_id', 'in', self.ids), ('round_id.state', '=', 'open'), ('is_due', '=', True), ('channel', '=', 'mail')],
            ['round_id'])
        # sudo: the queue is the server's
        mailings = self.browse([issue.id for [issue] in due]).sudo().mailing_id
        mailings.filtered(lambda mailing: mailing.state in ('draft', 'done')).action_put_in_queue()

    def _get_silent_domain(self):
        # nothing is answered, nobody is reminded
        return Domain.FALSE

    # === CRON METHODS === #

    @api.model
    def _cron_open(self):
        """Take in what was released since, then send the issues whose day has come."""
        due = self.search([('state', '=', 'draft'), ('date_planned', '<=', association_today())])
        for issue in due:
            issue._run_safely('_fill')
        return super()._cron_open()

    @api.model
    def _cron_send(self, batch_size=100):
        """Leave sending to the mailings; one that was interrupted is queued again."""
        self.search([('state', '=', 'open')])._queue_mails()
        return True

    @api.model
    def _get_due_months(self, today):
        """Return the months whose issue has to be made by a day and is not, the oldest first.

        :rtype: list[date]
        """
        # sudo: settings are the association's
        company = self.env.company.sudo()
        horizon = today + timedelta(days=company.cfia_newsletter_lead_days)
        last = horizon.replace(day=1)
        if horizon.day < company.cfia_newsletter_day:
            last -= relativedelta(months=1)
        newest = self.search([('month', '!=', False)], order='month desc', limit=1).month
        month = newest + relativedelta(months=1) if newest else last
        month = max(month, company.cfia_date_in_force.replace(day=1), last - relativedelta(months=MAX_MISSED - 1))
        months = []
        while month <= last:
            months.append(month)
            month += relativedelta(months=1)
        return months

    @api.model
    def _get_next_number(self, year):
        return (self.search([('year', '=', year)], order='number desc', limit=1).number or 0) + 1

    @api.model
    def _cron_plan(self):
        """Make the issue of every month that is due, once each; months that were missed are made up for.

        The unique index lets two runs at once make one issue.
        """
        today = association_today()
        company = self.env.company
        planned = False
        for month in self._get_due_months(today):
            date_issue = month.replace(day=min(company.cfia_newsletter_day, calendar.monthrange(month.year, month.month)[1]))
            planned = max(filter(None, (date_issue, today, planned and planned + timedelta(days=SPACING_DAYS))))
            issue = self.with_context(lang=company._get_association_lang()).create(
                self._prepare_planned_values(month, date_issue, planned))
            issue._schedule_problem(
                self.env._("This issue is made. Write its text: it goes out by itself on the day given.")
                if issue.date_planned else self.env._("This issue is made. Write its text and send it."))

    @api.model
    def _prepare_planned_values(self, month, date_issue, planned):
        """Return the values of an issue made by the schedule."""
        return {
            'year': month.year,
            'number': self._get_next_number(month.year),
            'month': month,
            'date_issue': date_issue,
            'user_id': self.env['cfia.department']._get_responsible_of('organisation').id or self.env.uid,
            'date_planned': planned if self.env.company.cfia_newsletter_is_automatic else False,
        }
