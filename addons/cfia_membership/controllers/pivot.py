import json
import re

from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import UnprocessableEntity

from odoo.http import request, route

from odoo.addons.web.controllers.pivot import TableExporter

# what xlsxwriter makes a formula or a link of
_ACTIVE_TEXT = re.compile(r'[=+@\t\r-]|\{=|(?:https?|ftps?|mailto|internal|external|file):', re.IGNORECASE)


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
        if isinstance(table, dict) and table:
            # the title names the sheet, which has rules of its own
            table = {**self._quote(table), 'title': table.get('title')}
        return super().export_xlsx(json.dumps(table), **kw)

    def _quote(self, value):
        """Return the table with texts that a spreadsheet would take for a formula or a link quoted."""
        if isinstance(value, dict):
            return {key: self._quote(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self._quote(part) for part in value]
        if isinstance(value, str) and _ACTIVE_TEXT.match(value):
            return f"'{value}"
        return value
