from odoo import models


class AccountChartTemplate(models.AbstractModel):
    _inherit = 'account.chart.template'

    def _post_load_data(self, template_code, company, template_data):
        """Add the dues journal and income account to the chart of the association.

        Other companies of the database get them with their first resolution on dues.
        """
        result = super()._post_load_data(template_code, company, template_data)
        company = company or self.env.company
        # sudo: which companies bill dues is no secret
        if not self.env['res.company'].sudo().search_count(
                [('cfia_dues_journal_id', '!=', False), ('id', '!=', company.id)], limit=1):
            company._set_up_dues_accounting()
        return result
