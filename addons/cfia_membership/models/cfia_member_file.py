from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.index import trigram_index

_lt = LazyTranslate(__name__)


class CfiaMemberFile(models.Model):
    """File of a member (一员一案, article 4.2.1): its number is the member number."""

    _name = 'cfia.member.file'
    _description = "Member File"
    _inherit = ['cfia.guard.mixin', 'mail.thread']
    _order = 'name'
    _guarded_fields = ('name',)
    _kept_when = True
    _guard_texts = {
        'write': _lt("Number, unit and opening day of a file stay as they are. The manager repairs mistakes."),
        'unlink': _lt("The file of a member is kept for good."),
    }

    name = fields.Char(string="File Number", related='partner_id.member_number', store=True, index=True)
    partner_id = fields.Many2one(
        'res.partner', string="Unit", required=True, readonly=True, index=True, ondelete='restrict')
    date_opened = fields.Date(required=True, readonly=True, default=lambda self: association_today())
    place = fields.Char(string="Shelf", help="Where the paper file stands.")
    paper_ids = fields.One2many('cfia.member.file.paper', 'file_id', string="Papers")
    paper_count = fields.Integer(compute='_compute_paper_count')

    _partner_unique = models.UniqueIndex('(partner_id)', "A member has one file.")
    _without_place_idx = models.Index("(name) WHERE place = '' OR place IS NULL")
    _name_trigram_idx = trigram_index('name')
    _place_trigram_idx = trigram_index('place')

    @api.depends('paper_ids')
    def _compute_paper_count(self):
        counts = dict(self.env['cfia.member.file.paper']._read_group(
            [('file_id', 'in', self.ids)], ['file_id'], ['__count']))
        for file in self:
            file.paper_count = counts.get(file, 0)

    @api.model
    def _open(self, partners):
        """Return the files of ``partners`` in their order, opening those that are missing.

        :param partners: units, many records
        """
        # sudo: a file is opened by the act that needs it
        files = self.sudo().search([('partner_id', 'in', partners.ids)])
        missing = partners - files.partner_id
        files |= unlocked(self.sudo().with_context(mail_create_nolog=True)).create(
            [{'partner_id': partner.id} for partner in missing])
        by_partner = files.grouped('partner_id')
        return self.browse([by_partner[partner].id for partner in partners])

    @api.model
    def _file_attachments(self, partners, attachments, kind, date, source=None):
        """Put the same papers into the files of units.

        :param partners: units, many records
        :param attachments: the scans; without a record of their own they become the first file's
        :param str kind: value of ``cfia.member.file.paper.kind``
        :param source: record that the papers belong to
        :return: the papers
        :raise AccessError: for files that the user did not upload for this act
        """
        files = self._open(partners)
        if not files:
            return self.env['cfia.member.file.paper']
        # sudo: filing follows from the act, whatever its author may edit
        attachments = attachments.sudo()
        attachments.filtered(lambda attachment: not attachment.res_id)._adopt(files[0].sudo())
        if strange := attachments.filtered(lambda attachment: not attachment.res_id or attachment.public)[:1]:
            raise AccessError(self.env._(
                "%(file)s was not uploaded for this and cannot be filed. Attach the paper itself.", file=strange.name))
        return self.env['cfia.member.file.paper'].sudo().create([
            {
                'file_id': file.id,
                'name': attachment.name,
                'kind': kind,
                'direction': 'in',
                'date': date,
                'attachment_id': attachment.id,
                'res_model': source._name if source else False,
                'res_id': source.id if source else False,
            }
            for file in files
            for attachment in attachments
        ])


class CfiaMemberFilePaper(models.Model):
    """A paper that came in or went out, kept in the file of its member."""

    _name = 'cfia.member.file.paper'
    _description = "Paper in a Member File"
    _inherit = ['cfia.guard.mixin']
    _order = 'date desc, id desc'
    _guard_readonly = False
    _kept_when = True
    _guard_texts = {
        'frozen': _lt("It is filed; its place may change. The manager repairs mistakes."),
        'unlink': _lt("Filed papers are kept for good."),
    }

    file_id = fields.Many2one('cfia.member.file', required=True, index=True, ondelete='restrict')
    partner_id = fields.Many2one(related='file_id.partner_id', store=True, index=True)
    name = fields.Char(required=True)
    kind = fields.Selection(
        selection=[
            ('application', "Application form"),
            ('licence', "Business licence"),
            ('notice', "Entry notice"),
            ('certificate', "Certificate"),
            ('change', "Data change form"),
            ('resolution', "Resolution"),
            ('exit', "Exit paper"),
            ('return', "Return paper"),
            ('dues', "Dues paper"),
            ('letter', "Letter"),
            ('other', "Other"),
        ],
        required=True,
        default='other',
    )
    direction = fields.Selection(
        selection=[('in', "Incoming"), ('out', "Outgoing")], required=True, default='in')
    date = fields.Date(required=True, default=lambda self: association_today())
    attachment_id = fields.Many2one('ir.attachment', string="Scan", index='btree_not_null', ondelete='restrict')
    place = fields.Char(string="Paper Original", help="Where the paper original lies.")
    scan = fields.Binary(
        compute='_compute_scan', inverse='_inverse_scan', string="Scan to Attach",
        help="Attached once; the scan of a filed paper stays as it is.")
    scan_name = fields.Char(compute='_compute_scan', inverse='_inverse_scan', string="Name of the Scan")
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field='res_model', readonly=True, aggregator=None)

    _order_idx = models.Index('(date DESC, id DESC)')
    _source_idx = models.Index('(res_model, res_id) WHERE res_id IS NOT NULL')
    _name_trigram_idx = trigram_index('name')

    @api.depends('attachment_id')
    def _compute_scan(self):
        for paper in self:
            paper.scan = paper.attachment_id.datas
            paper.scan_name = paper.attachment_id.name

    def _inverse_scan(self):
        for paper in self:
            if paper.scan and not paper.attachment_id:
                paper.attachment_id = self.env['ir.attachment'].create({
                    'name': paper.scan_name or paper.name,
                    'datas': paper.scan,
                    'res_model': paper._name,
                    'res_id': paper.id,
                })

    # === CRUD METHODS === #

    def _get_frozen_names(self):
        """Keep filed papers as they are: only the place may change, and a missing scan be attached."""
        return self._get_own_names() - ({'place'} if self.attachment_id else {'place', 'attachment_id'})

    def _may_freeze(self, names):
        return True
