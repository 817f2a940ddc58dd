from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.index import trigram_index

_lt = LazyTranslate(__name__)

ONE_DAY = timedelta(days=1)


class CfiaEntitlement(models.Model):
    """Right of a member to a service for a time (article 3).

    Those opened at entry are the member-event ledger seen through the catalogue: events open and
    close them. Those on request are opened by hand and end with the membership at the latest.
    """

    _name = 'cfia.entitlement'
    _description = "Entitlement"
    _inherit = ['cfia.guard.mixin']
    _append_only = True
    _never_frozen = ('account_name',)
    _guard_texts = {
        'write': _lt("Events and usage write these values, they cannot be given."),
        'frozen': _lt("Of an entitlement only the account can be entered. End it and open a new one instead."),
    }
    _rec_names_search = ['account_name', 'partner_id.name', 'partner_id.member_number']
    _order = 'date_from desc, id desc'

    partner_id = fields.Many2one(
        'res.partner', string="Unit", required=True, index=True, ondelete='restrict',
        domain="[('member_state', '=', 'member')]")
    member_number = fields.Char(related='partner_id.member_number')
    service_id = fields.Many2one(
        'cfia.service', required=True, index=True, ondelete='restrict',
        domain="[('opens', '=', 'on_request')]")
    kind = fields.Selection(related='service_id.kind')
    department_id = fields.Many2one(related='service_id.department_id')
    date_from = fields.Date(
        string="From", required=True, default=lambda self: association_today())
    date_to = fields.Date(
        string="Until", compute='_compute_date_to', store=True, readonly=False, precompute=True,
        help="Last day. As long as the membership when empty.")
    quota = fields.Integer(compute='_compute_quota', store=True, readonly=False, precompute=True)
    # a plain column in step with the ledger: two sessions that draw on one entitlement meet here
    quota_used = fields.Integer(string="Used", readonly=True, copy=False, default=0)
    quota_left = fields.Integer(string="Quota Left", compute='_compute_quota_left')
    state = fields.Selection(
        selection=[
            ('upcoming', "Upcoming"),
            ('waiting', "Waiting for account"),
            ('open', "Valid"),
            ('expired', "Expired"),
            ('closed', "Terminated"),
        ],
        compute='_compute_state',
        search='_search_state',
    )
    is_closed = fields.Boolean(string="Ended Early", readonly=True, copy=False)
    event_id = fields.Many2one(
        'cfia.member.event', string="Opened By Event", readonly=True, copy=False, index='btree_not_null',
        ondelete='restrict')
    usage_ids = fields.One2many('cfia.service.usage', 'entitlement_id')

    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (partner_id WITH =, service_id WITH =, "
        "daterange(date_from, date_to + 1, '[)') WITH &&)",
        "This unit has an entitlement to this service in that time already.",
    )
    _dates_in_order = models.Constraint(
        'CHECK (date_to >= date_from - 1)', "An entitlement cannot end before it begins.")
    _quota_kept = models.Constraint(
        'CHECK (quota_used >= 0 AND (quota = 0 OR quota_used <= quota))',
        "The quota of this entitlement is used up.",
    )
    _partner_dates_idx = models.Index('(partner_id, date_from, date_to)')
    _order_idx = models.Index('(date_from DESC, id DESC)')
    _account_name_trigram_idx = trigram_index('account_name')

    # === COMPUTE METHODS === #

    @api.depends('service_id', 'date_from', 'account_date')
    def _compute_date_to(self):
        for entitlement in self:
            service = entitlement.service_id
            # the time of an account runs from the day on which it is opened
            runs = service and entitlement.date_from and (
                not service.needs_account or entitlement.account_date or entitlement.account_name)
            entitlement.date_to = runs and service._get_validity_end(entitlement.date_from)

    @api.depends('service_id')
    def _compute_quota(self):
        for entitlement in self:
            entitlement.quota = entitlement.service_id.quota

    @api.depends('quota', 'quota_used')
    def _compute_quota_left(self):
        for entitlement in self:
            entitlement.quota_left = entitlement.quota and entitlement.quota - entitlement.quota_used

    @api.depends('date_from', 'date_to', 'is_closed', 'is_waiting')
    def _compute_state(self):
        today = association_today()
        for entitlement in self:
            if entitlement.date_to and entitlement.date_to < today:
                entitlement.state = 'closed' if entitlement.is_closed else 'expired'
            elif entitlement.date_from and entitlement.date_from > today:
                entitlement.state = 'upcoming'
            else:
                entitlement.state = 'waiting' if entitlement.is_waiting else 'open'

    def _search_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        today = association_today()
        over = Domain('date_to', '!=', False) & Domain('date_to', '<', today)
        domains = {
            'upcoming': Domain('date_from', '>', today) & ~over,
            'waiting': Domain('date_from', '<=', today) & ~over & Domain('is_waiting', '=', True),
            'open': Domain('date_from', '<=', today) & ~over & Domain('is_waiting', '=', False),
            'expired': over & Domain('is_closed', '=', False),
            'closed': over & Domain('is_closed', '=', True),
        }
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.depends('partner_id', 'service_id')
    def _compute_display_name(self):
        for entitlement in self:
            entitlement.display_name = (
                f"{entitlement.partner_id.display_name or ''} · {entitlement.service_id.name or ''}")

    # === CONSTRAINT METHODS === #

    @api.constrains('partner_id', 'service_id', 'date_from')
    def _check_entitled(self):
        """Refuse what is opened by hand though the unit has no right to it."""
        by_hand = self.filtered(lambda entitlement: not entitlement.event_id)
        standings = self.env['cfia.member.event']._get_standings(by_hand.partner_id)
        gaps = by_hand.service_id._get_dues_gaps(by_hand.partner_id)
        for entitlement in by_hand:
            service = entitlement.service_id
            if service.opens == 'at_entry':
                raise ValidationError(self.env._(
                    "“%(service)s” opens with the membership by itself. It cannot be opened by hand.",
                    service=service.name,
                ))
            periods = service._get_periods(
                standings.get(entitlement.partner_id, []), gaps[service].get(entitlement.partner_id, ()))
            if not any(
                date_from <= entitlement.date_from and (not date_to or entitlement.date_from <= date_to)
                for date_from, date_to, _event in periods
            ):
                raise ValidationError(self.env._(
                    "%(unit)s is not entitled to “%(service)s” on %(date)s. "
                    "Check its membership, grade, category and dues.",
                    unit=entitlement.partner_id.display_name, service=service.name,
                    date=fields.Date.to_string(entitlement.date_from),
                ))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        # the database compares new ones with what was just ended
        self.flush_model(['date_from', 'date_to'])
        return super().create(vals_list)

    # === ACTION METHODS === #

    def action_close(self):
        """End entitlements that were opened on request, yesterday being their last day.

        :raise UserError: for those that follow the membership
        """
        self.check_access('create')
        following = self.filtered('event_id')[:1]
        if following:
            raise UserError(self.env._(
                "%(entitlement)s follows the membership. It ends with an event of the member.",
                entitlement=following.display_name,
            ))
        # sudo: the end is the workflow's to write; the right was checked above
        self.filtered(lambda entitlement: entitlement.state in ('open', 'waiting', 'upcoming')).sudo()._end(
            association_today())
        return True

    def action_view_usage(self):
        """Open the usage of these entitlements."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_services.cfia_service_usage_action')
        action['domain'] = [('entitlement_id', 'in', self.ids)]
        action['context'] = {'default_entitlement_id': self.id if len(self) == 1 else False}
        return action

    # === BUSINESS METHODS === #

    @api.model
    def _get_valid_domain(self, on_date):
        """Return the domain of the entitlements good on a day; one that waits for its account is not."""
        return Domain('date_from', '<=', on_date) & Domain('is_waiting', '=', False) & (
            Domain('date_to', '=', False) | Domain('date_to', '>=', on_date))

    @api.model
    def _get_entitled(self, on_date=None, services=None):
        """Return the entitlements that were good on a day, past days included.

        :param date on_date: default the association's day
        :param services: services to look at, default all
        :rtype: recordset of `cfia.entitlement`
        """
        domain = self._get_valid_domain(on_date or association_today())
        if services is not None:
            domain &= Domain('service_id', 'in', services.ids)
        return self.search(domain)

    def _check_quota(self, quantities):
        """Refuse to use more than is left.

        :param dict quantities: {entitlement id: quantity to be used}
        :raise UserError: naming the first entitlement that has not as much left
        """
        for entitlement in self:
            quantity = quantities[entitlement.id]
            if entitlement.quota and entitlement.quota_left < quantity:
                raise UserError(self.env._(
                    "%(entitlement)s: %(left)s of %(quota)s left, %(quantity)s asked for.",
                    entitlement=entitlement.display_name, left=entitlement.quota_left,
                    quota=entitlement.quota, quantity=quantity,
                ))

    def _end(self, date_closed):
        """End entitlements the day before ``date_closed``; those that had not begun by today vanish.

        :param date date_closed: first day on which they are good no more
        """
        today = association_today()
        self = unlocked(self)
        never_begun = self.filtered(
            lambda entitlement: entitlement.date_from >= date_closed and entitlement.date_from > today
            and not entitlement.quota_used and not entitlement.account_date)
        for entitlement in self - never_begun:
            entitlement.write({
                'date_to': max(date_closed, entitlement.date_from) - ONE_DAY,
                'is_closed': True,
            })
        never_begun.unlink()

    @api.model
    def _sync(self, dates, services=None):
        """Let the entitlements of units follow the ledger from a day on.

        What ended before that day stays as it is. Queries do not grow with the number of units, and
        repeating changes nothing.

        :param dict dates: {unit: first day that may have changed}
        :param services: services to look at, default the whole catalogue
        """
        if not dates:
            return
        # sudo: the ledger decides, whoever recorded the event
        self_sudo = unlocked(self.sudo())
        if services is None:
            services = self.env['cfia.service'].with_context(active_test=False).search([])
        services_sudo = services.sudo()
        partners = self.env['res.partner'].browse([partner.id for partner in dates])
        standings = self.env['cfia.member.event']._get_standings(partners)
        gaps = services_sudo._get_dues_gaps(partners)
        rows = self_sudo.search([
            ('partner_id', 'in', partners.ids),
            ('service_id', 'in', services.ids),
            '|', ('date_to', '=', False), ('date_to', '>=', min(dates.values()) - ONE_DAY),
        ], order='date_from, id').grouped(lambda row: (row.partner_id.id, row.service_id.id))
        vals_list = []
        for partner, date in dates.items():
            for service in services_sudo:
                vals_list += rows.get((partner.id, service.id), self_sudo.browse())._fit(
                    partner, service,
                    service._get_periods(standings.get(partner, []), gaps[service].get(partner, ())), date)
        self_sudo.create(vals_list)

    def _fit(self, partner, service, periods, date):
        """Fit one unit's entitlements to one service to the periods of its right to it.

        :param list periods: as from :meth:`cfia.service._get_periods`
        :param date date: first day that may have changed
        :return: values of the entitlements to create
        :rtype: list
        """
        by_hand = self.filtered(lambda row: not row.event_id)
        by_hand._fit_by_hand(periods, date)
        remaining = self - by_hand
        vals_list = []
        for date_from, date_to, event in periods if service.opens == 'at_entry' else ():
            row = remaining.filtered(
                lambda row: (not date_to or row.date_from <= date_to)
                and (not row.date_to or row.date_to >= date_from))[:1]
            start = row.date_from or max(date_from, date, service.date_start or date_from)
            # a validity runs from the entry, or from the row that is already there
            end = min(filter(None, (date_to, service._get_validity_end(row.date_from or date_from))), default=None)
            if not row and end and end < start:
                continue
            if service.needs_account and not row.account_date:
                # it waits for its account, and its time begins with that
                end = date_to
            if row and end and end < date - ONE_DAY:
                continue
            remaining -= row
            if not row:
                vals_list.append({
                    'partner_id': partner.id,
                    'service_id': service.id,
                    'date_from': start,
                    'date_to': end,
                    'event_id': event.id,
                    'is_closed': bool(date_to) and end == date_to,
                })
            elif row.date_to != (end or False):
                row.write({'date_to': end, 'is_closed': bool(date_to) and end == date_to})
        remaining.filtered(lambda row: not row.date_to or row.date_to >= date)._end(date)
        return vals_list

    def _fit_by_hand(self, periods, date):
        """End what was opened on request where the right to it ends."""
        for row in self:
            start = max(row.date_from, date)
            if row.date_to and row.date_to < start:
                continue
            period = next((
                period for period in periods
                if period[0] <= start and (not period[1] or start <= period[1])
            ), None)
            if not period:
                row._end(start)
            elif period[1] and (not row.date_to or row.date_to > period[1]):
                row._end(period[1] + ONE_DAY)
