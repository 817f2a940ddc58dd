from odoo import api, models, modules


class ResUsers(models.Model):
    _inherit = 'res.users'

    @api.depends('create_date')
    def _compute_tour_enabled(self):
        """Offer those who work with members the tour of their role on the first day; never beside demo data."""
        super()._compute_tour_enabled()
        # sudo: whether there are demo data, for whoever makes the user
        has_demo = self.env['ir.module.module'].sudo().search_count([('demo', '=', True)], limit=1)
        if has_demo or modules.module.current_test:
            return
        self.filtered(lambda user: user._has_role()).tour_enabled = True
