from odoo import models


class MailActivityMixin(models.AbstractModel):
    """Tasks that nobody with a language hands out are worded in the association's."""

    _inherit = 'mail.activity.mixin'

    def activity_schedule(self, act_type_xmlid='', date_deadline=None, summary='', note='', **act_values):
        if not self.env.context.get('lang') and self._is_of_suite():
            self = self.with_context(lang=self._get_association()._get_association_lang())  # noqa: PLW0642
        return super().activity_schedule(
            act_type_xmlid, date_deadline=date_deadline, summary=summary, note=note, **act_values)
