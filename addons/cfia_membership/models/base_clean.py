from odoo import models

from odoo.addons.cfia_membership.tools.text import strip_invisible


class Base(models.AbstractModel):
    """Characters that nobody sees are taken out of the suite's texts, whichever door they come in by.

    What other apps write of contacts of their own stays as it is.
    """

    _inherit = 'base'

    def _prepare_create_values(self, vals_list):
        # after the defaults of context and user, which are values like any other
        vals_list = super()._prepare_create_values(vals_list)
        if self._may_hold_names():
            for vals in vals_list:
                cleaned = self._strip_invisible_values(vals)
                if cleaned and self._is_name_kept(vals):
                    vals.update(cleaned)
        return vals_list

    def write(self, vals):
        """Write without characters that nobody sees."""
        if self._may_hold_names():
            cleaned = self._strip_invisible_values(vals)
            if cleaned and self._is_name_kept(vals):
                vals = {**vals, **cleaned}
        return super().write(vals)

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=''):
        """Write translations without characters that nobody sees."""
        if self._may_hold_names() and self._is_name_kept({}):
            translations = {
                lang: strip_invisible(text) if isinstance(text, str) else text for lang, text in translations.items()}
        return super()._update_field_translations(field_name, translations, digest=digest, source_lang=source_lang)

    def _may_hold_names(self):
        return self._name.startswith('cfia.') or self._name == 'res.partner'

    def _strip_invisible_values(self, vals):
        """Return those values of lines and texts that change, as they are to be kept."""
        cleaned = {}
        for name, value in vals.items():
            if not isinstance(value, str) or value.isascii():
                continue
            field = self._fields.get(name)
            if field and field.type in ('char', 'text'):
                visible = strip_invisible(value)
                if visible != value:
                    cleaned[name] = visible
        return cleaned

    def _is_name_kept(self, vals):
        """Tell whether the texts are the association's: of contacts, its units' and their persons' alone."""
        if self._name != 'res.partner' or vals.get('member_state'):
            return True
        # sudo: whose contact it is does not depend on who writes
        partners = self.sudo() | self.sudo().browse(vals.get('parent_id') or ())
        return any(partner.commercial_partner_id.member_state for partner in partners)
