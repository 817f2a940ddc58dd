from odoo import models


class CfiaMembershipApplication(models.Model):
    _inherit = 'cfia.membership.application'

    def _action_approve(self):
        """Open the year's dues of the new members, bill them and issue 《会费缴纳通知》 (5.2f).

        What stands against it holds back the notice, never the approval.
        """
        result = super()._action_approve()
        for date_approved, applications in self.grouped('date_approved').items():
            self.env['cfia.dues.line']._admit(applications.partner_id, date_approved)
        return result
