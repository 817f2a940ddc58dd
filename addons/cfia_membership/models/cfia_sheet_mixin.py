import base64
import binascii

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.cfia_membership.tools.sheet import SheetError
from odoo.addons.cfia_membership.tools.sheet.open import LIMITS


class CfiaSheetMixin(models.AbstractModel):
    """Something that takes a list somebody hands in: one reader, and one sentence for each file that is none."""

    _name = 'cfia.sheet.mixin'
    _description = "Reader of Lists"

    @api.model
    def _get_sheet_limits(self):
        """Return what a list may be at most: the settings ``cfia_membership.list_max_…`` before the defaults.

        :return: bytes, bytes once unpacked, rows, seconds and bytes of memory, as in ``tools.sheet.open.LIMITS``
        :rtype: dict
        """
        # sudo: bounds of the system, the same for everybody
        parameters = self.env['ir.config_parameter'].sudo()
        return {
            name: int(parameters.get_param(f'cfia_membership.list_max_{name}') or default)
            for name, default in LIMITS.items()
        }

    @api.model
    def _read_list(self, content, filename, read):
        """Return what ``read`` makes of a file.

        :param bytes content: the file, in base64 as a binary field has it
        :param str filename: as the user knows it
        :param read: function of the content and its ``limits``
        :raise UserError: saying what is wrong with the file and what to do
        """
        try:
            return read(base64.b64decode(content or b''), limits=self._get_sheet_limits())
        except SheetError as error:
            raise UserError(self._get_sheet_message(error, filename or '')) from error
        except binascii.Error as error:
            raise UserError(self._get_sheet_message(SheetError('damaged'), filename or '')) from error

    @api.model
    def _get_sheet_message(self, error, filename):
        """Return the sentence for a file that cannot be read."""
        if error.code == 'empty':
            return self.env._("“%(file)s” is empty. Choose the list again.", file=filename)
        if error.code == 'password':
            return self.env._(
                "“%(file)s” is protected by a password. Open it, take the password off (File > Info or Document "
                "Encryption), save it and choose it again.", file=filename)
        if error.code == 'kind':
            return self.env._(
                "“%(file)s” is no list but a file of the kind %(kind)s. Export the list as xlsx, xls or csv and "
                "choose it again.", file=filename, kind=error.detail)
        if error.code == 'too_large':
            return self.env._(
                "“%(file)s” is too large to be read (at most %(size)s MB once unpacked). Split it, or delete what "
                "does not belong to the list.", file=filename, size=int(error.detail) // 1024**2)
        if error.code == 'too_many_rows':
            return self.env._(
                "“%(file)s” has more than %(count)s rows. Split it, or delete the blank rows below the list.",
                file=filename, count=error.detail)
        return self.env._(
            "“%(file)s” is damaged and cannot be read to its end. Export or download it again; opening it and "
            "saving it as xlsx may mend it.", file=filename)
