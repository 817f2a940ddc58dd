from odoo import SUPERUSER_ID, api

from odoo.addons.cfia_membership.tools.regulation import refresh_regulation


def migrate(cr, version):
    """Bring the regulation's rows up to date; what somebody changed stays."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    refresh_regulation(env, 'cfia_membership', 'data/cfia_obligation_data.xml')
