import base64
import binascii

from odoo import api, models
from odoo.exceptions import RedirectWarning, UserError

from odoo.addons.cfia_membership.tools.sheet import ListError, SheetError
from odoo.addons.cfia_membership.tools.sheet.open import LIMITS


class CfiaSheetMixin(models.AbstractModel):
    """Something that takes a list somebody hands in: one reader, and one sentence for each file that is none."""

    _name = 'cfia.sheet.mixin'
    _description = "Reader of Lists"

    #: Of ``cfia.sheet.form``: what the lists are of.
    _sheet_kind = None

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
        :param read: function of the content, its ``limits`` and what was ``taught`` of headings
        :raise UserError: saying what is wrong with the file and what to do
        :raise RedirectWarning: for a list that nobody knows: it leads to where its columns are told
        """
        try:
            return read(
                base64.b64decode(content or b''), limits=self._get_sheet_limits(),
                taught=self.env['cfia.sheet.form']._get_taught(self._sheet_kind))
        except SheetError as error:
            raise UserError(self._get_sheet_message(error, filename or '')) from error
        except binascii.Error as error:
            raise UserError(self._get_sheet_message(SheetError('damaged'), filename or '')) from error
        except ListError as error:
            message = self._get_list_message(error.code, filename or '')
            # a text of one word a line has no columns to name
            if error.code != 'no_header' or not self.id or not any(
                    sum(len(list(filter(None, row))) > 1 for row in sheet.rows[:100]) > 1 for sheet in error.sheets):
                raise UserError(message) from error
            raise RedirectWarning(
                message, self.env.ref('cfia_membership.cfia_sheet_teach_action').id, self.env._("Name the Columns"),
                {'default_res_model': self._name, 'default_res_id': self.id},
            ) from error

    @api.model
    def _get_list_message(self, code, filename):
        """Return the sentence for a file without such a list.

        :param str code: ``no_header`` or ``no_rows``
        """
        if code == 'no_rows':
            return self.env._("“%(file)s” has a heading row, but nothing stands below it.", file=filename)
        kind = self.env['cfia.sheet.form']._get_kinds()[self._sheet_kind]
        return self.env._(
            "“%(file)s” has no row with the headings of such a list. It needs %(required)s; these are read, too, in any "
            "order: %(columns)s.",
            file=filename,
            required="、".join("/".join(kind.label(name) for name in names) for names in kind.required),
            columns="、".join(kind.label(name) for name in kind.columns if not any(name in names for names in kind.required)))

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
