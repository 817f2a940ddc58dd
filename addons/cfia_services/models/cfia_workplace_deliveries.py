from datetime import timedelta

from odoo import api, models
from odoo.fields import Date


class CfiaWorkplace(models.AbstractModel):
    """What waits in the deliveries: issues to post, copies that came back, website VIP."""

    _inherit = 'cfia.workplace'

    @api.model
    def _get_workplace_tiles(self, today):
        return [
            *super()._get_workplace_tiles(today),
            self._prepare_tile(
                'magazine_issue', sequence=36, icon='fa-newspaper-o',
                model='cfia.magazine.issue', action='cfia_services.cfia_magazine_issue_action',
                domain=[('state', '!=', 'posted'), ('date', '<=', Date.to_string(today))],
                title=self.env._("Magazine Issues to Post"),
                groups='cfia_membership.group_cfia_editorial',
                late_domain=[('date', '<', Date.to_string(today - timedelta(days=10)))],
                rows={
                    'title': 'display_name', 'details': ['state'], 'date': 'date', 'order': 'date, id',
                    'label': self.env._("Note as Posted"),
                },
            ),
            self._prepare_tile(
                'magazine_returned', sequence=37, icon='fa-undo',
                model='cfia.magazine.copy', action='cfia_services.cfia_magazine_copy_action_returned',
                domain=[('state', '=', 'returned'), ('date_handled', '=', False)],
                title=self.env._("Returned Magazines"),
                groups='cfia_membership.group_cfia_organisation',
                late_domain=[('date_returned', '<', Date.to_string(today - timedelta(days=5)))],
                rows={
                    'title': 'unit_name', 'details': ['address', 'return_reason'], 'date': 'date_returned',
                    'order': 'date_returned, id', 'label': self.env._("Verify Address"),
                },
            ),
            self._prepare_tile(
                'website_vip', sequence=37, icon='fa-star-o',
                model='cfia.website.vip', action='cfia_services.cfia_website_vip_action',
                domain=[('date_done', '=', False)],
                title=self.env._("Website VIP to Do"),
                groups='cfia_membership.group_cfia_network',
                late_domain=[('date', '<', Date.to_string(today - timedelta(days=5)))],
            ),
        ]
