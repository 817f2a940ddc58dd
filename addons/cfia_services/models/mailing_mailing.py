import re

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.cfia_membership.tools.guard import is_unlocked

# what the department writes of an issue
EDITABLE_FIELDS = frozenset({'subject', 'preview', 'body_arch', 'body_html', 'email_from', 'reply_to'})
# what stands once the issue is sent
CONTENT_FIELDS = EDITABLE_FIELDS | {
    'reply_to_mode', 'mailing_model_id', 'mailing_domain', 'mailing_filter_id', 'contact_list_ids', 'attachment_ids',
    'ab_testing_enabled', 'use_exclusion_list', 'active', 'mailing_type', 'lang',
}
CHATTER_PREFIXES = ('message_', 'activity_', 'my_activity_', 'website_message_', 'rating_')
# every member gets the same text: nothing in it is computed
DIRECTIVE = re.compile(r'<t[\s>/]|\st-[a-z][\w.-]*\s*=', re.IGNORECASE)


class MailingMailing(models.Model):
    """The text of a newsletter: edited here, sent by its issue alone."""

    _inherit = 'mailing.mailing'

    cfia_newsletter_ids = fields.One2many(
        'cfia.newsletter', 'mailing_id', string="Newsletter",
        groups='cfia_membership.group_cfia_organisation,cfia_membership.group_cfia_secretary_general,'
               'cfia_membership.group_cfia_auditor')
    cfia_newsletter_state = fields.Char(string="State of the Issue", compute='_compute_cfia_newsletter_state')
    # sudo: the department writes texts, it reads no models
    mailing_model_real = fields.Char(compute_sudo=True)

    def _compute_cfia_newsletter_state(self):
        for mailing in self:
            mailing.cfia_newsletter_state = mailing._get_newsletter().state

    # === CRUD METHODS === #

    def write(self, vals):
        """Let the department write the text of a draft issue, and nothing else.

        :raise UserError: naming the issue
        """
        if not is_unlocked(self):
            own = {name for name in vals if not name.startswith(CHATTER_PREFIXES)}
            for mailing in self:
                issue = mailing._get_newsletter()
                if issue:
                    mailing._check_newsletter_write(issue, own, vals)
        return super().write(vals)

    def _check_newsletter_write(self, issue, names, vals):
        if issue.state != 'draft' and names & CONTENT_FIELDS:
            raise UserError(self.env._("%(issue)s was sent and stays as it was.", issue=issue.display_name))
        if not self.env.su and names - EDITABLE_FIELDS:
            raise UserError(self.env._(
                "%(issue)s: only its text is written here. It is sent from the issue.", issue=issue.display_name))
        for name in ('body_arch', 'body_html'):
            if DIRECTIVE.search(vals.get(name) or ''):
                raise UserError(self.env._(
                    "%(issue)s: all members get the same text. Remove dynamic fields and conditions from it.",
                    issue=issue.display_name))
        for name in ('subject', 'preview'):
            if '{{' in (vals.get(name) or ''):
                raise UserError(self.env._(
                    "%(issue)s: all members get the same text. Remove dynamic fields and conditions from it.",
                    issue=issue.display_name))

    # === ACTION METHODS === #

    def action_put_in_queue(self):
        """Send newsletters from their issue alone, which freezes text and recipients.

        :raise UserError: for the text of an issue that was not sent
        """
        self._check_newsletter_open()
        return super().action_put_in_queue()

    def action_view_newsletter(self):
        """Go back to the issue."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window', 'res_model': 'cfia.newsletter', 'res_id': self.cfia_newsletter_ids.id,
            'view_mode': 'form'}

    # === BUSINESS METHODS === #

    def _get_newsletter(self):
        """Return the issue whose text this is, in superuser mode, or an empty recordset."""
        # sudo: whose text it is decides what may be done with it
        return self.sudo().cfia_newsletter_ids

    def _check_newsletter_open(self):
        for mailing in self:
            issue = mailing._get_newsletter()
            if issue and issue.state != 'open':
                raise UserError(self.env._(
                    "%(issue)s is sent from the issue, which freezes its text and recipients.", issue=issue.display_name))

    def _action_send_mail(self, res_ids=None):
        self._check_newsletter_open()
        return super()._action_send_mail(res_ids=res_ids)

    def _get_recipients_domain(self):
        issue = self._get_newsletter()
        if not issue:
            return super()._get_recipients_domain()
        return Domain([
            ('round_id', '=', issue.id), ('round_id.state', '=', 'open'), ('channel', '=', 'mail'), ('is_due', '=', True)])

    def _get_newsletter_test_body(self):
        """Return the text in the frame of mails, with its address made whole."""
        self.ensure_one()
        body = self.env['mail.render.mixin']._replace_local_links(self.body_html or '', self.get_base_url())
        return self.env['ir.qweb']._render('mass_mailing.mass_mailing_mail_layout', {
            'body': body, 'mailing_style': ''}, minimal_qcontext=True)
