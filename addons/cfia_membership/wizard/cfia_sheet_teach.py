import base64

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.cfia_membership.tools.sheet import SheetError, read_sheets
from odoo.addons.cfia_membership.tools.text import clean_text

SHOWN_ROWS, SEARCHED_ROWS = 8, 30


class CfiaSheetTeach(models.TransientModel):
    """Which column of a list that nobody knows means what (对应列); remembered by its headings."""

    _name = 'cfia.sheet.teach'
    _description = "Columns of an Unknown List"
    _inherit = ['cfia.sheet.mixin']

    res_model = fields.Char(required=True)
    res_id = fields.Many2oneReference(model_field='res_model', required=True)
    kind = fields.Selection(selection=lambda self: self.env['cfia.sheet.form']._selection_kind(), readonly=True)
    filename = fields.Char(readonly=True)
    sheet_number = fields.Integer(string="Sheet", default=1)
    header_row = fields.Integer(string="Row of the Headings", default=1)
    preview = fields.Html(string="First Rows", readonly=True)
    line_ids = fields.One2many('cfia.sheet.teach.line', 'teach_id', string="Columns")

    # === DEFAULT METHODS === #

    @api.model
    def default_get(self, fields_list):
        """Show the first rows of the list that the importer holds."""
        values = super().default_get(fields_list)
        if values.get('res_model') and values.get('res_id'):
            teach = self.new(values)
            sheets = teach._get_sheets()
            number = max(range(len(sheets)), key=lambda at: (not sheets[at].is_hidden, len(sheets[at].rows)), default=0)
            teach.sheet_number = number + 1
            teach.header_row = self._guess_header_row(sheets[number].rows) if sheets else 1
            importer = teach._get_importer()
            values.update(
                sheet_number=teach.sheet_number, header_row=teach.header_row, kind=importer._sheet_kind,
                filename=importer.filename, **teach._prepare_rows(sheets, importer._sheet_kind))
        return values

    # === ONCHANGE METHODS === #

    @api.onchange('sheet_number', 'header_row')
    def _onchange_place(self):
        values = self._prepare_rows(self._get_sheets(), self.kind)
        self.preview = values['preview']
        self.line_ids = [Command.clear(), *values['line_ids']]

    # === ACTION METHODS === #

    def action_save(self):
        """Remember what each column means and go back to the import.

        :return: the action that opens the importer again
        :raise UserError: naming a column that such a list needs
        """
        self.ensure_one()
        importer = self._get_importer()
        importer.check_access('write')
        kind = self.env['cfia.sheet.form']._get_kinds()[importer._sheet_kind]
        columns = {line.position: line.column.partition('.')[2] for line in self.line_ids if line.column}
        missing = [names for names in kind.required if not any(name in columns.values() for name in names)]
        if missing:
            raise UserError(self.env._(
                "Such a list needs a column for %(columns)s. Say which it is.",
                columns="、".join("/".join(map(kind.label, names)) for names in missing)))
        sheet = self._get_sheets()[self.sheet_number - 1]
        self.env['cfia.sheet.form']._teach(
            importer._sheet_kind, self.filename or kind.name,
            sheet.rows[self.header_row - 1], columns)
        return {
            'type': 'ir.actions.act_window',
            'res_model': importer._name,
            'res_id': importer.id,
            'views': [(False, 'form')],
            'target': 'new' if importer._transient else 'current',
        }

    # === BUSINESS METHODS === #

    def _get_importer(self):
        """Return the importer that holds the list, if it is one and the user may read it."""
        model = self.env.get(self.res_model)
        if model is None or not getattr(model, '_sheet_kind', None):
            raise UserError(self.env._("There is no list to read."))
        importer = model.browse(self.res_id).exists()
        importer.check_access('read')
        return importer

    def _get_sheets(self):
        importer = self._get_importer().with_context(bin_size=False)
        try:
            return read_sheets(base64.b64decode(importer.file or b''), self._get_sheet_limits())
        except SheetError as error:
            raise UserError(self._get_sheet_message(error, importer.filename or '')) from error

    @api.model
    def _guess_header_row(self, rows):
        """Return the number of the row that looks most like headings: many short texts, all different, no number."""
        def count(cells):
            texts = [text for cell in cells if (text := clean_text(cell))]
            if any(text[0].isdigit() or len(text) > 30 for text in texts) or len(set(texts)) < len(texts):
                return 0
            return len(texts)
        return 1 + max(range(min(len(rows), SEARCHED_ROWS)), key=lambda at: (count(rows[at]), -at), default=0)

    def _prepare_rows(self, sheets, kind):
        """Return the columns of the list with their first cells, and its first rows as a table."""
        if not 1 <= self.sheet_number <= len(sheets):
            return {'preview': False, 'line_ids': []}
        rows = sheets[self.sheet_number - 1].rows
        at = max(self.header_row, 1) - 1
        headings = [clean_text(cell) for cell in rows[at]] if at < len(rows) else []
        below = rows[at + 1:at + 1 + SHOWN_ROWS]
        known = self.env['cfia.sheet.form']._get_kinds()[kind].headings.match(headings)
        means = {position: column for column, positions in known.items() for position in positions[:1]}
        lines = [
            {
                'position': position,
                'heading': heading,
                'sample': " | ".join(
                    text for cells in below[:3] if position < len(cells) and (text := clean_text(cells[position])))[:120],
                'column': f'{kind}.{means[position]}' if position in means else False,
                'kind': kind,
            }
            for position, heading in enumerate(headings)]
        table = Markup('<table class="table table-sm table-bordered">%s</table>') % Markup('').join(
            Markup('<tr>%s</tr>') % Markup('').join(Markup('<td>%s</td>') % clean_text(cell)[:60] for cell in cells)
            for cells in (headings, *below))
        return {
            'preview': table,
            'line_ids': [Command.create(line) for line in lines if line['heading'] or line['sample']]}


class CfiaSheetTeachLine(models.TransientModel):
    """A column of the list and what it means."""

    _name = 'cfia.sheet.teach.line'
    _description = "Column of an Unknown List to Name"
    _order = 'teach_id, position'
    _rec_name = 'heading'

    teach_id = fields.Many2one('cfia.sheet.teach', required=True, index=True, ondelete='cascade')
    kind = fields.Char()
    position = fields.Integer(aggregator=None)
    heading = fields.Char()
    sample = fields.Char(string="First Cells")
    column = fields.Selection(
        selection=lambda self: self.env['cfia.sheet.form.line']._selection_column(), string="Means")
    allowed_columns = fields.Json(compute='_compute_allowed_columns')

    @api.depends('kind')
    def _compute_allowed_columns(self):
        kinds = self.env['cfia.sheet.form']._get_kinds()
        for line in self:
            line.allowed_columns = [f'{line.kind}.{name}' for name in kinds[line.kind].columns] if line.kind else []
