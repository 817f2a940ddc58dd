import logging

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import hash_sign, verify_hash_signed
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools import official
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.email import join_emails, split_emails
from odoo.addons.cfia_membership.tools.guard import is_unlocked, unlocked
from odoo.addons.cfia_membership.tools.link_token import hide_tokens

_lt = LazyTranslate(__name__)
_logger = logging.getLogger(__name__)

LINK_SCOPE = 'cfia-round'
ADDRESS_FIELDS = {'channel', 'email', 'addressee', 'address', 'zip', 'lang'}
# What is taken from the file when a letter goes.
REFRESHED_FIELDS = {'contact_id', 'addressee', 'email', 'address', 'zip', 'phone', 'lang'}
# What staff typed for this letter stays while the person is the same.
TYPED_FIELDS = {'email', 'addressee', 'address', 'zip', 'lang'}


class CfiaRoundRecipientMixin(models.AbstractModel):
    """One unit in a round: where its letter went, whether it arrived, what came back.

    See ``cfia.round.mixin``. Mails go out through Odoo's own queue, one for each recipient in the
    transaction that notes it, so that a retry neither loses one nor sends it twice.
    """

    _name = 'cfia.round.recipient.mixin'
    _description = "Recipient of a Round"
    _inherit = ['cfia.guard.mixin', 'mail.thread']
    _made_by_steps = True
    _kept_when = True
    _frozen_with = ('round_id', 'recipient_ids')
    _guard_texts = {
        'create': _lt("Recipients come from the filter of their round."),
        'write': _lt("That is written by the round itself."),
        'frozen': _lt("Its round is closed."),
        'unlink': _lt("Leave the unit out of the round instead."),
    }
    _mail_post_access = 'read'
    _rec_name = 'partner_id'
    # contact data that are blanked when the person asks for it (cfia.personal.request)
    _personal_columns = ('email', 'phone')
    _order = 'round_id desc, member_number, id'
    # QWeb template of the page behind the link; none where nothing is answered
    _link_template = None
    # answers accepted from one recipient
    _max_responses = 20

    partner_id = fields.Many2one(
        'res.partner', string="Unit", required=True, readonly=True, index=True, ondelete='restrict')
    member_number = fields.Char(readonly=True)
    unit_name = fields.Char(string="Name as Written", readonly=True)
    state = fields.Selection(
        selection='_selection_state',
        required=True,
        readonly=True,
        default='waiting',
        index=True,
    )
    excluded_reason = fields.Selection(
        selection='_selection_excluded_reason',
        string="Why Left Out",
        readonly=True,
    )
    is_manual = fields.Boolean(
        string="Chosen by Hand", readonly=True, help="Taking the recipients anew leaves this line alone.")
    is_address_typed = fields.Boolean(
        string="Address Typed", readonly=True, help="The address of this letter was typed here; it is not the unit's.")
    note = fields.Char()
    # Where to
    channel = fields.Selection(
        selection='_selection_channel', required=True, default='mail')
    contact_id = fields.Many2one(
        'res.partner', string="Contact", readonly=True, index='btree_not_null', ondelete='set null')
    addressee = fields.Char()
    email = fields.Char()
    address = fields.Char()
    zip = fields.Char(string="Postcode")
    phone = fields.Char()
    lang = fields.Char(string="Language")
    # What went out
    is_due = fields.Boolean(string="To Go Out", readonly=True)
    date_sent = fields.Datetime(string="First Sent", readonly=True)
    date_last_sent = fields.Datetime(string="Last Sent", readonly=True)
    dispatch_count = fields.Integer(string="Times Sent", readonly=True)
    reminder_count = fields.Integer(string="Reminders", readonly=True)
    delivery_state = fields.Selection(
        selection='_selection_delivery_state',
        string="Delivery",
        readonly=True,
        index='btree_not_null',
    )
    delivery_error = fields.Text(readonly=True)
    # What came back
    date_responded = fields.Datetime(string="Answered On", readonly=True)
    response_via = fields.Selection(
        selection='_selection_response_via',
        string="Answered By Way Of",
        readonly=True,
    )
    responder = fields.Char(string="Answered By", readonly=True)
    response_count = fields.Integer(string="Times Answered", readonly=True)

    # one letter for each unit, whoever tries twice
    _round_partner_unique = models.UniqueIndex(
        '(round_id, partner_id)', "This unit is in the round already.")
    _due_idx = models.Index('(id) WHERE is_due IS TRUE')

    # === SELECTION METHODS === #

    # as methods: modules with rounds of their own need not translate the labels

    @api.model
    def _selection_state(self):
        return list({
            'excluded': self.env._("Left out"),
            'waiting': self.env._("To send"),
            'sent': self.env._("Sent"),
            'responded': self.env._("Answered"),
        }.items())

    @api.model
    def _selection_excluded_reason(self):
        return list({
            'no_email': self.env._("No e-mail address"),
            'no_address': self.env._("Neither e-mail nor postal address"),
            'opt_out': self.env._("Opted out"),
            'manual': self.env._("Left out by hand"),
            'settled': self.env._("No longer concerned"),
        }.items())

    @api.model
    def _selection_channel(self):
        return list({
            'mail': self.env._("E-mail message"),
            'letter': self.env._("Letter"),
        }.items())

    @api.model
    def _selection_delivery_state(self):
        return list({
            'outgoing': self.env._("On its way"),
            'sent': self.env._("Sent"),
            'failed': self.env._("Not sent"),
            'bounced': self.env._("Bounced"),
            'returned': self.env._("Returned by post"),
        }.items())

    @api.model
    def _selection_response_via(self):
        return list({
            'mail': self.env._("Link in the mail"),
            'letter': self.env._("Link in the letter"),
            'portal': self.env._("Portal"),
            'staff': self.env._("Entered by staff"),
        }.items())

    # === CRUD METHODS === #

    def write(self, vals):
        """Keep what staff put right: the line when the recipients are taken anew, the address when the letter goes."""
        by_hand = self.browse() if is_unlocked(self) else self
        typed = by_hand.filtered(lambda recipient: any(
            recipient._is_value_changed(name, vals[name]) for name in TYPED_FIELDS & vals.keys()))
        result = super().write(vals)
        if not ADDRESS_FIELDS.isdisjoint(vals):
            unlocked(by_hand.filtered(lambda recipient: not recipient.is_manual)).is_manual = True
        unlocked(typed).is_address_typed = True
        return result

    # === ACTION METHODS === #

    def action_exclude(self):
        """Leave units out of a round that is not open yet."""
        self._check_round_state('draft')
        self.check_access('write')
        unlocked(self).write({'state': 'excluded', 'excluded_reason': 'manual', 'is_manual': True})
        return True

    def action_include(self):
        """Take units back into a round that is not open yet.

        :raise UserError: naming the first that has no address for its way
        """
        self._check_round_state('draft')
        self.check_access('write')
        for recipient in self:
            recipient._check_address()
        unlocked(self).write({'state': 'waiting', 'excluded_reason': False, 'is_manual': True})
        return True

    def action_resend(self):
        """Send again to the address that stands here, after it was put right.

        :raise UserError: naming the first that has no address, or answered already
        """
        self._check_round_state('open')
        self.check_access('write')
        for recipient in self:
            if recipient.state not in ('sent', 'waiting'):
                raise UserError(self.env._(
                    "%(unit)s has answered or was left out: there is nothing to send again.",
                    unit=recipient.partner_id.display_name))
            recipient._check_address()
        unlocked(self).write({'is_due': True, 'delivery_state': False, 'delivery_error': False})
        self.env[self.round_id._name]._trigger_sending()
        return True

    def action_refresh_address(self):
        """Take the address that the unit has by now."""
        self._check_round_state('open')
        self.check_access('write')
        unlocked(self).write({'is_address_typed': False})
        self._refresh_addresses()
        return True

    def action_by_letter(self):
        """Write by post to those whom no mail reaches."""
        self._check_round_state('open')
        self.check_access('write')
        unlocked(self).write({'channel': 'letter', 'is_manual': True})
        return self.action_resend()

    def action_returned(self):
        """Note that the post brought these letters back."""
        self._check_round_state('open')
        self.check_access('write')
        wrong = self.filtered(lambda recipient: recipient.channel != 'letter' or not recipient.date_sent)[:1]
        if wrong:
            raise UserError(self.env._(
                "No letter went to %(unit)s by post.", unit=wrong.partner_id.display_name))
        unlocked(self).write({'delivery_state': 'returned'})
        return True

    def action_mark_posted(self):
        """Note that letters were posted. Those that are not due are skipped."""
        self._check_round_state('open')
        self.check_access('write')
        due = self.filtered(lambda recipient: recipient.is_due and recipient.channel == 'letter')
        due._filter_still_due()._mark_dispatched('sent')
        self.round_id.filtered(lambda record: not record.letter_due_count)._finish_posting()
        return True

    def action_print_letters(self):
        """Print the letters of these recipients."""
        return self._print_letters()

    def action_print_labels(self):
        """Print labels for these recipients."""
        return self._print_labels()

    # === BUSINESS METHODS - ADDRESS === #

    @api.model
    def _prepare_address_values(self, partner, contact):
        """Return name, addressee and addresses of a unit as they are now."""
        source = contact if contact.street else partner
        state = source.state_id.name or ''
        city = source.city if source.city and source.city != state else ''
        return {
            'member_number': partner.member_number,
            'unit_name': partner.name,
            'contact_id': contact.id,
            'addressee': contact.name if contact != partner else False,
            'email': join_emails(contact.email, partner.email),
            'address': ''.join(filter(None, (
                state, city, source.street, source.street2))) if source.street else False,
            'zip': source.zip,
            'phone': contact.mobile or contact.phone or partner.phone,
            'lang': (contact or partner)._get_reader_lang(),
        }

    def _refresh_addresses(self):
        """Take whoever holds the role by now, with the address that is on file: it is decided when a letter goes.

        An address typed for this letter stays as long as the person does.
        """
        for record, recipients in self.grouped('round_id').items():
            contacts = recipients.partner_id._get_role_contacts(record._get_contact_role())
            for recipient in recipients:
                partner = recipient.partner_id
                contact = contacts[partner]
                if recipient.is_address_typed and recipient.contact_id in (contact, contact.browse()):
                    continue
                values = {
                    name: value for name, value in self._prepare_address_values(partner, contact).items()
                    if name in REFRESHED_FIELDS and recipient._is_value_changed(name, value)}
                if values:
                    unlocked(recipient).write({**values, 'is_address_typed': False})

    def _check_address(self):
        """Refuse one recipient that cannot be reached on its way.

        :raise UserError: naming the unit
        """
        self.ensure_one()
        if self.channel == 'mail' and not split_emails(self.email):
            raise UserError(self.env._(
                "%(unit)s has no valid e-mail address here. Enter one, or write by post.",
                unit=self.partner_id.display_name))
        if self.channel == 'letter' and not self.address:
            raise UserError(self.env._(
                "%(unit)s has no postal address here. Enter one.", unit=self.partner_id.display_name))

    def _check_round_state(self, state):
        self.round_id._check_state(state)

    # === BUSINESS METHODS - SENDING === #

    def _filter_still_due(self):
        """Return those that are still to be written to, and drop the others.

        Called right before sending. Extend :meth:`_is_concerned` for what may have come in between.
        """
        concerned = self._is_concerned()
        dropped = self - concerned
        unlocked(dropped).write({'is_due': False})
        unlocked(dropped.filtered(lambda recipient: recipient.state == 'waiting')).write({
            'state': 'excluded', 'excluded_reason': 'settled'})
        return concerned

    def _is_concerned(self):
        """Return those whom the letter still concerns. Extend with ``super()``, batched."""
        return self

    def _remind(self):
        """Make a reminder due."""
        for count, recipients in self.grouped('reminder_count').items():
            unlocked(recipients).write({'is_due': True, 'reminder_count': count + 1})

    def _send_mails_safely(self):
        """Queue the mails; one that fails is kept as such on its recipient and stops no other."""
        try:
            with self.env.cr.savepoint():
                self._send_mails()
        except psycopg2.OperationalError:
            raise  # the database is busy: the whole run is repeated
        except Exception as error:  # noqa: BLE001 whatever went wrong, the others are written to
            if len(self) > 1:
                for recipient in self:
                    recipient._send_mails_safely()
                return
            _logger.warning("The mail to %s could not be made", self.display_name, exc_info=True)
            unlocked(self).write({
                'is_due': False, 'delivery_state': 'failed', 'delivery_error': str(error) or repr(error)})

    def _send_mails(self):
        """Queue one mail for each recipient, in the language of each. All of one round."""
        recipients = self._filter_still_due()
        recipients._refresh_addresses()
        unreachable = recipients.filtered(lambda recipient: not split_emails(recipient.email))
        unreachable._turn_to_letter()
        recipients -= unreachable
        if not recipients:
            return
        template = recipients.round_id.mail_template_id
        if not template:
            raise UserError(self.env._(
                "%(round)s has no mail template.", round=recipients.round_id.display_name))
        unlocked(template).send_mail_batch(recipients.ids, email_values=recipients.round_id._prepare_email_values())
        recipients._mark_dispatched('outgoing')

    def _turn_to_letter(self):
        """Write by post to those who have lost their address for mail, or say that nothing reaches them."""
        by_post = self.filtered('address')
        unlocked(by_post).write({'channel': 'letter'})
        for recipient in self - by_post:
            unlocked(recipient).write({'is_due': False})
            recipient._set_delivery('failed', self.env._("Neither e-mail nor postal address"))

    def _mark_dispatched(self, delivery_state):
        """Note that a letter is on its way."""
        now = fields.Datetime.now()
        for values, recipients in self.grouped(
                lambda recipient: (recipient.state, recipient.date_sent, recipient.dispatch_count)).items():
            state, date_sent, count = values
            unlocked(recipients).write({
                'is_due': False,
                'state': 'sent' if state == 'waiting' else state,
                'date_sent': date_sent or now,
                'date_last_sent': now,
                'dispatch_count': count + 1,
                'delivery_state': delivery_state,
                'delivery_error': False,
            })

    def _set_delivery(self, delivery_state, error=False):
        """Note what became of mails. Closed rounds keep what they froze."""
        # sudo: the mail server's answer comes in whatever the sender may write
        recipients_sudo = self.sudo().filtered(lambda recipient: recipient.round_id.state != 'closed')
        unlocked(recipients_sudo).write({'delivery_state': delivery_state, 'delivery_error': error})
        if delivery_state in ('failed', 'bounced'):
            for record in recipients_sudo.round_id:
                record._schedule_problem(self.env._(
                    "Not everything was delivered: put the addresses right and send again, or write by post."))

    def _message_receive_bounce(self, email, partner):
        """Put mails that came back on the list of what was not delivered."""
        for recipient in self.filtered(lambda recipient: email in split_emails(recipient.email)):
            error = self.env._("The mail to %(email)s came back.", email=email)
            # what reached another address of the unit has arrived
            if all(address == email or address in (recipient.delivery_error or '') for address in split_emails(
                    recipient.email)):
                recipient._set_delivery('bounced', error)
            else:
                # sudo: as above
                unlocked(recipient.sudo()).write({'delivery_error': error})
                recipient.partner_id._schedule_undelivered(recipient.round_id.display_name, error)
        return super()._message_receive_bounce(email, partner)

    # === BUSINESS METHODS - PAPER === #

    @api.model
    def _get_letter_report_xmlid(self):
        """Return the report that prints the letter, on the recipient model."""
        raise NotImplementedError

    @api.model
    def _get_label_report_xmlid(self):
        """Return the report that prints labels, on the recipient model."""
        raise NotImplementedError

    def _print_letters(self):
        self.round_id.check_access('read')
        self._refresh_due()
        return self.env.ref(self._get_letter_report_xmlid()).report_action(self, config=False)

    def _refresh_due(self):
        """Take the present addressees of what is still to be posted."""
        # sudo: who prints need not write recipients
        self.sudo().filtered(lambda recipient: recipient.is_due and recipient.round_id.state == 'open')._refresh_addresses()

    def _print_labels(self):
        self.round_id.check_access('read')
        self._refresh_due()
        return self.env.ref(self._get_label_report_xmlid()).report_action(self, config=False)

    def _disclose_labels(self):
        """Note that addresses go to the post, a line for each round."""
        for record, recipients in self.grouped('round_id').items():
            self.env['cfia.disclosure']._disclose(
                'label', recipients, ['unit_name', 'addressee', 'address', 'zip'],
                reason=record.display_name, recipient=self.env._("Post"))

    def _get_label_lines(self):
        """Return what a label says, line by line.

        :rtype: list[str]
        """
        self.ensure_one()
        return list(filter(None, (
            self.zip,
            self.address,
            self.unit_name,
            self.env._("Attn: %(addressee)s", addressee=self.addressee) if self.addressee else '',
        )))

    def _get_date_text(self, day=None):
        """Return a date as the letter writes it, the association's day without one."""
        return self.env['cfia.document']._format_official_date(
            day or association_today())

    # === BUSINESS METHODS - LINK === #

    def _get_link(self, via=None):
        """Return the personal address for the mail that the round sends; nobody inside renders it for himself."""
        return self._make_link(via) if is_unlocked(self) else hide_tokens(f'{self.get_base_url()}/cfia/r/')

    def _make_link(self, via=None):
        """Return the personal address of this recipient. It is the right to answer for the unit.

        It names record and person under a signature, ends with the round and with the person's role, and shows one
        unit alone. It is kept nowhere.

        :param str via: way in which it is given, value of ``response_via``; default the channel
        """
        self.ensure_one()
        # sudo: signing reads the secret of the database
        token = hash_sign(
            self.sudo().env, LINK_SCOPE, [self._name, self.id, via or self.channel, self.contact_id.id or 0],
            expiration=self.round_id._get_expiry())
        return f'{self.get_base_url()}/cfia/r/{token}'

    def _get_link_qr_code(self):
        """Return the personal address as an image for paper; nothing for those who do not post letters."""
        return official.qr_data_uri(self._make_link('letter')) if self.has_access('write') else ''

    @api.model
    def _from_token(self, token):
        """Return the recipient of a personal link.

        :param str token: last part of the address
        :return: (recipient in superuser mode, way of the link), or (None, None)
        """
        try:
            # sudo: checking reads the secret of the database, the signature is the right to ask
            model, res_id, via, *person = verify_hash_signed(self.sudo().env, LINK_SCOPE, token)
        except (TypeError, ValueError, OverflowError):
            return None, None
        if not self._is_recipient_model(model):
            return None, None
        recipient_sudo = self.env[model].sudo().browse(res_id).exists()
        if recipient_sudo.state not in ('waiting', 'sent', 'responded') or recipient_sudo.round_id.state != 'open':
            return None, None
        # links made before they named the person are of whom the letter went to
        contact_sudo = recipient_sudo.contact_id.browse(person[0]).exists() if person and person[0] else (
            recipient_sudo.contact_id)
        if (person and person[0] and not contact_sudo) or not recipient_sudo._is_link_of(contact_sudo):
            return None, None
        return recipient_sudo, via

    def _is_link_of(self, contact):
        """Return whether a person, or the unit itself, may still answer for the unit. One record in superuser mode."""
        self.ensure_one()
        if not self._is_concerned():
            return False
        if not contact or contact == self.partner_id:
            return True
        role = self.round_id._get_contact_role()
        return contact.active and contact.commercial_partner_id == self.partner_id.commercial_partner_id and bool(
            {role, 'contact'} & set(contact.contact_role_ids.mapped('code')))

    @api.model
    def _is_recipient_model(self, name):
        models_known = self.env.registry.descendants(['cfia.round.recipient.mixin'], '_inherit')
        return name in models_known and not self.env.registry[name]._abstract

    @api.model
    def _get_open_for(self, unit):
        """Return what a unit can answer at present, over all kinds of rounds, in superuser mode.

        :rtype: list of recordsets of one record
        """
        found = []
        for name in self.env.registry.descendants(['cfia.round.recipient.mixin'], '_inherit'):
            model = self.env.registry[name]
            if model._abstract or not model._link_template:
                continue
            # sudo: the caller passes the unit for which the present user acts
            found += self.env[name].sudo().search([
                ('partner_id', '=', unit.id),
                ('state', 'in', ('waiting', 'sent', 'responded')),
                ('round_id.state', '=', 'open'),
            ])
        return found

    def _prepare_link_values(self):
        """Return the values of the page behind the link. In superuser mode, one record; extend."""
        self.ensure_one()
        return {'recipient': self}

    def _process_link_response(self, post, files):
        """Take the answer given on the page. In superuser mode, one record; to be overridden.

        :param dict post: what the form holds, unchecked
        :param dict files: uploaded files, unchecked
        :raise UserError: which the page shows
        """
        raise NotImplementedError

    def _respond(self, via, responder=None, **vals):
        """Note that recipients answered; a reminder that was due is dropped.

        :param str via: value of ``response_via``
        :param str responder: name of who answered
        :raise UserError: when too many answers came from one
        """
        for recipient in self:
            if recipient.response_count >= self._max_responses:
                raise UserError(self.env._(
                    "Your unit has answered many times already. Please call the association."))
            unlocked(recipient).write({
                'state': 'responded',
                'is_due': False,
                'date_responded': fields.Datetime.now(),
                'response_via': via,
                'responder': responder or recipient.addressee,
                'response_count': recipient.response_count + 1,
                **vals,
            })
