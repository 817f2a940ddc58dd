import base64
import contextlib
import os
import secrets
from pathlib import Path

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.cfia_membership.tools.guard import is_unlocked
from odoo.addons.cfia_membership.tools.upload import (
    UploadRefused,
    check_uploads,
    explain_refusal,
    is_large_image,
)

# What makes the file: the rest (indexing, thumbnails) may be written.
FROZEN_FIELDS = {'datas', 'raw', 'db_datas', 'store_fname', 'name', 'res_model', 'res_id', 'type', 'url'}
# Models whose PDFs stay as they were issued.
FROZEN_MODELS = ('cfia.document', 'cfia.handout')

# Models that tell by `_get_signed_attachments` which of their papers stay as they are.
SIGNED_MODELS = ('cfia.membership.application', 'cfia.signing.authority')


class IrAttachment(models.Model):
    _inherit = 'ir.attachment'

    @api.model_create_multi
    def create(self, vals_list):
        """Take from people outside, on the suite's records, what passes the one check of uploads.

        What came through a form was checked there, all files of the request together.
        """
        if self.env.user.share and not is_unlocked(self):
            vals_list = self._check_uploads(vals_list)
        return super().create(vals_list)

    @api.model
    def _check_uploads(self, vals_list):
        """Return the values of files with the names and types that the check of uploads gives them.

        :raise UserError: naming the file and the way out
        """
        vals_list = [dict(vals) for vals in vals_list]
        checked = [
            vals for vals in vals_list
            if (vals.get('res_model') or '').startswith('cfia.') and vals.get('type', 'binary') == 'binary'
            and not vals.get('res_field')]
        contents = [
            vals.get('raw') or base64.b64decode(vals.get('datas') or b'') for vals in checked]
        contents = [content.encode() if isinstance(content, str) else content for content in contents]
        names = [vals.get('name') for vals in checked]
        for vals, result in zip(checked, check_uploads(list(zip(names, contents)))):
            if isinstance(result, UploadRefused):
                raise UserError(explain_refusal(self.env, vals.get('name'), result.reason))
            vals['name'], vals['mimetype'] = result
        return vals_list

    def _postprocess_contents(self, values):
        """Leave pictures as they are that would take too much to be made smaller: nobody's request is to hang on that."""
        content = values.get('raw') or values.get('datas')
        if content and is_large_image(content if values.get('raw') else base64.b64decode(content)):
            values['mimetype'] = self._compute_mimetype(values)
            return values
        return super()._postprocess_contents(values)

    def write(self, vals):
        """Refuse changes of issued PDFs, whoever asks."""
        if not self.env.su and (vals.get('public') or vals.get('access_token')):
            self._check_not_opened()
        if not FROZEN_FIELDS.isdisjoint(vals):
            # the refusals below name the paper: only to those who may touch it
            self.check_access('write')
            self._check_not_signed()
            self._check_not_issued()
        return super().write(vals)

    def generate_access_token(self):
        """Open no member's paper to everybody who has an address, neither anew nor again."""
        if not self.env.su:
            self._check_not_opened()
        return super().generate_access_token()

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
        part = f'{full_path}.{secrets.token_hex(4)}'
        try:
            with open(part, 'xb') as file:
                file.write(bin_value)
                file.flush()
                os.fsync(file.fileno())
            # on the list of what is looked at later, in case the transaction aborts
            self._mark_for_gc(fname)
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

    def _check_not_opened(self):
        """Refuse to open members' papers to everybody who has an address.

        :raise AccessError: naming the file
        """
        # sudo: whatever the user may read of it
        for attachment in self.sudo():
            if (attachment.res_model or '').startswith('cfia.') and attachment.res_id or attachment._is_filed():
                raise AccessError(self.env._(
                    "%(file)s holds members' data: it cannot be opened to people who are not logged in.",
                    file=attachment.name))

    def _is_filed(self):
        # sudo: papers in files count for all, whoever may read the file
        return bool(self.ids and self.env['cfia.member.file.paper'].sudo().search_count(
            [('attachment_id', 'in', self.ids)], limit=1))

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

    def _is_own_loose(self):
        """Tell for one file whether the user uploaded it and no record has it yet."""
        return (
            not self.res_id and not self.res_field and not self.public and not self.url
            and self.type == 'binary' and self.create_uid == self.env.user
        )

    def _filtered_linkable(self, records):
        """Let the suite's records take only what the user uploaded for them.

        A file that belongs to another record, or to nobody as Odoo's own bundles, would be moved and frozen there.
        """
        readable = super()._filtered_linkable(records)
        if not records._name.startswith('cfia.') or is_unlocked(records):
            return readable
        # sudo: whose the file is, of files that the user may read
        return readable.filtered(lambda attachment: attachment.sudo()._is_linkable_paper(records))

    def _is_linkable_paper(self, records):
        """Tell whether one file is loose, of these records, or lies with another of the suite where the user put it."""
        if not self.res_id:
            return self._is_own_loose()
        return self.res_model == records._name and self.res_id in records.ids or (
            self.create_uid == self.env.user and (self.res_model or '').startswith('cfia.') and not self.public)

    def _adopt(self, record):
        """Give papers that were uploaded before their record was saved to the record.

        Until then only the one who uploaded them reads them; nobody can bring in somebody else's.

        :param record: what the papers belong to
        """
        # sudo: an attachment without a record is nobody's but its uploader's
        self.sudo().filtered(lambda attachment: attachment._is_own_loose()).write(
            {'res_model': record._name, 'res_id': record.id})

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
