"""Indexes by which lists of a hundred thousand rows are opened, filtered and searched."""
from odoo import models

from odoo.addons.cfia_membership.tools.index import trigram_index


class CfiaEntitlement(models.Model):
    _inherit = 'cfia.entitlement'

    _order_idx = models.Index('(date_from DESC, id DESC)')
    _account_name_trigram_idx = trigram_index('account_name')


class CfiaServiceUsage(models.Model):
    _inherit = 'cfia.service.usage'

    _order_idx = models.Index('(date DESC, id DESC)')
    _note_trigram_idx = trigram_index('note')


class CfiaNeed(models.Model):
    _inherit = 'cfia.need'

    _without_unit_idx = models.Index('(date DESC, id DESC) WHERE partner_id IS NULL')
    _dissatisfied_idx = models.Index("(date DESC, id DESC) WHERE satisfaction IN ('1', '2')")
    _name_trigram_idx = trigram_index('name')
    _description_trigram_idx = trigram_index('description')
    _reply_text_trigram_idx = trigram_index('reply_text')


class CfiaWebsiteVip(models.Model):
    _inherit = 'cfia.website.vip'

    _unit_name_trigram_idx = trigram_index('unit_name')
    _member_number_trigram_idx = trigram_index('member_number')
