import smtplib
import sys
from datetime import timedelta

from markupsafe import Markup
from psycopg2.errors import SerializationFailure

from odoo import api, fields, models
from odoo.tools import email_normalize_all, mute_logger

from odoo.addons.cfia_membership.tools.link_token import hide_sign_up, hide_tokens
from odoo.addons.cfia_membership.tools.text import drop_advertising

# What a server in trouble did not take is tried again: after five minutes, then as long again as it has waited,
# at least every four hours, for four days (RFC 5321, 4.5.4.1).
RETRY_FIRST = timedelta(minutes=5)
RETRY_LAST = timedelta(hours=4)
RETRY_FOR = timedelta(days=4)


class MailMail(models.Model):
    """The association's letters outlast a mail server that is down, slow or busy.

    Odoo marks what a server did not take as failed for good. Here mails of the suite's records wait and are
    tried again under the same Message-ID; what is wrong with the mail itself fails at once.
    """

    _inherit = 'mail.mail'

    @api.model_create_multi
    def create(self, vals_list):
        """Keep personal addresses out of what is read inside: the mail alone holds them, until it is sent.

        Nor does core's advertising reach who works for the association or for a member.
        """
        vals_list = self._without_advertising(vals_list)
        return super().create([
            {**vals, 'body': self._hide_links(vals['body'], vals.get('model'), vals.get('res_id'))} if vals.get('body') else vals for vals in vals_list])

    def _without_advertising(self, vals_list):
        """Return the values of mails, those to the association's users without the lines that praise Odoo."""
        praising = [vals for vals in vals_list if '://www.odoo.com' in (vals.get('body_html') or '')]
        addresses = {
            address for vals in praising for address in email_normalize_all(vals.get('email_to') or '')}
        if not addresses:
            return vals_list
        # sudo: whose address it is does not depend on who sends the mail
        users_sudo = self.env['res.users'].sudo().search([('email_normalized', 'in', list(addresses))])
        own = set(users_sudo.filtered(lambda user: user._is_of_association()).mapped('email_normalized'))
        return [
            {**vals, 'body_html': drop_advertising(vals['body_html'])}
            if own.intersection(email_normalize_all(vals.get('email_to') or '')) and vals.get('body_html') else vals
            for vals in vals_list
        ]

    def write(self, vals):
        """Forget personal addresses once their mail is sent."""
        if vals.get('state') in ('sent', 'cancel') and 'body_html' not in vals:
            for mail in self:
                body = mail.body_html or ''
                hidden = self._hide_links(body, mail.model, mail.res_id)
                if hidden != body:
                    super(MailMail, mail).write({'body_html': hidden})
        return super().write(vals)

    def _hide_links(self, body, model, res_id):
        """Return the text of a mail without personal addresses; those of other apps' contacts stay.

        :param str model: what the mail is about
        :param int res_id: id of the record
        """
        hidden = hide_tokens(str(body))
        if (model or '').startswith('cfia.'):
            hidden = hide_sign_up(hidden)
        elif hide_sign_up(hidden) != hidden and model in ('res.users', 'res.partner') and res_id:
            # sudo: whose invitation it is does not depend on who sends it
            record_sudo = self.env[model].sudo().browse(res_id)
            partner_sudo = record_sudo.partner_id if model == 'res.users' else record_sudo
            if partner_sudo.commercial_partner_id.member_state:
                hidden = hide_sign_up(hidden)
        return Markup(hidden)  # noqa: S704 the text as it was, without tokens

    def _send(self, auto_commit=False, raise_exception=False, smtp_session=None, alias_domain_id=False,
              mail_server=False, post_send_callback=None):
        """Send the suite's mails one at a time, each in one process only; keep those on which the server hung up for later."""
        options = {
            'auto_commit': auto_commit, 'raise_exception': raise_exception, 'smtp_session': smtp_session,
            'alias_domain_id': alias_domain_id, 'mail_server': mail_server, 'post_send_callback': post_send_callback}
        letters = self.filtered(lambda mail: (mail.model or '').startswith('cfia.'))
        if not letters or self.env['ir.mail_server']._disable_send():
            return super()._send(**options)
        if others := self - letters:
            super(MailMail, others)._send(**options)
        for mail in letters:
            own = mail._take()
            if not own:
                continue
            try:
                super(MailMail, own)._send(**options)
            except smtplib.SMTPServerDisconnected as error:
                # some addressees of a mail to many may have it already: nobody gets it twice
                single = len(own.recipient_ids) + bool(own.email_to) <= 1
                if raise_exception or not single or not own._send_later(str(error)):
                    raise
                if post_send_callback:
                    post_send_callback(own.ids)
                if auto_commit:
                    self.env.cr.commit()
                # the connection is gone; the others stay in the queue
                return True
        return True

    def _take(self):
        """Return the mail when it is still to be sent and no other process is sending it."""
        try:
            with self.env.cr.savepoint(flush=False), mute_logger('odoo.sql_db'):
                own = self.try_lock_for_update()
        except SerializationFailure:
            # another process has just dealt with it
            return self.browse()
        own.invalidate_recordset(['state'])
        return own.filtered(lambda mail: mail.state == 'outgoing')

    def _postprocess_sent_message(self, success_pids, success_emails, failure_reason=False, failure_type=None):
        """Tell the recipients of rounds what became of their mails; keep what the server may take later."""
        later = self.browse()
        if failure_type and not success_pids and not success_emails and (
                failure_type == 'mail_smtp' or _is_temporary(sys.exc_info()[1])):
            later = self._send_later(failure_reason)
        rest = self - later
        if later and not rest:
            return True
        # what staff are told is no letter: a failure of that makes no further task, nor a further mail
        letters = rest.filtered(lambda mail: mail.email_to or not mail.recipient_ids or any(
            mail.recipient_ids.mapped('partner_share')))
        for model, mails in letters.grouped('model').items():
            if not (model or '').startswith('cfia.') or model not in self.env:
                continue
            records = self.env[model].browse(mails.mapped('res_id')).exists()
            if hasattr(records, '_set_delivery'):
                if failure_type:
                    records._set_delivery('failed', failure_reason or failure_type)
                else:
                    records._set_delivery('sent')
            elif failure_type:
                records._note_undelivered(failure_reason or failure_type)
        return super(MailMail, rest)._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type)

    def _send_later(self, reason):
        """Put mails of the suite's records back into the queue.

        :param str reason: what the server said
        :return: those that are tried again; the others have waited long enough, or are none of ours
        """
        now = fields.Datetime.now()
        later = self.filtered(
            lambda mail: (mail.model or '').startswith('cfia.') and mail.create_date > now - RETRY_FOR)
        for mail in later:
            moment = now + min(max(RETRY_FIRST, now - mail.create_date), RETRY_LAST)
            vals = {'state': 'outgoing', 'failure_type': False, 'scheduled_date': moment}
            mail.write({**vals, 'failure_reason': reason} if reason else vals)
        if later:
            # sudo: schedules are the administrator's
            self.env.ref('mail.ir_cron_mail_scheduler_action').sudo()._trigger_list(later.mapped('scheduled_date'))
        return later


def _is_temporary(error):
    """Return whether a mail server refused for reasons of its own, by the chain of what was raised."""
    while error:
        if isinstance(error, smtplib.SMTPServerDisconnected):
            return True
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            return all(400 <= code < 500 for code, _text in error.recipients.values())
        if isinstance(error, smtplib.SMTPResponseException):
            return 400 <= error.smtp_code < 500
        error = error.__cause__ or error.__context__
    return False
