"""Indexes by which lists of a hundred thousand rows are opened, filtered and searched."""
from odoo import models

from odoo.addons.cfia_membership.tools.index import trigram_index


class CfiaDuesLine(models.Model):
    _inherit = 'cfia.dues.line'

    _year_order_idx = models.Index('(year DESC, id DESC)')
    _date_due_idx = models.Index('(date_due)')


class CfiaDuesRoundRecipient(models.Model):
    _inherit = 'cfia.dues.round.recipient'

    _broken_idx = models.Index('(round_id) WHERE is_promise_broken IS TRUE')


class CfiaDuesReceipt(models.Model):
    _inherit = 'cfia.dues.receipt'

    _to_send_idx = models.Index("(id) WHERE date_sent IS NULL AND state = 'issued'")
    _date_issued_idx = models.Index('(date_issued) WHERE date_issued IS NOT NULL')
    _date_requested_idx = models.Index('(date_requested)')
    _name_trigram_idx = trigram_index('name')
    _number_trigram_idx = trigram_index('number')
    _code_trigram_idx = trigram_index('code')
