from odoo import models


class ResPartner(models.Model):
    """A unit as a candidate for what came through the public form."""

    _inherit = 'res.partner'

    def action_take_for_application(self):
        """Take this unit as the one that the application in the context is about.

        :raise UserError: when it is none of the units that the application may be
        """
        self.ensure_one()
        application = self.env['cfia.membership.application'].browse(
            self.env.context.get('cfia_application_id')).exists()
        application.action_take_unit(self.id)
        return True
