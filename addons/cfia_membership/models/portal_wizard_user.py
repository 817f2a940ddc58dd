from odoo import models

_WELCOME = object()


def without_mail(users):
    """Return persons of the portal's wizard who are told of their access by a mail of the suite's own."""
    return users.with_context(cfia_welcome=_WELCOME)


class PortalWizardUser(models.TransientModel):
    """New members are invited by the mail that welcomes them."""

    _inherit = 'portal.wizard.user'

    def _send_email(self):
        if self.env.context.get('cfia_welcome') is _WELCOME:
            return True
        return super()._send_email()
