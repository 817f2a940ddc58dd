import hashlib
import json

from odoo import fields, models
from odoo.exceptions import UserError


def get_content(record, left_out=()):
    """Return what one record holds, with its lines and the checksums of its papers.

    :param left_out: names of columns that say nothing more
    :rtype: dict
    """
    content = {}
    for name in record._get_own_names() - set(left_out):
        field, value = record._fields[name], record[name]
        if field.type not in ('one2many', 'many2many'):
            content[name] = field.convert_to_write(value, record)
        elif field.comodel_name == 'ir.attachment':
            content[name] = sorted(paper.checksum or '' for paper in value)
        elif field.type == 'many2many' or not hasattr(value, '_get_own_names'):
            content[name] = sorted(value.ids)
        else:
            # lines that are made afresh are the same lines
            lines = (get_content(line, (field.inverse_name,)) for line in value)
            content[name] = sorted(lines, key=lambda line: json.dumps(line, sort_keys=True, default=str))
    return content


class CfiaShownMixin(models.AbstractModel):
    """Something that a person signs, approves or releases: nothing else than what was shown.

    The form's button sends the fingerprint of what it shows as ``cfia_shown_hash`` in the context. The act
    calls :meth:`_check_shown` first and keeps the fingerprint as ``content_hash``.
    """

    _name = 'cfia.shown.mixin'
    _description = "Signed as Shown"
    _inherit = ['cfia.guard.mixin']

    content_hash = fields.Char(
        string="Fingerprint", readonly=True, copy=False, help="SHA-256 of the content that was signed.")
    shown_hash = fields.Char(
        compute='_compute_shown_hash', help="Fingerprint of what is shown: nothing else is signed.")

    def _compute_shown_hash(self):
        for record in self:
            record.shown_hash = record.id and record._get_content_hash()

    def _check_shown(self):
        """Refuse to sign something else than was shown.

        :raise UserError: naming what changed meanwhile
        """
        shown = self.env.context.get('cfia_shown_hash')
        for record in self if shown else ():
            if shown != record._get_content_hash():
                raise UserError(self.env._(
                    "%(record)s changed since you opened it. Open it again and read it before you sign.",
                    record=record.display_name))

    def _get_content_hash(self):
        """Return the SHA-256 of what is signed, lines and papers included. One record."""
        self.ensure_one()
        # sudo: what is signed does not depend on what of it the signer may open
        content = get_content(self.sudo(), ('content_hash',))
        return hashlib.sha256(
            json.dumps(content, sort_keys=True, ensure_ascii=False, default=str).encode()).hexdigest()
