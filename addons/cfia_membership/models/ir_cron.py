from odoo import models

from odoo.addons.cfia_membership.tools.schedule import scheduled


class IrCron(models.Model):
    """The suite's schedules write in the association's language and in its name."""

    _inherit = 'ir.cron'

    def _callback(self, cron_name, server_action_id):
        if self._is_of_suite():
            lang = self.env.company._get_association_lang()
            self = scheduled(self).with_context(lang=lang)  # noqa: PLW0642 a schedule has no language
        return super()._callback(cron_name, server_action_id)

    def _is_of_suite(self):
        """Tell whether this is a schedule of the suite. One record."""
        xmlid = self.get_external_id()[self.id]
        # sudo: which model a schedule works on is no secret
        return xmlid.startswith('cfia_') or (self.sudo().model_id.model or '').startswith('cfia.')
