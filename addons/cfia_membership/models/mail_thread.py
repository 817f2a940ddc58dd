from odoo import api, models
from odoo.exceptions import AccessError


class MailThread(models.AbstractModel):
    """Mails and papers of the association take the ways that are meant for them."""

    _inherit = 'mail.thread'

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """Take mails to the association's records from the mail server alone: a sender is easily forged.

        :raise AccessError: for users who hand one in themselves
        """
        if not self.env.su and not self.env.user.has_group('base.group_system') and any(
                route[0] == 'res.partner' or (route[0] or '').startswith('cfia.') for route in routes or ()):
            raise AccessError(self.env._("Mails to records of the association come in by its mail server alone."))
        if not self.env.context.get('lang') and any((route[0] or '').startswith('cfia.') for route in routes or ()):
            # a mail server has no language: what is written and answered is the association's
            self = self.with_context(lang=self.env.company._get_association_lang())  # noqa: PLW0642
        return super()._message_route_process(message, message_dict, routes)

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """Keep mails of the suite that came back on what they were about, with or without a chatter."""
        super()._routing_handle_bounce(email_message, message_dict)
        message, email = message_dict['bounced_message'], message_dict['bounced_email']
        if not email or not message or not (message.model or '').startswith('cfia.') or message.model not in self.env:
            return
        # sudo: bounces come in by the mail server
        record = self.env[message.model].sudo().browse(message.res_id).exists()
        if hasattr(record, '_receive_bounce'):
            record._receive_bounce(email)
        elif record and not hasattr(record, '_set_delivery'):
            record._note_undelivered(self.env._("The mail to %(email)s came back.", email=email))

    def _process_attachments_for_post(self, attachments, attachment_ids, message_values):
        """Let papers of other units leave with a message through the gate alone (article 1)."""
        if attachment_ids and not self.env.su:
            # sudo: who is outside and whose papers they are does not depend on who writes
            outside = self.env['res.partner'].sudo().browse(message_values.get('partner_ids')).filtered('partner_share')
            # an address without a contact is that of who the record is about
            own = outside.commercial_partner_id or self._get_own_unit()
            papers = self.env['ir.attachment'].sudo().browse(attachment_ids)
            if (outside or message_values.get('outgoing_email_to')) and (strange := papers._get_units_of_papers() - own):
                self.env['cfia.disclosure']._disclose(
                    'mail', strange.with_env(self.env), papers.filtered('res_model').mapped('res_model'))
        return super()._process_attachments_for_post(attachments, attachment_ids, message_values)

    def _get_own_unit(self):
        """Return the unit that the record is about: its own papers are no disclosure to it."""
        # sudo: as above
        records = self.sudo()
        if self._name == 'res.partner':
            return records.commercial_partner_id
        field = self._fields.get('partner_id')
        return records.partner_id.commercial_partner_id if field and field.comodel_name == 'res.partner' else (
            self.env['res.partner'].sudo())

    def _message_compute_author(self, author_id=None, email_from=None):
        if author_id is None and not email_from and self._speaks_for_association():
            author, address = self._get_association()._get_sender()
            if address:
                return author.id, address
        return super()._message_compute_author(author_id, email_from)

    def message_post_with_source(self, source_ref, **kwargs):
        """Write from a view in the language of the association where there is none."""
        if self._is_of_suite():
            self = self._fallback_lang()  # noqa: PLW0642
        return super().message_post_with_source(source_ref, **kwargs)

    def _fallback_lang(self):
        if not self.env.context.get('lang') and self._is_of_suite():
            return self.with_context(lang=self._get_association()._get_association_lang())
        return super()._fallback_lang()

    def _notify_by_email_prepare_rendering_context(self, message, msg_vals=False, **options):
        values = super()._notify_by_email_prepare_rendering_context(message, msg_vals=msg_vals, **options)
        values['is_of_association'] = self._is_of_suite()
        return values
