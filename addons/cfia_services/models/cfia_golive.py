from odoo import api, models


class CfiaGolive(models.TransientModel):
    _inherit = 'cfia.golive'

    @api.model
    def _get_golive_steps(self):
        """Add the catalogue and the editions of the magazine."""
        section = self.env._("3. Rules")
        services = self.env['cfia.service'].search_count([])
        categories = self.env['cfia.enterprise.category'].search([])
        editions = self.env['cfia.magazine.edition'].search([])
        edition_by_category = self.env['cfia.magazine.edition']._get_by_category(categories)
        missing = categories.filtered(lambda category: not edition_by_category[category])
        return super()._get_golive_steps() + [
            {
                'key': 'services', 'sequence': 120, 'section': section, 'title': self.env._("Catalogue of services"),
                'is_done': bool(services), 'detail': self.env._("Services: %(count)s", count=services),
                'action': 'cfia_services.cfia_service_action',
            },
            {
                'key': 'editions', 'sequence': 130, 'section': section, 'title': self.env._("Edition of the magazine by category"),
                'is_done': bool(editions) and not missing,
                'detail': self.env._("Without edition: %(categories)s", categories="、".join(missing.mapped('name')))
                if missing else "、".join(editions.mapped('name')),
                'action': 'cfia_services.cfia_magazine_edition_action',
            },
        ]
