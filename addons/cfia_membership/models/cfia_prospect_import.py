from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import split_every
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.models.cfia_roster_import import BATCH_SIZE, is_section
from odoo.addons.cfia_membership.models.res_partner import BATCH_CREATE_CONTEXT
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.recruitment import PROSPECT_SOURCES
from odoo.addons.cfia_membership.tools.roster.columns import HEADINGS
from odoo.addons.cfia_membership.tools.roster.prospects import (
    REQUIRED_FIELDS,
    judge_prospects,
    read_prospect_rows,
)
from odoo.addons.cfia_membership.tools.roster.reader import read_roster
from odoo.addons.cfia_membership.tools.sheet import ListError
from odoo.addons.cfia_membership.tools.unit_match import Likeness

_lt = LazyTranslate(__name__)

COLUMNS = ('name', 'uscc', 'province', 'city', 'address', 'zip', 'category', 'contact', 'phone', 'mobile', 'email')
FOUND_BY = {
    Likeness.CODE: _lt("The same USCC as %(unit)s (%(state)s)."),
    Likeness.NAME: _lt("The same name as %(unit)s (%(state)s)."),
    Likeness.OTHER_CODE: _lt("The same name as %(unit)s (%(state)s)."),
    Likeness.FORMER_NAME: _lt("A former name of one is the name of the other: %(unit)s (%(state)s)."),
    Likeness.BRANCH: _lt("Perhaps a branch or the head office of %(unit)s (%(state)s)."),
}


class CfiaProspectImport(models.Model):
    """A list of contact targets (xlsx): a circulation list, visitors, exhibitors (articles 2.0, 2.1).

    It is read as a member list is. Units that the association knows are shown beside the row that
    names them; somebody decides whether they are one, nothing is merged by itself.
    """

    _name = 'cfia.prospect.import'
    _description = "Contact Target Import"
    _inherit = ['cfia.guard.mixin', 'cfia.sheet.mixin', 'cfia.unit.list.mixin']
    _frozen_when = {'imported': '*', 'undone': '*'}
    _guard_texts = {
        'write': _lt("It is checked and imported by its buttons."),
        'frozen': _lt("It has been imported. Import the next list separately."),
        'unlink': _lt("It has been imported and is kept."),
    }
    _sheet_kind = 'unit'
    _rec_name = 'filename'
    _order = 'id desc'

    file = fields.Binary(string="List", required=True, attachment=True)
    filename = fields.Char(string="File Name")
    state = fields.Selection(
        selection=[('draft', "Not checked"), ('checked', "Checked"), ('imported', "Imported"), ('undone', "Taken back")],
        required=True, readonly=True, default='draft', copy=False)
    source = fields.Selection(selection=PROSPECT_SOURCES, required=True)
    referrer_id = fields.Many2one(
        'res.partner', string="Referred By", domain="[('is_company', '=', True)]", ondelete='restrict')
    recruiter_id = fields.Many2one('res.users', default=lambda self: self.env.user)
    department_id = fields.Many2one(
        'cfia.department', string="Recruiting Department",
        default=lambda self: self.env['cfia.department'].search([('user_ids', 'in', self.env.uid)], limit=1))
    date_imported = fields.Datetime(string="Imported On", readonly=True, copy=False)
    user_id = fields.Many2one('res.users', string="Imported By", readonly=True, copy=False)
    notice = fields.Text(readonly=True, copy=False)
    seen_count = fields.Integer(string="Rows in the List", readonly=True, copy=False)
    passed_count = fields.Integer(
        string="Name No Unit", readonly=True, copy=False,
        help="Totals, notes and headings within the list, and rows that name a further person of the unit above.")
    row_ids = fields.One2many('cfia.prospect.import.row', 'import_id', string="Rows", readonly=True)
    new_count = fields.Integer(string="New Units", compute='_compute_counts')
    duplicate_count = fields.Integer(string="Duplicates to Decide", compute='_compute_counts')
    rejected_count = fields.Integer(string="Rejected", compute='_compute_counts')
    entered_count = fields.Integer(string="Entered", compute='_compute_counts')

    # === COMPUTE METHODS === #

    @api.depends('row_ids.state')
    def _compute_counts(self):
        counts = {
            (roster.id, state): count
            for roster, state, count in self.env['cfia.prospect.import.row']._read_group(
                [('import_id', 'in', self.ids)], ['import_id', 'state'], ['__count'])
        }
        for roster in self:
            for name, states in (
                    ('new_count', ('new',)), ('duplicate_count', ('duplicate',)),
                    ('rejected_count', ('rejected',)), ('entered_count', ('created', 'merged'))):
                roster[name] = sum(counts.get((roster.id, state), 0) for state in states)

    # === CRUD METHODS === #

    def write(self, vals):
        """Begin anew with another list."""
        result = super().write(vals)
        if 'file' in vals:
            unlocked(self.filtered(lambda roster: roster.state == 'checked')).state = 'draft'
        return result

    def _get_brought_units(self):
        return self.row_ids.filtered(lambda row: row.state == 'created').partner_id

    def _get_changed_units(self):
        return self.row_ids.filtered(lambda row: row.state == 'merged').partner_id

    def _check_not_imported(self):
        done = self.filtered(lambda roster: roster.state in ('imported', 'undone'))[:1]
        if done:
            raise UserError(self.env._(
                "%(list)s has been imported and is kept. Import the next list separately.",
                list=done.display_name))

    # === ACTION METHODS === #

    def action_check(self):
        """Say what would become of each row, without writing any unit.

        :raise UserError: when the file cannot be read
        """
        self.check_access('write')
        self._check_not_imported()
        for roster in self:
            roster._check()
        return True

    def action_import(self):
        """Enter the new units; rows that name a known unit wait to be decided.

        :raise UserError: when the file cannot be read
        """
        self.check_access('write')
        self._check_not_imported()
        for roster in self:
            roster._check()
            roster.row_ids.filtered(lambda row: row.state == 'new')._create_units()
            unlocked(roster).write({
                'state': 'imported', 'date_imported': fields.Datetime.now(), 'user_id': self.env.uid})
        return True

    def action_view_duplicates(self):
        """Open the rows that name a known unit."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_prospect_import_row_action')
        action['domain'] = [('import_id', 'in', self.ids)]
        return action

    # === BUSINESS METHODS === #

    def _check(self):
        """Read the list anew and keep what would become of each row. One record."""
        self.ensure_one()
        Roster = self.env['cfia.roster.import']
        setting, passed = Roster._prepare_setting(), []

        def read(content, limits, taught):
            found = read_roster(
                content, REQUIRED_FIELDS, limits=limits, taught=taught, is_section=partial(is_section, setting))
            rows = read_prospect_rows(found, setting, passed)
            if not rows:
                raise ListError('no_rows')
            return found, rows

        found, rows = self._read_list(self.with_context(bin_size=False).file, self.filename, read)
        for row in rows:
            row.values.update(joined=None, exit=None)
            row.member = None
        judge_prospects(rows, Roster._prepare_known(rows))
        constants = Roster._prepare_constants()
        # sudo: nobody edits the outcome of a row by hand
        Row = unlocked(self.env['cfia.prospect.import.row'].sudo())
        unlocked(self.row_ids.sudo()).unlink()
        units = self.env['res.partner'].sudo().browse([row.unit.id for row in rows if row.unit])
        units.fetch(['name', 'former_name', 'uscc', 'member_state'])
        for batch in split_every(BATCH_SIZE, rows, list):
            Row.create([self._prepare_row_values(row, constants) for row in batch])
        left = Roster._get_unused_headings(found)
        notices = [Roster._get_passed_notice(passed)] if passed else []
        if left:
            notices.append(self.env._("Columns that are not taken over: %(columns)s.", columns="、".join(left)))
        if found.other_sheets:
            notices.append(self.env._(
                "Sheet “%(sheet)s” was read. Import these sheets separately: %(others)s.",
                sheet="、".join(dict.fromkeys(table.sheet for table in found.tables)), others="、".join(found.other_sheets)))
        unlocked(self).write({
            'state': 'checked',
            'seen_count': len(rows) + len(passed),
            'passed_count': len(passed),
            'notice': "\n".join(notices) or False,
        })

    @api.model
    def _get_list_message(self, code, filename):
        if code == 'no_header':
            return self.env._(
                "No heading row was found in %(file)s. The list needs the column 单位名称; these are read, too, in any "
                "order: %(columns)s.",
                file=filename or self.env._("the file"),
                columns="、".join(HEADINGS.names[name][0] for name in COLUMNS[1:]))
        return self.env['cfia.roster.import']._get_list_message(code, filename)

    def _prepare_row_values(self, row, constants):
        """Return the record of a row, with the values that it would write."""
        Roster = self.env['cfia.roster.import']
        state = 'rejected' if row.rejections else 'duplicate' if row.unit else 'new'
        messages = [Roster._get_problem_message(problem) for problem in row.problems]
        if state == 'duplicate':
            messages.insert(0, self._get_duplicate_message(row))
        return {
            'import_id': self.id,
            'row': row.number,
            'state': state,
            'message': " ".join(messages),
            'partner_id': row.unit.id if row.unit else False,
            'name': row.values['name'],
            'uscc': row.values['uscc'],
            'values': {
                'unit': self._prepare_unit_values(row, constants),
                'contacts': Roster._prepare_contact_vals_list(row, constants),
            },
        }

    def _get_duplicate_message(self, row):
        # sudo: state and number of a unit like the row's are told to who decides
        unit = self.env['res.partner'].sudo().browse(row.unit.id)
        states = dict(unit._fields['member_state']._description_selection(self.env))
        likeness = row.unit_keys.compare(unit._get_unit_keys())
        message = FOUND_BY[likeness]._translate(self.env.lang or 'en_US') % {
            'unit': unit.name, 'state': states.get(unit.member_state, self.env._("contact"))}
        if likeness != Likeness.CODE and row.uscc_key and unit.uscc:
            message += " " + self.env._(
                "But its USCC is %(known)s, not %(listed)s: these are probably two units.",
                known=unit.uscc, listed=row.uscc_key)
        return message

    def _prepare_unit_values(self, row, constants):
        values = row.values
        vals = {
            'name': values['name'],
            'is_company': True,
            'lang': constants['lang'],
            'enterprise_category_id': values['category'],
            'uscc': values['uscc'] or False,
            'name_en': values['name_en'],
            'former_name': values['former_name'],
            'website': values['website'],
            **self.env['cfia.roster.import']._prepare_address_values(row, constants),
        }
        if not values['contact']:
            vals.update({name: values[name] for name in ('phone', 'mobile', 'email')})
        return vals

    def _prepare_source_values(self):
        """Return what the list says of all its units."""
        self.ensure_one()
        return {
            'prospect_source': self.source,
            'referrer_id': self.referrer_id.id,
            'recruiter_id': self.recruiter_id.id,
            'recruiting_department_id': self.department_id.id,
        }


class CfiaProspectImportRow(models.Model):
    """A row of a list of contact targets and what became of it."""

    _name = 'cfia.prospect.import.row'
    _description = "Row of a Contact Target List"
    _inherit = ['cfia.guard.mixin']
    _acts_of_readers = ('action_create_unit', 'action_merge', 'action_skip')
    _made_by_steps = True
    _frozen_with = ('import_id', 'row_ids')
    _guard_texts = dict.fromkeys(
        ('create', 'write', 'frozen'), _lt("Rows are written by the import itself: use its buttons."))
    _order = 'import_id desc, row'

    import_id = fields.Many2one(
        'cfia.prospect.import', string="List", required=True, readonly=True, index=True, ondelete='cascade')
    row = fields.Integer(readonly=True, aggregator=None)
    state = fields.Selection(
        selection=[
            ('new', "New unit"), ('duplicate', "Duplicate to decide"), ('rejected', "Rejected"),
            ('created', "Entered"), ('merged', "Merged"), ('skipped', "Left out"),
        ],
        required=True, readonly=True, index=True)
    message = fields.Text(readonly=True)
    partner_id = fields.Many2one(
        'res.partner', string="Known Unit", readonly=True, index='btree_not_null', ondelete='set null')
    name = fields.Char(string="Name in the List", readonly=True)
    uscc = fields.Char(string="USCC", readonly=True)
    values = fields.Json(readonly=True)
    decided_by_id = fields.Many2one('res.users', string="Duplicate Decided By", readonly=True)

    # === ACTION METHODS === #

    def action_merge(self):
        """Take the row for the known unit: what that one lacks is filled in, nothing is overwritten."""
        rows = self._get_undecided()
        # sudo: what a known unit lacks is filled in, and members are left out below
        units = rows.partner_id.sudo().with_context(tracking_disable=True)
        # a member's data change through change requests alone
        open_units = units.filtered(lambda unit: unit.member_state in (False, 'prospect', 'applicant'))
        vals_by_unit = {}
        for row in rows.filtered(lambda row: row.partner_id.id in open_units.ids):
            unit = open_units.browse(row.partner_id.id)
            vals_by_unit[unit] = {
                **row.values['unit'], **row.import_id._prepare_source_values(), **vals_by_unit.get(unit, {})}
        open_units._fill_prospect_values(vals_by_unit)
        rows.filtered(lambda row: row.partner_id.id in open_units.ids)._create_contacts()
        return rows._decide('merged')

    def action_create_unit(self):
        """Enter the row as a unit of its own beside its namesake.

        :raise UserError: when both have one USCC
        """
        rows = self._get_undecided()
        for row in rows:
            # sudo: codes are compared, not shown
            if row.uscc and row.uscc == row.partner_id.sudo().uscc:
                raise UserError(self.env._(
                    "Row %(row)s, %(unit)s: both have USCC %(uscc)s, so they are one unit. Merge the row or leave it out.",
                    row=row.row, unit=row.name, uscc=row.uscc))
        rows._create_units()
        return True

    def action_skip(self):
        """Leave the rows out."""
        return self._get_undecided()._decide('skipped')

    def action_open_partner(self):
        """Open the unit of this row."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'res.partner',
            'res_id': self.partner_id.id,
            'views': [(False, 'form')],
        }

    # === BUSINESS METHODS === #

    def _get_undecided(self):
        """Return the rows still to be decided; those decided before are skipped.

        :raise UserError: before the import
        """
        self.import_id.check_access('write')
        for roster in self.import_id:
            if roster.state != 'imported':
                raise UserError(self.env._(
                    "%(list)s is not imported yet. Import it, then decide on its duplicates.",
                    list=roster.display_name))
        return self.filtered(lambda row: row.state == 'duplicate')

    def _decide(self, state):
        # sudo: nobody edits the outcome of a row by hand
        unlocked(self.sudo()).write({'state': state, 'decided_by_id': self.env.uid})
        return True

    def _create_units(self):
        """Enter the rows as contact targets, with their contact persons."""
        today = association_today()
        Partner = unlocked(self.env['res.partner'].with_context(**BATCH_CREATE_CONTEXT))
        for batch in split_every(BATCH_SIZE, self.ids, self.browse):
            partners = Partner.create([
                {
                    **row.values['unit'],
                    **row.import_id._prepare_source_values(),
                    'member_state': 'prospect',
                    'prospect_intention': 'unknown',
                    'date_prospect': today,
                }
                for row in batch
            ])
            # sudo: nobody edits the outcome of a row by hand
            for row, partner in zip(unlocked(batch.sudo()), partners):
                row.partner_id = partner.id
            batch._decide('created')
            batch._create_contacts()

    def _create_contacts(self):
        """Enter the contact persons of the rows' units, save those known by name."""
        existing = {
            (contact.parent_id.id, contact.name)
            for contact in self.env['res.partner'].search([('parent_id', 'in', self.partner_id.ids)])
        }
        unlocked(self.env['res.partner'])._create_contacts([
            {**vals, 'parent_id': row.partner_id.id}
            for row in self for vals in row.values['contacts']
            if (row.partner_id.id, vals['name']) not in existing
        ])
