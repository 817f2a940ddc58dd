from odoo import models
from odoo.tools import email_normalize

from odoo.addons.cfia_membership.tools.schedule import is_scheduled
from odoo.addons.cfia_membership.tools.text import drop_advertising


class MailTemplate(models.Model):
    """The suite's letters by mail come from the association, in the reader's language or in its own."""

    _inherit = 'mail.template'

    def _is_of_suite(self):
        """Tell whether this writes for the suite: on its records, or by its schedules."""
        return (self.render_model or '').startswith('cfia.') or is_scheduled(self)

    def _render_lang(self, res_ids, engine='inline_template'):
        langs = super()._render_lang(res_ids, engine=engine)
        if not self._is_of_suite():
            return langs
        installed = dict(self.env['res.lang'].get_installed())
        companies = self.env[self.render_model].browse(langs)._get_associations()
        return {
            res_id: lang if lang in installed else companies[res_id]._get_association_lang()
            for res_id, lang in langs.items()
        }

    def _generate_template(self, res_ids, render_fields, *args, **kwargs):
        values_by_id = super()._generate_template(res_ids, render_fields, *args, **kwargs)
        if not self._is_of_suite():
            return values_by_id
        for values in values_by_id.values():
            if values.get('body_html'):
                values['body_html'] = drop_advertising(values['body_html'])
        names = {'email_from', 'reply_to'} & set(render_fields)
        records = self.env[self.render_model].browse(values_by_id)
        companies = records._get_associations()
        robots = set(records._get_robots().mapped('email_normalized')) if records._speaks_for_association() else set()
        addresses = {company: company._get_sender()[1] for company in set(companies.values())} if names else {}
        for res_id, values in values_by_id.items():
            address = addresses.get(companies[res_id])
            for name in names:
                if address and (not values.get(name) or email_normalize(values[name]) in robots):
                    values[name] = address
        return values_by_id

    def _render_encapsulate(self, layout_xmlid, html, add_context=None, context_record=None):
        add_context = {'is_of_association': self._is_of_suite(), **(add_context or {})}
        return super()._render_encapsulate(layout_xmlid, html, add_context=add_context, context_record=context_record)
