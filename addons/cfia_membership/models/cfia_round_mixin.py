import ast
import logging
from datetime import datetime, time, timedelta

import psycopg2

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import ASSOCIATION_TZ, association_today, to_association_tz
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.task import assign

_lt = LazyTranslate(__name__)
_logger = logging.getLogger(__name__)

# What stands once the letters are on their way.
CONTENT_FIELDS = (
    'partner_domain', 'channel_rule', 'is_opt_out_respected', 'date_planned', 'mail_template_id',
)
RECIPIENT_CREATE_CONTEXT = {
    'tracking_disable': True,
    'mail_create_nolog': True,
    'mail_create_nosubscribe': True,
}


class CfiaRoundMixin(models.AbstractModel):
    """A letter to many units, with what came back (信函轮次).

    A round takes its recipients from a filter and freezes them when it opens. Each gets a mail or a
    letter with a personal link, the silent are reminded, what could not be delivered is a work list,
    and closing freezes the figures as evidence. Data surveys, recruitment mailings, referral calls,
    collection rounds and needs rounds are rounds.

    A model that inherits it defines::

        recipient_ids = fields.One2many('<recipient model>', 'round_id', string="Recipient Lines")

    and a recipient model that inherits ``cfia.round.recipient.mixin`` and defines::

        round_id = fields.Many2one('<round model>', required=True, index=True, ondelete='cascade')

    with a mail template, a letter report and, for answers by link, a page. The schedule finds the
    models by itself.
    """

    _name = 'cfia.round.mixin'
    _description = "Round"
    _inherit = ['cfia.guard.mixin', 'mail.thread', 'mail.activity.mixin']
    _frozen_when = {'open': CONTENT_FIELDS, 'closed': '*'}
    _guard_texts = {
        'write': _lt("It is opened and closed by its buttons."),
        'frozen': _lt("It was sent. Make a new round instead."),
        'unlink': _lt("It was sent: it is evidence."),
    }

    name = fields.Char(required=True, copy=False)
    state = fields.Selection(
        selection='_selection_state',
        required=True,
        readonly=True,
        copy=False,
        default='draft',
        tracking=True,
    )
    user_id = fields.Many2one('res.users', string="Responsible", default=lambda self: self.env.user)
    # To whom and how
    partner_domain = fields.Char(string="Filter", required=True, default='[]')
    channel_rule = fields.Selection(
        selection='_selection_channel_rule',
        string="Way",
        required=True,
        default='mail_first',
    )
    is_opt_out_respected = fields.Boolean(
        string="Respect Opt-out", help="Leave out units that do not want mailings of this kind.")
    mail_template_id = fields.Many2one(
        'mail.template', string="Mail Template", default=lambda self: self._default_mail_template_id())
    # When
    date_planned = fields.Date(
        string="Opens On", copy=False,
        help="On this day the schedule opens the round by itself. Empty: it is opened by hand.")
    date_deadline = fields.Date(
        string="Answer Until", required=True, copy=False,
        default=lambda self: association_today() + timedelta(days=30))
    link_days = fields.Integer(
        string="Grace of Links (days)", default=15,
        help="Days after the deadline for which the personal links still work.")
    date_expiry = fields.Date(string="Links Valid Until", compute='_compute_date_expiry')
    reminder_interval = fields.Integer(string="Remind After (days)", default=10)
    reminder_max = fields.Integer(string="Reminders", default=2)
    is_closed_by_schedule = fields.Boolean(
        string="Close by Itself", default=True,
        help="Once the links have expired the schedule closes the round, unless something is open in it.")
    date_opened = fields.Datetime(string="Opened On", readonly=True, copy=False)
    opened_by_id = fields.Many2one('res.users', readonly=True, copy=False)
    date_closed = fields.Datetime(string="Closed On", readonly=True, copy=False)
    closed_by_id = fields.Many2one('res.users', readonly=True, copy=False)
    # Figures
    figures = fields.Json(string="Frozen Figures", readonly=True, copy=False)
    recipient_count = fields.Integer(string="Recipients", compute='_compute_figures')
    excluded_count = fields.Integer(string="Left Out", compute='_compute_figures')
    mail_count = fields.Integer(string="By E-mail", compute='_compute_figures')
    letter_count = fields.Integer(string="By Post", compute='_compute_figures')
    sent_count = fields.Integer(string="Sent", compute='_compute_figures')
    reminded_count = fields.Integer(string="Reminded", compute='_compute_figures')
    responded_count = fields.Integer(string="Answers", compute='_compute_figures')
    problem_count = fields.Integer(string="Not Delivered", compute='_compute_figures')
    letter_due_count = fields.Integer(string="To Post", compute='_compute_figures')
    response_rate = fields.Float(compute='_compute_figures', help="Answers among the units written to.")

    # === DEFAULT METHODS === #

    @api.model
    def _default_mail_template_id(self):
        """Return the mail template of this kind of round. Its model is the recipient model."""
        return False

    # === SELECTION METHODS === #

    # as methods: modules with rounds of their own need not translate the labels

    @api.model
    def _selection_state(self):
        return list({
            'draft': self.env._("Draft"),
            'open': self.env._("Going On"),
            'closed': self.env._("Closed"),
        }.items())

    @api.model
    def _selection_channel_rule(self):
        return list({
            'mail_first': self.env._("E-mail, by post without an address"),
            'mail': self.env._("E-mail only"),
            'letter': self.env._("By post"),
        }.items())

    # === COMPUTE METHODS === #

    @api.depends('date_deadline', 'link_days')
    def _compute_date_expiry(self):
        for record in self:
            record.date_expiry = record.date_deadline and (
                record.date_deadline + timedelta(days=record.link_days))

    @api.depends(
        'state', 'figures', 'recipient_ids.state', 'recipient_ids.delivery_state', 'recipient_ids.is_due')
    def _compute_figures(self):
        current = self.filtered(lambda record: record.state != 'closed')._get_figures()
        for record in self:
            figures = record.figures if record.state == 'closed' else current.get(record)
            for name in self._get_figure_fields():
                record[name] = (figures or {}).get(name, 0)

    @api.model
    def _get_figure_fields(self):
        """Return the names of the fields that closing freezes. Extend with ``super()``."""
        return [
            'recipient_count', 'excluded_count', 'mail_count', 'letter_count', 'sent_count',
            'reminded_count', 'responded_count', 'problem_count', 'letter_due_count', 'response_rate',
        ]

    def _get_figures(self):
        """Return the present figures of each round. Extend with ``super()``, batched.

        :rtype: dict
        """
        figures = {record: dict.fromkeys(self._get_figure_fields(), 0) for record in self}
        groups = self.env[self._get_recipient_model()]._read_group(
            [('round_id', 'in', self.ids)],
            ['round_id', 'state', 'channel', 'delivery_state', 'is_due'],
            ['__count', 'reminder_count:sum', 'dispatch_count:sum'],
        )
        by_id = {record.id: values for record, values in figures.items()}
        for record, state, channel, delivery, is_due, count, reminders, dispatches in groups:
            values = by_id[record.id]
            if state == 'excluded':
                values['excluded_count'] += count
                continue
            values['recipient_count'] += count
            values[f'{channel}_count'] += count
            values['reminded_count'] += reminders
            if state != 'waiting':
                values['sent_count'] += count
            if state == 'responded':
                values['responded_count'] += count
            if delivery in ('failed', 'bounced', 'returned'):
                values['problem_count'] += count
            if is_due and channel == 'letter':
                values['letter_due_count'] += count
        for values in figures.values():
            if values['recipient_count']:
                values['response_rate'] = values['responded_count'] / values['recipient_count']
        return figures

    # === ACTION METHODS === #

    def action_prepare(self):
        """Take the recipients from the filter, to be looked through before opening."""
        self._check_state('draft')
        self.check_access('write')
        self._prepare_recipients()
        return self.action_view_recipients() if len(self) == 1 else True

    def action_open(self):
        """Freeze the recipients and start sending.

        :raise UserError: for rounds that are not drafts or that reach nobody
        """
        self._check_state('draft')
        self.check_access('write')
        self._open()
        return True

    def action_remind(self):
        """Write again to all who have not answered, whatever the interval."""
        self._check_state('open')
        self.check_access('write')
        silent = self.recipient_ids.filtered_domain(
            self._get_silent_domain() & Domain('is_due', '=', False))
        if not silent:
            raise UserError(self.env._("Nobody is silent: there is no one to remind."))
        silent._remind()
        self._trigger_sending()
        return True

    def action_close(self):
        """Close the round: links end, figures are frozen.

        :raise UserError: when something is still open in it, see :meth:`_get_close_refusal`
        """
        self._check_state('open')
        self.check_access('write')
        for record in self:
            reason = record._get_close_refusal()
            if reason:
                raise UserError(reason)
        self._close()
        return True

    def action_view_recipients(self):
        """Open the recipients."""
        return self._prepare_recipient_action(self.env._("Recipients"))

    def action_view_problems(self):
        """Open what could not be delivered."""
        return self._prepare_recipient_action(
            self.env._("Not Delivered"), {'search_default_filter_problem': 1})

    def action_view_responses(self):
        """Open the recipients who answered."""
        return self._prepare_recipient_action(
            self.env._("Answers"), {'search_default_filter_responded': 1})

    def action_print_letters(self):
        """Print the letters that are to be posted; mark them as posted afterwards."""
        return self._get_due_letters()._print_letters()

    def action_print_labels(self):
        """Print the labels of the letters that are to be posted."""
        return self._get_due_letters()._print_labels()

    def action_mark_posted(self):
        """Note that the letters that were to be posted have gone out."""
        self._get_due_letters().action_mark_posted()
        return True

    def _prepare_recipient_action(self, name, context=None):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': name,
            'res_model': self._get_recipient_model(),
            'view_mode': 'list,form',
            'domain': [('round_id', '=', self.id)],
            'context': {'create': False, **(context or {})},
        }

    def _get_due_letters(self):
        """Return what is to be posted.

        :raise UserError: when there is nothing
        """
        due = self.env[self._get_recipient_model()].search(
            self._get_unposted_domain() & Domain('round_id', 'in', self.ids))
        if not due:
            raise UserError(self.env._("There is no letter to post in this round."))
        return due

    # === BUSINESS METHODS - RECIPIENTS === #

    @api.model
    def _get_recipient_model(self):
        return self._fields['recipient_ids'].comodel_name

    def _get_base_domain(self):
        """Return the units that this kind of round may reach at all. One record."""
        return Domain.TRUE

    def _get_recipient_domain(self):
        """Return the units that the round reaches. One record.

        :raise UserError: when the filter cannot be read
        """
        self.ensure_one()
        try:
            domain = Domain(ast.literal_eval(self.partner_domain or '[]'))
            domain.validate(self.env['res.partner'])
        except Exception as error:
            raise UserError(self.env._(
                "%(round)s: the filter of recipients cannot be read. Choose it again.",
                round=self.display_name,
            )) from error
        return self._get_base_domain() & domain

    def _get_contact_role(self):
        """Return the code of the contact role that the letter goes to."""
        return 'contact'

    def _get_exclusion_reasons(self, partners):
        """Return why units of the filter get nothing. Extend with ``super()``, batched.

        :return: {partner: value of ``excluded_reason``}
        :rtype: dict
        """
        self.ensure_one()
        if not self.is_opt_out_respected:
            return {}
        return {partner: 'opt_out' for partner in partners if partner.is_blacklisted}

    def _prepare_recipients(self):
        """Bring the recipients in step with the filter; what was chosen by hand stays.

        The number of queries does not depend on the number of units.
        """
        Recipient = unlocked(self.env[self._get_recipient_model()].with_context(**RECIPIENT_CREATE_CONTEXT))
        for record in self:
            partners = self.env['res.partner'].search(record._get_recipient_domain())
            contacts = partners._get_role_contacts(record._get_contact_role())
            reasons = record._get_exclusion_reasons(partners)
            present = {recipient.partner_id: recipient for recipient in record.recipient_ids}
            unlocked(self.env[Recipient._name].browse([
                recipient.id for partner, recipient in present.items() if partner not in partners
            ])).unlink()
            to_create = []
            for partner in partners:
                recipient = present.get(partner)
                if recipient and recipient.is_manual:
                    continue
                vals = record._prepare_recipient_values(partner, contacts[partner], reasons.get(partner))
                if not recipient:
                    to_create.append({'round_id': record.id, 'partner_id': partner.id, **vals})
                elif any(recipient._is_value_changed(name, value) for name, value in vals.items()):
                    unlocked(recipient).write(vals)
            Recipient.create(to_create)
        self.invalidate_recordset(['recipient_ids'])

    def _prepare_recipient_values(self, partner, contact, reason=None):
        """Return where and how a unit gets its letter.

        :param contact: the person that holds the role, or the unit itself
        :param str reason: why the unit is left out, value of ``excluded_reason``
        """
        values = self.env[self._get_recipient_model()]._prepare_address_values(partner, contact)
        if self.channel_rule != 'letter' and values['email']:
            channel = 'mail'
        elif self.channel_rule != 'mail' and values['address']:
            channel = 'letter'
        else:
            channel = 'mail' if self.channel_rule == 'mail' else 'letter'
            reason = reason or ('no_email' if channel == 'mail' else 'no_address')
        return {
            **values,
            'channel': channel,
            'state': 'excluded' if reason else 'waiting',
            'excluded_reason': reason or False,
        }

    def _prepare_email_values(self):
        """Return values that all mails of the round get beside their template's, such as enclosures."""
        self.ensure_one()
        return {}

    # === BUSINESS METHODS - STATE === #

    def _check_state(self, state):
        """Refuse rounds that are in another state.

        :raise UserError: naming the round
        """
        states = dict(self._fields['state']._description_selection(self.env))
        for record in self:
            if record.state != state:
                raise UserError(self.env._(
                    "%(round)s is “%(state)s”: this can be done only while it is “%(needed)s”.",
                    round=record.display_name, state=states[record.state], needed=states[state],
                ))

    def _open(self):
        """Freeze recipients and mark their letters as due."""
        self._prepare_recipients()
        for record in self:
            todo = record.recipient_ids.filtered(lambda recipient: recipient.state == 'waiting')
            if not todo:
                raise UserError(self.env._(
                    "%(round)s reaches nobody: look at the filter and at why units are left out.",
                    round=record.display_name))
            unlocked(todo).write({'is_due': True})
        unlocked(self).write({
            'state': 'open',
            'date_opened': fields.Datetime.now(),
            'opened_by_id': self.env.uid,
        })
        self.activity_feedback(['cfia_membership.mail_act_round_problem'])
        self._action_open()
        self._trigger_sending()

    def _action_open(self):
        """Hook: the rounds were opened, their recipients are frozen."""

    def _get_close_refusal(self):
        """Return why the round cannot be closed yet, nothing when it can. One record; extend."""
        self.ensure_one()
        return False

    def _close(self):
        """Freeze the figures."""
        figures = self._get_figures()
        unlocked(self.recipient_ids.filtered('is_due')).write({'is_due': False})
        for record in self:
            unlocked(record).write({
                'state': 'closed',
                'figures': {**figures[record], 'letter_due_count': 0},
                'date_closed': fields.Datetime.now(),
                'closed_by_id': self.env.uid,
            })
        self.activity_feedback(['cfia_membership.mail_act_round_problem'])
        self.activity_unlink(['cfia_membership.mail_act_round_post'])
        self._action_close()

    def _action_close(self):
        """Hook: the rounds were closed, their figures are frozen."""

    def _get_expiry(self):
        """Return the moment at which the personal links end."""
        self.ensure_one()
        return datetime.combine(self.date_expiry + timedelta(days=1), time.min, tzinfo=ASSOCIATION_TZ)

    # === CRON METHODS === #

    @api.model
    def _get_round_models(self):
        """Return the names of the models that are rounds."""
        return [
            name for name in self.env.registry.descendants(['cfia.round.mixin'], '_inherit')
            if not self.env.registry[name]._abstract
        ]

    @api.model
    def _trigger_sending(self):
        """Have the schedule send what is due once the transaction is committed."""
        # sudo: schedules are the administrator's
        self.env.ref('cfia_membership.ir_cron_cfia_round').sudo()._trigger()

    @api.model
    def _get_silent_domain(self):
        """Return the recipients that have been written to and have not answered."""
        return Domain('state', '=', 'sent') & Domain('delivery_state', 'in', ('outgoing', 'sent'))

    @api.model
    def _cron_run(self, batch_size=100):
        """Open planned rounds, remind, send what is due and close what has ended, for all rounds.

        A run that was missed is made good by the next: what is due is asked of the records, and a
        letter that is on its way is not due.

        :param int batch_size: mails of one transaction
        """
        # what stops a round is told in the association's language
        env = self.with_context(lang=self.env.company._get_association_lang()).env
        for name in self._get_round_models():
            model = env[name]
            model._cron_plan()
            model._cron_open()
            model._cron_remind()
            if not model._cron_send(batch_size):
                return
            model._cron_post()
            model._cron_close()

    @api.model
    def _cron_plan(self):
        """Hook: draft the rounds that fall due. Drafting twice has to be refused by the database."""

    @api.model
    def _cron_open(self):
        """Open the rounds that are planned for today or an earlier day, each by itself."""
        rounds = self.search([('state', '=', 'draft'), ('date_planned', '<=', association_today())])
        for record in rounds:
            record._run_safely('_open_planned')

    def _open_planned(self):
        """Open a round; one whose day was missed leaves as much time to answer as was planned. One record."""
        self.ensure_one()
        # whoever plans for a day that is over means today
        late = association_today() - max(self.date_planned, to_association_tz(self.create_date).date())
        if late > timedelta():
            self.date_deadline += late
        self._open()

    @api.model
    def _cron_close(self):
        """Close the rounds whose links have expired, unless something is open in them.

        Letters that were never posted are: the figures would tell of a round that nobody got.
        """
        today = association_today()
        rounds = self.search([
            ('state', '=', 'open'), ('is_closed_by_schedule', '=', True), ('date_deadline', '<', today)])
        for record in rounds.filtered(lambda record: record.date_expiry < today):
            reason = record._get_close_refusal() or record._get_unposted_reason()
            if reason:
                record._schedule_problem(reason)
            else:
                record._run_safely('_close')

    def _run_safely(self, method):
        """Run a step of one round; what goes wrong becomes an activity and stops nothing else."""
        self.ensure_one()
        record = self.try_lock_for_update()
        if not record:
            return
        try:
            with self.env.cr.savepoint():
                getattr(record, method)()
        except psycopg2.OperationalError:
            raise  # the database is busy: the whole run is repeated
        except Exception as error:  # noqa: BLE001 whatever went wrong, the other rounds go on
            _logger.warning("%s: %s failed", self.display_name, method, exc_info=True)
            self._schedule_problem(str(error) or repr(error))
        self.env['ir.cron']._commit_progress(1)

    def _schedule_problem(self, text):
        """Put a problem before the responsible user, once."""
        self.ensure_one()
        self._schedule_once('cfia_membership.mail_act_round_problem', text)

    def _schedule_once(self, xmlid, text):
        """Put an activity before the responsible user, unless it stands there."""
        self.ensure_one()
        activity_type = self.env.ref(xmlid)
        if self.activity_ids.filtered(lambda activity: activity.activity_type_id == activity_type):
            return
        assign(self, xmlid, self.user_id.filtered(lambda user: user.id != SUPERUSER_ID), note=text)

    @api.model
    def _get_unposted_domain(self):
        """Return the recipients whose letters wait to be posted."""
        return Domain([('is_due', '=', True), ('channel', '=', 'letter'), ('round_id.state', '=', 'open')])

    def _get_unposted_reason(self):
        """Return why the schedule does not close a round whose letters lie about. One record."""
        self.ensure_one()
        return self.letter_due_count and self.env._(
            "%(round)s: %(count)s letters were never posted. Post them and say so, or close the round by hand.",
            round=self.display_name, count=self.letter_due_count)

    @api.model
    def _cron_post(self):
        """Put letters that wait to be posted before the responsible user, and take that away once they went."""
        counts = dict(self.env[self._get_recipient_model()]._read_group(
            self._get_unposted_domain(), ['round_id'], ['__count']))
        for record, count in counts.items():
            record._schedule_once('cfia_membership.mail_act_round_post', self.env._(
                "%(count)s letters wait: print them, post them, then say that they were posted.", count=count))
        activity_type = self.env.ref('cfia_membership.mail_act_round_post')
        self.search([('activity_ids.activity_type_id', '=', activity_type.id)]).filtered(
            lambda record: record not in counts)._finish_posting()

    def _finish_posting(self):
        """Mark as done what asked to post letters."""
        if self:
            self.activity_feedback(['cfia_membership.mail_act_round_post'])

    @api.model
    def _cron_remind(self, batch_size=1000):
        """Make a reminder due for those who have been silent for the interval of their round."""
        today = association_today()
        rounds = self.search([
            ('state', '=', 'open'), ('reminder_max', '>', 0), ('date_deadline', '>=', today)])
        Recipient = self.env[self._get_recipient_model()]
        for record in rounds:
            limit = datetime.combine(
                today - timedelta(days=max(record.reminder_interval, 1) - 1), time.min, tzinfo=ASSOCIATION_TZ)
            domain = self._get_silent_domain() & Domain([
                ('round_id', '=', record.id),
                ('is_due', '=', False),
                ('reminder_count', '<', record.reminder_max),
                ('date_last_sent', '<', _to_naive_utc(limit)),
            ])
            while silent := Recipient.search(domain, limit=batch_size):
                silent = silent.try_lock_for_update().filtered_domain(domain)
                silent._remind()
                if not silent or not self.env['ir.cron']._commit_progress(len(silent)):
                    break

    @api.model
    def _cron_send(self, batch_size=100):
        """Send the mails that are due, in batches.

        :return: whether there is time left
        :rtype: bool
        """
        Recipient = self.env[self._get_recipient_model()]
        domain = Domain([
            ('is_due', '=', True), ('channel', '=', 'mail'), ('round_id.state', '=', 'open')])
        commit_progress = self.env['ir.cron']._commit_progress
        commit_progress(remaining=Recipient.search_count(domain))
        last_id = 0
        # each recipient is looked at once a run: what fails is not tried forever
        while batch := Recipient.search(domain & Domain('id', '>', last_id), order='id', limit=batch_size):
            last_id = batch[-1].id
            locked = batch.try_lock_for_update().filtered_domain(domain)
            for recipients in locked.grouped('round_id').values():
                recipients._send_mails_safely()
            if not commit_progress(len(batch)):
                return False
        return True


def _to_naive_utc(moment):
    """Return an aware moment as Odoo stores it."""
    return (moment - moment.utcoffset()).replace(tzinfo=None)
