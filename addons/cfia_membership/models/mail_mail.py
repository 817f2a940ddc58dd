from odoo import models


class MailMail(models.Model):
    _inherit = 'mail.mail'

    def _postprocess_sent_message(self, success_pids, success_emails, failure_reason=False, failure_type=None):
        """Tell the recipients of rounds what became of their mails."""
        Recipient = self.env['cfia.round.recipient.mixin']
        for model, mails in self.grouped('model').items():
            if not model or not Recipient._is_recipient_model(model):
                continue
            recipients = self.env[model].browse(mails.mapped('res_id')).exists()
            if failure_type:
                recipients._set_delivery('failed', failure_reason or failure_type)
            else:
                recipients._set_delivery('sent')
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type)
