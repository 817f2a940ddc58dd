from odoo import api, fields, models
from odoo.fields import Domain


class WebTour(models.Model):
    _inherit = 'web_tour.tour'

    cfia_group_id = fields.Many2one(
        'res.groups', string="Role", index='btree_not_null', ondelete='cascade',
        help="The first tour of those with this role; of several roles the first tour is taken.")

    @api.model
    def _get_role_tour(self):
        """Return the tour of the present user's role, or nothing."""
        return self.search([('cfia_group_id', 'in', self.env.user.all_group_ids.ids)], limit=1)

    @api.model
    def get_current_tour(self):
        """Return the next tour of the present user: first that of his role, never that of another one's.

        :return: as in Odoo, its name, address, steps and last words, or ``False``
        """
        user = self.env.user
        if not user.tour_enabled or not user._is_internal():
            return False
        role_tour = self._get_role_tour()
        tour = self.search(
            Domain('custom', '=', False) & Domain('user_consumed_ids', 'not in', user.id)
            & (Domain('cfia_group_id', '=', False) | Domain('id', '=', role_tour.id)),
            order='cfia_group_id, sequence, name, id', limit=1)
        return bool(tour) and tour._get_tour_json()
