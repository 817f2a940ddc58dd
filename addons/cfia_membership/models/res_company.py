from odoo import fields, models


class ResCompany(models.Model):
    _inherit = 'res.company'

    cfia_secretary_general_id = fields.Many2one(
        'res.users',
        string="Secretary-General",
        help="Who is asked to sign applications. Without one, everybody in the role is asked.",
    )
    cfia_certificate_years = fields.Integer(
        string="Certificate Validity (years)",
        default=5,
        help="Years for which a certificate is valid where no term of congress is running.",
    )

    def _get_secretaries_general(self):
        """Return the users to ask for a signature.

        :return: the secretary-general set on the company, else all active users of the role
        """
        self.ensure_one()
        return self.cfia_secretary_general_id or self.env.ref(
            'cfia_membership.group_cfia_secretary_general').sudo().all_user_ids.filtered('active')
