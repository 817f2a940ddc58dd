from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.guard import unlocked

_lt = LazyTranslate(__name__)


class CfiaChangeListMonth(models.Model):
    """A month that a received list accounts for: the evidence of articles 3.4 and 3.5.

    A list tells all that is new since the one received last, so it accounts for the months in between,
    too, when one was skipped or never received.
    """

    _name = 'cfia.change.list.month'
    _description = "Month of a Change List"
    _inherit = ['cfia.ledger.mixin']
    _order = 'month desc, id desc'
    _made_by_steps = True
    _guard_texts = {'create': _lt("Months are accounted for by receiving a list.")}

    list_id = fields.Many2one('cfia.change.list', required=True, readonly=True, index=True, ondelete='restrict')
    kind = fields.Selection(
        selection=[('editorial', "Editorial department"), ('network', "Network department")],
        string="To", required=True, readonly=True)
    month = fields.Date(required=True, readonly=True, help="First day of the month.")
    date_received = fields.Datetime(string="Receipt Confirmed On", required=True, readonly=True)

    _month_unique = models.UniqueIndex('(kind, month)', "A received list accounts for this month already.")

    @api.depends('month')
    def _compute_display_name(self):
        for record in self:
            record.display_name = record.month and f'{record.month:%Y-%m}'


class CfiaChangeList(models.Model):
    _inherit = 'cfia.change.list'

    month_ids = fields.One2many('cfia.change.list.month', 'list_id', string="Accounts For", readonly=True)

    def _on_received(self):
        """Account for the months since the list received before."""
        # sudo: the receipt is the evidence, whoever gave it
        Month = unlocked(self.env['cfia.change.list.month'].sudo())
        last = dict(Month._read_group([], ['kind'], ['month:max']))
        vals_list = []
        for change_list in self.sorted('id'):
            kind, month = change_list.kind, change_list.month
            first = last[kind] + relativedelta(months=1) if kind in last else month
            while first <= month:
                vals_list.append({
                    'list_id': change_list.id, 'kind': kind, 'month': first,
                    'date_received': change_list.date_received})
                first += relativedelta(months=1)
            last[kind] = max(month, last.get(kind, month))
        Month.create(vals_list)
        return super()._on_received()
