from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.models.cfia_member_event import SNAPSHOT_FIELDS
from odoo.addons.cfia_membership.models.res_partner import EXIT_STATES
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.index import trigram_index

_lt = LazyTranslate(__name__)

HINTS = {
    'no_file': _lt("Open the file with the button."),
    'file_number': _lt("The manager repairs the number."),
    'register': _lt("The manager repairs the number."),
    'ledger': _lt("Compare with the papers. Report the change that the ledger lacks, or have the manager repair the event."),
    'no_application': _lt("Enter the application form as a paper, with its scan or the place of the original."),
    'no_exit_paper': _lt("Enter the letter, the minutes or the notice as a paper of kind “Exit paper”."),
    'certificate_text': _lt("Issue a new certificate with the button: name or grade changed since."),
    'certificate_expired': _lt("Renew the certificate with the button; the number stays."),
    'document_not_filed': _lt("Put the issued document into the file with the button."),
    'paper_nowhere': _lt("Enter where the original lies, or attach the scan."),
    'no_place': _lt("Enter the shelf on the file."),
    'not_found': _lt("Look for the paper file. Once it is found, enter its shelf and settle this with a note."),
    'misplaced': _lt("Put the file back, or take over the place where it was found with the button."),
}
MENDS = {
    'no_file': '_mend_open_file',
    'certificate_text': '_mend_certificate',
    'certificate_expired': '_mend_renewal',
    'document_not_filed': '_mend_document',
    'misplaced': '_mend_place',
}
# what the schedule finds; the others come from the stocktake and are closed by hand
CHECKED_KINDS = tuple(kind for kind in HINTS if kind not in ('not_found', 'misplaced'))


class CfiaFileDifference(models.Model):
    """Difference between database and paper file of a member (article 4.2.1: both must agree)."""

    _name = 'cfia.file.difference'
    _description = "Difference Between Database and File"
    _inherit = ['cfia.guard.mixin', 'mail.activity.mixin', 'mail.thread']
    _order = 'state desc, partner_id, kind, id'
    _frozen_when = dict.fromkeys(('mended', 'accepted'), '*')
    _guard_texts = {
        'write': _lt("Mend or accept a difference by its button."),
        'frozen': _lt("It is closed and stays on record as it is."),
    }

    partner_id = fields.Many2one(
        'res.partner', string="Unit", required=True, readonly=True, index=True, ondelete='restrict')
    member_number = fields.Char(related='partner_id.member_number')
    kind = fields.Selection(
        selection=[
            ('no_file', "Member without file"),
            ('file_number', "File number differs"),
            ('register', "Number register differs"),
            ('ledger', "Unit and ledger differ"),
            ('no_application', "No application form in the file"),
            ('no_exit_paper', "No paper of the exit"),
            ('certificate_text', "Certificate prints other data"),
            ('certificate_expired', "Certificate expired or missing"),
            ('document_not_filed', "Issued document not in the file"),
            ('paper_nowhere', "Paper without scan and place"),
            ('no_place', "File without shelf"),
            ('not_found', "File not found at the stocktake"),
            ('misplaced', "File found elsewhere"),
        ],
        string="Difference",
        required=True,
        readonly=True,
    )
    detail = fields.Char(readonly=True, help="What the database says and what the file says.")
    hint = fields.Text(string="How to Mend", compute='_compute_hint')
    can_mend = fields.Boolean(compute='_compute_hint')
    date_found = fields.Date(string="Found On", readonly=True, default=lambda self: association_today())
    state = fields.Selection(
        selection=[('open', "To mend"), ('mended', "Mended"), ('accepted', "Accepted with a note")],
        required=True,
        readonly=True,
        default='open',
        tracking=True,
    )
    note = fields.Char(help="Why the difference may stay, or how it was mended.")
    user_id = fields.Many2one('res.users', string="Responsible")
    closed_by_id = fields.Many2one('res.users', readonly=True)
    date_closed = fields.Date(readonly=True)
    stocktake_id = fields.Many2one(
        'cfia.file.stocktake', readonly=True, index='btree_not_null', ondelete='restrict')

    _open_unique = models.UniqueIndex(
        "(partner_id, kind) WHERE state = 'open'", "This difference is on the list already.")
    _date_found_idx = models.Index('(date_found)')
    _detail_trigram_idx = trigram_index('detail')

    # === COMPUTE METHODS === #

    @api.depends('kind')
    @api.depends_context('lang')
    def _compute_hint(self):
        for difference in self:
            difference.hint = self.env._(HINTS[difference.kind]) if difference.kind else False  # pylint: disable=gettext-variable
            difference.can_mend = difference.kind in MENDS

    @api.depends('partner_id', 'kind')
    def _compute_display_name(self):
        kinds = dict(self._fields['kind']._description_selection(self.env))
        for difference in self:
            difference.display_name = f"{difference.partner_id.name or ''} · {kinds.get(difference.kind, '')}"

    # === ACTION METHODS === #

    def action_mend(self):
        """Mend what a button can mend, in batches by kind.

        :raise UserError: for differences that need a look into the papers
        """
        self.check_access('write')
        for difference in self:
            if difference.state != 'open' or difference.kind not in MENDS:
                raise UserError(self.env._(
                    "“%(difference)s” is closed or cannot be mended by a button. %(hint)s",
                    difference=difference.display_name, hint=difference.hint or "",
                ))
        for kind, differences in self.grouped('kind').items():
            getattr(differences, MENDS[kind])()
        self._close('mended')
        return True

    def action_accept(self):
        """Close differences that may stay, or were mended by hand.

        :raise UserError: without a note
        """
        self.check_access('write')
        for difference in self:
            if not difference.note:
                raise UserError(self.env._(
                    "Note why “%(difference)s” may stay.", difference=difference.display_name))
        self._close('accepted')
        return True

    def action_view_file(self):
        """Open the file of the unit, or the unit where it has none."""
        self.ensure_one()
        file = self.partner_id.member_file_ids[:1]
        return {
            'type': 'ir.actions.act_window',
            'res_model': file._name if file else 'res.partner',
            'view_mode': 'form',
            'res_id': file.id or self.partner_id.id,
        }

    def action_check_now(self):
        """Have the check run at once."""
        if not self.env.user.has_group('cfia_membership.group_cfia_organisation'):
            raise UserError(self.env._("The organisation department keeps the files."))
        # sudo: schedules are the administrator's; the role was checked above
        self.env.ref('cfia_membership.ir_cron_cfia_file_check').sudo()._trigger()
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {'message': self.env._("The check runs in the background.")},
        }

    # === BUSINESS METHODS - MEND === #

    def _mend_open_file(self):
        self.env['cfia.member.file']._open(self.partner_id)

    def _mend_certificate(self):
        self.partner_id._issue_certificates('changed')

    def _mend_renewal(self):
        self.partner_id._issue_certificates('renewal')

    def _mend_document(self):
        # sudo: filing follows from printing
        documents = self.env['cfia.document'].sudo().search([
            ('partner_id', 'in', self.partner_id.ids), ('state', '=', 'done')])
        documents._get_not_filed()._file_papers()

    def _mend_place(self):
        for difference in self:
            line = difference.stocktake_id.line_ids.filtered(
                lambda line, unit=difference.partner_id: line.partner_id == unit)[:1]
            line.file_id.place = line.found_place

    def _close(self, state):
        # sudo: who closed a difference and when is not for the form to say
        unlocked(self.sudo()).write({
            'state': state, 'closed_by_id': self.env.uid, 'date_closed': association_today()})

    # === BUSINESS METHODS - CHECK === #

    @api.model
    def _check_units(self, partners):
        """Compare database and files of units: enter what differs, close what no longer does.

        What was accepted with a note stays closed while its detail is the same.

        :param partners: numbered units, many records
        :return: the open differences
        """
        found = {}
        for method in (
            self._find_file_differences, self._find_ledger_differences, self._find_paper_differences,
            self._find_document_differences,
        ):
            for partner, kind, detail in method(partners):
                found.setdefault((partner.id, kind), detail or False)
        known = self.search([('partner_id', 'in', partners.ids), ('kind', 'in', CHECKED_KINDS)])
        accepted = {
            (item.partner_id.id, item.kind, item.detail) for item in known if item.state == 'accepted'}
        open_items = known.filtered(lambda item: item.state == 'open')
        gone = open_items.filtered(lambda item: (item.partner_id.id, item.kind) not in found)
        gone._close('mended')
        present = {(item.partner_id.id, item.kind) for item in open_items - gone}
        return unlocked(self.with_context(mail_create_nolog=True, tracking_disable=True)).create([
            {'partner_id': partner_id, 'kind': kind, 'detail': detail}
            for (partner_id, kind), detail in found.items()
            if (partner_id, kind) not in present and (partner_id, kind, detail) not in accepted
        ]) | (open_items - gone)

    @api.model
    def _find_file_differences(self, partners):
        """Yield units whose file or number register does not fit."""
        files = self.env['cfia.member.file'].search([('partner_id', 'in', partners.ids)]).grouped('partner_id')
        numbers = self.env['cfia.member.number'].search([('partner_id', 'in', partners.ids)]).grouped('partner_id')
        for partner in partners:
            number = partner.member_number
            file = files.get(partner)
            if not file:
                yield partner, 'no_file', number
            else:
                if file.name != number:
                    yield partner, 'file_number', f"{number} ≠ {file.name or '-'}"
                if not file.place:
                    yield partner, 'no_place', number
            register = numbers.get(partner)
            if not register or register.name != number:
                yield partner, 'register', f"{number} ≠ {register.name if register else '-'}"

    @api.model
    def _find_ledger_differences(self, partners):
        """Yield units whose last event holds other values than the unit."""
        last = {}
        for event in self.env['cfia.member.event'].search([('partner_id', 'in', partners.ids)], order='id'):
            last[event.partner_id] = event
        labels = self.env['res.partner'].fields_get(SNAPSHOT_FIELDS.values(), ['string'])
        for partner in partners:
            event = last.get(partner)
            differing = [
                labels[column]['string'] for event_field, column in SNAPSHOT_FIELDS.items()
                if not event or event[event_field] != partner[column]
            ]
            if differing:
                yield partner, 'ledger', ", ".join(differing)

    @api.model
    def _find_paper_differences(self, partners):
        """Yield units whose file lacks papers, or has papers that are nowhere."""
        papers = self.env['cfia.member.file.paper'].search([('partner_id', 'in', partners.ids)])
        by_partner = papers.grouped('partner_id')
        for partner in partners:
            own = by_partner.get(partner, papers.browse())
            kinds = set(own.mapped('kind'))
            if 'application' not in kinds:
                yield partner, 'no_application', False
            if partner.member_state in EXIT_STATES and 'exit' not in kinds:
                yield partner, 'no_exit_paper', fields.Date.to_string(partner.date_member_left)
            nowhere = own.filtered(lambda paper: not paper.attachment_id and not paper.place)
            if nowhere:
                yield partner, 'paper_nowhere', ", ".join(nowhere.mapped('name'))

    @api.model
    def _find_document_differences(self, partners):
        """Yield units whose certificate or issued documents do not fit."""
        today = association_today()
        Document = self.env['cfia.document']
        certificates = Document._get_newest_certificates(partners).grouped('partner_id')
        documents = Document.search([('partner_id', 'in', partners.ids), ('state', '=', 'done')])
        for partner, missing in documents._get_not_filed().grouped('partner_id').items():
            yield partner, 'document_not_filed', ", ".join(missing.mapped('display_name'))
        for partner in partners.filtered(lambda partner: partner.member_state == 'member'):
            certificate = certificates.get(partner)
            if not certificate or certificate.date_revoked or (
                    certificate.date_to and certificate.date_to < today):
                yield partner, 'certificate_expired', fields.Date.to_string(
                    certificate.date_to) if certificate else False
                continue
            grade = partner.member_grade_id.with_context(lang=certificate.lang).name or ''
            printed = (certificate.data.get('unit_name'), certificate.data.get('grade') or '')
            if printed != (partner.name, grade):
                yield partner, 'certificate_text', " / ".join(printed)

    # === CRON METHODS === #

    @api.model
    def _cron_check(self, batch_size=500):
        """Compare database and files of all numbered units.

        :param int batch_size: units of one step; the run goes on until all are through
        """
        # texts stay on the list: they are in the association's language
        self = self.with_context(lang=self.env.company._get_association_lang())
        Partner = self.env['res.partner'].with_context(active_test=False)
        domain = [('member_number', '!=', False)]
        commit_progress = self.env['ir.cron']._commit_progress
        remaining = Partner.search_count(domain)
        commit_progress(remaining=remaining)
        last_id = 0
        while partners := Partner.search([*domain, ('id', '>', last_id)], order='id', limit=batch_size):
            last_id = partners[-1].id
            self._check_units(partners)
            if not commit_progress(len(partners)):
                break
