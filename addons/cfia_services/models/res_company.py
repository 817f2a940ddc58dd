from odoo import fields, models


class ResCompany(models.Model):
    _inherit = 'res.company'

    cfia_need_escalation_days = fields.Integer(
        string="Days until the Secretary-General", default=7,
        help="A need so many days overdue is put before the secretary-general.")
    cfia_need_round_is_automatic = fields.Boolean(
        string="Rounds of Needs Open by Themselves",
        help="A drafted round opens a week later. Otherwise it waits to be opened by hand.")

    cfia_roster_link_days = fields.Integer(
        string="Days of Roster Links", default=30, help="A department's link to the member roster works so many days.")

    cfia_roster_reminder_days = fields.Integer(
        string="Days until a Reminder of the Roster", default=7,
        help="Departments that have not confirmed the receipt are reminded every so many days. Never when zero.")

    _cfia_need_days_not_negative = models.Constraint(
        'CHECK (cfia_need_escalation_days >= 0 AND cfia_roster_link_days >= 0 AND cfia_roster_reminder_days >= 0)', "Days are not negative.")
