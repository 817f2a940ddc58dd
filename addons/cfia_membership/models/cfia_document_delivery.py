from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.cfia_membership.models.portal_wizard_user import without_mail
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.email import join_emails, split_emails
from odoo.addons.cfia_membership.tools.guard import is_unlocked, unlocked

# What has not reached anybody, or not yet
ON_THE_WAY = ('waiting', 'to_post', 'outgoing')
UNDELIVERED = ('failed', 'bounced', 'returned')


class CfiaDocument(models.Model):
    """What became of each letter: mailed, posted, handed over, refused, bounced or returned.

    A letter goes by mail to whoever holds the role on the day it goes, without an address into the unit's
    consignment. Duties count what went out without failure.
    """

    _inherit = 'cfia.document'
    _personal_columns = ('delivery_email',)

    delivery_way = fields.Selection(
        selection=[('mail', "E-mail message"), ('post', "By post"), ('hand', "Handed over")],
        string="Way of Delivery", readonly=True, copy=False)
    delivery_state = fields.Selection(
        selection=[
            ('waiting', "Not out yet"),
            ('to_post', "To post"),
            ('outgoing', "On its way"),
            ('sent', "Mailed"),
            ('posted', "Posted"),
            ('handed', "Handed over"),
            ('failed', "Not sent"),
            ('bounced', "Bounced"),
            ('returned', "Returned by post"),
        ],
        string="Delivery", readonly=True, copy=False, default='waiting')
    delivery_email = fields.Char(string="Mailed To", readonly=True, copy=False, groups='base.group_user')
    delivery_error = fields.Text(string="Why Not Delivered", readonly=True, copy=False, groups='base.group_user')
    date_delivered = fields.Date(string="Delivered On", readonly=True, copy=False)
    sent_with_id = fields.Many2one(
        'cfia.document', string="Sent With", readonly=True, copy=False, index='btree_not_null', ondelete='set null')

    _undelivered_idx = models.Index("(partner_id) WHERE delivery_state IN ('failed', 'bounced', 'returned')")
    _waiting_idx = models.Index("(partner_id) WHERE delivery_state = 'waiting'")
    _delivery_state_idx = models.Index('(delivery_state)')

    # === ACTION METHODS === #

    def action_mail_again(self):
        """Send again by mail, to whoever is the contact by now.

        :raise UserError: naming one without a PDF or without an address
        """
        documents_sudo = self._check_deliverable()
        recipients = documents_sudo._get_recipients()
        for document in documents_sudo:
            if not document._get_delivery_email(recipients[document]):
                raise UserError(self.env._(
                    "%(document)s: neither the contact person nor %(unit)s has a valid e-mail address. "
                    "Enter one, or write by post.",
                    document=document.display_name, unit=document.partner_id.display_name))
        documents_sudo._mail(recipients)
        return True

    def action_by_post(self):
        """Put the letters into the consignments of their units."""
        self._check_deliverable()._post()
        return True

    def action_handed_over(self):
        """Note that the letters were handed over in person."""
        unlocked(self._check_deliverable())._note_delivery('handed', way='hand')
        return True

    def _check_deliverable(self):
        """Return the letters in superuser mode, for the organisation department.

        :raise UserError: outside of it, or naming a letter that is not printed yet
        """
        if not self.env.su and not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department sends official documents."))
        self.check_access('read')
        # sudo: nobody writes documents by hand; the role was checked above
        documents_sudo = self.sudo()
        for document in documents_sudo:
            if document.state != 'done':
                raise UserError(self.env._("%s is not printed yet.", document.display_name))
        return documents_sudo

    # === BUSINESS METHODS === #

    @api.model
    def _get_letter_roles(self):
        """Return the kinds that go out by themselves, with the contact role that they go to. Extend with ``super()``.

        :rtype: dict[str, str]
        """
        return {'entry_notice': 'contact', 'certificate': 'contact'}

    @api.model
    def _get_letter_templates(self):
        """Return the mail template of each kind that has one of its own. Extend with ``super()``.

        :rtype: dict[str, str]
        """
        return {}

    def _after_render(self):
        result = super()._after_render()
        self._deliver()
        return result

    def _deliver(self):
        """Send what is printed and has not gone out, each in its way; a new member gets all in one mail."""
        roles = self._get_letter_roles()
        own = self.filtered(lambda document: (
            document.state == 'done' and document.delivery_state == 'waiting' and document._goes_by_itself(roles)))
        if not own:
            return
        waiting = self.search(
            Domain('partner_id', 'in', own.partner_id.ids) & Domain('delivery_state', '=', 'waiting')
            & Domain('state', 'in', ('pending', 'done')) & Domain('kind', 'in', list(roles)), order='id')
        waiting = waiting.filtered(lambda document: document._goes_by_itself(roles))
        to_send = self.browse()
        for documents in waiting.grouped('partner_id').values():
            welcome = documents.filtered(lambda document: document.kind == 'entry_notice')
            if welcome and documents.filtered(lambda document: document.state == 'pending' and not document.error):
                continue  # the last that is printed takes the others along; what is held back follows by itself
            to_send |= documents.filtered(lambda document: document.state == 'done')
        to_send._send_out()

    def _send_out(self):
        """Send letters now: by mail to whoever holds the role today, without an address by post."""
        recipients = self._get_recipients()
        by_mail = self.filtered(lambda document: document._get_delivery_email(recipients[document]))
        by_mail._mail(recipients)
        (self - by_mail)._post()

    def _goes_by_itself(self, roles):
        """Return whether the schedule sends this letter; certificates issued anew are handed out by the department."""
        self.ensure_one()
        return self.kind in roles and (self.kind != 'certificate' or self.res_model == 'cfia.membership.application')

    def _get_recipients(self):
        """Return whom each letter goes to if it goes now.

        :return: {document: person or unit}
        :rtype: dict
        """
        roles = self._get_letter_roles()
        recipients = {}
        for role, documents in self.grouped(lambda document: roles.get(document.kind, 'contact')).items():
            contacts = documents.partner_id._get_role_contacts(role)
            recipients.update({document: contacts[document.partner_id] for document in documents})
        return recipients

    def _get_delivery_email(self, recipient):
        """Return the addresses of a person, or of the unit where the person has none, as one text."""
        self.ensure_one()
        return join_emails(recipient.email, self.partner_id.email)

    def _mail(self, recipients):
        """Mail letters with their PDFs.

        :param dict recipients: {document: person or unit}
        """
        templates = self._get_letter_templates()
        for documents in self.grouped('partner_id').values():
            lead = documents.filtered(lambda document: document.kind == 'entry_notice')[:1]
            for first in lead or documents:
                enclosed = documents if lead else first
                email = first._get_delivery_email(recipients[first])
                unlocked(enclosed).write({
                    'delivery_way': 'mail', 'delivery_state': 'outgoing', 'delivery_email': email,
                    'delivery_error': False, 'sent_with_id': False})
                unlocked(enclosed - first).write({'sent_with_id': first.id})
        self.filtered(lambda document: document.kind == 'entry_notice')._invite(recipients)
        # one pass a template, whatever the number of letters
        for xmlid, letters in self.filtered(lambda document: not document.sent_with_id).grouped(
            lambda document: templates.get(document.kind) or (
                'cfia_membership.mail_template_welcome' if document.kind == 'entry_notice'
                else 'cfia_membership.mail_template_document')).items():
            unlocked(self.env.ref(xmlid)).send_mail_batch(letters.ids, email_layout_xmlid='mail.mail_notification_light')

    def _post(self):
        """Put letters into the consignments of their units that wait to be posted."""
        unlocked(self).write({
            'delivery_way': 'post', 'delivery_state': 'to_post', 'delivery_email': False,
            'delivery_error': False, 'date_delivered': False, 'sent_with_id': False})
        self._close_undelivered_tasks()
        # sudo: letters open the consignment, whoever keeps it
        self.env['cfia.dispatch'].sudo()._enclose(self)

    def _note_delivery(self, state, way=None, error=False):
        """Note what became of letters.

        :param str state: value of :attr:`delivery_state`
        :param str way: value of :attr:`delivery_way`, where it is another one
        :param str error: what the mail server or the post said
        """
        if not self:
            return
        # sudo: the server's answer comes in whatever the sender may write
        documents_sudo = unlocked(self.sudo())
        delivered = state not in (*ON_THE_WAY, *UNDELIVERED)
        documents_sudo.write({
            'delivery_state': state, 'delivery_error': error,
            'date_delivered': delivered and association_today(),
            **({'delivery_way': way} if way else {}),
        })
        if state in UNDELIVERED:
            documents_sudo._schedule_undelivered(error)
        else:
            documents_sudo._close_undelivered_tasks()

    def _set_delivery(self, delivery_state, error=False):
        """Note what became of the mails of these letters, and of what was enclosed in them."""
        # sudo: as above
        letters_sudo = self.sudo()
        letters_sudo |= letters_sudo.search([('sent_with_id', 'in', letters_sudo.ids)])
        # a mail that comes late says nothing of what went by another way since
        letters_sudo.filtered(lambda letter: letter.delivery_way == 'mail')._note_delivery(delivery_state, error=error)

    def _receive_bounce(self, email):
        """Note that a mail came back; what reached another address of the unit has arrived."""
        for letter in self.sudo():  # sudo: as above
            others = [address for address in split_emails(letter.delivery_email) if address != email]
            error = self.env._("The mail to %(email)s came back.", email=email)
            if others and len(others) < len(split_emails(letter.delivery_email)):
                unlocked(letter).write({'delivery_email': ', '.join(others)})
                letter._schedule_undelivered(error)
            else:
                letter._set_delivery('bounced', error)

    def _schedule_undelivered(self, error=''):
        """Put the units whose letters did not arrive before the department, once each."""
        for unit, letters in self.grouped('partner_id').items():
            unit._schedule_undelivered(", ".join(letters.mapped('display_name')), error)

    def _close_undelivered_tasks(self):
        """Take the task away from units of which every letter has arrived or is on its way."""
        # sudo: as above
        open_units = self.sudo().search([
            ('partner_id', 'in', self.partner_id.ids), ('delivery_state', 'in', UNDELIVERED)]).partner_id
        (self.partner_id - open_units)._close_undelivered()

    def _process_attachments_for_template_post(self, mail_template):
        """Attach the frozen PDFs to mails about them, with those that are sent along.

        :param mail_template: the template being sent
        :return: {id: {'attachment_ids': ids}}
        :rtype: dict
        """
        enclosed = self.search([('sent_with_id', 'in', self.ids)]).grouped('sent_with_id')
        return {
            document.id: {'attachment_ids': (document + enclosed.get(document, self.browse())).attachment_id.ids}
            for document in self.filtered('attachment_id')
        }

    def _get_invitation_url(self):
        """Return where the contact person of a new member sets the password for the members' pages.

        It is made for the mail that goes out and kept nowhere.
        """
        self.ensure_one()
        if not is_unlocked(self):
            return ''
        person = self._get_recipients()[self]
        if not person.user_ids or person == self.partner_id:
            return ''
        if person.user_ids.filtered('login_date'):
            return f'{self.get_base_url()}/my/membership'
        person.signup_prepare()
        return person._get_signup_url()

    def _invite(self, recipients):
        """Give the contact persons of new members access to the members' pages; the mail tells them.

        :param dict recipients: {document: person or unit}
        """
        for letter in self:
            person = recipients[letter]
            if person == letter.partner_id or person.user_ids or len(split_emails(person.email)) != 1:
                continue
            # sudo: who prints letters is no administrator of the portal
            wizard = self.env['portal.wizard'].with_user(SUPERUSER_ID).create({
                'partner_ids': [fields.Command.set(person.ids)]})
            user = wizard.user_ids.filtered(lambda user, person=person: user.partner_id == person)
            if user.email_state == 'ok':
                without_mail(user).action_grant_access()

    def _get_letter_names(self):
        """Return what is enclosed in the mail about one letter, as texts."""
        self.ensure_one()
        letters = self + self.search([('sent_with_id', '=', self.id)], order='id')
        return letters.with_context(lang=self.lang).mapped('display_name')
