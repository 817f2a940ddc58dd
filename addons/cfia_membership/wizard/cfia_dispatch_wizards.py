import re
import unicodedata
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.models.cfia_sheet_form import WAYBILL_HEADINGS, WAYBILL_REQUIRED
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.sheet import read_lines
from odoo.addons.cfia_membership.tools.sheet.cells import narrow
from odoo.addons.cfia_membership.tools.sheet.judged import Judged, Left
from odoo.addons.cfia_membership.tools.text import normalise_unit_name

# a number of ours that does not exist is a typing error, any other is somebody else's consignment
_OWN = re.compile(r'JS\d{4}-\d+')
# 未取消 is none of them
_NOT_SENT = re.compile(r'(?<![未无])(?:取消|作废|撤销|退回|拒收|失败)|未揽|待揽|未寄|待寄')
_TOTAL = re.compile(r'合计|总计|小计|共计|总票数')


class CfiaDispatchWaybills(models.TransientModel):
    """The courier's list with waybill numbers, read back."""

    _name = 'cfia.dispatch.waybills'
    _description = "Waybill Numbers of Dispatches"
    _inherit = ['cfia.sheet.importer']
    _sheet_kind = 'waybill'

    file = fields.Binary(string="Courier List", required=True)
    filename = fields.Char()

    # === IMPORT === #

    def _judge_list(self):
        """Say which waybill is of which consignment; what others sent with the same courier is left out."""
        self.ensure_one()
        lines, passed = self._read_list(self.file, self.filename, self._read_lines)
        names = [self._read_name(line) for line in lines]
        dispatches = self._find_dispatches(lines, names)
        reasons = self._get_reasons()
        judged = Judged(
            seen=len(lines) + len(passed), titles=[
                self.env._("Consignment"), self.env._("Unit"), self.env._("Courier"), self.env._("Waybill Number")])
        seen, taken = set(), set()
        for line, name, dispatch in zip(lines, names, dispatches):
            courier, waybill = self._read_waybill(line)
            code = (
                'total' if _TOTAL.match(name or narrow(next(filter(None, line.cells), '')))
                else 'no_waybill' if not waybill and name
                else 'note' if not waybill
                else 'not_sent' if any(_NOT_SENT.search(text) for text in line.answers('status'))
                else 'foreign' if not dispatch and not _OWN.match(name)
                else 'unknown' if not dispatch
                else 'several' if len(dispatch) > 1
                else 'known' if dispatch.waybill == waybill and dispatch.state != 'to_send'
                else 'closed' if dispatch.state not in ('to_send', 'sent')
                else 'twice' if (courier, waybill) in seen or dispatch in taken
                else ''
            )
            if code:
                judged.left.append(self._prepare_left(line, code, reasons, name=name, waybill=waybill))
                continue
            seen.add((courier, waybill))
            taken.add(dispatch)
            judged.taken.append((dispatch.id, courier, waybill))
            if len(judged.rows) < 10:
                judged.rows.append([dispatch.name, dispatch.unit_name or '', courier or dispatch.courier or '', waybill])
        judged.left += [self._prepare_left(line, line.reason, reasons) for line in passed]
        judged.headings = lines[0].table.headings if lines else []
        return judged

    @staticmethod
    def _read_lines(content, limits=None, taught=None):
        return read_lines(content, WAYBILL_HEADINGS, WAYBILL_REQUIRED, limits, taught)

    def _read_name(self, line):
        """Return our number in any of the columns that may hold one, else what names the consignment first."""
        texts = [narrow(line.cells[position]) for position in line.table.columns.get('name', ())]
        own = next(filter(None, (_OWN.search(unicodedata.normalize('NFKC', text).upper()) for text in texts)), None)
        return own[0] if own else next(filter(None, [*texts, self._read_unit(line)]), '')

    @staticmethod
    def _read_unit(line):
        return narrow(line.values.get('unit'))

    @staticmethod
    def _read_waybill(line):
        return [narrow(line.values.get(column)).replace(' ', '') for column in ('courier', 'waybill')]

    def _find_dispatches(self, lines, names):
        """Return for each line the consignments that it may be of: by our number, or, in a list that has none, by the unit."""
        Dispatch = self.env['cfia.dispatch']
        if not any(map(_OWN.match, names)) and any(map(self._read_unit, lines)):
            return self._find_dispatches_by_unit(lines)
        by_name = {dispatch.name: dispatch for dispatch in Dispatch.search([('name', 'in', list(set(names)))])}
        return [by_name.get(name, Dispatch) for name in names]

    def _find_dispatches_by_unit(self, lines):
        Dispatch = self.env['cfia.dispatch']
        by_unit, known = defaultdict(lambda: Dispatch), {}
        for dispatch in Dispatch.search([('state', '=', 'to_send')]):
            by_unit[normalise_unit_name(dispatch.unit_name)] |= dispatch
        waybills = list({self._read_waybill(line)[1] for line in lines} - {''})
        for dispatch in Dispatch.search([('waybill', 'in', waybills)]):
            known[dispatch.waybill] = dispatch
        return [
            known.get(self._read_waybill(line)[1]) or by_unit.get(normalise_unit_name(self._read_unit(line)), Dispatch)
            for line in lines]

    def _get_reasons(self):
        """Return why a row is not taken: code → (sentence, whether it is a question)."""
        return {
            'foreign': (self.env._("None of our consignments"), False),
            'total': (self.env._("A total of the list"), False),
            'note': (self.env._("A note in the list"), False),
            'heading': (self.env._("Repeated heading"), False),
            'units': (self.env._("A note in the list"), False),
            'hidden_sheet': (self.env._("On a hidden sheet"), False),
            'no_waybill': (self.env._("Without a waybill number"), False),
            'not_sent': (self.env._("Cancelled, or not with the courier"), False),
            'known': (self.env._("Entered before"), False),
            'unknown': (self.env._("Row %(row)s: no consignment %(name)s."), True),
            'several': (self.env._(
                "Row %(row)s: several consignments wait for %(name)s. Write the number of one beside it, as the courier list "
                "has it."), True),
            'closed': (self.env._("Row %(row)s: %(name)s is returned or cancelled."), True),
            'twice': (self.env._("Row %(row)s: waybill %(waybill)s stands in the list twice."), True),
        }

    @staticmethod
    def _prepare_left(line, code, reasons, **params):
        text, is_question = reasons[code]
        return Left(line.number, line.sheet, code, text % {'row': line.number, **params} if is_question else text,
                    line.cells, is_question)

    def action_import(self):
        """Enter the waybill numbers of the list.

        :raise UserError: naming every row in question; nothing is entered then
        """
        self.ensure_one()
        judged = self._judge_list()
        if judged.questioned:
            raise UserError('\n'.join([
                self.env._("Nothing was entered. Mend these rows and read the list again:"),
                *(row.reason for row in judged.questioned)]))
        if not judged.taken and not any(row.code == 'known' for row in judged.left):
            raise UserError(self.env._(
                "“%(file)s” names none of our consignments. It needs their numbers, as the courier list has them.",
                file=self.filename or ''))
        return super().action_import()

    def _take(self, entries):
        Dispatch = self.env['cfia.dispatch']
        Dispatch._enter_waybills([(Dispatch.browse(number), courier, waybill) for number, courier, waybill in entries])
        return Dispatch.browse([entry[0] for entry in entries])

    @api.model
    def _take_back(self, records):
        """Let the consignments wait for their waybills again."""
        closed = records.filtered(lambda dispatch: dispatch.state != 'sent')[:1]
        if closed:
            raise UserError(self.env._(
                "%(name)s went on since: it was returned, cancelled or sent again. Correct what is wrong by hand.",
                name=closed.name))
        records.check_access('write')
        unlocked(records).write({'state': 'to_send', 'waybill': False, 'date_sent': False})

    def _get_done_action(self, records):
        action = {
            **self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_dispatch_action'),
            'domain': [('id', 'in', records.ids)],
            'context': {},
        }
        kept = self.import_id
        if not kept.left_out_count:
            return action
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'warning',
                'sticky': True,
                'message': self.env._(
                    "%(count)s waybills are entered. Left out: %(left)s rows of %(seen)s; the list of imports says why.",
                    count=len(records), left=kept.left_out_count, seen=kept.seen_count),
                'next': action,
            },
        }


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
