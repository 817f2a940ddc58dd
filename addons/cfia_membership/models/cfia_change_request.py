
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.models.res_partner import EVENT_KIND_BY_FIELD
from odoo.addons.cfia_membership.models.res_partner_guard import (
    CONTACT_CHANGE_FIELDS,
    UNIT_CHANGE_FIELDS,
)
from odoo.addons.cfia_membership.tools.change_value import describe_value, read_value
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.index import trigram_index
from odoo.addons.cfia_membership.tools.task import assign

_lt = LazyTranslate(__name__)


class CfiaChangeRequest(models.Model):
    """A reported change of a member's data (《会员信息变更表》, regulation 4.0b, 4.2.2).

    Any department or the member reports it; 组织部 verifies and applies it, to unit, ledger and file
    together or not at all.
    """

    _name = 'cfia.change.request'
    _description = "Change of Member Data"
    _inherit = ['cfia.guard.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _frozen_when = dict.fromkeys(('applied', 'rejected', 'withdrawn'), '*')
    _kept_when = True
    _made_by_steps = True
    _numbered_by = ('name', 'cfia.change.request')
    _guard_texts = {
        'create': _lt("Report changes with “Report a change” on the member's form."),
        'write': _lt("Reported changes are entered, rejected and withdrawn by their buttons."),
        'frozen': _lt("It is decided. Report a new change instead."),
        'unlink': _lt("Reported changes are kept in the member's file."),
    }

    name = fields.Char(string="Reference", readonly=True, copy=False, index=True)
    partner_id = fields.Many2one(
        'res.partner', string="Unit", required=True, readonly=True, index=True, ondelete='restrict')
    member_number = fields.Char(related='partner_id.member_number')
    state = fields.Selection(
        selection=[
            ('submitted', "Waiting to be verified"),
            ('applied', "Applied"),
            ('rejected', "Change rejected"),
            ('withdrawn', "Taken back"),
        ],
        required=True,
        readonly=True,
        default='submitted',
        tracking=True,
        index=True,
    )
    line_ids = fields.One2many('cfia.change.request.line', 'request_id', string="Changes", readonly=True)
    has_conflict = fields.Boolean(compute='_compute_has_conflict')
    reason = fields.Text()
    date_effective = fields.Date(
        string="Effective On", required=True, default=lambda self: association_today())
    # Evidence: the register's notice of change, the new licence
    # sudo: as with all of Odoo's fields of attachments, the rights are those of the record that each belongs to
    attachment_ids = fields.Many2many('ir.attachment', string="Proof", bypass_search_access=True)

    # Reporter
    source = fields.Selection(
        selection=[('department', "Department"), ('portal', "Member portal"), ('survey', "Data survey")],
        required=True,
        readonly=True,
        default='department',
    )
    date_reported = fields.Datetime(string="Reported On", readonly=True, default=fields.Datetime.now)
    reporter_id = fields.Many2one(
        'res.partner', string="Reported By", readonly=True, ondelete='restrict',
        default=lambda self: self.env.user.partner_id)
    received_by_id = fields.Many2one('res.users', string="Received By", readonly=True)
    received_department_id = fields.Many2one(
        'cfia.department', string="Department", readonly=True, index='btree_not_null')

    # Decision
    decided_by_id = fields.Many2one('res.users', string="Verified By", readonly=True, copy=False)
    date_decided = fields.Datetime(string="Verified On", readonly=True, copy=False)
    refusal_reason = fields.Text(string="Reason for Rejecting", readonly=True, copy=False)

    _date_reported_idx = models.Index('(date_reported)')
    _name_trigram_idx = trigram_index('name')

    # === COMPUTE METHODS === #

    @api.depends('name', 'partner_id')
    def _compute_display_name(self):
        for request in self:
            request.display_name = f"{request.name or ''} {request.partner_id.name or ''}".strip()

    @api.depends('line_ids.has_conflict')
    def _compute_has_conflict(self):
        for request in self:
            request.has_conflict = any(request.line_ids.mapped('has_conflict'))

    # === ACTION METHODS === #

    def action_apply(self):
        """Write the changes to unit, ledger and file. Requests applied before are skipped.

        :raise UserError: outside 组织部, or when a value changed since it was reported
        """
        self._check_organisation()
        # one after the other where two verify at once: the second sees what the first has written
        # sudo: a lock writes nothing; the role was checked above
        self.sudo().partner_id.lock_for_update(allow_referencing=True)
        self._check_conflicts()
        todo = self._set_state('applied')
        # sudo: the verification writes partners, events and files, whatever the verifier may edit
        todo.sudo()._apply()
        todo._tell_reporter(self.env._("The change you reported was verified and entered."))
        return True

    def action_keep_new_values(self):
        """Hold on to the reported values although the present ones changed meanwhile."""
        self._check_organisation()
        # sudo: nobody writes lines by himself
        for line in self.sudo().line_ids.filtered('has_conflict'):
            unlocked(line).old_value = line._read_present_value()
        return True

    def action_withdraw(self):
        """Take the requests back; by who reported them, or 组织部."""
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            for request in self:
                if request.reporter_id != self.env.user.partner_id:
                    raise UserError(self.env._(
                        "%(request)s was reported by %(reporter)s, who may withdraw it.",
                        request=request.display_name, reporter=request.reporter_id.display_name))
        self._set_state('withdrawn')
        return True

    def action_reject(self):
        """Ask for the reason of rejecting."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Reject the Change"),
            'res_model': 'cfia.change.request.refuse',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_request_ids': self.ids},
        }

    # === BUSINESS METHODS === #

    @api.model
    def _file(self, entries, source='department', **vals):
        """Report changes of members' data; what equals the present value is left out.

        :param list entries: dictionaries with ``partner`` (the unit), ``changes`` ({unit or contact:
            {field: value as for ``write``}}) and optionally ``new_contacts`` (list of values of
            ``res.partner``), ``reason``, ``date_effective``, ``reporter_id``, ``attachment_ids`` (ids)
        :param str source: ``department``, ``portal`` or ``survey``
        :param vals: further columns of the requests
        :return: the requests, in order; entries without any difference make none
        """
        # sudo: the reporter's own department, also for the portal
        department = self.env['cfia.department'].sudo().search([('user_ids', 'in', self.env.uid)], limit=1)
        vals_list = []
        for entry in entries:
            lines = self._prepare_value_lines(entry['partner'], entry.get('changes') or {})
            lines += self._prepare_contact_lines(entry.get('new_contacts') or [])
            if not lines:
                continue
            optional = ('reason', 'date_effective', 'reporter_id')
            vals_list.append({
                'partner_id': entry['partner'].id,
                'source': source,
                'received_by_id': False if self.env.user.share else self.env.uid,
                'received_department_id': department.id,
                'line_ids': [Command.create(line) for line in lines],
                'attachment_ids': [Command.set(entry.get('attachment_ids') or [])],
                **{name: entry[name] for name in optional if entry.get(name)},
                **vals,
            })
        # sudo: the portal and every department report; what they see of it stands in the rules
        requests_sudo = unlocked(self.sudo()).create(vals_list)
        for request in requests_sudo:
            request.attachment_ids._adopt(request)
        requests_sudo._schedule_verification()
        return self.browse(requests_sudo.ids)

    @api.model
    def _enter_applied(self, edits, source=False):
        """Enter what the department wrote itself: applied changes with event and file.

        :param dict edits: see ``res.partner._enter_edits``
        :param str source: where the changes come from, in one line
        :return: the requests
        """
        # sudo: the department's own, whoever keeps requests
        department = self.env['cfia.department'].sudo().search([('user_ids', 'in', self.env.uid)], limit=1)
        now = fields.Datetime.now()
        vals_list = []
        for unit, (changes, contacts) in edits.items():
            lines = [
                {'target_id': record.id, 'field_name': name, 'old_value': old, 'new_value': read_value(record, name)}
                for record, values in changes.items() for name, old in values.items()]
            lines += self._prepare_contact_lines(contacts)
            vals_list.append({
                'partner_id': unit.id,
                'state': 'applied',
                'reason': source,
                'received_by_id': self.env.uid,
                'received_department_id': department.id,
                'decided_by_id': self.env.uid,
                'date_decided': now,
                'line_ids': [Command.create(line) for line in lines],
            })
        # sudo: requests follow from what the user was allowed to write
        requests_sudo = unlocked(self.sudo().with_context(mail_create_nolog=True, tracking_disable=True)).create(vals_list)
        lang = self.env.company._get_association_lang()
        self.env['cfia.member.event']._record([
            {
                'partner_id': request.partner_id.id,
                'kind': request.partner_id._get_change_kind(edits[request.partner_id][0].get(request.partner_id, {})),
                'date_effective': request.date_effective,
                'note': ", ".join(dict.fromkeys(request.with_context(lang=lang).line_ids.mapped('label'))),
                'res_model': self._name,
                'res_id': request.id,
            }
            for request in requests_sudo
        ])
        requests_sudo._file_papers()
        return self.browse(requests_sudo.ids)

    def _get_texts_before_after(self):
        """Return what each request changed, as two texts: before and after.

        :rtype: dict[int, tuple[str, str]]
        """
        return {
            request.id: tuple(
                "；".join(f"{line.label}：{line[name] or '—'}" for line in request.line_ids)
                for name in ('old_display', 'new_display'))
            for request in self
        }

    @api.model
    def _prepare_value_lines(self, unit, changes):
        """Return the values of the lines for what differs from the present values.

        :raise UserError: for columns that no report changes, or persons of another unit
        """
        lines = []
        for record, values in changes.items():
            allowed = UNIT_CHANGE_FIELDS if record == unit else CONTACT_CHANGE_FIELDS
            if record.commercial_partner_id != unit or not set(values) <= set(allowed):
                raise UserError(self.env._(
                    "%(record)s: this change cannot be reported for %(unit)s.",
                    record=record.display_name, unit=unit.display_name))
            for name, value in values.items():
                old, new = read_value(record, name), read_value(record, name, value)
                if old != new:
                    lines.append({
                        'target_id': record.id, 'field_name': name, 'old_value': old, 'new_value': new})
        return lines

    @api.model
    def _prepare_contact_lines(self, new_contacts):
        """Return the values of the lines that enter contact persons."""
        Partner = self.env['res.partner']
        return [
            {'new_value': {
                name: value
                for name in CONTACT_CHANGE_FIELDS
                if name in vals and (value := read_value(Partner, name, vals[name]))
            }}
            for vals in new_contacts if vals.get('name')
        ]

    def _check_conflicts(self):
        """Refuse to overwrite what changed since it was reported.

        :raise UserError: naming request, field and both values
        """
        lines = self.filtered(lambda request: request.state == 'submitted').line_ids
        lines.invalidate_recordset(['has_conflict', 'present_display'])
        conflict = lines.filtered('has_conflict')[:1]
        if conflict:
            raise UserError(self.env._(
                "%(request)s: %(field)s is “%(present)s” by now, not “%(old)s”. Look at it and "
                "keep the new values, or reject the request.",
                request=conflict.request_id.display_name, field=conflict.label,
                present=conflict.present_display or "-", old=conflict.old_display or "-",
            ))

    def _apply(self):
        """Write unit, contacts, ledger and file for each request."""
        for request in self:
            request._write_partners()
        self._file_papers()

    def _write_partners(self):
        """Write unit and contacts and append the event that says so."""
        self.ensure_one()
        unit = self.partner_id
        before = {name: unit[name] for name in EVENT_KIND_BY_FIELD}
        values_by_target = {}
        for line in self.line_ids.filtered('field_name'):
            values_by_target.setdefault(line.target_id, {})[line.field_name] = line._prepare_written_value()
        for target, values in values_by_target.items():
            if values.pop('active', None) is False:
                target._leave_unit()
            unlocked(target).write(values)
        new_contacts = []
        for line in self.line_ids.filtered(lambda line: not line.field_name):
            values = line._prepare_contact_values()
            present = unit.child_ids.filtered(lambda contact, values=values: contact._is_same_contact(values))[:1]
            if not present:
                new_contacts.append(values)
                continue
            # another department reported the same person: one contact, with what both know
            roles = [Command.link(role) for role in line.new_value.get('contact_role_ids') or ()]
            unlocked(present).write({
                **{name: value for name, value in values.items()
                   if name in CONTACT_CHANGE_FIELDS and name != 'contact_role_ids' and not present[name]},
                **({'contact_role_ids': roles} if roles else {}),
            })
        unlocked(self.env['res.partner'])._create_contacts(new_contacts)
        changed = [name for name, value in before.items() if unit[name] != value]
        if 'name' in changed:
            unlocked(unit).former_name = before['name']
        unit._record_member_event(
            unit._get_change_kind(changed),
            self.date_effective,
            note=", ".join(self.with_context(lang=self.env.company._get_association_lang()).line_ids.mapped('label')),
            res_model=self._name,
            res_id=self.id,
        )

    def _file_papers(self):
        """Put the form and its evidence into the members' files."""
        files = self.env['cfia.member.file']._open(self.partner_id).grouped('partner_id')
        self.env['cfia.member.file.paper'].create([
            {
                'file_id': files[request.partner_id].id,
                'name': attachment.name or request.display_name,
                'kind': 'change',
                'direction': 'in',
                'date': request.date_effective,
                'attachment_id': attachment.id,
                'res_model': request._name,
                'res_id': request.id,
            }
            for request in self
            for attachment in (request.attachment_ids or [request.attachment_ids])
        ])

    def _refuse(self, reason):
        """Reject with a reason, which the reporter is told."""
        self._check_organisation()
        self._set_state('rejected', refusal_reason=reason)._tell_reporter(
            self.env._("The change you reported was not entered: %(reason)s", reason=reason))

    def _set_state(self, state, **vals):
        """Decide requests that wait; those decided so already are skipped.

        :return: the requests that moved
        :raise UserError: naming one that was decided otherwise
        """
        to_move = self.filtered(lambda request: request.state != state)
        states = dict(self._fields['state']._description_selection(self.env))
        for request in to_move:
            if request.state != 'submitted':
                raise UserError(self.env._(
                    "%(request)s is “%(state)s” already.",
                    request=request.display_name, state=states[request.state]))
        # sudo: who reported may withdraw, though the columns are the workflow's
        unlocked(to_move.sudo()).write({
            'state': state,
            'decided_by_id': self.env.uid,
            'date_decided': fields.Datetime.now(),
            **vals,
        })
        # sudo: the activity may be another user's
        to_move.sudo().activity_unlink(['cfia_membership.mail_act_change_verify'])
        return to_move

    def _check_organisation(self):
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department verifies changes of members' data."))

    def _schedule_verification(self):
        """Put the requests before the organisation department."""
        assign(
            self.with_context(mail_activity_quick_update=True), 'cfia_membership.mail_act_change_verify',
            self.env['cfia.department']._get_responsible_of('organisation'))

    def _tell_reporter(self, text):
        """Tell who reported how it ended."""
        # sudo: who reported is told, whoever decides
        for request in self.sudo():
            if request.reporter_id and request.reporter_id != self.env.user.partner_id:
                request.message_notify(
                    partner_ids=request.reporter_id.ids, subject=request.display_name, body=text)


class CfiaChangeRequestLine(models.Model):
    """One value before and after, or a new contact person."""

    _name = 'cfia.change.request.line'
    _description = "Changed Value"
    _inherit = ['cfia.guard.mixin']
    _order = 'request_id, id'
    _made_by_steps = True
    _append_only = True
    _guard_texts = dict.fromkeys(
        ('create', 'frozen', 'unlink'), _lt("Reported values are kept as reported. Report a new change instead."))

    request_id = fields.Many2one('cfia.change.request', required=True, index=True, ondelete='cascade')
    target_id = fields.Many2one(
        'res.partner', string="Unit or Person", readonly=True, index='btree_not_null', ondelete='set null')
    # empty: the line enters a new contact person, whose columns are the new value
    field_name = fields.Char(readonly=True)
    old_value = fields.Json(readonly=True)
    new_value = fields.Json(readonly=True)
    label = fields.Char(string="Item", compute='_compute_display')
    old_display = fields.Char(string="Before", compute='_compute_display')
    new_display = fields.Char(string="After", compute='_compute_display')
    present_display = fields.Char(string="Present Value", compute='_compute_has_conflict')
    has_conflict = fields.Boolean(compute='_compute_has_conflict')

    @api.depends('field_name', 'old_value', 'new_value', 'target_id')
    @api.depends_context('lang')
    def _compute_display(self):
        # sudo: names of classifications in a request that the user reads
        Partner = self.env['res.partner'].sudo()
        for line in self:
            if not line.field_name:
                line.label = self.env._("New contact person")
                line.old_display = False
                line.new_display = "; ".join(
                    f"{Partner._fields[name]._description_string(self.env)}: {text}"
                    for name, value in (line.new_value or {}).items()
                    if (text := describe_value(Partner, name, value))
                )
                continue
            label = Partner._fields[line.field_name]._description_string(self.env)
            is_person = line.target_id != line.request_id.partner_id
            line.label = f"{line.target_id.name} · {label}" if is_person else label
            line.old_display = describe_value(Partner, line.field_name, line.old_value)
            line.new_display = describe_value(Partner, line.field_name, line.new_value)

    @api.depends('request_id.state', 'target_id', 'field_name', 'old_value')
    def _compute_has_conflict(self):
        for line in self:
            line.has_conflict = line.present_display = False
            if line.request_id.state == 'submitted' and line.field_name:
                present = line._read_present_value()
                line.has_conflict = not line.target_id or present not in (line.old_value, line.new_value)
                # sudo: the present value of a request that the user reads
                line.present_display = describe_value(line.sudo().target_id, line.field_name, present)

    def _read_present_value(self):
        # sudo: verifiers and departments compare columns of any partner
        return read_value(self.sudo().target_id, self.field_name) if self.target_id else None

    def _prepare_contact_values(self):
        """Return the columns of the new contact person."""
        Partner = self.env['res.partner']
        return {
            'parent_id': self.request_id.partner_id.id,
            'type': 'contact',
            **{
                name: [Command.set(value)] if Partner._fields[name].type == 'many2many' else value
                for name, value in self.new_value.items()
            },
        }

    def _prepare_written_value(self):
        """Return the new value as for ``write``."""
        field = self.env['res.partner']._fields[self.field_name]
        return [Command.set(self.new_value or [])] if field.type == 'many2many' else self.new_value
