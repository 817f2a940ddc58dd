from odoo import fields, models
from odoo.exceptions import UserError


class CfiaDuesRoundShare(models.TransientModel):
    """Shares the payers of a round out to departments (article 4: all departments help)."""

    _name = 'cfia.dues.round.share'
    _description = "Share a Collection Round Out"

    round_id = fields.Many2one('cfia.dues.round', required=True)
    department_ids = fields.Many2many(
        'cfia.department', string="Departments", required=True,
        default=lambda self: self.env['cfia.department'].search([('user_ids', '!=', False)]))

    def action_share(self):
        """Give each department as many units, those of one province together; calls made stay.

        :return: the call list
        """
        self.ensure_one()
        open_recipients = self.round_id.recipient_ids.filtered(
            lambda recipient: recipient.state in ('waiting', 'sent') and not recipient.call_result)
        if not open_recipients or not self.department_ids:
            raise UserError(self.env._("There is nobody to call, or no department to do it."))
        ordered = open_recipients.sorted(lambda recipient: (recipient.partner_id.state_id.id, recipient.id))
        count = len(self.department_ids)
        for index, department in enumerate(self.department_ids):
            start, end = index * len(ordered) // count, (index + 1) * len(ordered) // count
            ordered[start:end].department_id = department
        return self.round_id.action_view_calls()
