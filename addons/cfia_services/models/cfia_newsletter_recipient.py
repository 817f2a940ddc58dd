from odoo import api, fields, models
from odoo.tools import email_normalize

from odoo.addons.cfia_membership.tools.guard import unlocked


class CfiaNewsletterRecipient(models.Model):
    """An addressee of an issue, with what became of the copy."""

    _name = 'cfia.newsletter.recipient'
    _description = "Recipient of a Newsletter"
    _inherit = ['cfia.round.recipient.mixin']

    round_id = fields.Many2one(
        'cfia.newsletter', string="Issue", required=True, readonly=True, index=True, ondelete='cascade')
    date_read = fields.Datetime(string="Mail Opened On", readonly=True)

    # a unit may have several newsletter contacts
    _round_partner_unique = models.UniqueIndex(
        '(round_id, partner_id, contact_id)', "This addressee is in the issue already.")
    _email_unique = models.UniqueIndex(
        "(round_id, email) WHERE channel = 'mail' AND state <> 'excluded'", "This address gets the issue already.")

    # === SELECTION METHODS === #

    @api.model
    def _selection_excluded_reason(self):
        return [
            *super()._selection_excluded_reason(),
            *{
                'same_address': self.env._("The address gets it with another unit"),
                'not_entitled': self.env._("Not entitled to the newsletter"),
            }.items(),
        ]

    # === ACTION METHODS === #

    def action_resend(self):
        """Send again to the address that stands here; what was noted of the mail that failed goes."""
        result = super().action_resend()
        # sudo: traces are the mailing's
        self.env['mailing.trace'].sudo().search([
            ('model', '=', self._name), ('res_id', 'in', self.ids), ('mass_mailing_id', 'in', self.round_id.sudo().mailing_id.ids),
        ]).unlink()
        self.round_id._queue_mails()
        return result

    def action_refresh_address(self):
        """Take the address that the addressee has by now, or the unit's contact where it has left."""
        self._check_round_state('open')
        self.check_access('write')
        contacts = self.partner_id._get_role_contacts('newsletter')
        for recipient in self:
            contact = recipient.contact_id if recipient.contact_id.active else contacts[recipient.partner_id]
            unlocked(recipient).write(self._prepare_address_values(recipient.partner_id, contact))
        return True

    def action_report_change(self):
        """Report the right address: the change of the member's data that the bounce calls for."""
        self.ensure_one()
        return self.partner_id.action_report_change()

    # === BUSINESS METHODS === #

    def _print_letters(self):
        """Open the printed edition, the same for all."""
        return self.round_id[:1].action_print()

    @api.model
    def _get_label_report_xmlid(self):
        return 'cfia_services.action_report_newsletter_label'

    def _message_add_default_recipients(self):
        """Write to the address that was frozen, not to the unit."""
        return {
            recipient.id: {
                'email_cc_lst': [],
                'email_to_lst': [recipient.email] if recipient.email else [],
                'partners': self.env['res.partner'],
            }
            for recipient in self
        }

    @api.model
    def _mailing_get_opt_out_list(self, mailing):
        """Return the addresses that want no newsletter, asked once more when the mails are made."""
        # sudo: an address is asked for, no one reads the list
        return list(self.env['cfia.newsletter.opt.out'].sudo()._get_emails())

    def _take_traces(self, traces):
        """Note what became of mails when they were made.

        :param traces: `mailing.trace` of these recipients
        """
        by_id = self.grouped('id')
        sent, reasons, failed = self.browse(), {}, self.browse()
        for trace in traces:
            recipient = by_id.get(trace.res_id, self.browse())
            if trace.failure_type in ('mail_optout', 'mail_bl', 'mail_dup'):
                reason = 'same_address' if trace.failure_type == 'mail_dup' else 'opt_out'
                reasons[reason] = reasons.get(reason, self.browse()) | recipient
            elif trace.trace_status in ('cancel', 'error'):
                failed |= recipient
            else:
                sent |= recipient
        sent._mark_dispatched('outgoing')
        for reason, recipients in reasons.items():
            unlocked(recipients).write({'is_due': False, 'state': 'excluded', 'excluded_reason': reason})
        if failed:
            unlocked(failed).write({'is_due': False})
            failed._set_delivery('failed', self.env._("The address is not valid."))

    def _set_read(self, moment):
        """Note that mails were opened, the first time."""
        unlocked(self.filtered(lambda recipient: not recipient.date_read and recipient.round_id.state != 'closed')).write(
            {'date_read': moment})

    @api.model
    def _find_by_token_email(self, res_id, email):
        """Return the recipient of an unsubscription link, whose token was checked."""
        recipient = self.browse(res_id).exists()
        return recipient if recipient and email_normalize(recipient.email or '') == email_normalize(email or '') else self.browse()
