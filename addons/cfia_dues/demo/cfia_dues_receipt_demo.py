from odoo import api, models

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked


class CfiaDuesDemo(models.AbstractModel):
    _inherit = 'cfia.dues.demo'

    @api.model
    def _load_receipts(self, company_id):
        """Issue receipts for what the demo's members paid, save for the present year's last payments.

        :param int company_id: the association
        """
        # sudo: demo data are entered by the installation
        lines = self.env['cfia.dues.line'].sudo().search([
            ('company_id', '=', company_id), ('amount_unreceipted', '>', 0)], order='year, id')
        if not lines:
            return
        this_year = lines.filtered(lambda line: line.year == association_today().year)
        receipts = self.env['cfia.dues.receipt'].with_env(lines.env).with_context(mail_create_nolog=True)._request((lines - this_year) | this_year[:6])
        for number, receipt in enumerate(receipts[:-4], 1):
            receipt.write({
                'code': '00010199',
                'number': f'{number:010d}',
                'check_code': f'{number * 7919 % 1000000:06d}',
                'date_issued': association_today(),
            })
        receipts[:-4].action_issue()
        unlocked(receipts[-6:-5]).write({'void_reason': "演示：抬头有误", 'state': 'void', 'date_void': association_today()})

    @api.model
    def _load_statements(self, company_id):
        """Count the statistics of the last two quarters and submit the first of them.

        :param int company_id: the association
        """
        company = self.env['res.company'].browse(company_id)
        if not company.chart_template:
            return
        Statement = self.env['cfia.dues.statement'].with_context(lang='zh_CN')
        year, quarter = Statement._default_quarter()
        before = (year, quarter - 1) if quarter > 1 else (year - 1, 4)
        statements = Statement.create([
            {'company_id': company_id, 'year': each_year, 'quarter': str(each_quarter)}
            for each_year, each_quarter in (before, (year, quarter))
        ])
        statements.action_count()
        if statements[:1].leader_ids:
            statements[:1].action_submit()
