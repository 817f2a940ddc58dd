from odoo import api, fields, models

from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.official import capital_amount


class CfiaDocument(models.Model):
    """《会费催缴函》 in the prescribed form (article 4.3.3)."""

    _inherit = 'cfia.document'

    kind = fields.Selection(
        selection_add=[('dues_reminder', "Dues reminder")], ondelete={'dues_reminder': 'cascade'})

    @api.model
    def _report_xmlids(self):
        return {**super()._report_xmlids(), 'dues_reminder': 'cfia_dues.action_report_dues_reminder'}

    @api.model
    def _get_register_codes(self):
        return {**super()._get_register_codes(), 'dues_reminder': '催'}

    @api.model
    def _get_paper_kinds(self):
        return {**super()._get_paper_kinds(), 'dues_reminder': 'dues'}

    def _after_render(self):
        """Mail the reminders of those who are written to by mail."""
        result = super()._after_render()
        reminders = self.filtered(
            lambda document: document.kind == 'dues_reminder' and document.res_model == 'cfia.dues.round.recipient')
        recipients = self.env['cfia.dues.round.recipient'].browse(reminders.mapped('res_id')).filtered(
            lambda recipient: recipient.channel == 'mail' and recipient.document_id in reminders)
        for recipient in recipients:
            unlocked(recipient.document_id).write({
                'delivery_way': 'mail', 'delivery_state': 'outgoing', 'delivery_email': recipient.email})
        for record, own in recipients.grouped('round_id').items():
            record.mail_template_id.send_mail_batch(own.ids)
        unlocked(reminders.filtered(lambda document: document.delivery_state == 'waiting')).write({
            'delivery_way': 'post', 'delivery_state': 'to_post'})
        return result

    def _get_reminder_intro(self):
        """Return the sentence that opens the letter."""
        self.ensure_one()
        return self.env._(
            "According to our books the following membership dues of your unit had not arrived by "
            "%(date)s. This is the reminder of round %(number)s of %(year)s.",
            date=self._get_date_text(), number=self.data['number'], year=self.data['year'])

    def _get_reminder_amount_text(self):
        """Return the total in figures and, in yuan, in capitals."""
        self.ensure_one()
        figures = f"{self.data['amount_open']:,.2f}"
        if self.data['currency'] != 'CNY':
            return figures
        return self.env._(
            "¥%(figures)s (in capitals: %(capitals)s)",
            figures=figures, capitals=capital_amount(self.data['amount_open']))

    def _get_reminder_earlier_text(self):
        """Return the notices and reminders sent before, as one text."""
        self.ensure_one()
        return "；".join(
            " ".join(filter(None, (letter['name'], self._get_date_text(letter['date']))))
            for letter in self.data['earlier'])
