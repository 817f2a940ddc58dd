from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import file_path

from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.roster.columns import HEADINGS as UNIT_HEADINGS
from odoo.addons.cfia_membership.tools.sheet import Headings, Taught
from odoo.addons.cfia_membership.tools.sheet.headings import row_keys, strip_blank
from odoo.addons.cfia_membership.tools.text import clean_text

WAYBILL_HEADINGS = Headings(file_path('cfia_membership/tools/waybill_headings.txt'))
# the post's own lists have no number of ours
WAYBILL_REQUIRED = (('name', 'unit'), ('waybill',))


class Kind(NamedTuple):
    """A kind of list: ``required`` are columns of which each list has one of each group; ``models`` its importers."""

    name: str
    headings: Headings
    required: tuple
    models: tuple

    @property
    def columns(self):
        return self.headings.columns

    def label(self, column):
        """Return what lists usually call a column."""
        return self.headings.names[column][0]

    def is_complete(self, columns):
        return all(any(name in columns for name in names) for names in self.required)


class CfiaSheetForm(models.Model):
    """What a person has said of the columns of a list that nobody knew, remembered by its headings.

    A form with headings is for lists with just this heading row; one without teaches names for every list of its
    kind.
    """

    _name = 'cfia.sheet.form'
    _description = "Form of Lists"
    _inherit = ['cfia.guard.mixin']
    _order = 'kind, name, id'

    name = fields.Char(required=True)
    kind = fields.Selection(selection='_selection_kind', string="Kind of List", required=True)
    headings = fields.Json(readonly=True, help="The heading row that is recognised, normalised.")
    is_whole = fields.Boolean(
        string="This Heading Row Alone", compute='_compute_is_whole',
        help="Otherwise its names hold in every list of this kind.")
    line_ids = fields.One2many('cfia.sheet.form.line', 'form_id', string="Columns")
    allowed_columns = fields.Json(compute='_compute_allowed_columns')

    # === COMPUTE METHODS === #

    @api.model
    def _selection_kind(self):
        return [(key, kind.name) for key, kind in self._get_kinds().items()]

    @api.depends('headings')
    def _compute_is_whole(self):
        for form in self:
            form.is_whole = bool(form.headings)

    @api.depends('kind')
    def _compute_allowed_columns(self):
        kinds = self._get_kinds()
        for form in self:
            form.allowed_columns = [f'{form.kind}.{name}' for name in kinds[form.kind].columns] if form.kind else []

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        forms = super().create(vals_list)
        forms._check_may_teach()
        return forms

    def write(self, vals):
        self._check_may_teach()
        result = super().write(vals)
        self._check_may_teach()
        return result

    def _check_may_teach(self):
        """Let those alone teach the columns of a list who import such lists.

        :raise AccessError: for others
        """
        for kind in set(self.mapped('kind')):
            importers = [self.env[name] for name in self._get_kinds()[kind].models]
            if not any(importer.has_access('create') for importer in importers):
                importers[0].check_access('create')

    # === BUSINESS METHODS === #

    @api.model
    def _get_kinds(self):
        """Return the kinds of lists: key → :class:`Kind`. Other modules add theirs."""
        return {
            'unit': Kind(
                self.env._("Members and contact targets"), UNIT_HEADINGS, (('name',),),
                ('cfia.roster.import', 'cfia.prospect.import')),
            'waybill': Kind(
                self.env._("Waybills"), WAYBILL_HEADINGS, WAYBILL_REQUIRED, ('cfia.dispatch.waybills',)),
        }

    @api.model
    def _get_taught(self, kind):
        """Return what was taught of the lists of a kind; of two that contradict the later counts.

        :rtype: Taught
        """
        # sudo: names of columns, the same for everybody who imports
        forms = self.sudo().search([('kind', '=', kind)], order='id')
        names, lists = {}, {}
        for form in forms:
            if form.headings:
                lists[tuple(form.headings)] = {line.position: line._get_column() for line in form.line_ids if line.column}
            else:
                names.update({line.heading: line._get_column() for line in form.line_ids})
        return Taught(lists, names)

    @api.model
    def _teach(self, kind, name, headings, columns):
        """Remember the columns of a heading row; one's own earlier word on the same row is replaced.

        :param list headings: the cells of the row
        :param dict columns: position → column
        :rtype: CfiaSheetForm
        """
        keys = list(strip_blank(row_keys(headings)))
        self.search([('kind', '=', kind), ('create_uid', '=', self.env.uid)]).filtered(
            lambda form: form.headings == keys).unlink()
        return unlocked(self).create([{
            'name': name, 'kind': kind, 'headings': keys,
            'line_ids': [
                fields.Command.create({
                    'position': at, 'heading': clean_text(heading) or '-',
                    'column': f'{kind}.{columns[at]}' if columns.get(at) else False})
                for at, heading in enumerate(headings[:len(keys)])],
        }])


class CfiaSheetFormLine(models.Model):
    """What a heading means."""

    _name = 'cfia.sheet.form.line'
    _description = "Column of a Form of Lists"
    _inherit = ['cfia.guard.mixin']
    _order = 'form_id, position, id'
    _rec_name = 'heading'

    form_id = fields.Many2one('cfia.sheet.form', required=True, index=True, ondelete='cascade')
    position = fields.Integer(aggregator=None)
    heading = fields.Char(required=True)
    column = fields.Selection(selection='_selection_column', string="Means")
    allowed_columns = fields.Json(related='form_id.allowed_columns')

    @api.model
    def _selection_column(self):
        return [
            (f'{key}.{column}', kind.label(column))
            for key, kind in self.env['cfia.sheet.form']._get_kinds().items() for column in kind.columns]

    @api.constrains('column', 'form_id')
    def _check_kind(self):
        for line in self:
            if line.column and not line.column.startswith(f'{line.form_id.kind}.'):
                raise UserError(self.env._(
                    "“%(heading)s”: this column is none of such a list.", heading=line.heading))

    def _get_column(self):
        return (self.column or '').partition('.')[2]
