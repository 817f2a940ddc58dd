from odoo import api, models
from odoo.fields import Date

from odoo.addons.cfia_services.models.cfia_change_list import GROUP_BY_KIND

ORGANISATION = 'cfia_membership.group_cfia_organisation'
STAFF = 'cfia_membership.group_cfia_staff'


class CfiaWorkplace(models.AbstractModel):
    """What waits in services: needs to reply to, lists to receive, accounts to open."""

    _inherit = 'cfia.workplace'

    @api.model
    def _get_workplace_tiles(self, today):
        user = self.env.user
        return [
            *super()._get_workplace_tiles(today),
            self._prepare_tile(
                'need', sequence=25, icon='fa-comments-o',
                model='cfia.need', action='cfia_services.cfia_need_action',
                domain=self._get_need_domain(),
                title=self.env._("Needs to Reply To"),
                groups=STAFF,
                late_domain=[('date_deadline', '<', Date.to_string(today))],
                rows={
                    'title': 'name', 'details': ['partner_id', 'kind_id', 'department_id'], 'date': 'date_deadline',
                    'order': 'date_deadline, id', 'label': self.env._("Reply"),
                    'method': 'action_write_reply',
                },
            ),
            self._prepare_tile(
                'change_list', sequence=35, icon='fa-list-ol',
                model='cfia.change.list', action='cfia_services.cfia_change_list_action',
                domain=[('state', '=', 'waiting'), (
                    'kind', 'in', [kind for kind, group in GROUP_BY_KIND.items() if user.has_group(group)])],
                title=self.env._("Change Lists to Receive"),
                groups=','.join(GROUP_BY_KIND.values()),
                rows={
                    'title': 'display_name', 'details': [], 'date': 'date_made', 'order': 'date_made, id',
                    'label': self.env._("Read and Receive"),
                },
            ),
            self._prepare_tile(
                'roster', sequence=36, icon='fa-address-book-o',
                model='cfia.roster.release', action='cfia_services.cfia_roster_release_action',
                domain=[('copy_ids', 'any', [
                    ('state', '=', 'waiting'), ('department_id.user_ids', 'in', user.ids)])],
                title=self.env._("Member Rosters to Receive"),
                groups=STAFF,
            ),
            self._prepare_tile(
                'account', sequence=38, icon='fa-key',
                model='cfia.entitlement', action='cfia_services.cfia_entitlement_action',
                domain=[
                    ('service_id.needs_account', '=', True), ('account_date', '=', False),
                    ('state', 'in', ['open', 'upcoming'])],
                title=self.env._("Accounts to Open"),
                groups=(
                    f'{ORGANISATION},cfia_membership.group_cfia_training,cfia_membership.group_cfia_network'),
            ),
        ]

    @api.model
    def _get_need_domain(self):
        """Return the needs that wait for the present user: all, for the organisation department (3.7e)."""
        user = self.env.user
        if user.has_group(ORGANISATION):
            return [('state', '=', 'open')]
        domain = ['|', ('department_id.user_ids', 'in', user.ids), ('user_id', '=', user.id)]
        if user.has_group('cfia_membership.group_cfia_secretary_general'):
            domain = ['|', ('escalation', '=', 'secretary_general'), *domain]
        return [('state', '=', 'open'), *domain]
