from odoo import api, fields, models


class CfiaDocument(models.Model):
    """Reply to a need: question and reply, archived under one number (article 3.7)."""

    _inherit = 'cfia.document'

    kind = fields.Selection(selection_add=[('need_reply', "Reply to a need")], ondelete={'need_reply': 'cascade'})

    @api.model
    def _report_xmlids(self):
        return {**super()._report_xmlids(), 'need_reply': 'cfia_services.action_report_need_reply'}

    @api.model
    def _get_register_codes(self):
        return {**super()._get_register_codes(), 'need_reply': '服'}

    @api.model
    def _get_letter_roles(self):
        # what went by mail is on its way already; without an address it is posted once printed
        return {**super()._get_letter_roles(), 'need_reply': 'contact'}
