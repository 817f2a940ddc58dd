from base64 import b64encode
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, models

from odoo.addons.cfia_membership.tools.dates import association_today


class CfiaObligationDemo(models.AbstractModel):
    """Keeps the demo's duties of past months, as an association does that follows its regulation."""

    _name = 'cfia.obligation.demo'
    _description = "Demo Duties"

    @api.model
    def _meet(self):
        """Enter acts for what is overdue, except for the last month: there is something left to do."""
        today = association_today()
        # sudo: demo data are entered by the installation
        Term = self.env['cfia.obligation.term'].sudo().with_context(lang='zh_CN')
        Term._refresh()
        terms = Term.search([
            ('kind', '=', 'counted'), ('date_to', '<', today.replace(day=1) - relativedelta(months=1)),
            ('state', 'in', ('overdue', 'unbound'))])
        scan = b64encode("演示补录扫描件".encode())
        self.env['cfia.obligation.act'].sudo().create([
            {
                'obligation_id': term.obligation_id.id,
                'date': term.date_to - timedelta(days=3 + number),
                'name': f"演示：{term.label}，{term.terms or term.obligation_id.name}",
                'scan_name': "演示补录扫描件.txt",
                'user_id': self.env.ref('cfia_membership.user_demo_org').id,
                'scan': scan,
            }
            for term in terms
            for number in range(term.required_count - term.done_count)
        ])
