from collections import defaultdict
from datetime import timedelta

from odoo import models

ONE_DAY = timedelta(days=1)


class ResPartner(models.Model):
    _inherit = 'res.partner'

    def _get_dues_gaps(self, condition):
        """Return on which days dues of these members were overdue, or billed and not paid.

        A line counts from the day after its due date (`no_arrears`) or from its bill (`paid`) to the day
        before its last payment or its waiver. A deferral moves the due date from the day of its decision; the days before
        that stay as they were. Queries do not grow with the number of members.
        """
        gaps = defaultdict(list, super()._get_dues_gaps(condition))
        # sudo: whether dues stand in the way of a service is no matter of reading them
        lines = self.env['cfia.dues.line'].sudo().search([
            ('partner_id', 'in', self.ids), ('state', 'not in', ('to_bill', 'cancelled'))])
        settled = lines._get_settled_days()
        for line in lines:
            is_settled = line.state in ('paid', 'waived')
            if is_settled and line not in settled:
                # an earlier list has it paid, or nothing was ever due
                continue
            last = settled[line] - ONE_DAY if is_settled else None
            for first, until in line._get_owing_days(condition):
                until = min(filter(None, (until, last)), default=None)
                if first and (not until or first <= until):
                    gaps[self.browse(line.partner_id.id)].append((first, until))
        return dict(gaps)


class CfiaDuesLine(models.Model):
    _inherit = 'cfia.dues.line'

    def _get_settled_days(self):
        """Return the day on which each line was settled: its last reconciliation or waiver.

        :rtype: dict
        """
        items = self.item_ids._filtered_dues_receivables()
        days = {}
        for item, day in self.env['account.partial.reconcile']._read_group(
                [('debit_move_id', 'in', items.ids)], ['debit_move_id'], ['max_date:max']):
            line = item.dues_line_id
            days[line] = max(filter(None, (day, days.get(line))))
        for waiver in self.adjustment_ids.filtered(lambda entry: entry.kind in ('waiver', 'early')):
            line = waiver.dues_line_id
            days[line] = max(filter(None, (waiver.date, days.get(line))))
        return days

    def _get_owing_days(self, condition):
        """Return from when until when this line would stand in the way were it never paid.

        :return: list of (first day, last day or None)
        """
        self.ensure_one()
        if condition == 'paid':
            return [(self.date_billed or self.date_due, None)]
        spans, since = [], None
        for move in self.adjustment_ids.filtered('date_due_before').sorted(lambda entry: (entry.date, entry.id)):
            first = max(filter(None, (move.date_due_before + ONE_DAY, since)))
            if first < move.date:
                spans.append((first, move.date - ONE_DAY))
            since = move.date
        if self.date_due:
            spans.append((max(filter(None, (self.date_due + ONE_DAY, since))), None))
        return spans
