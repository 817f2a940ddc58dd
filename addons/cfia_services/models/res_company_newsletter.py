from odoo import fields, models


class ResCompany(models.Model):
    _inherit = 'res.company'

    cfia_newsletter_day = fields.Integer(
        string="Day of the Newsletter", default=10, help="Day of the month on which an issue goes out.")
    cfia_newsletter_lead_days = fields.Integer(
        string="Lead Time of the Newsletter (days)", default=7, help="An issue is made so many days before it goes out.")
    cfia_newsletter_is_automatic = fields.Boolean(
        string="Newsletters Are Sent by Themselves",
        help="A made issue goes out on its day. Otherwise it waits to be sent by hand.")
    cfia_newsletter_email_from = fields.Char(
        string="Sender of the Newsletter", help="Empty: the association's address.")
    cfia_newsletter_reply_to = fields.Char(string="Replies to the Newsletter Go To", help="Empty: the sender.")

    _cfia_newsletter_days = models.Constraint(
        'CHECK (cfia_newsletter_day BETWEEN 1 AND 28 AND cfia_newsletter_lead_days >= 0)',
        "The newsletter goes out on one of the first 28 days of the month, and its lead time is not negative.")
