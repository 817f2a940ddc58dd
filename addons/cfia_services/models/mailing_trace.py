from odoo import api, fields, models

RECIPIENT = 'cfia.newsletter.recipient'


class MailingTrace(models.Model):
    _inherit = 'mailing.trace'

    # two runs of the queue at once make one mail
    _cfia_newsletter_unique = models.UniqueIndex(
        f"(mass_mailing_id, res_id) WHERE model = '{RECIPIENT}'", "This recipient was written to already.")

    @api.model_create_multi
    def create(self, vals_list):
        traces = super().create(vals_list)
        own = traces._filter_newsletter()
        if own:
            # sudo: what became of a mail is noted whoever sends
            self.env[RECIPIENT].sudo().browse(own.mapped('res_id')).exists()._take_traces(own)
        return traces

    def set_opened(self, domain=None):
        traces = super().set_opened(domain=domain)
        traces._get_newsletter_recipients()._set_read(fields.Datetime.now())
        return traces

    def set_clicked(self, domain=None):
        traces = super().set_clicked(domain=domain)
        traces._get_newsletter_recipients()._set_read(fields.Datetime.now())
        return traces

    def set_bounced(self, domain=None, bounce_message=False):
        """Put newsletters that came back on the list of what was not delivered."""
        traces = super().set_bounced(domain=domain, bounce_message=bounce_message)
        recipients = traces._get_newsletter_recipients()
        if recipients:
            recipients._set_delivery('bounced', bounce_message or self.env._("The mail came back."))
        return traces

    def _filter_newsletter(self):
        return self.filtered(lambda trace: trace.model == RECIPIENT and not trace.is_test_trace)

    def _get_newsletter_recipients(self):
        # sudo: the mail server's answer comes in whatever its user may write
        return self.env[RECIPIENT].sudo().browse(self._filter_newsletter().mapped('res_id')).exists()
