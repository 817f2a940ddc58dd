from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.cfia_membership.tools.dates import association_today, period_end

# Terms of a service: once they change, entitlements follow from that day.
TERM_FIELDS = (
    'grade_ids', 'category_ids', 'includes_withdrawn', 'dues_condition', 'opens', 'validity_months', 'active')


class CfiaService(models.Model):
    """What members get, who is entitled to it and who delivers it (article 3)."""

    _name = 'cfia.service'
    _description = "Member Service"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    description = fields.Text(translate=True, help="Members read this in the portal.")
    kind = fields.Selection(
        selection=[
            ('period', "For a period"),
            ('quota', "By quota"),
            ('access', "Access"),
            ('price', "Member price"),
        ],
        required=True,
        default='period',
    )
    department_id = fields.Many2one('cfia.department', string="Delivered By", required=True, index=True)
    change_list = fields.Selection(
        selection=[('editorial', "Editorial department"), ('network', "Network department")],
        help="Members entitled to this service stand on the monthly list to this department.",
    )
    # Terms
    opens = fields.Selection(
        selection=[('at_entry', "At entry"), ('yearly', "Each year"), ('on_request', "On request")],
        required=True,
        default='at_entry',
        help="Each year: once in a calendar year, by schedule. On request: members ask in the portal, staff for them.",
    )
    grade_ids = fields.Many2many(
        'cfia.grade', string="Grades Entitled", help="All grades when empty.")
    category_ids = fields.Many2many(
        'cfia.enterprise.category', string="Categories Entitled",
        help="Primary categories, with all below them. All categories when empty.")
    includes_withdrawn = fields.Boolean(
        string="Former Members Keep It", help="Units that withdrew keep it; expelled and merged ones do not.")
    dues_condition = fields.Selection(
        selection=[
            ('none', "None: paid or not"),
            ('no_arrears', "Nothing overdue"),
            ('paid', "All that was billed is paid"),
        ],
        required=True,
        default='none',
        help="Membership starts at the signature, so that a member with unpaid dues is nothing unusual. "
             "A condition works where dues are kept in this system.",
    )
    validity_months = fields.Integer(
        string="Validity (months)", aggregator=None, help="As long as the membership when zero.")
    quota = fields.Integer(
        aggregator=None, help="How much of it an entitlement gives. Without limit when zero.")
    needs_account = fields.Boolean(
        help="An entitlement waits until the department has opened an account and entered its name.")
    account_days = fields.Integer(
        string="Days to Open an Account", default=7, aggregator=None,
        help="The regulation gives no days. An account that waits longer is overdue.")
    date_start = fields.Date(
        string="Terms Valid From",
        default=lambda self: association_today(),
        help="Entitlements follow the present terms from this day on; earlier ones stay as they were.",
    )
    # Lessons
    lesson_minimum = fields.Integer(
        string="Lessons at Least", aggregator=None,
        help="So many lessons are on offer at least. Zero where the service has no lessons.")
    lesson_ids = fields.One2many('cfia.lesson', 'service_id', string="Lessons")
    lesson_count = fields.Integer(compute='_compute_lesson_count')
    is_short_of_lessons = fields.Boolean(compute='_compute_lesson_count')
    # Evidence
    obligation_ids = fields.Many2many(
        'cfia.obligation', string="Duties Fulfilled", help="What the regulation asks for and this service fulfils.")
    evidence = fields.Text(compute='_compute_evidence', help="What proves that it was delivered.")
    # Entitlements
    entitlement_ids = fields.One2many('cfia.entitlement', 'service_id', string="Entitlements")
    open_entitlement_count = fields.Integer(compute='_compute_open_entitlement_count')

    _code_unique = models.UniqueIndex('(code)', "This code is already in use.")
    _validity_months_positive = models.Constraint(
        'CHECK (validity_months >= 0)', "The validity cannot be negative.")
    _account_days_positive = models.Constraint(
        'CHECK (account_days >= 0)', "Days are not negative.")
    _lesson_minimum_positive = models.Constraint(
        'CHECK (lesson_minimum >= 0)', "The number of lessons cannot be negative.")
    _quota_positive = models.Constraint('CHECK (quota >= 0)', "The quota cannot be negative.")

    # === COMPUTE METHODS === #

    @api.depends('entitlement_ids.date_from', 'entitlement_ids.date_to')
    @api.depends_context('uid')
    def _compute_open_entitlement_count(self):
        Entitlement = self.env['cfia.entitlement']
        counts = {}
        if Entitlement.has_access('read'):
            counts = dict(Entitlement._read_group(
                Entitlement._get_valid_domain(association_today()) & Domain('service_id', 'in', self.ids),
                ['service_id'], ['__count'],
            ))
        for service in self:
            service.open_entitlement_count = counts.get(service, 0)

    @api.depends('obligation_ids')
    @api.depends_context('lang')
    def _compute_evidence(self):
        for service in self:
            # sudo: where evidence is found is no secret
            service.evidence = "\n".join(
                f"{obligation.display_name}: {'、'.join(obligation.evidence_ids.mapped('name')) or '–'}"
                for obligation in service.sudo().obligation_ids)

    @api.depends('lesson_ids.active', 'lesson_minimum')
    def _compute_lesson_count(self):
        # sudo: how many lessons are on offer is no secret
        counts = dict(self.env['cfia.lesson'].sudo()._read_group(
            [('service_id', 'in', self.ids)], ['service_id'], ['__count']))
        counts = {service.id: count for service, count in counts.items()}
        for service in self:
            service.lesson_count = counts.get(service.id, 0)
            service.is_short_of_lessons = service.lesson_count < service.lesson_minimum

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        services = super().create(vals_list)
        services._trigger_sync()
        return services

    def write(self, vals):
        """Date new terms, and let the entitlements follow by schedule."""
        if not any(field in vals for field in TERM_FIELDS):
            return super().write(vals)
        result = super().write({'date_start': association_today(), **vals})
        self._trigger_sync()
        return result

    # === ACTION METHODS === #

    def action_view_entitlements(self):
        """Open the entitlements to these services."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_services.cfia_entitlement_action')
        action['domain'] = [('service_id', 'in', self.ids)]
        action['context'] = {
            'search_default_open': 1, 'default_service_id': self.id if len(self) == 1 else False}
        return action

    def action_view_lessons(self):
        """Open the lessons of these services."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_services.cfia_lesson_action')
        action['domain'] = [('service_id', 'in', self.ids)]
        action['context'] = {'default_service_id': self.id} if len(self) == 1 else {}
        return action

    # === BUSINESS METHODS === #

    def _trigger_sync(self):
        # sudo: schedules are the administrator's
        self.env.ref('cfia_services.ir_cron_cfia_entitlement_sync').sudo()._trigger()

    def _entitles(self, standing):
        """Tell whether a unit with this standing is entitled to this service.

        :param standing: :class:`~.cfia_member_event.Standing`
        """
        self.ensure_one()
        path_ids = {int(category_id) for category_id in (standing.category.parent_path or '').split('/')[:-1]}
        return (
            self.active
            and standing.member_state in self._get_states()
            and (not self.grade_ids or standing.grade in self.grade_ids)
            and (not self.category_ids or not path_ids.isdisjoint(self.category_ids.ids))
        )

    def _get_states(self):
        """Return the states of membership that this service is for."""
        self.ensure_one()
        return ('member', 'withdrawn') if self.includes_withdrawn else ('member',)

    def _get_members_domain(self):
        """Return the domain of the units that this service entitles at present, but for their dues."""
        self.ensure_one()
        if not self.active:
            return Domain.FALSE
        domain = Domain('member_state', 'in', self._get_states())
        if self.grade_ids:
            domain &= Domain('member_grade_id', 'in', self.grade_ids.ids)
        if self.category_ids:
            domain &= Domain('enterprise_category_id', 'child_of', self.category_ids.ids)
        return domain

    def _get_dues_gaps(self, partners):
        """Return on which days units lack the dues standing that these services ask for.

        :return: {service: {unit: [(first day, last day or None)]}}
        :rtype: dict
        """
        gaps = {
            condition: partners._get_dues_gaps(condition)
            for condition in {*self.mapped('dues_condition')} - {'none'}
        }
        return {service: gaps.get(service.dues_condition, {}) for service in self}

    def _get_periods(self, standings, gaps=()):
        """Return the periods in which a unit is entitled to this service.

        :param list standings: the unit's standings by date
        :param gaps: days on which its dues stand in the way, as (first day, last day or None)
        :return: list of (first day, last day or None, event that opened it)
        """
        self.ensure_one()
        periods = []
        for standing, following in zip(standings, [*standings[1:], None]):
            if not self._entitles(standing):
                continue
            date_to = following.date - timedelta(days=1) if following else None
            if periods and periods[-1][1] == standing.date - timedelta(days=1):
                date_from, _date_to, event = periods.pop()
                periods.append((date_from, date_to, event))
            else:
                periods.append((standing.date, date_to, standing.event))
        for gap in gaps:
            periods = [rest for period in periods for rest in self._cut(period, *gap)]
        return periods

    @staticmethod
    def _cut(period, gap_from, gap_to):
        """Return what is left of a period without the days of a gap."""
        date_from, date_to, event = period
        if (gap_to and gap_to < date_from) or (date_to and gap_from > date_to):
            return [period]
        left = []
        if gap_from > date_from:
            left.append((date_from, gap_from - timedelta(days=1), event))
        if gap_to and (not date_to or gap_to < date_to):
            left.append((gap_to + timedelta(days=1), date_to, event))
        return left

    def _get_validity_end(self, date_from):
        """Return the last day of an entitlement that begins on ``date_from``, None for no end."""
        self.ensure_one()
        if not self.validity_months:
            return None
        return period_end(date_from, months=self.validity_months)

    @api.model
    def _get_requestable(self, unit):
        """Return the services that a unit can ask for today: given on request, and not asked for or open yet.

        :param unit: one member
        """
        today = association_today()
        services = self.search([('opens', '=', 'on_request')])
        if not services:
            return services
        taken = self.env['cfia.entitlement'].search([
            ('partner_id', '=', unit.id), ('service_id', 'in', services.ids),
            '|', ('date_to', '=', False), ('date_to', '>=', today)]).service_id
        standings = self.env['cfia.member.event']._get_standings(unit).get(unit, [])
        gaps = services._get_dues_gaps(unit)
        return (services - taken).filtered(lambda service: any(
            date_from <= today and (not date_to or today <= date_to)
            for date_from, date_to, _event in service._get_periods(standings, gaps[service].get(unit, ()))))

    def _get_entitled(self, on_date=None):
        """Return who was entitled to these services on a day, past days included.

        :param date on_date: default the association's day
        :return: {service: units}
        :rtype: dict
        """
        Entitlement = self.env['cfia.entitlement']
        partners = dict(Entitlement._read_group(
            Entitlement._get_valid_domain(on_date or association_today())
            & Domain('service_id', 'in', self.ids),
            ['service_id'], ['partner_id:recordset'],
        ))
        return {service: partners.get(service, self.env['res.partner']) for service in self}

    # === CRON METHODS === #

    def _get_unsynced_partners(self):
        """Return the members who lack an entitlement to this service, and the units that should have none."""
        self.ensure_one()
        today = association_today()
        Entitlement, Partner = self.env['cfia.entitlement'], self.env['res.partner']
        mine = Domain('service_id', '=', self.id)
        # one that ran out is not opened again: only endless ones are missed
        standing = Domain.TRUE if self.validity_months else (
            Domain('date_to', '=', False) | Domain('date_to', '>=', today))
        missing = Partner
        if self.opens == 'at_entry':
            missing = Partner.search(
                self._get_members_domain() & Domain('entitlement_ids', 'not any', mine & standing))
        surplus = Entitlement.search(
            mine & (Domain('date_to', '=', False) | Domain('date_to', '>=', today))
            & Domain('partner_id', 'not any', self._get_members_domain())).partner_id
        if self.dues_condition != 'none':
            members = Partner.search(self._get_members_domain())
            barred = members.browse(
                partner.id for partner, gaps in self._get_dues_gaps(members)[self].items()
                if any(gap_from <= today and (not gap_to or today <= gap_to) for gap_from, gap_to in gaps))
            missing -= barred
            surplus |= Entitlement.search(
                mine & (Domain('date_to', '=', False) | Domain('date_to', '>=', today))
                & Domain('partner_id', 'in', barred.ids)).partner_id
        return missing | surplus

    def _sync_partners(self, partners):
        """Open and close the entitlements of units to this service by the present terms.

        :param partners: units, many records
        """
        self.ensure_one()
        # without a date of its terms a service was always on offer
        date = self.date_start or fields.Date.to_date('1900-01-01')
        self.env['cfia.entitlement']._sync(dict.fromkeys(partners, date), self)

    def _get_unserved_partners(self):
        """Return the members who had nothing of a service of each year in this one."""
        self.ensure_one()
        today = association_today()
        if self.opens != 'yearly':
            return self.env['res.partner']
        return self.env['res.partner'].search(self._get_members_domain() & Domain(
            'entitlement_ids', 'not any', Domain('service_id', '=', self.id) & (
                Domain('date_from', '>=', today.replace(month=1, day=1))
                | Domain('date_to', '=', False) | Domain('date_to', '>=', today))))

    def _open_for(self, partners):
        """Open this service from today for those of the units that are entitled to it."""
        self.ensure_one()
        today = association_today()
        standings = self.env['cfia.member.event']._get_standings(partners)
        gaps = self._get_dues_gaps(partners)[self]
        # sudo: the catalogue decides
        self.env['cfia.entitlement'].sudo().create([
            {'partner_id': partner.id, 'service_id': self.id, 'date_from': today}
            for partner in partners
            if any(date_from <= today and (not date_to or today <= date_to) for date_from, date_to, _event in
                   self._get_periods(standings.get(partner, []), gaps.get(partner, ())))
        ])

    def _sync_all(self):
        """Open and close the entitlements of all units to these services at once: for small bodies."""
        for service in self:
            service._sync_partners(service._get_unsynced_partners())

    @api.model
    def _cron_sync_entitlements(self, batch_size=500):
        """Open and close what events and new terms left open: lists taken in, services added or changed."""
        todo = []
        for service in self.with_context(active_test=False).search([]):
            todo.append((service._sync_partners, service._get_unsynced_partners().ids))
            todo.append((service._open_for, service._get_unserved_partners().ids))
        Cron = self.env['ir.cron']
        Cron._commit_progress(remaining=sum(len(partner_ids) for _method, partner_ids in todo))
        for method, partner_ids in todo:
            for start in range(0, len(partner_ids), batch_size):
                partners = self.env['res.partner'].browse(partner_ids[start:start + batch_size])
                method(partners)
                if not Cron._commit_progress(len(partners)):
                    return
