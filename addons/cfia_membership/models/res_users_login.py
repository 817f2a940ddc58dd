import contextlib

from odoo import models
from odoo.exceptions import AccessDenied
from odoo.http import request

from odoo.addons.cfia_membership.tools.rate_limit import client_key

#: Failures after which an account is not tried any more from a network, and after which a network tries none.
ACCOUNT_FAILURES = 5
NETWORK_FAILURES = 30
#: Seconds for which failures count.
WINDOW = 60


class ResUsers(models.Model):
    """Failed log-ins are counted for the account and for the network, over all processes and servers.

    Odoo counts by address in each process and forgets the count when anybody logs in from there: whoever has an account
    of his own could try on forever.
    """

    _inherit = 'res.users'

    @contextlib.contextmanager
    def _assert_can_auth(self, user=None):
        if not request:
            with super()._assert_can_auth(user=user):
                yield
            return
        network = client_key(request.httprequest)
        account = f'login.account {network} {str(user).strip().lower()}'
        Count = self.env['cfia.rate.limit']
        for key, most in ((account, ACCOUNT_FAILURES), (f'login.network {network}', NETWORK_FAILURES)):
            if Count._count(key, WINDOW) >= most:
                raise AccessDenied(self.env._("Too many login failures, please wait a bit before trying again."))
        try:
            with super()._assert_can_auth(user=user):
                yield
        except AccessDenied:
            Count._note(account)
            Count._note(f'login.network {network}')
            raise
        Count._forget(account)
