import base64
import gzip
import hashlib
import json
import secrets
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.cfia_membership.tools.dates import ASSOCIATION_TZ, association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

MONTHS = 2


class CfiaRosterColumn(models.Model):
    """A column of the member roster, given to the departments that it is set for."""

    _name = 'cfia.roster.column'
    _description = "Column of the Roster"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, readonly=True)
    sequence = fields.Integer(default=10)
    is_basic = fields.Boolean(string="Everybody", help="Departments without columns of their own get these.")
    width = fields.Integer(default=16)

    _code_unique = models.UniqueIndex('(code)', "This code is already in use.")


class CfiaDepartment(models.Model):
    _inherit = 'cfia.department'

    roster_column_ids = fields.Many2many(
        'cfia.roster.column', string="Columns of the Roster", help="Empty: number, unit and classification.")


class CfiaRosterRelease(models.Model):
    """The member roster of two months, sent round inside the association (发送会员库, article 3.1).

    Made by schedule and frozen. Each department gets a link for its staff that expires, shows the
    columns set for it and notes every look as a disclosure; its receipt is the evidence.
    """

    _name = 'cfia.roster.release'
    _description = "Member Roster"
    _inherit = ['mail.thread']
    _acts_of_readers = ('action_receive_own',)
    _order = 'date desc, id desc'

    date = fields.Date(string="From", required=True, readonly=True, help="First day of the two months.")
    date_to = fields.Date(string="Until", compute='_compute_date_to')
    date_made = fields.Datetime(string="Made On", required=True, readonly=True, default=fields.Datetime.now)
    member_count = fields.Integer(string="Number of Members", readonly=True)
    # all columns of all members: nobody reads it but by a department's link
    content = fields.Binary(readonly=True, attachment=True, groups='base.group_system')
    sha256 = fields.Char(string="SHA-256", readonly=True)
    copy_ids = fields.One2many('cfia.roster.copy', 'release_id', string="Departments", readonly=True)
    received_count = fields.Integer(string="Receipt Confirmed", compute='_compute_received_count')
    own_copy_id = fields.Many2one(
        'cfia.roster.copy', string="Copy of One's Department", compute='_compute_own_copy_id')
    is_to_receive = fields.Boolean(compute='_compute_own_copy_id')
    # the evidence: when the last department had it
    date_received = fields.Datetime(string="Received by All", readonly=True)

    _period_unique = models.UniqueIndex('(date)', "There is a roster of these months already.")

    # === COMPUTE METHODS === #

    @api.depends('date')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for release in self:
            release.display_name = release.date and self.env._(
                "Member roster %(year)s/%(first)s–%(last)s",
                year=release.date.year, first=release.date.month, last=release.date.month + MONTHS - 1)

    @api.depends('date')
    def _compute_date_to(self):
        for release in self:
            release.date_to = release.date and release.date + relativedelta(months=MONTHS - 1, day=31)

    @api.depends('copy_ids.state')
    def _compute_received_count(self):
        for release in self:
            release.received_count = len(release.copy_ids.filtered(lambda copy: copy.state == 'received'))

    @api.depends('copy_ids.state')
    @api.depends_context('uid')
    def _compute_own_copy_id(self):
        for release in self:
            own = release.copy_ids.filtered('is_mine').sorted(lambda copy: copy.state != 'waiting')[:1]
            release.own_copy_id = own
            release.is_to_receive = own.state == 'waiting'

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_except_always(self):
        raise UserError(self.env._("Rosters that were sent round are evidence and cannot be deleted."))

    # === ACTION METHODS === #

    def action_make_now(self):
        """Make the roster of the present two months, if there is none, and show it.

        :raise UserError: for users outside the organisation department
        """
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department makes the roster."))
        self._cron_make()
        return self.env['ir.actions.act_window']._for_xml_id('cfia_services.cfia_roster_release_action')

    def action_open_own(self):
        """Open the link of one's own department.

        :raise UserError: after the end of the link
        """
        self.ensure_one()
        return self.own_copy_id.action_open()

    def action_receive_own(self):
        """Confirm that one's own department has these rosters (签收)."""
        return self.own_copy_id.action_receive()

    def action_send_again(self):
        """Give departments that have not received it a new link.

        :raise UserError: for users outside the organisation department
        """
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department makes the roster."))
        copies = self.copy_ids.filtered(lambda copy: copy.state != 'received')
        # sudo: links are the system's to write; the role was checked above
        for copy in copies.sudo():
            unlocked(copy).write(copy._prepare_link())
        copies._notify()
        return True

    # === BUSINESS METHODS === #

    @api.model
    def _make(self, date):
        """Freeze the members as they are and give each department its link.

        :param date date: first day of the two months
        :return: the roster
        """
        # sudo: the roster holds all members whoever asks for it, and is read by its link alone
        self_sudo = self.sudo().with_context(lang=self.env.company._get_association_lang())
        rows = self_sudo._prepare_rows()
        content = gzip.compress(json.dumps(rows, ensure_ascii=False).encode(), mtime=0)
        release = self_sudo.create({
            'date': date, 'member_count': len(rows), 'sha256': hashlib.sha256(content).hexdigest(),
            'content': base64.b64encode(content)})
        departments = self_sudo.env['cfia.department'].search([('user_ids', '!=', False)])
        basic = self_sudo.env['cfia.roster.column'].search([('is_basic', '=', True)])
        Copy = unlocked(self_sudo.env['cfia.roster.copy'])
        Copy.create([
            {
                'release_id': release.id,
                'department_id': department.id,
                'column_ids': [Command.set((department.roster_column_ids or basic).ids)],
                **Copy._prepare_link(),
            } for department in departments
        ])._notify()
        return self.browse(release.id)

    @api.model
    def _prepare_rows(self):
        """Return how each member stands on the roster, by number; the number of queries is constant.

        :return: rows as dictionaries by code of the column
        :rtype: list[dict]
        """
        members = self.env['res.partner'].search(
            [('member_state', '=', 'member'), ('is_company', '=', True)], order='member_number, id')
        contacts = members._get_role_contacts('contact')
        representatives = members._get_role_contacts('representative')
        sizes = dict(members._fields['enterprise_size']._description_selection(self.env))
        rows = []
        for member in members:
            contact, representative = contacts[member], representatives[member]
            rows.append({
                'member_number': member.member_number or '',
                'unit_name': member.name,
                'grade': member.member_grade_id.name or '',
                'category': member.enterprise_category_id.name or '',
                'ownership': member.ownership_id.name or '',
                'size': sizes.get(member.enterprise_size) or '',
                'province': member.state_id.name or '',
                'city': member.city or '',
                'joined': member.date_member_joined.isoformat() if member.date_member_joined else '',
                'address': ''.join(filter(None, (member.city, member.street, member.street2))),
                'zip': member.zip or '',
                'phone': member.phone or '',
                'email': member.email or '',
                'website': member.website or '',
                'representative': representative.name if representative != member else '',
                'contact_name': contact.name if contact != member else '',
                'contact_phone': contact.mobile or contact.phone or '' if contact != member else '',
                'contact_email': contact.email or '' if contact != member else '',
            })
        return rows

    def _read_rows(self):
        """Return the frozen rows.

        :raise UserError: when the file is not the one that was made
        """
        self.ensure_one()
        content = base64.b64decode(self.content or b'')
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise UserError(self.env._(
                "The file of “%(roster)s” is not the one that was made. Restore it from the backup.",
                roster=self.display_name))
        return json.loads(gzip.decompress(content))

    # === CRON METHODS === #

    @api.model
    def _cron_make(self):
        """Make the roster of every two months that have begun, once each; those missed are made up for.

        Departments that have not confirmed the receipt are reminded.
        """
        today = association_today()
        current = today.replace(month=(today.month - 1) // MONTHS * MONTHS + 1, day=1)
        newest = self.search([], limit=1)
        date = newest.date + relativedelta(months=MONTHS) if newest else current
        while date <= current:
            self._make(date)
            date += relativedelta(months=MONTHS)
        self.env['cfia.roster.copy']._remind()


class CfiaRosterCopy(models.Model):
    """A department's link to a roster, with its receipt."""

    _name = 'cfia.roster.copy'
    _description = "Roster of a Department"
    _inherit = ['cfia.ledger.mixin']
    _order = 'release_id desc, id'
    _rec_name = 'department_id'

    release_id = fields.Many2one('cfia.roster.release', required=True, index=True, ondelete='restrict')
    department_id = fields.Many2one('cfia.department', required=True, ondelete='restrict')
    column_ids = fields.Many2many('cfia.roster.column', string="Columns")
    token = fields.Char(string="Link Token", required=True, groups='base.group_system', copy=False)
    date_expiry = fields.Date(string="Link Ends", required=True)
    state = fields.Selection(
        selection=[('waiting', "Waiting for receipt"), ('received', "Receipt Confirmed")], required=True, default='waiting')
    received_by_id = fields.Many2one('res.users', string="Receipt Confirmed By", ondelete='restrict')
    date_received = fields.Datetime(string="Receipt Confirmed On")
    open_count = fields.Integer(string="Times Opened")
    date_reminded = fields.Date(string="Reminded On")
    is_mine = fields.Boolean(compute='_compute_is_mine')

    _department_unique = models.UniqueIndex('(release_id, department_id)', "A department gets a roster once.")
    _token_unique = models.UniqueIndex('(token)', "Links are unique.")

    @api.depends_context('uid')
    @api.depends('department_id.user_ids')
    def _compute_is_mine(self):
        for copy in self:
            copy.is_mine = copy._is_for(self.env.user)

    # === ACTION METHODS === #

    def action_open(self):
        """Open the link.

        :raise UserError: for other departments and after the end of the link
        """
        self.ensure_one()
        self._check_reader()
        # sudo: the token is for the department's own staff, as checked above
        return {'type': 'ir.actions.act_url', 'url': f'/cfia/roster/{self.sudo().token}', 'target': 'new'}

    def action_receive(self):
        """Confirm that the department has the roster (签收)."""
        for copy in self.filtered(lambda copy: copy.state == 'waiting'):
            copy._check_reader(with_expiry=False)
            # sudo: the receipt is all that the department writes
            unlocked(copy.sudo()).write({
                'state': 'received', 'received_by_id': self.env.uid, 'date_received': fields.Datetime.now()})
            release_sudo = copy.sudo().release_id
            if all(other.state == 'received' for other in release_sudo.copy_ids):
                release_sudo.date_received = fields.Datetime.now()
        return True

    # === BUSINESS METHODS === #

    @api.model
    def _prepare_link(self):
        days = self.env.company.cfia_roster_link_days
        return {'token': secrets.token_urlsafe(24), 'date_expiry': association_today() + timedelta(days=days)}

    def _is_for(self, user):
        """Return whether a user is of the department."""
        self.ensure_one()
        # sudo: who belongs to a department is asked, not shown
        return user in self.sudo().department_id.user_ids

    def _check_reader(self, with_expiry=True):
        """Let the staff of the department alone, and until the link ends.

        :raise UserError: naming the roster
        """
        self.ensure_one()
        if not self._is_for(self.env.user):
            raise UserError(self.env._(
                "%(roster)s: this link is for the staff of %(department)s.",
                # sudo: names of round and department, to say for whom the link is
                roster=self.sudo().release_id.display_name, department=self.sudo().department_id.name))
        if with_expiry and self.date_expiry < association_today():
            raise UserError(self.env._(
                "%(roster)s: this link has ended. Ask the organisation department for a new one.",
                roster=self.sudo().release_id.display_name))

    def _take_rows(self, page=None, size=None):
        """Return the columns and rows for a reader of the department, noted as a disclosure.

        :param int page: the page that is shown, counted from one; the last one for those beyond it, all rows for none
        :param int size: rows of a page
        :return: (columns, rows shown as lists of texts, number of all rows)
        :rtype: tuple
        """
        self._check_reader()
        # sudo: the link is the right, see _check_reader
        copy_sudo = self.sudo()
        release = copy_sudo.release_id
        rows = release._read_rows()
        columns = copy_sudo.column_ids.sorted(lambda column: (column.sequence, column.id))
        first = (min(max(page, 1), max(-(-len(rows) // size), 1)) - 1) * size if page else 0
        shown = rows[first:first + size] if page else rows
        self.env['cfia.disclosure']._disclose(
            'list', release, columns.mapped('code'), reason=release.display_name, recipient=copy_sudo.department_id.name,
            selection=self.env._("%(count)s members", count=len(rows)), row_count=len(shown))
        unlocked(copy_sudo).write({'open_count': copy_sudo.open_count + 1})
        codes = columns.mapped('code')
        return columns, [[row.get(code, '') for code in codes] for row in shown], len(rows)

    @api.model
    def _remind(self):
        """Remind departments of the latest roster that they have not received, every so many days, by a link that works."""
        today = association_today()
        days = self.env.company.cfia_roster_reminder_days
        latest = self.env['cfia.roster.release'].search([], limit=1)
        if not days or not latest:
            return
        # sudo: the schedule writes links, which nobody else does
        for copy in latest.sudo().copy_ids.filtered(lambda copy: copy.state == 'waiting'):
            told = copy.date_reminded or fields.Datetime.context_timestamp(
                copy.with_context(tz=ASSOCIATION_TZ.key), latest.date_made).date()
            if told > today - timedelta(days=days):
                continue
            unlocked(copy).write({
                'date_reminded': today, **(self._prepare_link() if copy.date_expiry < today else {})})
            copy._notify()

    def _notify(self):
        """Tell the staff of the departments that a roster waits for them."""
        # sudo: every department is told, whoever makes the roster
        for copy in self.sudo():
            partners = copy.department_id.user_ids.filtered('active').partner_id
            copy.release_id.message_notify(
                partner_ids=partners.ids, subject=copy.release_id.display_name,
                body=self.env._(
                    "%(roster)s with %(count)s members waits for the receipt of %(department)s until %(date)s.",
                    roster=copy.release_id.display_name, count=copy.release_id.member_count,
                    department=copy.department_id.name, date=copy.date_expiry))
