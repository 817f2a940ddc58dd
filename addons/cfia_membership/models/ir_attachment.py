from odoo import api, models
from odoo.exceptions import UserError

# What makes the file: the rest (indexing, thumbnails) may be written.
FROZEN_FIELDS = {'datas', 'raw', 'db_datas', 'store_fname', 'name', 'res_model', 'res_id', 'type', 'url'}


class IrAttachment(models.Model):
    _inherit = 'ir.attachment'

    def write(self, vals):
        """Refuse changes of issued PDFs, whoever asks."""
        if not FROZEN_FIELDS.isdisjoint(vals):
            self._check_not_issued()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_issued(self):
        self._check_not_issued()

    def _check_not_issued(self):
        """Refuse when one of the files is the PDF of an issued document.

        :raise UserError: naming the file
        """
        for attachment in self.sudo():
            if attachment.res_model == 'cfia.document' and attachment.res_id:
                raise UserError(self.env._(
                    "%(file)s is an issued document and stays as it is.", file=attachment.name))
