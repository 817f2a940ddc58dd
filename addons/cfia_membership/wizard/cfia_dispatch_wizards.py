import base64
import io
import zipfile

from openpyxl import load_workbook

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.text import clean_text
from odoo.addons.cfia_membership.tools.upload import check_sheet

# headings as couriers and our own list write them
HEADINGS = {
    'name': ('寄送编号', '编号', 'Consignment Number', '订单号', '客户单号'),
    'courier': ('快递公司', '承运商', 'Courier'),
    'waybill': ('运单号', '快递单号', '运单编号', '单号', 'Waybill Number'),
}


class CfiaDispatchWaybills(models.TransientModel):
    """The courier's list with waybill numbers, read back."""

    _name = 'cfia.dispatch.waybills'
    _description = "Waybill Numbers of Dispatches"

    file = fields.Binary(string="Courier List", required=True)
    filename = fields.Char()

    def action_import(self):
        """Enter the waybill numbers of the list: all of them or none.

        :raise UserError: naming every row that cannot be taken
        """
        self.ensure_one()
        rows = self._read_rows()
        dispatches = {
            dispatch.name: dispatch
            for dispatch in self.env['cfia.dispatch'].search([('name', 'in', [row[1] for row in rows])])
        }
        entries, problems, seen = [], [], set()
        for number, name, courier, waybill in rows:
            dispatch = dispatches.get(name)
            if not dispatch:
                problems.append(self.env._("Row %(row)s: no consignment %(name)s.", row=number, name=name or '-'))
            elif dispatch.state not in ('to_send', 'sent'):
                problems.append(self.env._(
                    "Row %(row)s: %(name)s is returned or cancelled.", row=number, name=name))
            elif (courier, waybill) in seen:
                problems.append(self.env._(
                    "Row %(row)s: waybill %(waybill)s stands in the list twice.", row=number, waybill=waybill))
            else:
                seen.add((courier, waybill))
                entries.append((dispatch, courier, waybill))
        if problems:
            raise UserError('\n'.join([
                self.env._("Nothing was entered. Mend these rows and read the list again:"), *problems]))
        self.env['cfia.dispatch']._enter_waybills(entries)
        return {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_dispatch_action'),
            'domain': [('id', 'in', [entry[0].id for entry in entries])],
            'context': {},
        }

    def _read_rows(self):
        """Return (row number, reference, courier, waybill) of each row that has a waybill.

        :raise UserError: when the file is no such list
        """
        try:
            content = base64.b64decode(self.file)
            check_sheet(content)
            book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            table = [[clean_text(str(cell)) if cell is not None else '' for cell in row]
                     for row in book.worksheets[0].iter_rows(values_only=True)]
        except (zipfile.BadZipFile, LookupError, ValueError, OSError) as error:
            raise UserError(self.env._("%s is no Excel workbook (xlsx).", self.filename or '')) from error
        for index, cells in enumerate(table[:20]):
            columns = {
                key: next((cells.index(text) for text in texts if text in cells), None)
                for key, texts in HEADINGS.items()
            }
            if columns['name'] is not None and columns['waybill'] is not None:
                break
        else:
            raise UserError(self.env._(
                "The list needs the columns “%(reference)s” and “%(waybill)s”, as the courier list has them.",
                reference=HEADINGS['name'][0], waybill=HEADINGS['waybill'][0]))
        return [
            (number, cells[columns['name']],
             cells[columns['courier']] if columns['courier'] is not None else '', cells[columns['waybill']])
            for number, cells in enumerate(table[index + 1:], index + 2)
            if cells[columns['waybill']]
        ]


class CfiaDispatchReturn(models.TransientModel):
    """Consignments that came back."""

    _name = 'cfia.dispatch.return'
    _description = "Returned Dispatches"

    dispatch_ids = fields.Many2many(
        'cfia.dispatch', 'cfia_dispatch_return_rel', string="Consignments", required=True,
        default=lambda self: self.env.context.get('active_ids'))
    reason = fields.Char(required=True)

    def action_confirm(self):
        """Note the return; it becomes work of the organisation department."""
        self.ensure_one()
        self.dispatch_ids._return(self.reason)
        return {'type': 'ir.actions.act_window_close'}
