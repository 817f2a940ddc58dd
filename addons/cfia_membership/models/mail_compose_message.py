from odoo import models


class MailComposeMessage(models.TransientModel):
    """Papers of other units leave by mail through the gate alone (article 1)."""

    _inherit = 'mail.compose.message'

    def _action_send_mail(self, auto_commit=False):
        if not self.env.su:
            # what is posted on one record passes the gate there
            for composer in self.filtered(lambda composer: composer.attachment_ids and composer.composition_mode == 'mass_mail'):
                strange = composer._get_units_of_attachments() - composer._get_recipients().commercial_partner_id
                if strange:
                    self.env['cfia.disclosure']._disclose(
                        'mail', strange.with_env(self.env), composer.attachment_ids.mapped('res_model'))
        return super()._action_send_mail(auto_commit=auto_commit)

    def _get_recipients(self):
        """Return who is written to: in a mass mailing of contacts, these."""
        self.ensure_one()
        recipients = self.partner_ids
        if self.model == 'res.partner' and self.composition_mode == 'mass_mail':
            recipients |= self.env['res.partner'].browse(self._evaluate_res_ids())
        return recipients

    def _get_units_of_attachments(self):
        """Return the units of the association whose papers are attached."""
        self.ensure_one()
        return self.attachment_ids._get_units_of_papers()
