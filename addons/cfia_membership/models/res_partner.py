from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import is_unlocked, unlocked
from odoo.addons.cfia_membership.tools.text import strip_invisible
from odoo.addons.cfia_membership.tools.uscc import is_valid_uscc, normalise_uscc

_lt = LazyTranslate(__name__)

# Written by the workflow alone, whoever asks.
GUARDED_FIELDS = (
    'member_number',
    'member_number_legacy',
    'member_state',
    'date_member_joined',
    'date_member_left',
    'merged_into_id',
)

# Which event a change of a ledger value is, in order of precedence.
EVENT_KIND_BY_FIELD = {
    'name': 'renamed',
    'member_grade_id': 'grade',
    'enterprise_category_id': 'category',
    'ownership_id': 'data',
    'enterprise_size': 'data',
    'state_id': 'data',
}

# Units and persons that are created by the hundred; ``_create_contacts`` copies what core would.
BATCH_CREATE_CONTEXT = {
    'tracking_disable': True,
    'mail_create_nolog': True,
    'mail_create_nosubscribe': True,
    '_partners_skip_fields_sync': True,
}

# What a member is as long as it is one: whoever has it as a part reads it, and who is archived gets no letter.
STANDING_FIELDS = frozenset({'active', 'parent_id', 'is_company'})

EXIT_STATES = ('withdrawn', 'expelled', 'merged')


class ResPartner(models.Model):
    """Units of the association: contact targets, applicants and members.

    Plain columns only: nothing is computed and stored here, so that installing on a large database
    rewrites no row.
    """

    _name = 'res.partner'
    _inherit = ['cfia.guard.mixin', 'res.partner']
    _guard_readonly = False
    _guarded_fields = GUARDED_FIELDS
    _guard_texts = {
        'write': _lt("Admission, exit and return write it. Use an application or a change request."),
        'frozen': _lt("A member stands by itself and is not archived. Note its exit first."),
    }

    # Membership
    member_number = fields.Char(copy=False, readonly=True)
    member_number_legacy = fields.Char(
        string="Number in the Old List",
        copy=False,
        readonly=True,
        help="The number as an earlier list printed it. Searching finds both forms.",
    )
    member_state = fields.Selection(
        selection=[
            ('prospect', "Contact target"),
            ('applicant', "Applicant"),
            ('member', "Member"),
            ('withdrawn', "Withdrawn"),
            ('expelled', "Expelled"),
            ('merged', "Merged"),
        ],
        string="Membership",
        copy=False,
        readonly=True,
    )
    member_grade_id = fields.Many2one('cfia.grade', string="Grade", copy=False, index='btree_not_null')
    date_member_joined = fields.Date(string="Member Since", copy=False, readonly=True, index='btree_not_null')
    date_member_left = fields.Date(string="Left On", copy=False, readonly=True, index='btree_not_null')

    # Unit
    uscc = fields.Char(
        string="USCC", copy=False, help="Unified social credit code, 18 characters (GB 32100).")
    name_en = fields.Char(string="English Name")
    former_name = fields.Char(copy=False)
    enterprise_category_id = fields.Many2one(
        'cfia.enterprise.category', string="Enterprise Category", index='btree_not_null')
    enterprise_category_ids = fields.Many2many(
        'cfia.enterprise.category', 'cfia_enterprise_category_res_partner_rel',
        string="Secondary Categories")
    ownership_id = fields.Many2one('cfia.ownership', string="Ownership", index='btree_not_null')
    enterprise_size = fields.Selection(
        selection=[
            ('large', "Large"),
            ('medium', "Medium"),
            ('small', "Small"),
            ('micro', "Micro"),
        ],
        string="Enterprise Size",
    )
    date_founded = fields.Date(string="Founded On")
    registered_capital = fields.Float(string="Registered Capital (10,000 yuan)", digits=(16, 2))
    staff_count = fields.Integer()
    annual_revenue = fields.Float(string="Annual Revenue (10,000 yuan)", digits=(16, 2))
    main_products = fields.Text()

    # Contacts
    mobile = fields.Char()
    contact_role_ids = fields.Many2many(
        'cfia.contact.role', 'cfia_contact_role_res_partner_rel', string="Contact Roles")

    # Records
    member_event_ids = fields.One2many(
        'cfia.member.event', 'partner_id', string="Member Events",
        groups='cfia_membership.group_cfia_organisation,cfia_membership.group_cfia_secretary_general,'
               'cfia_membership.group_cfia_leader,cfia_membership.group_cfia_accountant,'
               'cfia_membership.group_cfia_auditor')
    member_file_ids = fields.One2many(
        'cfia.member.file', 'partner_id', string="Member File",
        groups='cfia_membership.group_cfia_organisation,cfia_membership.group_cfia_secretary_general,'
               'cfia_membership.group_cfia_auditor')
    application_ids = fields.One2many(
        'cfia.membership.application', 'partner_id', string="Applications",
        groups='cfia_membership.group_cfia_staff,cfia_membership.group_cfia_manager,cfia_membership.group_cfia_auditor')
    survey_recipient_ids = fields.One2many(
        'cfia.data.survey.recipient', 'partner_id', string="Data Surveys",
        groups='cfia_membership.group_cfia_organisation,cfia_membership.group_cfia_secretary_general,'
               'cfia_membership.group_cfia_auditor')

    _member_number_unique = models.UniqueIndex(
        '(member_number) WHERE member_number IS NOT NULL', "This member number is already taken.")
    _uscc_unique = models.UniqueIndex(
        "(uscc) WHERE uscc IS NOT NULL AND member_state IS NOT NULL",
        "Another unit of the association already has this USCC.",
    )
    _member_state_idx = models.Index('(member_state) WHERE member_state IS NOT NULL')

    # === CONSTRAINT METHODS === #

    @api.constrains('uscc')
    def _check_uscc(self):
        """Refuse codes whose check digit is wrong (GB 32100)."""
        for partner in self:
            if partner.uscc and not is_valid_uscc(partner.uscc):
                raise ValidationError(self.env._(
                    "The USCC %(uscc)s of %(unit)s is not valid. Compare it with the business licence.",
                    uscc=partner.uscc, unit=partner.display_name,
                ))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get('uscc'):
                vals['uscc'] = normalise_uscc(vals['uscc'])
        return super().create(vals_list)

    def write(self, vals):
        """Keep the number and the state out of everyone's reach, and the ledger in step."""
        if vals.get('uscc'):
            vals = {**vals, 'uscc': normalise_uscc(vals['uscc'])}
        ledger_fields = [field for field in EVENT_KIND_BY_FIELD if field in vals]
        if not ledger_fields or is_unlocked(self) or self._is_edited_by_department():
            return super().write(vals)
        members = self.filtered(lambda partner: partner.member_state == 'member')
        before = {partner: {field: partner[field] for field in ledger_fields} for partner in members}
        result = super().write(vals)
        members._record_changes(before)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_numbered(self):
        # sudo: numbers are for life, whoever deletes
        numbered = self.sudo().filtered('member_number')[:1]
        if numbered:
            raise UserError(self.env._(
                "%(unit)s holds member number %(number)s, which is kept for life. It cannot be deleted.",
                unit=numbered.display_name, number=numbered.member_number,
            ))

    # === ACTION METHODS === #

    def action_view_member_events(self):
        """Open the ledger of these units."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_member_event_action')
        action['domain'] = [('partner_id', 'in', self.ids)]
        action['context'] = {}
        return action

    def action_view_surveys(self):
        """Open what these units answered in data surveys."""
        action = self.env['ir.actions.act_window']._for_xml_id(
            'cfia_membership.cfia_data_survey_recipient_action')
        action['domain'] = [('partner_id', 'in', self.ids)]
        return action

    def action_view_member_file(self):
        """Open the member's file."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'cfia.member.file',
            'view_mode': 'form',
            'res_id': self.member_file_ids[:1].id,
        }

    @api.model
    def get_import_templates(self):
        """Offer no template of core's: its columns are English, and the suite imports units by lists of its own."""
        return []

    # === BUSINESS METHODS - STATE === #

    def _may_freeze(self, names):
        return not STANDING_FIELDS.isdisjoint(names)

    def _get_frozen_names(self):
        return STANDING_FIELDS if self.member_state == 'member' else frozenset()

    def _set_member_state(self, state, vals_by_partner=None):
        """Move units to ``state``; the one place that writes it.

        :param str state: a value of ``member_state``
        :param dict vals_by_partner: further values to write at once, for each unit
        :raise UserError: when the move is not allowed
        """
        states = dict(self._fields['member_state']._description_selection(self.env))
        for partner in self:
            allowed = self._get_allowed_member_states(partner.member_state)
            if partner.member_state != state and state not in allowed:
                raise UserError(self.env._(
                    "%(unit)s cannot go from “%(old)s” to “%(new)s”.",
                    unit=partner.display_name,
                    old=states.get(partner.member_state, "-"),
                    new=states[state],
                ))
        if state == 'member':
            # sudo: a unit that comes back is seen again
            archived = self.sudo().filtered(lambda partner: not partner.active)
            unlocked(archived).write({'active': True})
        # units with the same values are written together
        for partners in self.grouped(lambda partner: repr((vals_by_partner or {}).get(partner))).values():
            unlocked(partners).write({
                'member_state': state,
                **(vals_by_partner or {}).get(partners[0], {}),
            })
        for partner in self:
            # names from before the association knew the unit
            if partner.name and strip_invisible(partner.name) != partner.name:
                unlocked(partner).name = strip_invisible(partner.name)

    @api.model
    def _get_allowed_member_states(self, state):
        """Return the states that may follow ``state`` (DOMAIN: states of a unit)."""
        return {
            False: ('prospect', 'applicant', 'member', *EXIT_STATES),
            'prospect': ('applicant', 'member', *EXIT_STATES),
            'applicant': ('prospect', 'member'),
            'member': EXIT_STATES,
            'withdrawn': ('applicant', 'member'),
            'expelled': ('applicant', 'member'),
            'merged': (),
        }[state]

    @api.model
    def _enter_members(self, entries):
        """Enter members of earlier years as they stand in the association's old records.

        :param list entries: dictionaries with ``partner_id``, ``number`` (int, without prefix),
            ``date_joined`` (date or string) and optionally ``grade_id``, ``legacy`` (the number as the old
            list printed it), ``state`` and ``date_left`` for units that have left since, ``note``
        :raise UserError: when a number is held by another unit
        :return: the units, in the order given
        """
        # sudo: units are entered by the import, which checks its role
        partners = self.browse([entry['partner_id'] for entry in entries]).sudo()
        self.env['cfia.member.number'].sudo()._enter_numbers([
            (entry['number'], partner, 'imported') for partner, entry in zip(partners, entries)
        ])
        Event = self.env['cfia.member.event']
        for state in ('member', *EXIT_STATES):
            chosen = [
                (partner, entry) for partner, entry in zip(partners, entries)
                if state in ('member', entry.get('state'))
            ]
            if not chosen:
                continue
            # sudo: units are entered by the import, which checks its role
            self.browse([partner.id for partner, _entry in chosen]).sudo()._set_member_state(state, {
                partner: partner._prepare_entered_values(entry, state) for partner, entry in chosen
            })
            Event._record([
                {
                    'partner_id': partner.id,
                    'kind': 'joined' if state == 'member' else state,
                    'date_effective': entry['date_joined' if state == 'member' else 'date_left'],
                    'note': entry.get('note'),
                }
                for partner, entry in chosen
                if entry.get('date_joined' if state == 'member' else 'date_left')
            ])
        self.env['cfia.member.file']._open(partners)
        return partners

    def _prepare_entered_values(self, entry, state):
        """Return the columns of a unit entered from old records, see :meth:`_enter_members`."""
        if state != 'member':
            return {'date_member_left': entry.get('date_left')}
        return {
            'member_number_legacy': entry.get('legacy'),
            'member_grade_id': entry.get('grade_id'),
            'date_member_joined': entry.get('date_joined'),
        }

    def _leave(self, state, date=None, note=None, survivor=None, **vals):
        """Close the membership of these units and record it. Units that left so already are skipped.

        The number is kept and closed, certificates are no longer valid.

        :param str state: ``withdrawn``, ``expelled`` or ``merged``
        :param date date: first day without membership, default the association's day
        :param str note: papers and deciding body
        :param survivor: of a merger, the unit that goes on
        :param vals: further columns of the event
        :return: the events
        """
        date = date or association_today()
        if date > association_today():
            raise UserError(self.env._(
                "%(unit)s stays a member until %(date)s: record the exit on that day.", unit=self[:1].display_name, date=date))
        leaving = self.filtered(lambda partner: partner.member_state != state)
        values = {'date_member_left': date}
        if survivor:
            values['merged_into_id'] = survivor.id
        leaving._set_member_state(state, dict.fromkeys(leaving, values))
        self.env['cfia.document']._revoke_certificates(leaving, date)
        return leaving._record_member_event(state, date, note=note, **vals)

    def _rejoin(self, date=None, note=None, grade=None, **vals):
        """Take units back with their old numbers and record it. Present members are skipped.

        :param date date: day of return, default the association's day
        :param str note: papers and deciding body
        :param grade: grade from now on, default the one held before
        :param vals: further columns of the event
        :return: the events
        """
        date = date or association_today()
        returning = self.filtered(lambda partner: partner.member_state != 'member')
        values = {'date_member_left': False}
        if grade:
            values['member_grade_id'] = grade.id
        returning._set_member_state('member', dict.fromkeys(returning, values))
        return returning._record_member_event('rejoined', date, note=note, **vals)

    # === BUSINESS METHODS - LEDGER === #

    def _record_member_event(self, kind, date_effective=None, **vals):
        """Append one event of ``kind`` for each unit.

        :param str kind: a value of ``cfia.member.event.kind``
        :param date date_effective: day of effect, default the association's day
        :return: the events
        """
        return self.env['cfia.member.event']._record([
            {
                'partner_id': partner.id,
                'kind': kind,
                'date_effective': date_effective or association_today(),
                **vals,
            }
            for partner in self
        ])

    def _record_changes(self, before):
        """Append an event for each member whose ledger values changed.

        :param dict before: unit → {field: old value}
        """
        # the ledger is read by all: its notes are in the association's language
        labels = self.with_context(lang=self.env.company._get_association_lang()).fields_get(
            EVENT_KIND_BY_FIELD, ['string'])
        vals_list = []
        for partner in self:
            changed = [field for field, value in before[partner].items() if partner[field] != value]
            if not changed:
                continue
            vals_list.append({
                'partner_id': partner.id,
                'kind': self._get_change_kind(changed),
                'note': ", ".join(labels[field]['string'] for field in changed),
            })
            if 'name' in changed:
                partner.former_name = before[partner]['name']
        if vals_list:
            self.env['cfia.member.event']._record(vals_list)

    @api.model
    def _get_change_kind(self, changed):
        """Return the kind of event for the changed columns: the weightiest one's."""
        return next(
            (kind for field, kind in EVENT_KIND_BY_FIELD.items() if field in changed), 'data')

    # === BUSINESS METHODS - CONTACTS === #

    @api.model
    def _get_active_units(self):
        """Return the units of what was chosen in the list or form that a dialog was opened from."""
        if self.env.context.get('active_model') != self._name:
            return self.browse()
        return self.browse(self.env.context.get('active_ids') or []).commercial_partner_id

    @api.model
    def _create_contacts(self, vals_list):
        """Create contact persons of units with what core copies from the unit one person at a time.

        :param list vals_list: values of ``res.partner`` with ``parent_id``; a person of another type
            than ``contact`` keeps an address of its own
        :return: the persons, in the order of ``vals_list``
        """
        self.browse().check_access('create')
        # sudo: as core, which copies columns that the user may not see
        Partner = self.sudo().with_context(**BATCH_CREATE_CONTEXT)
        units = Partner.browse(list({vals['parent_id'] for vals in vals_list}))
        commercial = {unit.id: unit._get_commercial_values() for unit in units}
        address = {unit.id: unit._get_address_values() for unit in units}
        contacts = Partner.create([
            {
                **commercial[vals['parent_id']],
                **(address[vals['parent_id']] if vals.get('type', 'contact') == 'contact' else {}),
                **vals,
            }
            for vals in vals_list
        ])
        contacts._copy_company_dependent_values()
        return self.browse(contacts.ids)

    def _copy_company_dependent_values(self):
        """Give persons what their unit has in the companies other than the current one."""
        field_names = self._company_dependent_commercial_fields()
        # sudo: what a unit has, its persons have in every company
        for company in self.env['res.company'].sudo().search([('id', '!=', self.env.company.id)]):
            for contact in self.with_company(company).sudo():
                contact.update({
                    name: contact.parent_id[name]
                    for name in field_names if contact[name] != contact.parent_id[name]
                })

    def _get_reader_lang(self):
        """Return the language in which this person or unit is written to: its own, its unit's, or the association's."""
        # sudo: in which language somebody is written to is no secret
        partner = self.sudo()
        installed = dict(self.env['res.lang'].get_installed())
        return next(
            (lang for lang in (partner.lang, partner.commercial_partner_id.lang) if lang in installed),
            None) or (partner.company_id or self.env.company)._get_association_lang()

    def _get_role_contacts(self, role_code):
        """Return who holds a role, the general contact person or the unit itself where nobody does.

        Of several holders it is the one entered last.

        :param str role_code: code of ``cfia.contact.role``
        :return: {unit: contact or unit}
        :rtype: dict
        """
        merged = self.filtered(lambda unit: unit.member_state == 'merged' and unit.merged_into_id)
        if merged:
            # letters of a unit that is no more go to the unit that goes on
            heirs = {unit: unit.merged_into_id for unit in merged}
            found = ((self - merged) | merged.merged_into_id)._get_role_contacts(role_code)
            return {unit: found[heirs.get(unit, unit)] for unit in self}
        contacts = self.env['res.partner'].search([
            ('parent_id', 'in', self.ids),
            ('contact_role_ids.code', 'in', [role_code, 'contact']),
        ], order='id desc')
        by_role = {}
        for contact in contacts:
            for code in contact.contact_role_ids.mapped('code'):
                by_role.setdefault((contact.parent_id, code), contact)
        return {
            unit: by_role.get((unit, role_code)) or by_role.get((unit, 'contact')) or unit
            for unit in self
        }
