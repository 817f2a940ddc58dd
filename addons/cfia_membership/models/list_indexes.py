"""Indexes by which lists of a hundred thousand rows are opened, filtered and searched.

A list's own order has one, so has what is typed into its search box, and each filter that leaves few of many.
Odoo asks for “is true” and for empty texts in two ways: a partial index says so in the same words, or it stays unused.
"""
from odoo import models

from odoo.addons.cfia_membership.tools.index import trigram_index


class ResPartner(models.Model):
    _inherit = 'res.partner'

    _state_id_idx = models.Index('(state_id) WHERE state_id IS NOT NULL')


class CfiaMemberNumber(models.Model):
    _inherit = 'cfia.member.number'

    _name_trigram_idx = trigram_index('name')


class CfiaMemberEvent(models.Model):
    _inherit = 'cfia.member.event'

    _kind_date_idx = models.Index('(kind, date_effective DESC)')
    _unit_name_trigram_idx = trigram_index('unit_name')


class CfiaMemberFile(models.Model):
    _inherit = 'cfia.member.file'

    _without_place_idx = models.Index("(name) WHERE place = '' OR place IS NULL")
    _name_trigram_idx = trigram_index('name')
    _place_trigram_idx = trigram_index('place')


class CfiaMemberFilePaper(models.Model):
    _inherit = 'cfia.member.file.paper'

    _order_idx = models.Index('(date DESC, id DESC)')
    _source_idx = models.Index('(res_model, res_id) WHERE res_id IS NOT NULL')
    _name_trigram_idx = trigram_index('name')


class CfiaMembershipApplication(models.Model):
    _inherit = 'cfia.membership.application'

    _order_idx = models.Index('(date_received DESC, id DESC)')
    _date_approved_idx = models.Index('(date_approved) WHERE date_approved IS NOT NULL')
    _name_trigram_idx = trigram_index('name')
    _reference_trigram_idx = trigram_index('reference')
    _uscc_trigram_idx = trigram_index('uscc')


class CfiaDocument(models.Model):
    _inherit = 'cfia.document'

    _order_idx = models.Index('(date DESC, id DESC)')
    _kind_order_idx = models.Index('(kind, date DESC, id DESC)')
    _failed_idx = models.Index("(date DESC, id DESC) WHERE state = 'failed'")


class CfiaDispatch(models.Model):
    _inherit = 'cfia.dispatch'

    _date_idx = models.Index('(date)')
    _without_waybill_idx = models.Index("(id) WHERE state = 'sent' AND (waybill = '' OR waybill IS NULL)")
    _name_trigram_idx = trigram_index('name')
    _waybill_trigram_idx = trigram_index('waybill')


class CfiaChangeRequest(models.Model):
    _inherit = 'cfia.change.request'

    _date_reported_idx = models.Index('(date_reported)')
    _name_trigram_idx = trigram_index('name')


class CfiaGradeTerm(models.Model):
    _inherit = 'cfia.grade.term'

    _order_idx = models.Index('(date_from DESC, id DESC)')
    _suspended_idx = models.Index("(date_from DESC, id DESC) WHERE state = 'suspended'")


class CfiaContactLog(models.Model):
    _inherit = 'cfia.contact.log'

    _subject_trigram_idx = trigram_index('subject')
    _summary_trigram_idx = trigram_index('summary')


class CfiaEnquiry(models.Model):
    _inherit = 'cfia.enquiry'

    _order_idx = models.Index('(date DESC, id DESC)')
    _undecided_idx = models.Index('(date DESC, id DESC) WHERE partner_id IS NULL')
    _not_handed_over_idx = models.Index('(date DESC, id DESC) WHERE date_handed_over IS NULL')
    _name_trigram_idx = trigram_index('name')
    _contact_name_trigram_idx = trigram_index('contact_name')
    _phone_trigram_idx = trigram_index('phone')


class CfiaDisclosure(models.Model):
    _inherit = 'cfia.disclosure'

    _recipient_trigram_idx = trigram_index('recipient')
    _reason_trigram_idx = trigram_index('reason')


class CfiaReferral(models.Model):
    _inherit = 'cfia.referral'

    _undecided_idx = models.Index('(date DESC, id DESC) WHERE partner_id IS NULL')
    _name_trigram_idx = trigram_index('name')


class CfiaFileDifference(models.Model):
    _inherit = 'cfia.file.difference'

    _date_found_idx = models.Index('(date_found)')
    _detail_trigram_idx = trigram_index('detail')


class CfiaPersonalRequest(models.Model):
    _inherit = 'cfia.personal.request'

    _name_trigram_idx = trigram_index('name')


class CfiaSealUse(models.Model):
    _inherit = 'cfia.seal.use'

    _open_idx = models.Index("(state) WHERE state IN ('requested', 'approved')")
    _date_requested_idx = models.Index('(date_requested)')
    _name_trigram_idx = trigram_index('name')
    _subject_trigram_idx = trigram_index('subject')
    _purpose_trigram_idx = trigram_index('purpose')


class MailActivity(models.Model):
    _inherit = 'mail.activity'

    _follow_up_idx = models.Index('(activity_type_id, date_deadline) WHERE cfia_date_escalated IS NULL')
