from odoo import models


class AccountChartTemplate(models.AbstractModel):
    _inherit = 'account.chart.template'

    def _post_load_data(self, template_code, company, template_data):
        """Add the dues journal and income account to every chart."""
        result = super()._post_load_data(template_code, company, template_data)
        (company or self.env.company)._set_up_dues_accounting()
        return result
