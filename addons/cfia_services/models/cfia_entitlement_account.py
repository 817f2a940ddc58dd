from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import locked, unlocked


class CfiaEntitlement(models.Model):
    """Account of a service like online learning (雅岛学习, article 3.3).

    A member asks for it, or the catalogue does by itself; it waits until the delivering department has
    opened an account and entered its name. Its time begins with that day. An account that ended is not
    opened again: the member asks anew.
    """

    _inherit = 'cfia.entitlement'

    needs_account = fields.Boolean(related='service_id.needs_account')
    is_short_of_lessons = fields.Boolean(related='service_id.is_short_of_lessons')
    is_waiting = fields.Boolean(
        string="Waits for Account", compute='_compute_is_waiting', store=True, precompute=True)
    date_requested = fields.Date(
        string="Asked For On", required=True, readonly=True, copy=False, default=lambda self: association_today())
    requested_by_id = fields.Many2one(
        'res.users', string="Asked For By", readonly=True, copy=False, default=lambda self: self.env.user)
    date_account_due = fields.Date(
        string="Account Due By", compute='_compute_date_account_due', store=True, precompute=True)
    account_name = fields.Char(
        string="Account", copy=False, index='btree_not_null', help="What the member logs in with. No password.")
    account_date = fields.Date(string="Account Opened On", readonly=True, copy=False)
    account_user_id = fields.Many2one('res.users', string="Account Opened By", readonly=True, copy=False)
    date_account_ended = fields.Date(
        string="End of Account Reported On", readonly=True, copy=False,
        help="When the delivering department was told to close it.")

    _waiting_idx = models.Index('(service_id, date_account_due) WHERE is_waiting IS TRUE')
    _account_ending_idx = models.Index(
        '(date_to) WHERE account_date IS NOT NULL AND date_account_ended IS NULL')

    # === COMPUTE METHODS === #

    @api.depends('service_id.needs_account', 'account_name', 'is_closed')
    def _compute_is_waiting(self):
        for entitlement in self:
            entitlement.is_waiting = bool(
                entitlement.service_id.needs_account and not entitlement.account_name and not entitlement.is_closed)

    @api.depends('service_id', 'date_requested', 'date_from')
    def _compute_date_account_due(self):
        for entitlement in self:
            if not entitlement.date_account_due and entitlement.service_id.needs_account:
                asked = max(filter(None, (entitlement.date_requested, entitlement.date_from)), default=None)
                entitlement.date_account_due = asked and asked + timedelta(days=entitlement.service_id.account_days)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Tell the delivering department which accounts are asked for."""
        if not self._is_guard_open():
            # no user says that another one opened an account, or when
            self._judge_create(vals_list)
            return locked(unlocked(self).create(vals_list))
        entitlements = super().create([self._stamp_account(vals) for vals in vals_list])
        entitlements.filtered('is_waiting')._notify_department('asked')
        entitlements.filtered(lambda entitlement: entitlement.account_date == association_today())._tell_account()
        return entitlements

    def write(self, vals):
        """Let people enter the account alone; the rest follows events, usage and buttons.

        :raise UserError: when an account loses its name, or is opened where the right to it has ended
        """
        if 'account_name' not in vals:
            return super().write(vals)
        if not self._is_guard_open():
            self._judge_write(vals)
        if not vals['account_name'] and any(entitlement.account_name for entitlement in self):
            raise UserError(self.env._("An account that was opened keeps its name. Correct it instead of removing it."))
        fresh = self.filtered(lambda entitlement: not entitlement.account_date)
        ended = fresh.filtered(lambda entitlement: entitlement.state in ('expired', 'closed'))[:1]
        if ended:
            raise UserError(self.env._(
                "%(entitlement)s has ended. Open a new one and enter the account there.",
                entitlement=ended.display_name))
        today = association_today()
        # the time of an account runs from the day on which it is opened
        begun = fresh.filtered(lambda entitlement: entitlement.is_waiting and entitlement.date_from < today)
        result = super(CfiaEntitlement, self - fresh).write(vals)
        fresh, begun = unlocked(fresh), unlocked(begun)
        super(CfiaEntitlement, fresh - begun).write(self._stamp_account(vals))
        super(CfiaEntitlement, begun).write({**self._stamp_account(vals), 'date_from': today})
        for service, entitlements in fresh.grouped('service_id').items():
            # never beyond the right to it
            self._sync(dict.fromkeys(entitlements.partner_id, today), service)
        fresh._tell_account()
        return result

    def _stamp_account(self, vals):
        """Return ``vals`` with who opened the account today."""
        if not vals.get('account_name'):
            return vals
        return {'account_date': association_today(), 'account_user_id': self.env.uid, **vals}

    # === BUSINESS METHODS === #

    @api.model
    def _request(self, unit, service):
        """Ask for a service on request, for a member in the portal.

        :param unit: the member
        :param service: a service that is opened on request
        :return: the entitlement, waiting for its account where the service needs one
        :raise UserError: when it is asked for or open already
        """
        if service.opens != 'on_request' or not service.active:
            raise UserError(self.env._("“%(service)s” is not given on request.", service=service.name))
        # sudo: the unit is the user's own, and the constraint asks for the right to it
        self_sudo = self.sudo()
        present = self_sudo.search([
            ('partner_id', '=', unit.id), ('service_id', '=', service.id),
            '|', ('date_to', '=', False), ('date_to', '>=', association_today())], limit=1)
        if present:
            raise UserError(self.env._(
                "“%(service)s” is asked for or open already. Ask again when it has ended.", service=service.name))
        return self_sudo.create({'partner_id': unit.id, 'service_id': service.id}).sudo(False)

    def _notify_department(self, what):
        """Tell the delivering departments of accounts to open or to close, one message each.

        :param str what: `asked` or `ended`
        """
        # sudo: who asks need not read departments, nor write to their staff
        for department, entitlements in self.sudo().grouped('department_id').items():
            users = department.user_ids.filtered('active')
            units = "、".join(
                f"{entitlement.partner_id.name} {entitlement.account_name or ''}".strip()
                for entitlement in entitlements[:20])
            count = len(entitlements)
            for lang, readers in users.grouped(lambda user: user._get_reader_lang()).items():
                notice = self.with_context(lang=lang)
                if what == 'asked':
                    subject = notice.env._("%(count)s accounts to open", count=count)
                    body = notice.env._("Accounts are asked for: %(units)s. Enter their names when they are open.", units=units)
                else:
                    subject = notice.env._("%(count)s accounts have ended", count=count)
                    body = notice.env._("The time of these accounts is over, please close them: %(units)s.", units=units)
                # sudo: as above, a notice of the system
                self.env['mail.thread'].sudo().message_notify(
                    partner_ids=readers.partner_id.ids, subject=subject, body=body)

    def _tell_account(self):
        """Write to the members whose account was opened, where they have an address."""
        # sudo: the department opens accounts and need not read contacts, nor the mails that go out
        told = self.sudo().filtered(lambda entitlement: entitlement._get_account_email())
        if told:
            self.env.ref('cfia_services.mail_template_account_opened').sudo().send_mail_batch(told.ids)

    def _get_account_contact(self):
        """Return whom the member's account is told: who asked for it in the portal, else the contact."""
        self.ensure_one()
        asking = self.requested_by_id.partner_id
        if asking.commercial_partner_id == self.partner_id and asking.email:
            return asking
        return self.partner_id._get_role_contacts('contact')[self.partner_id]

    def _get_account_email(self):
        """Return the address that the account is told to, or False."""
        return self._get_account_contact().email or self.partner_id.email

    def _get_date_text(self, day):
        """Return a date as letters write it."""
        return self.env['cfia.document']._format_official_date(day)

    # === CRON METHODS === #

    @api.model
    def _cron_end_accounts(self, batch_size=500):
        """Report the accounts whose time is over to the departments that close them, each once."""
        today = association_today()
        domain = Domain('account_date', '!=', False) & Domain('date_account_ended', '=', False) & (
            Domain('date_to', '<', today))
        while entitlements := self.search(domain, order='id', limit=batch_size).try_lock_for_update():
            unlocked(entitlements).write({'date_account_ended': today})
            entitlements._notify_department('ended')
            if not self.env['ir.cron']._commit_progress(len(entitlements)):
                return
