import errno
import hashlib
import logging
import secrets
from datetime import datetime

import psycopg2
from psycopg2 import errors as pg_errors

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, mute_logger
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools import official
from odoo.addons.cfia_membership.tools.address import TRIAL_PARAMETER, is_local
from odoo.addons.cfia_membership.tools.dates import association_today, to_association_tz
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.text import clean_text

_lt = LazyTranslate(__name__)

_logger = logging.getLogger(__name__)

PREFIX_PARAMETER = 'cfia_membership.document_prefix'
DEFAULT_PREFIX = '中锻协'
# what keeps the file store from taking a file, whatever is in it
STORE_TROUBLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE}


class CfiaDocument(models.Model):
    """Official document sent to a unit: a letter, a notice, a certificate.

    What it says is frozen in the transaction that issues it, with its number in the register of
    documents (文号); the PDF is rendered after commit by schedule, kept with its SHA-256, and never
    changes again.
    """

    _name = 'cfia.document'
    _description = "Official Document"
    _inherit = ['cfia.guard.mixin']
    _acts_of_readers = ('action_check_hash',)
    _order = 'date desc, id desc'
    _guard_readonly = False
    _append_only = True
    _guard_texts = {
        'frozen': _lt("It was issued. Issue a new document instead."),
        'unlink': _lt("Issued documents are kept for good: their numbers would leave a gap."),
    }

    kind = fields.Selection(
        selection=[
            ('entry_notice', "Entry notice"),
            ('certificate', "Membership certificate"),
        ],
        required=True,
        readonly=True,
    )
    name = fields.Char(string="Document Number", readonly=True, index='trigram')
    year = fields.Integer(readonly=True, aggregator=None)
    number = fields.Integer(string="Serial Number", readonly=True, aggregator=None)
    partner_id = fields.Many2one(
        'res.partner', string="Unit", required=True, readonly=True, index=True, ondelete='restrict')
    date = fields.Date(string="Issued On", required=True, readonly=True)
    date_from = fields.Date(string="Valid From", readonly=True)
    date_to = fields.Date(string="Valid Until", readonly=True)
    date_revoked = fields.Date(
        string="No Longer Valid From", readonly=True,
        help="The unit left: certificates issued before are not valid, also after its return.")
    reason = fields.Selection(
        selection=[
            ('renewal', "Renewal"),
            ('lost', "Lost or damaged"),
            ('changed', "Name or grade changed"),
            ('election', "New term of congress"),
            ('return', "Return of the unit"),
        ],
        string="Reason for a New Certificate",
        readonly=True,
    )
    lang = fields.Char(string="Language", required=True, readonly=True)
    data = fields.Json(string="Frozen Content", readonly=True)
    token = fields.Char(
        readonly=True, copy=False,
        help="Secret part of the address at which anybody who holds the paper can check it.",
    )
    # Source
    res_model = fields.Char(string="Source Model", readonly=True)
    res_id = fields.Many2oneReference(
        string="Source", model_field='res_model', readonly=True, aggregator=None)
    seal_use_ids = fields.Many2many(
        'cfia.seal.use', 'cfia_document_seal_use_rel', string="Seal Log", readonly=True)
    # PDF
    state = fields.Selection(
        selection=[('pending', "To print"), ('done', "Issued"), ('failed', "Failed")],
        required=True,
        readonly=True,
        default='pending',
    )
    error = fields.Text(readonly=True, groups='base.group_user')
    attachment_id = fields.Many2one(
        'ir.attachment', string="PDF", readonly=True, index='btree_not_null', ondelete='restrict')
    sha256 = fields.Char(string="SHA-256", readonly=True)
    date_rendered = fields.Datetime(string="Printed On", readonly=True)

    _register_unique = models.UniqueIndex(
        '(kind, year, number) WHERE number IS NOT NULL', "This document number is already taken.")
    _token_unique = models.UniqueIndex(
        '(token) WHERE token IS NOT NULL', "This verification token is already taken.")
    _source_idx = models.Index('(res_model, res_id)')
    _open_idx = models.Index("(id) WHERE state = 'pending'")
    _order_idx = models.Index('(date DESC, id DESC)')
    _kind_order_idx = models.Index('(kind, date DESC, id DESC)')
    _failed_idx = models.Index("(date DESC, id DESC) WHERE state = 'failed'")

    # === COMPUTE METHODS === #

    @api.depends('kind', 'name')
    def _compute_display_name(self):
        kinds = dict(self._fields['kind']._description_selection(self.env))
        for document in self:
            document.display_name = f"{kinds.get(document.kind, '')} {document.name or ''}".strip()

    # === ACTION METHODS === #

    def action_render(self):
        """Print now, or again after a failure. Documents already printed are left alone.

        :raise AccessError: for users outside the organisation department
        """
        if not self.env.su and not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise AccessError(self.env._("Printing official documents belongs to the organisation department."))
        self.check_access('read')
        # sudo: nobody may write documents by hand, printing them is open to the department
        self.sudo().filtered(lambda document: document.state != 'done')._render_safely()
        return True

    def action_check_hash(self):
        """Compare the kept PDFs with the fingerprints taken when they were issued.

        :raise UserError: naming a document whose file differs
        """
        self.check_access('read')
        # sudo: files are compared, not shown; the right to read was checked above
        for document in self.sudo().filtered('sha256'):
            if hashlib.sha256(document.attachment_id.raw or b'').hexdigest() != document.sha256:
                raise UserError(self.env._(
                    "The PDF of %(document)s is not the one that was issued. Restore it from the backup.",
                    document=document.display_name,
                ))
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {'type': 'success', 'message': self.env._("The PDF is the one that was issued.")},
        }

    def action_request_seal(self):
        """Ask for the seal on these documents."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Ask for the Seal"),
            'res_model': 'cfia.seal.use',
            'view_mode': 'form',
            'context': {
                'default_document_ids': self.ids,
                'default_copies': len(self),
                'default_subject': ", ".join(self[:3].mapped('display_name')) + ("…" if len(self) > 3 else ""),
                'default_partner_id': self.partner_id.id if len(self.partner_id) == 1 else False,
            },
        }

    def action_preview(self):
        """Show the issued PDF; before it is printed, show what will be printed."""
        self.ensure_one()
        if self.state != 'done':
            report = self.env.ref(self._report_xmlids()[self.kind])
            return report.report_action(self, config=False)
        return {
            'type': 'ir.actions.act_url',
            'url': f'/web/content/{self.attachment_id.id}',
            'target': 'new',
        }

    # === BUSINESS METHODS - ISSUE === #

    @api.model
    def _issue(self, kind, vals_list):
        """Issue documents: freeze their content, enter them in the register, have them printed.

        Belongs in the transaction of the act that they document. The lock on the register lasts until
        that transaction ends, so call it as late as possible.

        :param str kind: value of :attr:`kind`
        :param list vals_list: dictionaries with ``partner_id`` and ``data`` (what the report prints),
            optionally ``date``, ``lang``, ``res_model`` and ``res_id``
        :return: the documents, in the order given
        """
        if not vals_list:
            return self.browse()
        # sudo: nobody creates documents by hand, the right lies with the act that calls this method
        documents = self.sudo().create(self._prepare_issue_values(kind, vals_list))
        documents._assign_numbers()
        self._trigger_rendering()
        return documents

    @api.model
    def _prepare_issue_values(self, kind, vals_list):
        """Return complete values of the documents to issue, in the order given."""
        # sudo: documents freeze what the unit's record says, whoever has them issued
        partners = self.env['res.partner'].sudo().browse([vals['partner_id'] for vals in vals_list])
        today = association_today()
        sender = self._prepare_sender_data()
        values = []
        for partner, vals in zip(partners, vals_list):
            data = {**sender, **vals.get('data', {})}
            values.append({
                'date': today,
                'lang': partner._get_reader_lang(),
                **vals,
                'kind': kind,
                'data': data,
                'date_from': data.get('date_from'),
                'date_to': data.get('date_to'),
            })
            if kind in self._get_verifiable_kinds():
                values[-1].update(name=data.get('member_number'), token=secrets.token_urlsafe(24))
        return values

    @api.model
    def _prepare_sender_data(self):
        """Return what letters print about the association: name and where it is reached."""
        company = self.env.company
        return {
            'association': company.name,
            'address': ''.join(filter(None, (
                company.state_id.name,
                company.city if company.city != company.state_id.name else '',
                company.street,
                company.street2,
            ))),
            'postcode': company.zip or '',
            'telephone': company.phone or '',
            'email': company.email or '',
            'website': company.website or '',
        }

    @api.model
    def _get_register_codes(self):
        """Return the kinds that stand in the register of documents, with the word of their series.

        Each kind has a series of its own in each year. Extend with ``super()``.

        :rtype: dict[str, str]
        """
        return {'entry_notice': '会'}

    @api.model
    def _get_verifiable_kinds(self):
        """Return the kinds whose paper carries an address for checking it."""
        return ('certificate',)

    def _assign_numbers(self):
        """Give the documents their numbers (文号), without gaps within each kind and year."""
        codes = self._get_register_codes()
        # sudo: the prefix is a setting
        prefix = self.env['ir.config_parameter'].sudo().get_param(PREFIX_PARAMETER, DEFAULT_PREFIX)
        registered = self.filtered(lambda document: document.kind in codes)
        for (kind, year), documents in registered.grouped(
                lambda document: (document.kind, document.date.year)).items():
            first = documents[0]._take_next_number(year)
            for number, document in enumerate(documents, start=first):
                unlocked(document).write({
                    'name': f'{prefix}{codes[kind]}〔{year}〕{number}号',
                    'year': year,
                    'number': number,
                })

    def _take_next_number(self, year):
        """Take the first free number of the series for this document and return it.

        The unique index is the lock: other sessions wait at it and take the next number, and a
        session that rolls back leaves no gap.
        """
        self.ensure_one()
        self.flush_model()
        [(number,)] = self.env.execute_query(SQL(
            "SELECT COALESCE(MAX(number), 0) FROM cfia_document WHERE kind = %s AND year = %s",
            self.kind, year))
        while True:
            number += 1
            try:
                with self.env.cr.savepoint(flush=False), mute_logger('odoo.sql_db'):
                    self.env.cr.execute(SQL(
                        "UPDATE cfia_document SET year = %s, number = %s WHERE id = %s",
                        year, number, self.id))
            except pg_errors.UniqueViolation:
                # another session took it and committed after our snapshot: try the next
                continue
            self.invalidate_recordset(['year', 'number'])
            return number

    # === BUSINESS METHODS - PRINT === #

    @api.model
    def _report_xmlids(self):
        """Return the report that prints each kind. Extend with ``super()``.

        :rtype: dict[str, str]
        """
        return {
            'entry_notice': 'cfia_membership.action_report_entry_notice',
            'certificate': 'cfia_membership.action_report_certificate',
        }

    @api.model
    def _get_paper_kinds(self):
        """Return the kind under which each document is kept in the member's file, else a letter.

        :rtype: dict[str, str]
        """
        return {'entry_notice': 'notice', 'certificate': 'certificate'}

    def _render_safely(self):
        """Print documents at once, each by itself if that fails; a failure is kept on its record and touches no other."""
        withheld = self._get_withheld()
        if withheld:
            unlocked(withheld).write({'state': 'pending', 'error': self._get_address_reason()})
            (self - withheld)._render_safely()
            return
        if not self:
            return
        try:
            with self.env.cr.savepoint():
                self._render()
        except psycopg2.OperationalError:
            raise  # the database is busy: the whole run is repeated
        except Exception as error:  # noqa: BLE001 whatever went wrong, the others have to be printed
            if isinstance(error, OSError) and error.errno in STORE_TROUBLE:
                # nothing is wrong with the documents: the schedule prints them once there is room again
                _logger.warning("The file store takes no files: %s", error)
                unlocked(self).write({'state': 'pending', 'error': str(error)})
                return
            if len(self) > 1:
                for document in self:
                    document._render_safely()
                return
            _logger.warning("%s could not be printed", self.display_name, exc_info=True)
            unlocked(self).write({'state': 'failed', 'error': str(error) or repr(error)})

    def _render(self):
        """Print documents and freeze the PDFs."""
        xmlids = self._report_xmlids()
        attachments = self.env['ir.attachment'].create([
            {
                'name': document._get_filename(),
                'raw': self.env['ir.actions.report'].with_context(
                    lang=document.lang)._render_qweb_pdf(xmlids[document.kind], document.ids)[0],
                'mimetype': 'application/pdf',
                'res_model': document._name,
                'res_id': document.id,
            }
            for document in self
        ])
        for document, attachment in zip(self, attachments):
            unlocked(document).write({
                'state': 'done',
                'error': False,
                'attachment_id': attachment.id,
                'sha256': hashlib.sha256(attachment.raw).hexdigest(),
                'date_rendered': fields.Datetime.now(),
            })
        self._after_render()

    def _after_render(self):
        """Hook: the PDFs exist. What is done here fails or stands together with the printing.

        The base files each document in the member's file; others send it, call ``super()`` first.
        """
        self._file_papers()

    def _get_not_filed(self):
        """Return the documents that are in no file."""
        # sudo: whether a document is filed does not depend on who asks
        papers = self.env['cfia.member.file.paper'].sudo().search([
            ('res_model', '=', self._name), ('res_id', 'in', self.ids)])
        return self - self.browse(papers.mapped('res_id'))

    def _file_papers(self):
        """Put the documents into the files of their units."""
        # sudo: filing follows from printing
        files = self.env['cfia.member.file'].sudo().search([('partner_id', 'in', self.partner_id.ids)])
        file_by_partner = files.grouped('partner_id')
        paper_kinds = self._get_paper_kinds()
        self.env['cfia.member.file.paper'].sudo().create([
            {
                'file_id': file_by_partner[document.partner_id].id,
                'name': document.with_context(lang=document.lang).display_name,
                'kind': paper_kinds.get(document.kind, 'letter'),
                'direction': 'out',
                'date': document.date,
                'attachment_id': document.attachment_id.id,
                'res_model': document._name,
                'res_id': document.id,
            }
            for document in self
            if document.partner_id in file_by_partner
        ])

    def _get_filename(self):
        """Return the name under which the PDF is saved."""
        self.ensure_one()
        kind = dict(self._fields['kind']._description_selection(
            self.with_context(lang=self.lang).env))[self.kind]
        parts = (kind, self.name, (self.data or {}).get('unit_name') or self.partner_id.name)
        return '_'.join(filter(None, parts)).replace('/', '-') + '.pdf'

    # What the templates print

    def _get_date_text(self, day=None):
        """Return the date of the document, or ``day``, as its letter writes it."""
        self.ensure_one()
        return official.official_date(self.with_context(lang=self.lang).env, day or self.date)

    @api.model
    def _format_official_date(self, day):
        """Return a date, or a moment in the association's time zone, as forms print it."""
        if isinstance(day, datetime):
            day = to_association_tz(day).date()
        return official.official_date(self.env, day)

    def _get_period_text(self):
        """Return the validity as the certificate writes it."""
        self.ensure_one()
        return official.official_period(
            self.with_context(lang=self.lang).env, self.date_from, self.date_to)

    @api.model
    def _get_contact_lines(self, data):
        """Return how the association is reached, for the foot of a letter.

        :param dict data: as frozen in a document, or :meth:`_prepare_sender_data`
        :rtype: list[str]
        """
        lines = (
            (
                data.get('address') and self.env._("Address: %(address)s", address=data['address']),
                data.get('postcode') and self.env._("Postcode: %(postcode)s", postcode=data['postcode']),
            ),
            (
                data.get('telephone') and self.env._("Telephone: %(telephone)s", telephone=data['telephone']),
                data.get('email') and self.env._("E-mail: %(email)s", email=data['email']),
            ),
            (
                data.get('website') and self.env._("Website: %(website)s", website=data['website']),
            ),
        )
        return ['\u3000'.join(filter(None, line)) for line in lines if any(line)]

    def _get_enclosures(self):
        """Return what is sent with the entry notice (article 5.2)."""
        self.ensure_one()
        enclosures = [self.env._("The membership certificate")]
        if self.data.get('congress'):
            enclosures.append(self.env._(
                "Compilation of documents of the %(congress)s of %(association)s",
                congress=self.data['congress'], association=self.data['association'],
            ))
        return enclosures

    def _get_verify_url(self):
        """Return the public address at which the paper is checked.

        :raise UserError: nobody outside would reach it
        """
        self.ensure_one()
        if self._get_withheld():
            raise UserError(self._get_address_reason())
        return f'{self.get_base_url()}/cfia/verify/{self.token}'

    def _get_qr_code(self):
        """Return :meth:`_get_verify_url` as an image for the paper."""
        return official.qr_data_uri(self._get_verify_url())

    # === BUSINESS METHODS - VERIFICATION === #

    @api.model
    def _is_address_public(self):
        """Return whether the address on papers leads somewhere, or it is a trial where that does not matter."""
        # sudo: a setting
        return not is_local(self.browse().get_base_url()) or bool(self.env['ir.config_parameter'].sudo().get_param(TRIAL_PARAMETER))

    def _get_withheld(self):
        """Return what is not printed because its QR code would lead nowhere."""
        if self._is_address_public():
            return self.browse()
        return self.filtered(lambda document: document.kind in self._get_verifiable_kinds())

    @api.model
    def _get_address_reason(self):
        return self.env._(
            "Certificates wait: their QR code would lead to %(address)s, which only this machine reaches. The administrator "
            "sets the public address (system parameter web.base.url); they are then printed within the hour.",
            address=self.browse().get_base_url() or '-')

    @api.model
    def _verify(self, token):
        """Answer whether a paper is valid, for anybody who holds it.

        A certificate is valid for a member, within its dates, until a newer one replaces it.

        :param str token: secret part of the address printed on the paper
        :return: ``result`` (valid, expired, invalid) and, where the paper is known, ``unit_name`` and
            ``number`` as printed; nothing else
        :rtype: dict
        """
        # sudo: the token is the right to ask
        document = self.sudo().search([('token', '=', token)], limit=1) if token else self.browse()
        if not document:
            return {'result': 'invalid'}
        return {
            'result': document._get_validity(),
            # one line of visible characters: a name cannot write what the page says, nor read as another's
            'unit_name': clean_text(document.data['unit_name']),
            'number': document.name,
        }

    def _get_validity(self):
        """Return ``valid``, ``expired`` or ``invalid`` for one certificate."""
        self.ensure_one()
        today = association_today()
        if (
            self.partner_id.member_state != 'member'
            or self.date_revoked
            or (self.date_from and today < self.date_from)
            or self._get_current_certificates() != self
        ):
            return 'invalid'
        return 'expired' if self.date_to and today > self.date_to else 'valid'

    def _get_current_certificates(self):
        """Return the newest certificate that has begun of each unit of these documents."""
        today = association_today()
        return self._get_newest_certificates(
            self.partner_id, Domain('date_from', '=', False) | Domain('date_from', '<=', today))

    @api.model
    def _get_newest_certificates(self, partners, domain=Domain.TRUE):
        """Return the newest certificate of each unit that has any.

        :param partners: units, many records
        :param domain: which certificates count
        """
        certificates = self.search(
            Domain('partner_id', 'in', partners.ids) & Domain('kind', '=', 'certificate') & Domain(domain),
            order='id desc')
        return self.browse([documents[0].id for documents in certificates.grouped('partner_id').values()])

    @api.model
    def _revoke_certificates(self, partners, date):
        """Declare all certificates of units that leave not valid, for good.

        :param partners: units, many records
        :param date date: first day without membership
        """
        # sudo: nobody writes documents by hand, this follows from the exit
        unlocked(self.sudo().search([
            ('partner_id', 'in', partners.ids), ('kind', '=', 'certificate'), ('date_revoked', '=', False),
        ])).write({'date_revoked': date})

    # === CRON METHODS === #

    @api.model
    def _trigger_rendering(self):
        """Have the schedule print what is pending once the transaction is committed."""
        # sudo: schedules are the administrator's
        self.env.ref('cfia_membership.ir_cron_cfia_document_render').sudo()._trigger()

    @api.model
    def _get_render_domain(self):
        """Return what the schedule prints."""
        domain = Domain('state', '=', 'pending')
        if not self._is_address_public():
            domain &= Domain('kind', 'not in', self._get_verifiable_kinds())
        return domain

    @api.model
    def _cron_render(self, batch_size=200, step=50):
        """Print pending documents, the oldest first.

        :param int batch_size: documents of one run; the schedule goes on with the rest
        :param int step: documents of one transaction, as many as Odoo renders mails of at once
        """
        domain = self._get_render_domain()
        self.search([('state', '=', 'pending'), ('error', '=', False)])._get_withheld()._render_safely()
        documents = self.search(domain, order='id', limit=batch_size)
        commit_progress = self.env['ir.cron']._commit_progress
        commit_progress(remaining=self.search_count(domain))
        for start in range(0, len(documents), step):
            batch = documents[start:start + step]
            batch.try_lock_for_update().filtered_domain(domain)._render_safely()
            if not commit_progress(len(batch)):
                break
