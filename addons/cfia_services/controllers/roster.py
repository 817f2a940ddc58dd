import io
import re

import xlsxwriter

from odoo.exceptions import UserError
from odoo.http import content_disposition, request, route

from odoo.addons.cfia_membership.controllers.public import PublicPage

SHOWN = 100


class RosterController(PublicPage):
    """The member roster behind a department's link: log-in, expiry and disclosure are asked every time."""

    def _get_copy(self, token):
        # sudo: the token leads to the copy; department and expiry are checked when rows are taken
        copy_sudo = request.env['cfia.roster.copy'].sudo().search([('token', '=', token)], limit=1)
        if not copy_sudo or request.env.user.share:
            raise request.not_found()
        return copy_sudo.sudo(False)

    @route('/cfia/roster/<string:token>', type='http', auth='user', methods=['GET'], website=True, sitemap=False)
    def roster(self, token, page=1, **kwargs):
        """Show the roster to a member of the department's staff."""
        copy = self._get_copy(token)
        page = max(int(page) if re.fullmatch(r'[0-9]{1,6}', str(page)) else 1, 1)
        try:
            columns, rows, total = copy._take_rows(page, SHOWN)
        except UserError as error:
            return self._render_public('cfia_services.roster_refused', {'error': str(error)}, 403)
        pages = max(-(-total // SHOWN), 1)
        page = min(page, pages)
        return self._render_public('cfia_services.roster_page', {
            # sudo: names of round and department, of a copy whose rows the user may take
            'copy': copy.sudo(), 'columns': columns, 'rows': rows, 'total': total,
            'page': page, 'pages': pages, 'token': token,
        })

    @route('/cfia/roster/<string:token>/xlsx', type='http', auth='user', methods=['GET'], website=True, sitemap=False)
    def roster_xlsx(self, token, **kwargs):
        """Send the roster as a spreadsheet."""
        copy = self._get_copy(token)
        try:
            columns, rows, _total = copy._take_rows()
        except UserError as error:
            return self._render_public('cfia_services.roster_refused', {'error': str(error)}, 403)
        # sudo: the name of the roster, of a copy whose rows the user took
        name = f'{copy.sudo().release_id.display_name}.xlsx'.replace('/', '-')
        return self._protect(request.make_response(write_roster(columns, rows), headers=[
            ('Content-Type', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'),
            ('Content-Disposition', content_disposition(name)),
        ]))

    @route('/cfia/roster/<string:token>/receive', type='http', auth='user', methods=['POST'], website=True, sitemap=False)
    def roster_receive(self, token, **post):
        """Take the department's receipt."""
        copy = self._get_copy(token)
        try:
            copy.action_receive()
        except UserError as error:
            return self._render_public('cfia_services.roster_refused', {'error': str(error)}, 403)
        return request.redirect(f'/cfia/roster/{token}')


def write_roster(columns, rows):
    """Return a roster as xlsx.

    :param columns: recordset of `cfia.roster.column`
    :param list rows: lists of texts
    :rtype: bytes
    """
    output = io.BytesIO()
    with xlsxwriter.Workbook(output, {'in_memory': True, 'constant_memory': False}) as workbook:
        header = workbook.add_format({'font_name': 'SimSun', 'bold': True, 'border': 1, 'bg_color': '#E7E6E6'})
        cell = workbook.add_format({'font_name': 'SimSun', 'border': 1})
        sheet = workbook.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        for index, column in enumerate(columns):
            sheet.set_column(index, index, column.width)
            sheet.write_string(0, index, column.name, header)
        for number, row in enumerate(rows, 1):
            for index, value in enumerate(row):
                # text only: nothing a member wrote is to be taken for a formula
                sheet.write_string(number, index, value, cell)
        if rows:
            sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    return output.getvalue()
