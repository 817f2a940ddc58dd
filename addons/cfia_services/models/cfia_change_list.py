from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

# What each department is told of a member; a difference in one of these puts the member on its list.
COMPARED_FIELDS = {
    'editorial': (
        'member_number', 'unit_name', 'edition_id', 'addressee', 'address', 'zip', 'contact_name', 'phone'),
    'network': ('member_number', 'unit_name', 'contact_name', 'phone', 'email'),
}
ADDRESSEE_FIELDS = {'addressee', 'address', 'zip'}
CONTACT_FIELDS = {'contact_name', 'phone', 'email'}

GROUP_BY_KIND = {
    'editorial': 'cfia_membership.group_cfia_editorial',
    'network': 'cfia_membership.group_cfia_network',
}


class CfiaChangeList(models.Model):
    """Monthly list of changes to a department: 变更名单 (articles 3.4 and 3.5).

    A list says what differs from what the department has *received*. What was made and never
    received, or a month without a list, is thus in the next one and nothing is lost.
    """

    _name = 'cfia.change.list'
    _description = "Change List"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _acts_of_readers = ('action_receive',)
    _mail_post_access = 'read'
    _order = 'month desc, id desc'

    name = fields.Char(required=True, readonly=True)
    kind = fields.Selection(
        selection=[('editorial', "Editorial department"), ('network', "Network department")],
        string="To",
        required=True,
        readonly=True,
    )
    month = fields.Date(required=True, readonly=True, help="First day of the month in which it was made.")
    is_scheduled = fields.Boolean(string="Made by Schedule", readonly=True)
    date_made = fields.Datetime(string="Made On", required=True, readonly=True, default=fields.Datetime.now)
    state = fields.Selection(
        selection=[
            ('waiting', "Waiting for receipt"),
            ('received', "Receipt Confirmed"),
            ('superseded', "Superseded"),
        ],
        required=True,
        readonly=True,
        default='waiting',
        tracking=True,
    )
    previous_id = fields.Many2one(
        'cfia.change.list', string="Compared With", readonly=True, ondelete='restrict', index='btree_not_null',
        help="The last list that the department had received.")
    superseded_by_id = fields.Many2one(
        'cfia.change.list', string="Superseding List", readonly=True, ondelete='restrict', index='btree_not_null')
    received_by_id = fields.Many2one('res.users', string="Receipt Confirmed By", readonly=True, tracking=True)
    date_received = fields.Datetime(string="Receipt Confirmed On", readonly=True)
    line_ids = fields.One2many('cfia.change.list.line', 'list_id', readonly=True)
    line_count = fields.Integer(string="Members Listed", compute='_compute_line_count')
    can_receive = fields.Boolean(compute='_compute_can_receive')

    # one list at a time waits for a department, and the schedule makes one a month
    _waiting_unique = models.UniqueIndex(
        "(kind) WHERE state = 'waiting'", "A list already waits for this department.")
    _scheduled_unique = models.UniqueIndex(
        "(kind, month) WHERE is_scheduled", "The list of this month was made already.")

    # === COMPUTE METHODS === #

    @api.depends('line_ids')
    def _compute_line_count(self):
        counts = dict(self.env['cfia.change.list.line']._read_group(
            [('list_id', 'in', self.ids)], ['list_id'], ['__count']))
        for change_list in self:
            change_list.line_count = counts.get(change_list, 0)

    @api.depends('kind', 'state')
    @api.depends_context('uid')
    def _compute_can_receive(self):
        for change_list in self:
            change_list.can_receive = change_list.state == 'waiting' and self.env.user.has_group(
                GROUP_BY_KIND[change_list.kind])

    @api.depends('kind', 'name')
    @api.depends_context('lang')
    def _compute_display_name(self):
        kinds = dict(self._fields['kind']._description_selection(self.env))
        for change_list in self:
            change_list.display_name = f"{kinds.get(change_list.kind, '')} {change_list.name or ''}"

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(self.env._("Change lists are evidence and cannot be deleted."))

    # === ACTION METHODS === #

    def action_make_now(self):
        """Make the lists to all departments now and show them.

        :raise UserError: for users outside the organisation department
        """
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department makes the lists."))
        for kind in COMPARED_FIELDS:
            self._make(kind)
        return self.env['ir.actions.act_window']._for_xml_id('cfia_services.cfia_change_list_action')

    def action_receive(self):
        """Confirm that the department has these lists. Those it received already are skipped.

        :raise UserError: when the user is not of the department, or a later list took the place
        """
        self.check_access('read')
        waiting = self.filtered(lambda change_list: change_list.state != 'received')
        for change_list in waiting:
            if change_list.state == 'superseded':
                raise UserError(self.env._(
                    "%(list)s was superseded by %(other)s, which holds all of it. Receive that one.",
                    list=change_list.display_name, other=change_list.superseded_by_id.display_name,
                ))
            if not self.env.user.has_group(GROUP_BY_KIND[change_list.kind]):
                raise UserError(self.env._(
                    "%(list)s: only its department confirms the receipt.", list=change_list.display_name))
        # sudo: the receipt is all that the department may write
        waiting.sudo().write({
            'state': 'received',
            'received_by_id': self.env.uid,
            'date_received': fields.Datetime.now(),
        })
        waiting._on_received()
        return True

    # === BUSINESS METHODS === #

    def _on_received(self):
        """Open the work that the lists received just now ask for."""
        self.env['cfia.website.vip']._open_work(self.filtered(lambda change_list: change_list.kind == 'network'))

    @api.model
    def _make(self, kind, on_date=None, is_scheduled=False):
        """Make the list to a department: what changed since the one it received last.

        A list that still waits is superseded, since the new one holds all of it.

        :param str kind: ``editorial`` or ``network``
        :param date on_date: association's day, default today
        :param bool is_scheduled: whether the schedule asks for it
        :return: the list
        """
        on_date = on_date or association_today()
        # sudo: lists hold members' data whoever asks for them, and stand under their own rules
        # the language: a schedule has none, and the department reads the association's
        self_sudo = self.sudo().with_context(lang=self.env.company._get_association_lang())
        month = on_date.replace(day=1)
        waiting = self_sudo.search([('kind', '=', kind), ('state', '=', 'waiting')])
        waiting.state = 'superseded'
        waiting.flush_recordset(['state'])
        number = self_sudo.search_count([('kind', '=', kind), ('month', '=', month)]) + 1
        change_list = self_sudo.create({
            'name': f'{month:%Y-%m}-{number}',
            'kind': kind,
            'month': month,
            'is_scheduled': is_scheduled,
            'previous_id': self_sudo.search(
                [('kind', '=', kind), ('state', '=', 'received')], order='id desc', limit=1).id,
        })
        waiting.superseded_by_id = change_list
        unlocked(self_sudo.env['cfia.change.list.line']).create([
            {**vals, 'list_id': change_list.id} for vals in self_sudo._prepare_lines(kind, on_date)
        ])
        change_list._notify_department()
        return self.browse(change_list.id)

    @api.model
    def _prepare_lines(self, kind, on_date):
        """Return the values of the lines: the difference of what is and what the department has."""
        compared = COMPARED_FIELDS[kind]
        current = self._get_current_values(kind, on_date)
        known = self._get_received_lines(kind)
        vals_list = []
        for partner_id, vals in current.items():
            line = known.get(partner_id)
            if line is None or line['change'] == 'stopped':
                vals_list.append({**vals, 'change': 'new'})
                continue
            changed = [field for field in compared if (vals[field] or False) != (line[field] or False)]
            if changed:
                vals_list.append({
                    **vals,
                    'change': self._get_change(changed),
                    'changed_fields': ','.join(changed),
                })
        for partner_id, line in known.items():
            if line['change'] != 'stopped' and partner_id not in current:
                vals_list.append({
                    **{field: line[field] for field in compared},
                    'partner_id': partner_id,
                    'change': 'stopped',
                })
        return vals_list

    @api.model
    def _get_change(self, changed):
        """Return what kind of change it is, the one that matters most for delivery first."""
        if ADDRESSEE_FIELDS & set(changed):
            return 'changed_addressee'
        if CONTACT_FIELDS & set(changed):
            return 'changed_contact'
        return 'changed_unit'

    @api.model
    def _get_received_lines(self, kind):
        """Return what a department has: of each member the line it received last.

        :return: {partner id: {column: value}}
        :rtype: dict
        """
        Line = self.env['cfia.change.list.line']
        Line.flush_model()
        self.flush_model(['kind', 'state'])
        columns = ('partner_id', 'change', *COMPARED_FIELDS[kind])
        self.env.cr.execute(SQL(
            """
            SELECT DISTINCT ON (line.partner_id) %(columns)s
              FROM cfia_change_list_line line
              JOIN cfia_change_list list ON list.id = line.list_id
             WHERE list.kind = %(kind)s AND list.state = 'received'
          ORDER BY line.partner_id, line.list_id DESC
            """,
            columns=SQL(', ').join(SQL.identifier('line', column) for column in columns),
            kind=kind,
        ))
        return {row['partner_id']: row for row in self.env.cr.dictfetchall()}

    @api.model
    def _get_current_values(self, kind, on_date):
        """Return how the members entitled to the department's services are to be listed.

        :return: {partner id: values of a line}, by member number
        :rtype: dict
        """
        services = self.env['cfia.service'].search([('change_list', '=', kind)])
        partners = self.env['cfia.entitlement']._get_entitled(on_date, services).partner_id.sorted('member_number')
        contacts = partners._get_role_contacts('contact')
        addressees = partners._get_role_contacts('magazine')
        editions = self.env['cfia.magazine.edition']._get_by_category(partners.enterprise_category_id)
        return {
            partner.id: self._prepare_line_values(
                partner, contacts[partner], addressees[partner],
                editions.get(partner.enterprise_category_id, self.env['cfia.magazine.edition']))
            for partner in partners
        }

    @api.model
    def _prepare_line_values(self, partner, contact, addressee, edition):
        """Return how one member is listed."""
        place = addressee if addressee.street else partner
        address = ''.join(part or '' for part in (place.city, place.street, place.street2))
        state = place.state_id.name or ''
        if state and not address.startswith(state):
            address = state + address
        return {
            'partner_id': partner.id,
            'member_number': partner.member_number,
            'unit_name': partner.name,
            'edition_id': edition.id,
            'addressee': addressee.name if addressee != partner else '',
            'address': address,
            'zip': place.zip or partner.zip,
            'contact_name': contact.name if contact != partner else '',
            'phone': contact.mobile or contact.phone or partner.phone,
            'email': contact.email or partner.email,
        }

    def _notify_department(self):
        """Tell the staff of the department that a list waits for it."""
        departments = {
            department.code: department
            for department in self.env['cfia.department'].search([('code', 'in', self.mapped('kind'))])
        }
        for change_list in self:
            department = departments.get(change_list.kind, self.env['cfia.department'])
            partners = department.user_ids.partner_id
            if partners:
                change_list.message_notify(
                    partner_ids=partners.ids,
                    subject=change_list.display_name,
                    body=self.env._(
                        "The change list %(list)s with %(count)s members waits for your receipt.",
                        list=change_list.display_name, count=change_list.line_count),
                )

    # === CRON METHODS === #

    @api.model
    def _cron_make_lists(self):
        """Make this month's lists, once: also when the first days of the month were missed.

        A month without any list needs none of its own, since each tells all that is new since the
        last one received.
        """
        month = association_today().replace(day=1)
        made = set(self.search(
            Domain('month', '=', month) & Domain('is_scheduled', '=', True)).mapped('kind'))
        missing = [kind for kind in COMPARED_FIELDS if kind not in made]
        Cron = self.env['ir.cron']
        Cron._commit_progress(remaining=len(missing))
        for kind in missing:
            self._make(kind, is_scheduled=True)
            Cron._commit_progress(1)
