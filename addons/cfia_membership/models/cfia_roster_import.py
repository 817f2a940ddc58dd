import base64
import io
import re
from functools import partial
from pathlib import PurePath

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import split_every
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.models.res_partner import BATCH_CREATE_CONTEXT
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import locked, unlocked
from odoo.addons.cfia_membership.tools.member_number import format_number, number_value
from odoo.addons.cfia_membership.tools.roster import lookups
from odoo.addons.cfia_membership.tools.roster.columns import HEADINGS
from odoo.addons.cfia_membership.tools.roster.evaluate import (
    Known,
    Reservation,
    Setting,
    Unit,
    judge,
    read_rows,
)
from odoo.addons.cfia_membership.tools.roster.reader import read_roster
from odoo.addons.cfia_membership.tools.roster.sections import read_section
from odoo.addons.cfia_membership.tools.sheet import ListError
from odoo.addons.cfia_membership.tools.text import clean_text, normalise_unit_name

_lt = LazyTranslate(__name__)

BATCH_SIZE = 1000
# the list came in Chinese, so it goes back in Chinese, whoever imports it
ERROR_FILE_LANG = 'zh_CN'
ERROR_FILE_HEADING = _lt("Reason for return")
ERROR_FILE_SUFFIX = _lt("returned")

REASONS = {
    'missing_name': _lt("Unit name missing"),
    'missing_number': _lt("Member number missing"),
    'number': _lt("Not a member number"),
    'duplicate_number': _lt("Number given twice"),
    'reserved_number': _lt("Number reserved for another unit"),
    'duplicate_unit': _lt("Unit listed twice"),
    'application_open': _lt("Application open"),
    'date': _lt("Impossible joining date"),
    'future_date': _lt("Joining date in the future"),
    'unit_alike': _lt("May be a unit that is known"),
    'uscc_checksum': _lt("USCC does not check"),
    'unknown_grade': _lt("Unknown grade"),
    'unknown_category': _lt("Unknown enterprise category"),
    'unknown_ownership': _lt("Unknown ownership"),
    'unknown_province': _lt("Unknown province"),
    'email': _lt("E-mail address wrong"),
    'phone': _lt("Telephone number wrong"),
    'postcode': _lt("Postcode wrong"),
    'missing_date': _lt("Joining date missing"),
    'partial_date': _lt("Joining date incomplete"),
    'exit_unclear': _lt("Unclear whether the unit left"),
    'exit_date': _lt("Date of exit unknown"),
    'exit_before_joined': _lt("Exit before joining"),
    'paid_to': _lt("Dues paid until unclear"),
    'paid_after_exit': _lt("Dues paid after exit"),
}

MESSAGES = {
    'unit_alike': _lt(
        "“%(raw)s” may be %(unit)s, which the association knows. It came in as a unit of its own: compare the two."),
    'missing_name': _lt("The row has no unit name."),
    'missing_number': _lt("The row has no member number."),
    'number': _lt("“%(raw)s” is no member number. Numbers look like %(example)s, with or without prefix."),
    'duplicate_number': _lt("Number %(raw)s already stands in row %(row)s."),
    'duplicate_number_known': _lt("Number %(raw)s already belongs to %(unit)s."),
    'reserved_number': _lt("Number %(raw)s is reserved for %(unit)s, whose row was rejected earlier."),
    'duplicate_unit': _lt("This unit already stands in row %(row)s."),
    'duplicate_unit_known': _lt("This unit is already registered under another number: %(unit)s."),
    'application_open': _lt("An application of %(unit)s is open. Decide on it first."),
    'date': _lt("“%(raw)s” is no possible joining date."),
    'future_date': _lt("The joining date %(raw)s lies in the future."),
    'uscc_checksum': _lt("USCC %(raw)s does not pass the check of GB 32100; it was left empty."),
    'unknown_grade': _lt("“%(raw)s” is no grade of the association; the grade was left empty."),
    'unknown_category': _lt("“%(raw)s” is no enterprise category of the association; it was left empty."),
    'unknown_ownership': _lt("“%(raw)s” is no known ownership; it was left empty."),
    'unknown_province': _lt("“%(raw)s” is no province; it was left empty."),
    'email': _lt("“%(raw)s” is no e-mail address; it was left empty."),
    'phone': _lt("“%(raw)s” is no telephone number; it was left empty."),
    'postcode': _lt("“%(raw)s” is no postcode; it was left empty."),
    'missing_date': _lt("The joining date is missing; the ledger gets it once it is known."),
    'partial_date': _lt("The joining date “%(raw)s” names no day; the first one was taken."),
    'exit_unclear': _lt("“%(raw)s” does not say clearly whether the unit left; it came in as a member."),
    'exit_date': _lt("“%(raw)s” does not say when the unit left; the ledger gets it once it is known."),
    'exit_before_joined': _lt("By “%(raw)s” the unit left before it joined; the date of exit was left empty."),
    'paid_to': _lt("“%(raw)s” is no year up to which dues are paid; it was left empty."),
    'paid_after_exit': _lt("Dues are paid until “%(raw)s”, but the unit left in %(year)s; the year was left empty."),
}


PASSED = {
    'heading': _lt("headings printed again"),
    'units': _lt("how to fill in the columns"),
    'section': _lt("headings within the list"),
    'total': _lt("totals"),
    'note': _lt("notes"),
    'person': _lt("a further person of the unit above"),
}


def is_section(setting, name):
    """Tell whether the name of a sheet speaks for its rows."""
    section = read_section(name, setting)
    return bool(section.grade or section.exit or section.is_exit_unclear or section.province)


def _sheet_title(name):
    return re.sub(r'[\\/*?:\[\]]', ' ', name)[:31] or 'Sheet'


class CfiaRosterImport(models.Model):
    """Member list from before the suite (xlsx), read, judged row by row and taken over.

    Kept for good, with one record a row: it is the evidence of where members came from, and tells
    for which unit a number is reserved.
    """

    _name = 'cfia.roster.import'
    _description = "Member List Import"
    _inherit = ['cfia.guard.mixin', 'cfia.sheet.mixin']
    _frozen_when = dict.fromkeys(('imported', 'undone'), ('file', 'filename'))
    _guard_texts = {
        'write': _lt("It is checked and imported by its buttons."),
        'frozen': _lt("It has been imported. Import the next list separately."),
        'unlink': _lt("It has been imported and is kept."),
    }
    _sheet_kind = 'unit'
    _rec_name = 'filename'
    _order = 'id desc'

    file = fields.Binary(string="Member List", required=True, attachment=True)
    filename = fields.Char(string="File Name")
    state = fields.Selection(
        selection=[('draft', "Not checked"), ('checked', "Checked"), ('imported', "Imported"), ('undone', "Taken back")],
        required=True, readonly=True, default='draft', copy=False)
    date_imported = fields.Datetime(string="Imported On", readonly=True, copy=False)
    user_id = fields.Many2one('res.users', string="Imported By", readonly=True, copy=False)

    # Results
    row_ids = fields.One2many('cfia.roster.import.row', 'import_id', string="Rows", readonly=True)
    seen_count = fields.Integer(string="Rows in the List", readonly=True, copy=False)
    passed_count = fields.Integer(
        string="Name No Unit", readonly=True, copy=False,
        help="Totals, notes and headings within the list, and rows that name a further person of the unit above.")
    accepted_count = fields.Integer(
        string="Accepted", readonly=True, copy=False, help="Rows that stand, those with a question included.")
    questioned_count = fields.Integer(string="Of These Questioned", readonly=True, copy=False)
    rejected_count = fields.Integer(string="Rejected", readonly=True, copy=False)
    unchanged_count = fields.Integer(
        string="Already Registered", readonly=True, copy=False,
        help="Rows of units that hold this number already: nothing is written for them.")
    summary = fields.Text(readonly=True, copy=False)
    notice = fields.Text(readonly=True, copy=False)
    error_file = fields.Binary(
        string="Rejected Rows", readonly=True, attachment=True, copy=False,
        help="The rejected rows as they stood, with the reason beside each: mend them and import this file.")
    error_filename = fields.Char(readonly=True, copy=False)
    open_review_count = fields.Integer(compute='_compute_open_review_count')

    # === COMPUTE METHODS === #

    def _compute_open_review_count(self):
        counts = dict(self.env['cfia.review.item']._read_group(
            [('import_id', 'in', self.ids), ('state', '=', 'open')], ['import_id'], ['__count']))
        for roster in self:
            roster.open_review_count = counts.get(roster, 0)

    # === CRUD METHODS === #

    def write(self, vals):
        """Begin anew with another list."""
        result = super().write(vals)
        if 'file' in vals:
            unlocked(self.filtered(lambda roster: roster.state == 'checked')).state = 'draft'
        return result

    # === ACTION METHODS === #

    def action_check(self):
        """Say what would become of each row, without writing any member.

        :raise UserError: when the file cannot be read as a member list
        """
        for roster in self:
            roster._check_can_import()
            found, rows, passed = roster._evaluate()
            roster._write_result(found, rows, passed, {})
            # sudo: the result belongs to the act, not to the form
            unlocked(roster.sudo()).write({
                'summary': roster._get_check_summary(),
                'state': 'checked' if roster.state == 'draft' else roster.state,
            })
        return self._get_result_action()

    def action_import(self):
        """Take the accepted and questioned rows over as members, reserve the numbers of the rejected.

        All of a list is written or nothing. Repeating it changes nothing.

        :raise UserError: when the file cannot be read as a member list
        """
        for roster in self:
            roster._check_can_import()
            found, rows, passed = roster._evaluate()
            partner_ids = roster._import_rows(rows)
            roster._write_result(found, rows, passed, partner_ids)
            # sudo: the result belongs to the act, not to the form
            unlocked(roster.sudo()).write({
                'state': 'imported',
                'summary': roster._get_import_summary(rows),
                'date_imported': roster.date_imported or fields.Datetime.now(),
                'user_id': roster.user_id.id or self.env.uid,
            })
        return self._get_result_action()

    def action_view_review_items(self):
        """Open the questions that this list left."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_review_item_action')
        action['domain'] = [('import_id', 'in', self.ids)]
        return action

    def action_download_errors(self):
        """Download the rejected rows, to be mended and imported again."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_url',
            'url': f'/web/content/{self._name}/{self.id}/error_file/{self.error_filename}?download=true',
            'target': 'self',
        }

    def _get_result_action(self):
        """Return the action that shows the result, where a dialog asks for it."""
        if not self.env.context.get('cfia_roster_dialog'):
            return True
        return {
            'type': 'ir.actions.act_window',
            'res_model': self._name,
            'res_id': self.id,
            'views': [(False, 'form')],
            # the page that opens is no dialog any more
            'context': {'cfia_roster_dialog': False},
        }

    def _check_can_import(self):
        """Refuse everyone but the organisation department, whose register this is.

        :raise AccessError: without the right to write imports
        :raise UserError: for a list that was taken back
        """
        self.check_access('write')
        if undone := self.filtered(lambda roster: roster.state == 'undone')[:1]:
            raise UserError(self.env._(
                "“%(file)s” was taken back and is kept. Import the right list separately.", file=undone.display_name))

    # === BUSINESS METHODS - READING === #

    def _evaluate(self):
        """Read the list and judge each row against the others and the members known.

        :return: the list, its rows and those that are left out or go on with the one above
        :rtype: tuple[Roster, list[Row], list[tuple]]
        :raise UserError: when the file cannot be read as a member list
        """
        self.ensure_one()
        setting, passed = self._prepare_setting(), []

        def read(content, limits, taught):
            found = read_roster(content, limits=limits, taught=taught, is_section=partial(is_section, setting))
            rows = read_rows(found, setting, passed)
            if not rows:
                raise ListError('no_rows')
            return found, rows

        found, rows = self._read_list(self.with_context(bin_size=False).file, self.filename, read)
        judge(rows, self._prepare_known(rows))
        return found, rows, passed

    @api.model
    def _get_list_message(self, code, filename):
        """Return what is wrong with the file and what to do about it."""
        if code == 'no_header':
            return self.env._(
                "No heading row was found in %(file)s. The list needs the columns 会员证号 and 单位名称; these are "
                "read, too, in any order: %(columns)s.",
                file=filename or self.env._("the file"),
                columns="、".join(HEADINGS.names[name][0] for name in HEADINGS.columns[2:]),
            )
        return self.env._(
            "%(file)s has a heading row, but no member stands below it.",
            file=filename or self.env._("The file"),
        )

    def _prepare_setting(self):
        """Return what reading depends on beside the file."""
        prefix, _width = self.env['cfia.member.number']._get_format()
        return Setting(
            today=association_today(),
            prefix=prefix,
            grades=self._prepare_lookup('cfia.grade', lookups.GRADES),
            categories=self._prepare_lookup('cfia.enterprise.category', lookups.CATEGORIES),
            ownerships=self._prepare_lookup('cfia.ownership', lookups.OWNERSHIPS),
        )

    def _prepare_lookup(self, model, table):
        """Return the records of a classification by any of their names, in every language."""
        records = self.env[model].search([])
        names = [
            (record.name, record.id)
            for lang, _name in self.env['res.lang'].get_installed()
            for record in records.with_context(lang=lang)
        ]
        return lookups.Lookup(table, {record.code: record.id for record in records}, names)

    def _prepare_known(self, rows):
        """Return the units and reservations that the rows may meet, in a constant number of queries."""
        prefix, _width = self.env['cfia.member.number']._get_format()
        # sudo: archived and foreign units count, too, whoever imports
        Partner = self.env['res.partner'].sudo().with_context(active_test=False)
        partners = Partner._search_alike([row.unit_keys for row in rows]) | Partner.search(
            [('parent_id', '=', False), ('member_state', '!=', False)])
        partners.fetch(['name', 'former_name', 'uscc', 'member_number', 'member_state'])
        return Known(
            units=[
                Unit(
                    id=partner.id,
                    name=partner.name,
                    keys=partner._get_unit_keys(),
                    member=number_value(partner.member_number or None, prefix),
                    is_applicant=partner.member_state == 'applicant',
                )
                for partner in partners
            ],
            reservations=self._prepare_reservations(rows),
        )

    def _prepare_reservations(self, rows):
        """Return for which unit each reserved number is kept."""
        values = [row.member for row in rows if row.member]
        # sudo: the register is read by nobody directly
        reserved = self.env['cfia.member.number'].sudo().search_fetch(
            [('origin', '=', 'reserved'), ('value', 'in', values)], ['value'])
        # later rows overwrite earlier ones: the last list tells
        return {
            row.number_value: Reservation(
                row.name or '', normalise_unit_name(row.name), row.uscc or '', row.reason_code)
            # sudo: rows of earlier imports keep numbers for their units
            for row in self.env['cfia.roster.import.row'].sudo().search_fetch(
                [
                    ('number_value', 'in', reserved.mapped('value')),
                    ('state', '=', 'rejected'),
                    ('reason_code', '!=', 'duplicate_number'),
                    ('import_id.state', '=', 'imported'),
                ],
                ['number_value', 'name', 'uscc', 'reason_code'],
                order='id',
            )
        }

    # === BUSINESS METHODS - WRITING === #

    def _import_rows(self, rows):
        """Write the members of all rows that stand and are new, and reserve the numbers of the others.

        :param list rows: judged rows
        :return: place of the row → partner id
        :rtype: dict[int, int]
        """
        partner_ids = {row.place: row.unit.id for row in rows if row.is_unchanged}
        todo = [row for row in rows if row.state != 'rejected' and not row.is_unchanged]
        constants = self._prepare_constants()
        for batch in split_every(BATCH_SIZE, todo, list):
            partner_ids.update(self._import_batch(batch, constants))
            # a list of any length takes no more memory than a batch of it
            self.env.flush_all()
            self.env.invalidate_all()
        self._reserve_numbers(rows)
        return partner_ids

    def _prepare_constants(self):
        """Return the records that every batch needs, as identifiers."""
        provinces = self.env['res.country.state']
        for code in lookups.PROVINCES:
            provinces |= self.env.ref(f'base.state_cn_{code}')
        prefix, width = self.env['cfia.member.number']._get_format()
        return {
            'prefix': prefix,
            'width': width,
            'provinces': dict(zip(lookups.PROVINCES, provinces.ids)),
            'country': self.env.ref('base.cn').id,
            'roles': {role.code: role.id for role in self.env['cfia.contact.role'].search([])},
            'lang': self.env.company._get_association_lang(),
        }

    def _import_batch(self, rows, constants):
        """Write the members of some rows: unit, contacts, number, events, file, questions.

        :return: place of the row → partner id
        :rtype: dict[int, int]
        """
        # sudo: the register, the ledger and the files are written by acts alone
        partners = self.sudo()._write_units(rows, constants)
        self.sudo()._write_contacts(rows, partners, constants)
        self.env['cfia.member.number'].sudo()._enter_numbers([
            (row.member, partner, 'imported') for row, partner in zip(rows, partners)
        ])
        self.env['cfia.member.event']._record([
            vals for row, partner in zip(rows, partners) for vals in self._prepare_event_vals_list(row, partner)
        ])
        # sudo: files and review items come with the import, whoever runs it
        self.env['cfia.member.file'].sudo().with_context(tracking_disable=True)._open(partners)
        unlocked(self.env['cfia.review.item'].sudo()).create([
            vals for row, partner in zip(rows, partners) for vals in self._prepare_review_vals_list(row, partner)
        ])
        self._import_dues_history({
            partner: row.values['paid_to'] for row, partner in zip(rows, partners) if row.values['paid_to']
        })
        return {row.place: partner.id for row, partner in zip(rows, partners)}

    def _import_dues_history(self, paid_to_by_partner):
        """Hook for other modules: enter up to which year units have paid their dues.

        Called for each batch of rows, inside the import's transaction, and again when a doubtful year
        is settled later. The units stand complete: ``date_member_joined``, ``date_member_left`` and
        ``member_state`` tell of exits.

        :param dict paid_to_by_partner: unit → last year that is paid
        """

    def _write_units(self, rows, constants):
        """Create the units of ``rows``, taking over contacts that the association has already.

        :return: the units, in the order of the rows
        """
        Partner = unlocked(self.env['res.partner'].with_context(**BATCH_CREATE_CONTEXT))
        vals_list = [self._prepare_unit_values(row, constants) for row in rows]
        created = iter(Partner.create([vals for row, vals in zip(rows, vals_list) if not row.unit]))
        ids = []
        for row, vals in zip(rows, vals_list):
            if row.unit:
                partner = Partner.browse(row.unit.id)
                # what an import changes of a member is a change like any other
                (locked(partner) if partner.member_state == 'member' else partner).write({name: value for name, value in vals.items() if value})
            else:
                partner = next(created)
            ids.append(partner.id)
        return self.env['res.partner'].browse(ids)

    def _prepare_unit_values(self, row, constants):
        """Return the columns of the unit in ``row``."""
        values = row.values
        left = values['exit']
        vals = {
            'name': values['name'],
            'is_company': True,
            'lang': constants['lang'],
            'member_number': format_number(row.member, constants['prefix'], constants['width']),
            'member_number_legacy': values['legacy'],
            'member_state': left.state if left else 'member',
            'date_member_joined': values['joined'],
            'date_member_left': left and left.last_day,
            'member_grade_id': values['grade'],
            'enterprise_category_id': values['category'],
            'ownership_id': values['ownership'],
            'enterprise_size': values['size'],
            'uscc': values['uscc'] or None,
            'name_en': values['name_en'],
            'former_name': values['former_name'],
            'website': values['website'],
            **self._prepare_address_values(row, constants),
        }
        if values['secondary_categories']:
            vals['enterprise_category_ids'] = [Command.set(values['secondary_categories'])]
        if not values['contact']:
            vals.update({name: values[name] for name in ('phone', 'mobile', 'email')})
        return vals

    def _prepare_address_values(self, row, constants):
        values = row.values
        return {
            'street': values['address'],
            'city': values['city'] or False,
            'zip': values['zip'],
            'state_id': constants['provinces'].get(values['province']),
            'country_id': constants['country'],
        }

    def _write_contacts(self, rows, partners, constants):
        """Create the contact persons of the units; those already there get the roles."""
        taken_over = partners.browse([row.unit.id for row in rows if row.unit])
        existing = {
            (contact.parent_id.id, contact.name): contact
            for contact in self.env['res.partner'].search([('parent_id', 'in', taken_over.ids)])
        } if taken_over else {}
        vals_list = []
        for row, partner in zip(rows, partners):
            for vals in self._prepare_contact_vals_list(row, constants):
                contact = existing.get((partner.id, vals['name']))
                if contact:
                    contact.write({name: value for name, value in vals.items() if value})
                else:
                    vals_list.append({**vals, 'parent_id': partner.id})
        unlocked(self.env['res.partner'])._create_contacts(vals_list)

    def _prepare_contact_vals_list(self, row, constants):
        """Return the columns of the persons in ``row``: one who holds several roles is one contact."""
        values = row.values
        people = {}
        for role in ('legal_representative', 'representative', 'contact', 'magazine'):
            name = values[role]
            if not name:
                continue
            person = people.setdefault(name, {
                'name': name,
                'type': 'contact',
                'lang': constants['lang'],
                'contact_role_ids': [],
            })
            if role in constants['roles']:
                person['contact_role_ids'].append(Command.link(constants['roles'][role]))
            if role == 'contact':
                person.update({name: values[name] for name in ('function', 'phone', 'mobile', 'email')})
        for further in values['more_contacts']:
            if further['name'] not in people:
                people[further['name']] = {
                    'type': 'contact', 'lang': constants['lang'], 'contact_role_ids': [], **further}
        return list(people.values())

    def _prepare_event_vals_list(self, row, partner):
        """Return the ledger events of ``row``: joining and, for a unit that left, its exit.

        Without the date of exit both wait until it is known, so that no count takes the unit for a
        member meanwhile.
        """
        joined, left = row.values['joined'], row.values['exit']
        source = {'partner_id': partner.id, 'res_model': self._name, 'res_id': self.id}
        vals_list = []
        if joined and not (left and not left.last_day):
            vals_list.append({
                **source, 'kind': 'joined', 'date_effective': joined, 'member_state': 'member'})
        if left and left.last_day:
            vals_list.append({**source, 'kind': left.state, 'date_effective': left.last_day})
        return vals_list

    def _prepare_review_vals_list(self, row, partner):
        """Return the questions that ``row`` leaves, for the work list."""
        return [
            {
                'partner_id': partner.id,
                'import_id': self.id,
                'row': row.number,
                'reason_code': problem.code,
                'raw_value': problem.raw,
                'message': self._get_problem_message(problem),
            }
            for problem in row.problems
        ]

    def _reserve_numbers(self, rows):
        """Keep the numbers of rejected rows from being issued: their units come back with them."""
        values = {row.member for row in rows if row.member and row.rejections}
        # sudo: the register is read by nobody directly
        Number = self.env['cfia.member.number'].sudo()
        values.difference_update(Number.search([('value', 'in', list(values))]).mapped('value'))
        Number._enter_numbers([(value, self.env['res.partner'], 'reserved') for value in sorted(values)])

    # === BUSINESS METHODS - RESULT === #

    def _write_result(self, found, rows, passed, partner_ids):
        """Keep the outcome of each row, the totals and the file of rejected rows.

        :param Roster found: the list
        :param list passed: rows left out
        :param dict partner_ids: place of the row → partner id of the rows that were written
        """
        # sudo: nobody edits the outcome of a row by hand
        roster_sudo = unlocked(self.sudo())
        roster_sudo.row_ids.unlink()
        for batch in split_every(BATCH_SIZE, rows, list):
            unlocked(self.env['cfia.roster.import.row'].sudo()).create([
                self._prepare_row_values(row, partner_ids.get(row.place) or row.unit and row.unit.id)
                for row in batch
            ])
            self.env.flush_all()
            self.env.invalidate_all()
        rejected = [row for row in rows if row.state == 'rejected']
        questioned = [row for row in rows if row.state == 'questioned']
        unchanged = [row for row in rows if row.state != 'rejected' and row.is_unchanged]
        stem = PurePath(self.filename or 'roster').stem
        roster_sudo.write({
            'accepted_count': len(rows) - len(rejected),
            'questioned_count': len(questioned),
            'rejected_count': len(rejected),
            'unchanged_count': len(unchanged),
            'seen_count': len(rows) + len(passed),
            'passed_count': len(passed),
            'notice': self._get_notice(found, passed),
            'error_file': base64.b64encode(self._render_error_file(rejected)) if rejected else False,
            'error_filename': rejected and f'{stem}_{ERROR_FILE_SUFFIX._translate(ERROR_FILE_LANG)}.xlsx',
        })

    def _get_check_summary(self):
        """Return in a sentence what an import would do."""
        return self.env._(
            "%(accepted)s rows stand, %(questioned)s of them with a question; %(rejected)s rows are rejected; "
            "%(unchanged)s units are registered already and stay unchanged. The check wrote no member.",
            accepted=self.accepted_count, questioned=self.questioned_count,
            rejected=self.rejected_count, unchanged=self.unchanged_count,
        )

    def _get_import_summary(self, rows):
        """Return in a sentence what the import did."""
        written = sum(row.state != 'rejected' and not row.is_unchanged for row in rows)
        questions = sum(len(row.problems) for row in rows if row.state == 'questioned' and not row.is_unchanged)
        rejected = sum(row.state == 'rejected' for row in rows)
        unchanged = sum(row.state != 'rejected' and row.is_unchanged for row in rows)
        if not written:
            return self.env._(
                "Nothing was changed: %(unchanged)s units of the list are registered already, "
                "%(rejected)s rows are rejected.",
                unchanged=unchanged, rejected=rejected,
            )
        return self.env._(
            "%(written)s members were taken over and left %(questions)s questions; %(rejected)s rows are rejected "
            "and their numbers reserved; %(unchanged)s units were registered already and stay unchanged.",
            written=written, questions=questions, rejected=rejected, unchanged=unchanged,
        )

    def _get_notice(self, found, passed):
        """Return what the reader ought to know about the table: columns missed, sheets left aside."""
        table = found.tables[0]
        notices = [self._get_passed_notice(passed)] if passed else []
        missing = [names[0] for field, names in HEADINGS.names.items() if field not in table.columns and field in (
            'uscc', 'grade', 'category', 'ownership', 'province', 'joined', 'paid_to')]
        if missing:
            notices.append(self.env._("The list has no column for: %(columns)s.", columns="、".join(missing)))
        left = self._get_unused_headings(found)
        if left:
            notices.append(self.env._("Columns that are not taken over: %(columns)s.", columns="、".join(left)))
        if found.other_sheets:
            notices.append(self.env._(
                "Sheet “%(sheet)s” was read. Import these sheets separately: %(others)s.",
                sheet="、".join(dict.fromkeys(table.sheet for table in found.tables)), others="、".join(found.other_sheets),
            ))
        return "\n".join(notices)

    @api.model
    def _get_unused_headings(self, found):
        """Return the headings of a list of which no column is taken over."""
        return list(dict.fromkeys(
            heading for table in found.tables for index, heading in enumerate(table.headings)
            if heading and index not in table.first().values()))

    @api.model
    def _get_passed_notice(self, passed):
        """Return where the rows of a list are that name no unit: (sheet, number, cells, reason)."""
        numbers = {}
        for _sheet, number, _cells, reason in passed:
            numbers.setdefault(reason, []).append(str(number))
        return "\n".join(
            self.env._("Rows that name no unit, %(reason)s: %(rows)s.",
                       reason=PASSED[reason]._translate(self.env.lang or 'en_US'),
                       rows=", ".join(rows[:50]) + ("…" if len(rows) > 50 else ""))
            for reason, rows in numbers.items())

    def _prepare_row_values(self, row, partner_id):
        """Return the record that keeps the outcome of ``row`` and its cells."""
        cells = {}
        for index, (heading, cell) in enumerate(zip(row.table.headings, row.cells)):
            text = clean_text(cell)
            if text:
                cells[heading if heading and heading not in cells else f'{heading} ({index + 1})'] = text
        return {
            'import_id': self.id,
            'row': row.number,
            'sheet': row.table.sheet,
            'state': row.state,
            'is_unchanged': row.is_unchanged and row.state != 'rejected',
            'reason_code': row.reason_code,
            'message': " ".join(self._get_problem_message(problem) for problem in row.problems),
            'partner_id': partner_id,
            'number': row.values['legacy'],
            'number_value': row.member,
            'name': row.values['name'],
            'uscc': row.values['uscc'],
            'values': cells,
        }

    def _get_problem_message(self, problem, lang=None):
        """Return a sentence that tells what is wrong.

        :param Problem problem: of a row
        :param str lang: language, by default the user's
        """
        code = f'{problem.code}_known' if 'unit' in problem.params and f'{problem.code}_known' in MESSAGES else problem.code
        prefix, width = self.env['cfia.member.number']._get_format()
        params = {'raw': problem.raw, 'example': format_number(12, prefix, width), **problem.params}
        return MESSAGES[code]._translate(lang or self.env.lang or 'en_US') % params

    def _render_error_file(self, rows):
        """Return the rejected rows as a workbook: the list's own columns, the reason beside them.

        :param list rows: rejected rows
        :rtype: bytes
        """
        workbook = Workbook()
        workbook.remove(workbook.active)
        tables = {}
        for row in rows:
            tables.setdefault(id(row.table), []).append(row)
        for table_rows in tables.values():
            self._write_error_sheet(workbook.create_sheet(_sheet_title(table_rows[0].table.sheet)), table_rows)
        output = io.BytesIO()
        workbook.save(output)
        return output.getvalue()

    def _write_error_sheet(self, sheet, rows):
        table = rows[0].table
        heading = ERROR_FILE_HEADING._translate(ERROR_FILE_LANG)
        kept = [index for index, title in enumerate(table.headings) if title != heading]
        sheet.append([*(table.headings[index] for index in kept), heading])
        section = ''
        for row in rows:
            if row.section not in (section, table.sheet):
                # what stood above the row speaks for it again
                sheet.append([row.section])
            section = row.section
            sheet.append([
                *(row.cells[index] for index in kept),
                "；".join(
                    self._get_problem_message(problem, ERROR_FILE_LANG).rstrip(".。") for problem in row.problems),
            ])
        for cell in sheet[1]:
            cell.font = Font(bold=True)
            cell.fill = PatternFill('solid', fgColor='DDE6F0')
        for cells in sheet.iter_rows():
            for cell in cells:
                if cell.data_type == 'f':
                    # a text that begins like a formula must not come to life
                    cell.data_type = 's'
        for cells in sheet.iter_rows(min_row=2):
            cells[-1].font = Font(color='C00000')
            cells[-1].alignment = Alignment(wrap_text=True, vertical='top')
        for index in range(1, len(kept) + 1):
            sheet.column_dimensions[get_column_letter(index)].width = 16
        sheet.column_dimensions[get_column_letter(len(kept) + 1)].width = 48
        sheet.freeze_panes = 'A2'


class CfiaRosterImportRow(models.Model):
    """What became of one row of a member list."""

    _name = 'cfia.roster.import.row'
    _description = "Row of a Member List"
    _inherit = ['cfia.guard.mixin']
    _made_by_steps = True
    _kept_when = True
    _append_only = True
    _order = 'import_id desc, row'

    import_id = fields.Many2one(
        'cfia.roster.import', required=True, readonly=True, index=True, ondelete='cascade')
    row = fields.Integer(readonly=True, aggregator=None)
    sheet = fields.Char(readonly=True)
    state = fields.Selection(
        selection=[('accepted', "Accepted"), ('questioned', "Questioned"), ('rejected', "Rejected")],
        required=True, readonly=True)
    is_unchanged = fields.Boolean(string="Already Registered", readonly=True)
    reason_code = fields.Selection(selection='_selection_reason_code', string="Reason", readonly=True)
    message = fields.Text(readonly=True)
    partner_id = fields.Many2one(
        'res.partner', string="Unit", readonly=True, index='btree_not_null', ondelete='set null')
    number = fields.Char(readonly=True, help="As the list prints it.")
    number_value = fields.Integer(readonly=True, index=True, aggregator=None)
    name = fields.Char(string="Name in the List", readonly=True)
    uscc = fields.Char(string="USCC", readonly=True)
    values = fields.Json(readonly=True, help="The cells of the row as they stood.")

    @api.model
    def _selection_reason_code(self):
        return [(code, self.env._(label)) for code, label in REASONS.items()]  # pylint: disable=gettext-variable

    # === ACTION METHODS === #

    def action_open_partner(self):
        """Open the unit of this row."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'res.partner',
            'res_id': self.partner_id.id,
            'views': [(False, 'form')],
        }
