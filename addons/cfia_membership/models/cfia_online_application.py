import secrets
from datetime import timedelta

from psycopg2 import errors as pg_errors

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Command
from odoo.tools import hash_sign, mute_logger, verify_hash_signed
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.change_value import read_value
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import is_unlocked, locked, unlocked
from odoo.addons.cfia_membership.tools.link_token import hide_tokens
from odoo.addons.cfia_membership.tools.upload import UploadRefused, check_uploads, explain_refusal

_lt = LazyTranslate(__name__)

LINK_SCOPE = 'cfia-apply'
LINK_DAYS = 180
# an untouched draft holds names and telephones of people for no purpose
DRAFT_DAYS = 60
# forms that one address may have open: more is no applicant
MAX_DRAFTS = 5
MAX_PAPERS = 12
PAPER_KINDS = ('licence', 'sealed', 'other')


class CfiaOnlineApplication(models.Model):
    """《入会申请表》 as a unit fills it in online, behind a personal link (article 5.2).

    What is typed is kept as it was typed until it is sent; only then a membership application comes
    of it, or the returned one is corrected. Nobody logs in: the signed link is the right.
    """

    _name = 'cfia.online.application'
    _description = "Online Application Form"
    _inherit = ['cfia.guard.mixin', 'mail.thread']
    _acts_of_readers = ('action_send_link',)
    _made_by_steps = True
    _kept_when = ('sent', 'returned')
    _guard_texts = {
        'create': _lt("Online forms are begun by applicants, on the public page."),
        'write': _lt("What an applicant filled in is written by the applicant alone."),
        'unlink': _lt("It was sent and belongs to its application."),
    }
    _order = 'date_saved desc, id desc'

    name = fields.Char(string="Unit", required=True, readonly=True)
    email = fields.Char(string="E-mail", required=True, readonly=True, help="Where the link was sent.")
    state = fields.Selection(
        selection=[
            ('draft', "Being filled in"),
            ('sent', "Handed in"),
            ('returned', "To be corrected"),
        ],
        required=True, readonly=True, default='draft', index=True)
    application_id = fields.Many2one(
        'cfia.membership.application', string="Application", readonly=True, ondelete='cascade')
    data = fields.Json(string="What Was Filled In", readonly=True, groups='base.group_system')
    lang = fields.Char(string="Language", readonly=True)
    date_saved = fields.Datetime(string="Last Saved", readonly=True, default=fields.Datetime.now)
    date_sent = fields.Datetime(string="Last Sent", readonly=True)
    sent_count = fields.Integer(string="Times Sent", readonly=True, aggregator=None)
    privacy_notice_id = fields.Many2one(
        'cfia.privacy.notice', string="Agreed To", readonly=True, ondelete='restrict')
    date_informed = fields.Datetime(string="Agreed On", readonly=True)
    # nobody but the applicant holds these
    form_key = fields.Char(readonly=True, copy=False, groups='base.group_system')
    secret = fields.Char(
        readonly=True, copy=False, groups='base.group_system', default=lambda self: secrets.token_urlsafe(12))
    # Papers
    licence_ids = fields.Many2many(
        'ir.attachment', 'cfia_online_licence_rel', string="Business Licence", readonly=True)
    sealed_ids = fields.Many2many(
        'ir.attachment', 'cfia_online_sealed_rel', string="Sealed Form", readonly=True)
    other_ids = fields.Many2many(
        'ir.attachment', 'cfia_online_other_rel', string="Further Papers", readonly=True)

    # a form that is posted twice begins one draft, a draft becomes one application
    _form_key_unique = models.UniqueIndex('(form_key)', "This form was begun already.")
    _application_unique = models.UniqueIndex(
        '(application_id) WHERE application_id IS NOT NULL', "This application has its online form already.")

    # === CRUD METHODS === #

    @api.autovacuum
    def _gc_drafts(self):
        """Delete drafts that nobody touched for long, with their papers (PIPL 19)."""
        limit = fields.Datetime.now() - timedelta(days=DRAFT_DAYS)
        drafts = self.search([('state', '=', 'draft'), ('date_saved', '<', limit)], limit=1000)
        done = len(drafts)
        drafts._get_papers().unlink()
        drafts.unlink()
        return done, done == 1000

    # === ACTION METHODS === #

    def action_send_link(self):
        """Send the personal link again, to the address to which it went before."""
        self.check_access('read')
        # sudo: the form is the applicant's, staff only has the link sent
        self.sudo()._send_link()
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'success',
                'message': self.env._("The link goes to %(addresses)s.", addresses=", ".join(self.mapped('email'))),
            },
        }

    def action_view_application(self):
        """Open what came of the form."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'cfia.membership.application',
            'view_mode': 'form',
            'res_id': self.application_id.id,
        }

    # === BUSINESS METHODS - LINK === #

    @api.model
    def _begin(self, unit, email, notice, form_key):
        """Begin a draft and mail its link. Repeating with the same key gives the same draft.

        In superuser mode: anybody may begin one.

        :param str unit: name as typed
        :param str email: address of who fills in, checked
        :param notice: version of the privacy notice that was agreed to
        :param str form_key: random, once for each page shown
        :return: the draft
        :raise UserError: when too many are open for this address
        """
        form = self.search([('form_key', '=', form_key)], limit=1)
        if form:
            return form
        if self.search_count([('email', '=', email), ('state', '=', 'draft')], limit=MAX_DRAFTS) == MAX_DRAFTS:
            raise UserError(self.env._(
                "There are several unfinished forms for this address already. "
                "Please open one of them by the link in the mail that you received."))
        try:
            with self.env.cr.savepoint(), mute_logger('odoo.sql_db'):
                form = unlocked(self).create({
                    'name': unit,
                    'email': email,
                    'form_key': form_key,
                    'lang': self.env.lang,
                    'data': {'name': unit, 'contact_email': email},
                    'privacy_notice_id': notice.id,
                    'date_informed': fields.Datetime.now(),
                })
        except pg_errors.UniqueViolation as error:
            # the same page was sent twice at once: the next try finds what the other began
            raise ConcurrencyError("The form was begun at this moment.") from error
        form = locked(form)
        form._send_link()
        return form

    def _send_link(self):
        """Mail the personal link to each applicant."""
        unlocked(self.env.ref('cfia_membership.mail_template_online_application_link')).send_mail_batch(self.ids)

    @api.model
    def _send_links_to(self, email):
        """Mail the links of all forms of an address to it. Nobody learns whether there are any."""
        forms = self.search([('email', '=', email)], limit=2 * MAX_DRAFTS)
        if forms:
            forms._send_link()

    def _get_link(self):
        """Return the personal address for the mails to the applicant; nobody inside renders it for himself."""
        return self._make_link() if is_unlocked(self) else hide_tokens(f'{self.get_base_url()}/cfia/apply/')

    def _make_link(self):
        """Return the personal address of this form: form while it is filled in, then its course."""
        self.ensure_one()
        return f'{self.get_base_url()}{self._get_path()}'

    def _get_path(self):
        """Return :meth:`_make_link` without the server; it ends after ``LINK_DAYS`` days."""
        # sudo: signing reads the secret of the database
        form_sudo = self.sudo()
        token = hash_sign(
            form_sudo.env, LINK_SCOPE, [form_sudo.id, form_sudo.secret], expiration=timedelta(days=LINK_DAYS))
        return f'/cfia/apply/{token}'

    def _get_link_end_text(self):
        """Return the last day of a link that is sent today, as mails write it."""
        return self.env['cfia.document']._format_official_date(association_today() + timedelta(days=LINK_DAYS - 1))

    @api.model
    def _from_token(self, token):
        """Return the form of a personal link, in superuser mode, or nothing.

        :param str token: last part of the address
        """
        try:
            # sudo: checking reads the secret of the database, the signature is the right to ask
            form_id, secret = verify_hash_signed(self.sudo().env, LINK_SCOPE, token)
        except (TypeError, ValueError, OverflowError):
            return self.browse()
        form_sudo = self.sudo().browse(form_id).exists()
        return form_sudo if form_sudo and secrets.compare_digest(form_sudo.secret, secret) else self.browse()

    # === BUSINESS METHODS - PAPERS === #

    def _get_papers(self):
        """Return all papers of these forms."""
        return self.licence_ids | self.sealed_ids | self.other_ids

    def _add_papers(self, files):
        """Keep the uploaded files of a page; the same file twice is kept once.

        :param list files: of kind (licence, sealed or other), name and content
        :return: what is wrong, by kind
        :rtype: dict[str, str]
        """
        self.ensure_one()
        errors = {}
        # what is more than a page takes is not even looked at
        files = files[:MAX_PAPERS + 1]
        results = check_uploads([(name, content) for _kind, name, content in files])
        for (kind, name, content), result in zip(files, results):
            if len(self._get_papers()) >= MAX_PAPERS:
                error = self.env._(
                    "There are %(count)s papers already. Remove one, or put several into one PDF.", count=MAX_PAPERS)
            elif isinstance(result, UploadRefused):
                error = explain_refusal(self.env, name, result.reason)
            else:
                self._add_paper(kind, content, *result)
                continue
            errors[kind] = ' '.join(filter(None, (errors.get(kind), error)))
        return errors

    def _add_paper(self, kind, content, name, mimetype):
        attachment = unlocked(self.env['ir.attachment']).create({
            'name': name,
            'raw': content,
            'mimetype': mimetype,
            'res_model': self._name,
            'res_id': self.id,
        })
        field = f'{kind}_ids'
        if attachment.checksum in self[field].mapped('checksum'):
            attachment.unlink()
            return
        unlocked(self).write({field: [Command.link(attachment.id)], 'date_saved': fields.Datetime.now()})

    def _remove_paper(self, attachment_id):
        """Delete a paper that was not sent yet."""
        self.ensure_one()
        paper = self._get_papers().filtered(
            lambda attachment: attachment.id == attachment_id and attachment.res_model == self._name)
        paper.unlink()

    # === BUSINESS METHODS - SENDING === #

    def _save(self, values):
        """Keep entries as they were typed, right or wrong.

        :param dict values: field → text, or list of texts
        """
        self.ensure_one()
        data = {**(self.data or {}), **values}
        vals = {'data': data, 'date_saved': fields.Datetime.now()}
        if data.get('name'):
            vals['name'] = data['name'][:200]
        unlocked(self).write(vals)

    def _send(self):
        """Make the membership application of a checked form, or correct the returned one.

        In superuser mode. Pressing twice gives one application: the row is written first, so that a
        second request waits for it, is tried again and finds the form sent.

        :return: the application
        """
        self.ensure_one()
        if self.state == 'sent':
            return self.application_id
        unlocked(self).write({
            'state': 'sent',
            'date_sent': fields.Datetime.now(),
            'sent_count': self.sent_count + 1,
            'privacy_notice_id': self.env['cfia.privacy.notice']._get_current().id,
            'date_informed': fields.Datetime.now(),
        })
        self.flush_recordset()
        values = self._prepare_application_values()
        application = unlocked(self.application_id)
        if application:
            changed = [
                field for field in self._get_content_fields()
                if read_value(application, field) != read_value(application, field, values[field])
            ]
            application.write(values)
            application._message_log(body=self.env._(
                "The applicant corrected the form online: %(fields)s.",
                fields=", ".join(
                    application._fields[field]._description_string(self.env) for field in changed) or "–"))
        else:
            application = unlocked(self.env['cfia.membership.application'])._create_from_online(values)
            unlocked(self).application_id = application
        self._hand_over_papers(application)
        application._schedule_online()
        unlocked(self.env.ref('cfia_membership.mail_template_online_application_received')).send_mail_batch(self.ids)
        return locked(application)

    def _hand_over_papers(self, application):
        """Give the papers that came since the last sending to the application."""
        papers = self._get_papers().filtered(lambda attachment: attachment.res_model == self._name)
        papers.write({'res_model': application._name, 'res_id': application.id})
        application.write({'attachment_ids': [Command.link(paper.id) for paper in papers]})

    def _reopen(self):
        """Open forms for correction: what the application holds by now is what is corrected."""
        for form in self.filtered(lambda form: form.state == 'sent'):
            unlocked(form).write({
                'state': 'returned',
                'data': {**(form.data or {}), **form._read_application(), 'is_committed': '', 'is_informed': ''},
            })

    def _close(self):
        """Close forms that were open for correction: the application went on without."""
        unlocked(self.filtered(lambda form: form.state == 'returned')).write({'state': 'sent'})
