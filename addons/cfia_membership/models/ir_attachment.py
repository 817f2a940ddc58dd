import contextlib
import os
import secrets
from pathlib import Path

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.guard import is_unlocked

# What makes the file: the rest (indexing, thumbnails) may be written.
FROZEN_FIELDS = {'datas', 'raw', 'db_datas', 'store_fname', 'name', 'res_model', 'res_id', 'type', 'url'}
# Models whose PDFs stay as they were issued.
FROZEN_MODELS = ('cfia.document', 'cfia.handout')

# Models that tell by `_get_signed_attachments` which of their papers stay as they are.
SIGNED_MODELS = ('cfia.membership.application', 'cfia.signing.authority')


class IrAttachment(models.Model):
    _inherit = 'ir.attachment'

    def write(self, vals):
        """Refuse changes of issued PDFs, whoever asks."""
        if not FROZEN_FIELDS.isdisjoint(vals):
            # the refusals below name the paper: only to those who may touch it
            self.check_access('write')
            self._check_not_signed()
            self._check_not_issued()
        return super().write(vals)

    @api.model
    def _get_path(self, bin_data, sha):
        """Take away what a crash left of the same file: it is no other file of the same checksum."""
        path = self._full_path(f'{sha[:2]}/{sha}')
        with contextlib.suppress(FileNotFoundError):
            if os.path.getsize(path) < len(bin_data) and self._compute_checksum(Path(path).read_bytes()) != sha:
                os.unlink(path)
        return super()._get_path(bin_data, sha)

    @api.model
    def _file_write(self, bin_value, checksum):
        """Write a file whole or not at all.

        Odoo writes it in place: a full disk or a kill in the middle leaves part of it under the name of the whole,
        and the same file is refused ever after.
        """
        fname, full_path = self._get_path(bin_value, checksum)
        if os.path.exists(full_path):
            return fname
        # on the list of what is looked at later, in case the transaction aborts
        self._mark_for_gc(fname)
        part = f'{full_path}.{secrets.token_hex(4)}'
        try:
            with open(part, 'xb') as file:
                file.write(bin_value)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, full_path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part)
            raise
        return fname

    @api.ondelete(at_uninstall=False)
    def _unlink_except_issued(self):
        self._check_not_signed()
        self._check_not_issued()

    def _check_not_issued(self):
        """Refuse when one of the files is the PDF of an issued document.

        :raise UserError: naming the file
        """
        # sudo: papers in files are frozen for all, whoever may read the file
        paper = self.env['cfia.member.file.paper'].sudo().search(
            [('attachment_id', 'in', self.ids)], limit=1) if self.ids else None
        if paper:
            raise UserError(self.env._(
                "%(file)s is a paper in the file of %(unit)s and stays as it is.",
                file=paper.attachment_id.name, unit=paper.partner_id.name))
        # sudo: issued documents are frozen for all, whoever may read them
        for attachment in self.sudo():
            if attachment.res_model in FROZEN_MODELS and attachment.res_id and not attachment.res_field:
                raise UserError(self.env._(
                    "%(file)s is an issued document and stays as it is.", file=attachment.name))

    def _check_not_signed(self):
        """Refuse when one of the files is a paper of something that was verified or signed.

        :raise UserError: naming the file and what was signed
        """
        if is_unlocked(self):
            return
        # sudo: whatever the user may read
        papers = self.sudo().filtered(lambda attachment: attachment.res_model in SIGNED_MODELS and attachment.res_id)
        for model, attachments in papers.grouped('res_model').items():
            for record in self.env[model].sudo().browse(attachments.mapped('res_id')).exists():
                for paper in attachments & record._get_signed_attachments():
                    raise UserError(self.env._(
                        "%(file)s belongs to what was signed on %(record)s and stays as it is.",
                        file=paper.name, record=record.display_name,
                    ))

    def _adopt(self, record):
        """Give papers that were uploaded before their record was saved to the record.

        Until then only the one who uploaded them reads them; nobody can bring in somebody else's.

        :param record: what the papers belong to
        """
        # sudo: an attachment without a record is nobody's but its uploader's
        self.sudo().filtered(
            lambda attachment: not attachment.res_id and attachment.create_uid == self.env.user,
        ).write({'res_model': record._name, 'res_id': record.id})

    def _get_units_of_papers(self):
        """Return the units of the association that these papers are about, in superuser mode."""
        # sudo: whose paper it is does not depend on who sends it
        units = self.env['res.partner'].sudo()
        for model_name, attachments in self.sudo().filtered('res_id').grouped('res_model').items():
            if model_name not in self.env or not self.env[model_name]._is_member_data():
                continue
            records = self.env[model_name].sudo().browse(attachments.mapped('res_id')).exists()
            units |= records if model_name == 'res.partner' else records.partner_id
        return units.commercial_partner_id.filtered('member_state')
