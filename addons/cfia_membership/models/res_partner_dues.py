from odoo import models


class ResPartner(models.Model):
    _inherit = 'res.partner'

    def _get_dues_gaps(self, condition):
        """Return on which days units lack a dues standing. Hook for the add-on that keeps dues.

        Membership starts at the signature and does not end with arrears; what depends on dues, such as
        a service, asks here. Without such an add-on nobody lacks anything.

        :param str condition: `no_arrears` (no dues past their due date), or `paid` (no bill open)
        :return: {unit: [(first day, last day or None)]} in any order, overlaps allowed
        :rtype: dict
        """
        return {}
