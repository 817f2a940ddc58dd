from odoo import fields, models

from odoo.addons.cfia_membership.tools.dates import association_today


class ResCompany(models.Model):
    _inherit = 'res.company'

    cfia_date_in_force = fields.Date(
        string="Regulation in Force Since",
        required=True,
        default=lambda self: association_today(),
        help="From this day on the duties of the regulation are counted here.",
    )
