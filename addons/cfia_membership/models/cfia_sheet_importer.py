import base64
import hashlib

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import to_association_tz
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.sheet.judged import render_left

_lt = LazyTranslate(__name__)

BACKGROUND_ROWS = 1000
SHOWN_ROWS = 10
# the list came in Chinese, so it goes back in Chinese
LIST_LANG = 'zh_CN'
LEFT_TITLES = (_lt("Sheet of the List"), _lt("Row of the List"), _lt("Why it was left out"))


class CfiaSheetImporter(models.AbstractModel):
    """A dialog that takes a list: it shows what it will do, does it, at length in the background, and keeps the file.

    A model that inherits it has ``file`` and ``filename``, sets ``_sheet_kind`` and implements :meth:`_judge_list`,
    :meth:`_take` and :meth:`_take_back`.
    """

    _name = 'cfia.sheet.importer'
    _description = "Importer of Lists"
    _inherit = ['cfia.sheet.mixin']

    #: Fields of the dialog that the import depends on, kept with the file.
    _sheet_answers = ()

    preview = fields.Html(string="What Will Be Done", readonly=True, sanitize=False)
    import_id = fields.Many2one('cfia.sheet.import', string="Kept As", readonly=True)

    # === TO BE IMPLEMENTED === #

    def _judge_list(self):
        """Read the list and say of each row where it ends, writing nothing. One record.

        :rtype: Judged
        """
        raise NotImplementedError

    def _take(self, entries):
        """Write entries of a judged list.

        :return: the records that were made or changed
        """
        raise NotImplementedError

    @api.model
    def _take_back(self, records):
        """Undo what :meth:`_take` did.

        :raise UserError: naming a record on which something was built since
        """
        raise NotImplementedError

    def _check_may_import(self):
        """Refuse who may not import such a list."""
        self.check_access('write')

    def _get_done_action(self, records):
        """Return the action that shows what came in."""
        return self._get_dialog_action()

    # === ACTION METHODS === #

    def action_preview(self):
        """Show what the import would do, without doing it."""
        self.ensure_one()
        self._check_may_import()
        self.preview = self._render_preview(self._judge_list())
        return self._get_dialog_action()

    def action_import(self):
        """Take the list over; a long one in the background, which tells when it is done.

        :return: the action that shows what came in and what was left out
        """
        self.ensure_one()
        self._check_may_import()
        if self.import_id:
            raise UserError(self.env._("This file is imported already."))
        judged = self._judge_list()
        # sudo: what is kept is written by the act, and read by those whose lists they are
        kept_sudo = unlocked(self.env['cfia.sheet.import'].sudo()).create(self._prepare_import_values(judged))
        self.import_id = kept_sudo.id
        if len(judged.taken) > self._get_background_rows():
            kept_sudo._queue()
            return kept_sudo.with_env(self.env)._get_form_action()
        records = self._take(judged.taken)
        kept_sudo._note_made(records, len(judged.taken))
        unlocked(kept_sudo).write({'state': 'done', 'date_done': fields.Datetime.now()})
        self._note_result(judged, records)
        return self._get_done_action(records)

    def action_view_import(self):
        """Open what is kept of the import: file, counts, rows left out."""
        return self.import_id._get_form_action()

    # === BUSINESS METHODS === #

    def _note_result(self, judged, records):
        """Hook: show the result in the dialog."""

    @api.model
    def _get_background_rows(self):
        # sudo: a bound of the system
        value = self.env['ir.config_parameter'].sudo().get_param('cfia_membership.list_background_rows')
        return int(value) if value else BACKGROUND_ROWS

    def _get_dialog_action(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Import of a List"),
            'res_model': self._name,
            'res_id': self.id,
            'views': [(False, 'form')],
            'target': 'new',
        }

    def _get_company(self):
        return self.env.company

    def _get_checksum(self):
        # a short name for equal content, nothing secret
        return hashlib.sha256(self.with_context(bin_size=False).file or b'').hexdigest()

    def _find_twin(self):
        """Return the last import of the very same file that stands, empty for none."""
        # sudo: day and user of another's import are told alone
        return self.env['cfia.sheet.import'].sudo().search([
            ('res_model', '=', self._name), ('checksum', '=', self._get_checksum()), ('state', '=', 'done'),
            ('company_id', '=', self._get_company().id)], limit=1)

    def _prepare_import_values(self, judged):
        """Return what is kept of this import.

        :raise UserError: when a row of the file would be in no place or in two
        """
        if not judged.is_complete:
            raise UserError(self.env._(
                "“%(file)s” has %(seen)s rows, but %(taken)s would be taken, %(questioned)s questioned and %(left)s left "
                "out. Nothing was imported: report this file.",
                file=self.filename or '', seen=judged.seen, taken=len(judged.taken), questioned=len(judged.questioned),
                left=len(judged.left_out)))
        twin_sudo = self._find_twin()
        content = self.with_context(bin_size=False).file
        return {
            'name': self.filename or self.env._("List"),
            'res_model': self._name,
            'kind': self._sheet_kind,
            'answers': {name: self._fields[name].convert_to_write(self[name], self) for name in self._sheet_answers},
            'file': content,
            'checksum': self._get_checksum(),
            'company_id': self._get_company().id,
            'user_id': self.env.uid,
            'seen_count': judged.seen,
            'todo_count': len(judged.taken),
            'questioned_count': len(judged.questioned),
            'left_out_count': len(judged.left_out),
            'summary': self._render_preview(judged, with_rows=False),
            'notice': self._get_twin_notice(twin_sudo, judged) if twin_sudo else False,
            'left_file': self._render_left(judged),
        }

    def _get_twin_notice(self, twin_sudo, judged):
        notice = self.env._(
            "This very file was imported on %(date)s by %(user)s.",
            date=format_date(self.env, to_association_tz(twin_sudo.create_date).date()),
            user=twin_sudo.user_id.name)
        return notice if judged.taken else notice + " " + self.env._("Nothing is changed.")

    def _render_left(self, judged):
        if not judged.left:
            return False
        return base64.b64encode(render_left(
            judged.left, judged.headings, [title._translate(LIST_LANG) for title in LEFT_TITLES]))

    def _render_preview(self, judged, with_rows=True):
        """Return the counts, the sums by month, why rows are left out and the first rows as they will be booked."""
        def table(titles, rows):
            return Markup('<table class="table table-sm o_cfia_list_preview"><thead><tr>%s</tr></thead><tbody>%s</tbody></table>') % (
                Markup('').join(Markup('<th>%s</th>') % title for title in titles),
                Markup('').join(
                    Markup('<tr>%s</tr>') % Markup('').join(Markup('<td>%s</td>') % cell for cell in row) for row in rows))

        parts = []
        if with_rows and (twin_sudo := self._find_twin()):
            parts.append(Markup('<p class="alert alert-info">%s</p>') % self._get_twin_notice(twin_sudo, judged))
        parts += [Markup('<p class="alert alert-warning">%s</p>') % note for note in judged.notes]
        parts.append(table(
            [self.env._("Rows in the List"), self.env._("Taken"), self.env._("Questions"), self.env._("Left Out")],
            [[judged.seen, len(judged.taken), len(judged.questioned), len(judged.left_out)]]))
        if judged.amounts:
            currency = self._get_company().currency_id
            parts.append(table(
                [self.env._("Month"), self.env._("Taken"), self.env._("Came In"), self.env._("Went Out")],
                [[month, count, format_amount(self.env, came, currency), format_amount(self.env, went, currency)]
                 for month, count, came, went in judged.sums()]))
        if judged.left:
            parts.append(table([self.env._("Why it was left out"), self.env._("Rows")], judged.reasons()))
        if with_rows and judged.rows:
            parts.append(table(judged.titles, judged.rows[:SHOWN_ROWS]))
        return Markup('').join(parts)
