from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.guard import is_unlocked

# What makes the file: the rest (indexing, thumbnails) may be written.
FROZEN_FIELDS = {'datas', 'raw', 'db_datas', 'store_fname', 'name', 'res_model', 'res_id', 'type', 'url'}


class IrAttachment(models.Model):
    _inherit = 'ir.attachment'

    def write(self, vals):
        """Refuse changes of issued PDFs, whoever asks."""
        if not FROZEN_FIELDS.isdisjoint(vals):
            self._check_not_signed()
            self._check_not_issued()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_issued(self):
        self._check_not_signed()
        self._check_not_issued()

    def _check_not_issued(self):
        """Refuse when one of the files is the PDF of an issued document.

        :raise UserError: naming the file
        """
        paper = self.env['cfia.member.file.paper'].sudo().search(
            [('attachment_id', 'in', self.ids)], limit=1) if self.ids else None
        if paper:
            raise UserError(self.env._(
                "%(file)s is a paper in the file of %(unit)s and stays as it is.",
                file=paper.attachment_id.name, unit=paper.partner_id.name))
        for attachment in self.sudo():
            if attachment.res_model == 'cfia.document' and attachment.res_id:
                raise UserError(self.env._(
                    "%(file)s is an issued document and stays as it is.", file=attachment.name))

    def _check_not_signed(self):
        """Refuse when one of the files is a paper of an application that was verified or signed.

        :raise UserError: naming the file and the application
        """
        # sudo: whatever the user may read
        papers = self.sudo().filtered(
            lambda attachment: attachment.res_model == 'cfia.membership.application' and attachment.res_id)
        if not papers or is_unlocked(self):
            return
        applications = self.env['cfia.membership.application'].sudo().browse(papers.mapped('res_id')).exists()
        for application in applications:
            signed = application.scan_ids
            if application.state not in ('draft', 'returned', 'submitted'):
                signed |= application.attachment_ids
            for paper in papers & signed:
                raise UserError(self.env._(
                    "%(file)s belongs to what was signed on %(application)s and stays as it is.",
                    file=paper.name, application=application.display_name,
                ))
