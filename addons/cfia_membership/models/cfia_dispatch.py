import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools.pdf import merge_pdf
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.index import trigram_index
from odoo.addons.cfia_membership.tools.task import assign

_lt = LazyTranslate(__name__)


class CfiaDispatchInsert(models.Model):
    """What is posted to each new member, and what other departments enclose (regulation 5.2)."""

    _name = 'cfia.dispatch.insert'
    _description = "Enclosure for New Members"
    _inherit = ['cfia.guard.mixin']
    _order = 'sequence, id'

    name = fields.Char(
        required=True, translate=True,
        help="[congress] or [届次] stands for the term of congress, e.g. 第七届.")
    posted_name = fields.Char(string="As Posted Today", compute='_compute_posted_name')
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    document_kind = fields.Selection(
        selection=[('entry_notice', "Entry notice"), ('certificate', "Certificate")],
        string="Official Document",
        help="The document of the new member itself. Empty for printed matter.",
    )
    department_id = fields.Many2one(
        'cfia.department', string="Department", index='btree_not_null', copy=False,
        default=lambda self: self.env['cfia.department'].search([('user_ids', 'in', self.env.uid)], limit=1))
    date_from = fields.Date(string="Enclosed From")
    date_to = fields.Date(string="Enclosed Until")

    _period = models.Constraint(
        'CHECK(date_to IS NULL OR date_from IS NULL OR date_to >= date_from)',
        "An enclosure ends after it begins.",
    )

    # === COMPUTE METHODS === #

    @api.depends('name')
    @api.depends_context('lang')
    def _compute_posted_name(self):
        congress = self.env['cfia.congress']._get_current(association_today())
        for insert in self:
            insert.posted_name = insert._get_name_in_words(congress)

    # === BUSINESS METHODS === #

    @api.model
    def _get_current(self, day):
        """Return what is enclosed on ``day``."""
        return self.search(
            (Domain('date_from', '=', False) | Domain('date_from', '<=', day))
            & (Domain('date_to', '=', False) | Domain('date_to', '>=', day)))

    def _prepare_line_values(self, congress, document):
        """Return the values of this enclosure in a consignment.

        :param congress: the running term, may be empty
        :param document: the member's own document of this kind, or nothing
        """
        # the consignment is the association's paper, in its language
        insert = self.with_context(lang=self.env.company._get_association_lang())
        name = insert._get_name_in_words(congress)
        return {
            'name': f'{name} {document.name}' if document and document.name else name,
            'document_id': document.id if document else False,
        }

    def _get_name_in_words(self, congress):
        """Return the name with the term of congress in it. One record, in the language of its environment."""
        self.ensure_one()
        words = congress.with_context(lang=self.env.lang).name or ''
        return re.sub(r'\[(?:congress|届次)\]', lambda _match: words, self.name or '')


class CfiaDispatch(models.Model):
    """One consignment to a member: contents, address as it was, waybill, return (4.1.4, 5.2)."""

    _name = 'cfia.dispatch'
    _description = "Dispatch to a Member"
    _inherit = ['cfia.guard.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _frozen_when = dict.fromkeys(('sent', 'returned', 'cancelled'), (
        'unit_name', 'addressee', 'phone', 'address', 'zip', 'line_ids', 'courier', 'waybill'))
    _kept_when = True
    _guard_texts = {
        'write': _lt("Consignments are posted, returned and cancelled by their buttons."),
        'frozen': _lt("It has been posted. Post it again instead."),
        'unlink': _lt("Consignments are evidence. Cancel them."),
    }

    name = fields.Char(string="Consignment Number", readonly=True, copy=False, index=True)
    partner_id = fields.Many2one(
        'res.partner', string="Unit", required=True, readonly=True, index=True, ondelete='restrict')
    member_number = fields.Char(related='partner_id.member_number')
    state = fields.Selection(
        selection=[
            ('to_send', "To post"), ('sent', "Posted"), ('returned', "Returned"), ('cancelled', "Cancelled")],
        required=True,
        readonly=True,
        default='to_send',
        tracking=True,
        index=True,
    )
    date = fields.Date(string="Consignment Made On", required=True, readonly=True, default=lambda self: association_today())
    line_ids = fields.One2many('cfia.dispatch.line', 'dispatch_id', string="Contents")
    contents = fields.Char(string="Contents in Brief", compute='_compute_contents')
    # Address as it was when the consignment was made
    unit_name = fields.Char(required=True)
    addressee = fields.Char()
    phone = fields.Char()
    address = fields.Char()
    zip = fields.Char()
    # Way
    courier = fields.Char(tracking=True)
    waybill = fields.Char(string="Waybill Number", tracking=True, copy=False, index='btree_not_null')
    date_sent = fields.Date(string="Posted On", readonly=True, copy=False)
    return_reason = fields.Char(string="Returned Because", readonly=True, copy=False)
    replaced_by_id = fields.Many2one('cfia.dispatch', string="Posted Again As", readonly=True, copy=False)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field='res_model', readonly=True, aggregator=None)

    _waybill_unique = models.UniqueIndex(
        '(courier, waybill) WHERE waybill IS NOT NULL', "Another consignment has this waybill already.")
    _date_idx = models.Index('(date)')
    _without_waybill_idx = models.Index("(id) WHERE state = 'sent' AND (waybill = '' OR waybill IS NULL)")
    _name_trigram_idx = trigram_index('name')
    _waybill_trigram_idx = trigram_index('waybill')

    # === COMPUTE METHODS === #

    @api.depends('name', 'unit_name')
    def _compute_display_name(self):
        for dispatch in self:
            dispatch.display_name = f"{dispatch.name or ''} {dispatch.unit_name or ''}".strip()

    @api.depends('line_ids.name')
    def _compute_contents(self):
        for dispatch in self:
            dispatch.contents = "、".join(dispatch.line_ids.mapped('name'))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        dispatches = super().create(vals_list)
        # from the record's own number: a sequence would cost a query each
        for dispatch in dispatches:
            unlocked(dispatch).name = f'JS{dispatch.date.year}-{dispatch.id:05d}'
        return dispatches

    # === ACTION METHODS === #

    def action_sent(self):
        """Note that the consignments went out today. Those noted before are skipped.

        :raise UserError: for one without an address
        """
        todo = self.filtered(lambda dispatch: dispatch.state == 'to_send')
        for dispatch in todo:
            if not dispatch.address:
                raise UserError(self.env._(
                    "%(dispatch)s has no address. Enter it on the consignment.", dispatch=dispatch.display_name))
        self.check_access('write')
        unlocked(todo).write({'state': 'sent', 'date_sent': association_today()})
        todo._note_posted()
        return True

    def action_send_again(self):
        """Make returned consignments anew, to the unit's present address."""
        again = self.browse()
        for dispatch in self.filtered(lambda dispatch: dispatch.state == 'returned' and not dispatch.replaced_by_id):
            unlocked(dispatch).replaced_by_id = unlocked(self).create({
                **self._prepare_address_values(dispatch.partner_id),
                'partner_id': dispatch.partner_id.id,
                'res_model': dispatch.res_model,
                'res_id': dispatch.res_id,
                'line_ids': [
                    Command.create({'name': line.name, 'document_id': line.document_id.id})
                    for line in dispatch.line_ids],
            })
            # sudo: nobody writes documents by hand
            dispatch.sudo().line_ids.document_id.filtered(
                lambda letter: letter.delivery_state == 'returned')._note_delivery('to_post', way='post')
            dispatch.replaced_by_id._schedule_address()
            again |= dispatch.replaced_by_id
        self.activity_feedback(['cfia_membership.mail_act_dispatch_returned'])
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_membership.cfia_dispatch_action')
        return {**action, 'domain': [('id', 'in', again.ids)], 'context': {}}

    def action_cancel(self):
        """Cancel consignments that have not gone out."""
        for dispatch in self:
            if dispatch.state != 'to_send':
                raise UserError(self.env._("%s has been posted.", dispatch.display_name))
        self.check_access('write')
        unlocked(self).state = 'cancelled'
        # sudo: what it held waits again, nobody writes documents by hand
        self.sudo().line_ids.document_id.filtered(lambda letter: letter.delivery_state == 'to_post')._note_delivery(
            'failed', error=self.env._("The consignment was cancelled."))
        self.activity_unlink(['cfia_membership.mail_act_dispatch_address'])
        return True

    def action_print_labels(self):
        """Print the address labels."""
        return self.env.ref('cfia_membership.action_report_dispatch_labels').report_action(self, config=False)

    def action_print_letters(self):
        """Print the official documents in these consignments, one after the other.

        :raise UserError: where there is none
        """
        self.check_access('read')
        # sudo: what is posted is printed by who posts it
        letters = self.sudo().line_ids.document_id.filtered(lambda letter: letter.state == 'done')
        if not letters:
            raise UserError(self.env._("No printed letter is in here."))
        # sudo: as above
        content = merge_pdf([attachment.raw for attachment in letters.sorted('id').attachment_id])
        attachment = self.env['ir.attachment'].create({
            'name': f'{self.env._("Letters")} {association_today()}.pdf',
            'raw': content,
            'mimetype': 'application/pdf',
            'res_model': self._name,
            'res_id': self[:1].id,
        })
        return {'type': 'ir.actions.act_url', 'url': f'/web/content/{attachment.id}?download=true', 'target': 'self'}

    # === BUSINESS METHODS === #

    @api.model
    def _open(self, applications):
        """Make the consignments to new members: their documents and what is enclosed now.

        :param applications: approved applications, many records
        :return: the consignments, in order
        """
        day = association_today()
        inserts = self.env['cfia.dispatch.insert']._get_current(day)
        congress = self.env['cfia.congress']._get_current(day)
        documents = {
            (document.partner_id.id, document.kind): document
            for document in self.env['cfia.document'].search([
                ('res_model', '=', applications._name), ('res_id', 'in', applications.ids)], order='id')
        }
        return unlocked(self.with_context(mail_create_nolog=True)).create([
            {
                **self._prepare_address_values(application.partner_id, contacts),
                'partner_id': application.partner_id.id,
                'res_model': application._name,
                'res_id': application.id,
                'line_ids': [
                    Command.create(insert._prepare_line_values(
                        congress, documents.get((application.partner_id.id, insert.document_kind))))
                    for insert in inserts
                ],
            }
            for contacts in [applications.partner_id._get_role_contacts('contact')]
            for application in applications
        ])

    @api.model
    def _enclose(self, documents):
        """Put letters that no mail reaches into the consignment that waits for their unit, or into a new one.

        :param documents: printed letters, of many units
        :return: the consignments
        """
        units = documents.partner_id
        by_unit = {}
        for dispatch in self.search([('partner_id', 'in', units.ids), ('state', '=', 'to_send')], order='id desc'):
            by_unit[dispatch.partner_id] = dispatch
        contacts = units._get_role_contacts('contact')
        missing = [unit for unit in units if unit not in by_unit]
        new = unlocked(self.with_context(mail_create_nolog=True)).create([
            {**self._prepare_address_values(unit, contacts), 'partner_id': unit.id} for unit in missing])
        by_unit.update(zip(missing, new))
        present = self.browse([dispatch.id for dispatch in by_unit.values()]).line_ids.document_id
        unlocked(self.env['cfia.dispatch.line']).create([
            {
                'dispatch_id': by_unit[document.partner_id].id,
                'name': document.with_context(lang=self.env.company._get_association_lang()).display_name,
                'document_id': document.id,
            }
            for document in documents - present
        ])
        dispatches = self.browse([dispatch.id for dispatch in by_unit.values()])
        dispatches._schedule_address()
        return dispatches

    def _schedule_address(self):
        """Put consignments without an address before the department: nothing reaches these units."""
        assign(
            self.filtered(lambda dispatch: not dispatch.address and not dispatch.activity_ids),
            'cfia_membership.mail_act_dispatch_address',
            self.env['cfia.department']._get_responsible_of('organisation'), date_deadline=association_today())

    def _note_posted(self):
        """Note that what these consignments hold has gone out."""
        self.activity_feedback(['cfia_membership.mail_act_dispatch_address'])
        # sudo: nobody writes documents by hand
        self.sudo().line_ids.document_id.filtered(
            lambda letter: letter.delivery_state not in ('sent', 'handed', 'posted'))._note_delivery('posted', way='post')

    @api.model
    def _prepare_address_values(self, partner, contacts=None):
        """Return name, addressee and address of ``partner`` as they are now.

        :param dict contacts: unit → contact person, of many units
        """
        contact = (contacts or partner._get_role_contacts('contact'))[partner]
        values = self.env['cfia.round.recipient.mixin']._prepare_address_values(partner, contact)
        return {name: values[name] for name in ('unit_name', 'addressee', 'phone', 'address', 'zip')}

    def _return(self, reason):
        """Note returned consignments and put them before the organisation department.

        :param str reason: what the courier wrote
        """
        todo = self.filtered(lambda dispatch: dispatch.state == 'sent')
        unlocked(todo).write({'state': 'returned', 'return_reason': reason})
        # sudo: nobody writes documents by hand
        todo.sudo().line_ids.document_id.filtered(lambda letter: letter.delivery_state == 'posted')._note_delivery(
            'returned', error=reason)
        for user, dispatches in todo.grouped(lambda dispatch: dispatch.create_uid).items():
            staff = user if user.has_group('cfia_membership.group_cfia_organisation') else self.env.user
            assign(dispatches, 'cfia_membership.mail_act_dispatch_returned', staff, summary=reason)

    def _enter_waybills(self, entries):
        """Enter waybill numbers and note the consignments as posted.

        :param list entries: (consignment, courier, waybill number)
        """
        for dispatch, courier, waybill in entries:
            unlocked(dispatch).write({
                'courier': courier or dispatch.courier,
                'waybill': waybill,
                'state': 'sent',
                'date_sent': dispatch.date_sent or association_today(),
            })
            dispatch._note_posted()

    def _disclose_labels(self):
        """Note that addresses go to the courier."""
        self.env['cfia.disclosure']._disclose(
            'label', self, ['unit_name', 'addressee', 'phone', 'address', 'zip'],
            reason=self.env._("Posting to members"), recipient=self.env._("Courier"))

    def _get_label_lines(self):
        """Return what the label says, line by line.

        :rtype: list[str]
        """
        self.ensure_one()
        return list(filter(None, (
            self.zip,
            self.address,
            self.unit_name,
            self.env._("Attn: %(addressee)s", addressee=self.addressee) if self.addressee else '',
            self.phone,
            self.name,
        )))


class CfiaDispatchLine(models.Model):
    """One paper in a consignment."""

    _name = 'cfia.dispatch.line'
    _description = "Content of a Dispatch"
    _inherit = ['cfia.guard.mixin']
    _order = 'dispatch_id, id'
    _frozen_with = ('dispatch_id', 'line_ids')

    dispatch_id = fields.Many2one('cfia.dispatch', required=True, index=True, ondelete='cascade')
    name = fields.Char(required=True)
    document_id = fields.Many2one('cfia.document', string="Official Document", ondelete='restrict')
