from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked


class ResPartner(models.Model):
    """Certificates that members held before the suite: their numbers stay, who needs a new one is listed."""

    _inherit = 'res.partner'

    date_old_certificate_end = fields.Date(
        string="Old Certificate Valid Until", copy=False, readonly=True, groups='base.group_user',
        help="Of the certificate issued before this system, on which the same number stands.")

    @api.model
    def _get_certificate_gap_domain(self):
        """Return the members who hold no certificate that is valid today: those to reissue."""
        today = association_today()
        # sudo: whether a certificate is valid does not depend on who asks
        documents = self.env['cfia.document'].sudo()._search([
            ('kind', '=', 'certificate'), ('date_revoked', '=', False),
            '|', ('date_to', '=', False), ('date_to', '>=', today),
        ])
        return Domain('member_state', '=', 'member') & ~(
            Domain('date_old_certificate_end', '>=', today)
            | Domain('id', 'in', documents.subselect('partner_id')))

    def _take_over_certificates(self, date_end):
        """Note until when the certificates are valid that were issued before.

        :param date date_end: last day of validity
        :raise UserError: naming a unit that is no member
        """
        for unit in self:
            if unit.member_state != 'member':
                raise UserError(self.env._("%(unit)s is no member.", unit=unit.display_name))
        unlocked(self.sudo()).write({'date_old_certificate_end': date_end})  # sudo: the caller checks the role
