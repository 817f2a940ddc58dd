import re

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.sheet import read_sheets
from odoo.addons.cfia_membership.tools.sheet.cells import narrow
from odoo.addons.cfia_membership.tools.sheet.columns import find_list

# headings as couriers and our own list write them
HEADINGS = {
    'name': ('寄送编号', '编号', 'Consignment Number', '订单号', '客户单号', '客户订单号', '订单编号', '商户订单号', '备注'),
    'courier': ('快递公司', '承运商', '物流公司', 'Courier'),
    'waybill': ('运单号', '快递单号', '运单编号', '快递号', '物流单号', '邮件号', '邮件号码', '单号', 'Waybill Number'),
}
# a number of ours that does not exist is a typing error, any other is somebody else's consignment
_OWN = re.compile(r'JS\d{4}-')
_TOTAL = re.compile(r'合计|总计|小计|共计')


class CfiaDispatchWaybills(models.TransientModel):
    """The courier's list with waybill numbers, read back."""

    _name = 'cfia.dispatch.waybills'
    _description = "Waybill Numbers of Dispatches"
    _inherit = ['cfia.sheet.mixin']

    file = fields.Binary(string="Courier List", required=True)
    filename = fields.Char()

    def action_import(self):
        """Enter the waybill numbers of the list; what others sent with the same courier is left out and named.

        :raise UserError: naming every row that cannot be taken; nothing is entered then
        """
        self.ensure_one()
        rows = self._read_rows()
        dispatches = {
            dispatch.name: dispatch
            for dispatch in self.env['cfia.dispatch'].search([('name', 'in', [row[1] for row in rows])])
        }
        entries, problems, foreign, seen = [], [], [], set()
        for number, name, courier, waybill in rows:
            dispatch = dispatches.get(name)
            if not dispatch and _OWN.match(name):
                problems.append(self.env._("Row %(row)s: no consignment %(name)s.", row=number, name=name))
            elif not dispatch:
                foreign.append(str(number))
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
        if not entries:
            raise UserError(self.env._(
                "“%(file)s” names none of our consignments. It needs their numbers, as the courier list has them.",
                file=self.filename or ''))
        self.env['cfia.dispatch']._enter_waybills(entries)
        action = {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_dispatch_action'),
            'domain': [('id', 'in', [entry[0].id for entry in entries])],
            'context': {},
        }
        if not foreign:
            return action
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'warning',
                'sticky': True,
                'message': self.env._(
                    "%(count)s waybills are entered. Left out, since they name none of our consignments: rows %(rows)s.",
                    count=len(entries), rows=", ".join(foreign)),
                'next': action,
            },
        }

    def _read_rows(self):
        """Return (row number, reference, courier, waybill) of each row that has a waybill.

        :raise UserError: when the file is no such list
        """
        found = find_list(self._read_list(self.file, self.filename, read_sheets), HEADINGS, ['name', 'waybill'])
        if not found:
            raise UserError(self.env._(
                "“%(file)s” has no row with the headings “%(reference)s” and “%(waybill)s”, as the courier list has them.",
                file=self.filename or '', reference=HEADINGS['name'][0], waybill=HEADINGS['waybill'][0]))
        return [
            (row, narrow(values['name']), narrow(values.get('courier')), narrow(values['waybill']))
            for row, values in found[1] if narrow(values['waybill']) and not _TOTAL.match(narrow(values['name']))
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
