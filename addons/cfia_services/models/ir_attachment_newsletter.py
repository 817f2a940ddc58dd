from odoo import models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.guard import is_unlocked


class IrAttachment(models.Model):
    _inherit = 'ir.attachment'

    def _check_not_issued(self):
        """Keep pictures and printed editions of newsletters that were sent."""
        super()._check_not_issued()
        if is_unlocked(self):
            return
        # sudo: whatever the user may read
        files = self.sudo().filtered(
            lambda attachment: attachment.res_id and not attachment.res_field
            and attachment.res_model in ('cfia.newsletter', 'mailing.mailing'))
        for model, attachments in files.grouped('res_model').items():
            records = self.env[model].sudo().browse(attachments.mapped('res_id')).exists()
            issues = records.cfia_newsletter_ids if model == 'mailing.mailing' else records
            sent = issues.filtered(lambda issue: issue.state != 'draft')[:1]
            if sent:
                raise UserError(self.env._("%(issue)s was sent: its files stay as they are.", issue=sent.display_name))
