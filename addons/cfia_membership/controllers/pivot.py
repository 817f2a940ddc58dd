import json

from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import UnprocessableEntity

from odoo.http import request, route

from odoo.addons.web.controllers.pivot import TableExporter


class NotedPivot(TableExporter):
    """Tables of members' figures leave as a spreadsheet; the server writes what the client shows, and notes it."""

    def _is_table_readonly(self, rule, args):
        """Tell that the table is noted: nothing to be tried without the right to write."""
        return False

    @route(readonly=_is_table_readonly)
    def export_xlsx(self, data='', **kw):
        text = data.read() if isinstance(data, FileStorage) else data
        try:
            table = json.loads(text)
        except ValueError as error:
            raise UnprocessableEntity("data is no JSON") from error
        records = request.env.get(table.get('model')) if isinstance(table, dict) else None
        if records is not None and records._is_member_data():
            request.env['cfia.disclosure']._disclose_table(records, str(table.get('title') or ''), len(table.get('rows') or ()))
        return super().export_xlsx(text, **kw)
