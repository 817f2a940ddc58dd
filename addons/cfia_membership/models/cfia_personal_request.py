import io
import json
from datetime import timedelta

import xlsxwriter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import email_normalize
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.index import trigram_index
from odoo.addons.cfia_membership.tools.task import assign

_lt = LazyTranslate(__name__)

# what a person is asked for on the contact form
PERSON_FIELDS = (
    'name', 'function', 'parent_id', 'contact_role_ids', 'phone', 'mobile', 'email', 'street', 'street2', 'city', 'zip',
    'comment', 'lang', 'date_contact_left', 'create_date',
)
ERASED_FIELDS = ('phone', 'mobile', 'email', 'function', 'street', 'street2', 'city', 'zip', 'comment', 'image_1920')
EMAIL_COLUMNS = ('email', 'contact_email', 'representative_email', 'email_from', 'reply_to')
# records of Odoo's own that only repeat the person or are swept by Odoo
NOT_LOOKED_AT = ('res.partner', 'res.users', 'mail.followers', 'mail.notification', 'bus.presence', 'res.users.log')


class CfiaPersonalRequest(models.Model):
    """What a person asks of its own data, and the evidence of the answer.

    Persons of members may ask for a copy of their data, a correction or the deletion (Personal
    Information Protection Law, articles 44 to 50). What papers were signed with stays in them.
    """

    _name = 'cfia.personal.request'
    _description = "Request about Personal Data"
    _inherit = ['cfia.guard.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'date_received desc, id desc'
    _frozen_when = dict.fromkeys(('done', 'refused'), '*')
    _kept_when = True
    _numbered_by = ('name', 'cfia.personal.request')
    _guard_texts = {
        'write': _lt("A request about personal data is answered by its buttons."),
        'frozen': _lt("It is answered. Enter a new request."),
        'unlink': _lt("Requests about personal data are kept as evidence."),
    }

    name = fields.Char(string="Number of the Request", readonly=True, copy=False, default=lambda self: self.env._("New"))
    kind = fields.Selection(
        selection=[('copy', "See and copy"), ('correction', "Correction"), ('deletion', "Deletion")],
        required=True, tracking=True)
    partner_id = fields.Many2one(
        'res.partner', string="Person", required=True, index=True, ondelete='restrict',
        domain=[('is_company', '=', False)], context={'active_test': False})
    unit_id = fields.Many2one(related='partner_id.commercial_partner_id', string="Unit")
    date_received = fields.Date(string="Received On", required=True, default=lambda self: association_today(), index=True)
    date_due = fields.Date(
        string="Answer By", compute='_compute_date_due', store=True, readonly=False, precompute=True, required=True)
    channel = fields.Selection(
        selection=[
            ('mail', "E-mail message"), ('letter', "Letter"), ('phone', "Telephone"), ('visit', "Visit"), ('portal', "Portal")],
        string="Received By Way Of", required=True, default='mail')
    request_text = fields.Text(string="What Is Asked", required=True)
    identity_check = fields.Char(
        string="Identity Checked By", tracking=True,
        help="How it was made sure that the person itself asks, e.g. call back to the number on file.")
    user_id = fields.Many2one(
        'res.users', string="To Be Answered By", default=lambda self: self.env.user, tracking=True, index='btree_not_null')
    state = fields.Selection(
        selection=[('open', "To answer"), ('done', "Answered"), ('refused', "Declined")],
        required=True, readonly=True, default='open', copy=False, tracking=True, index=True)
    is_overdue = fields.Boolean(compute='_compute_is_overdue', search='_search_is_overdue')
    # Evidence
    line_ids = fields.One2many('cfia.personal.request.line', 'request_id', string="Found", readonly=True)
    copy_ids = fields.Many2many(
        'ir.attachment', 'cfia_personal_request_copy_rel', string="Copy of the Data", readonly=True, copy=False)
    date_erased = fields.Datetime(string="Erased On", readonly=True, copy=False)
    answer = fields.Text(
        string="How It Was Answered", copy=False, help="As told to the person; with a refusal, its reason.")
    handled_by_id = fields.Many2one('res.users', string="Replied By", readonly=True, copy=False)
    date_done = fields.Date(string="Answered On", readonly=True, copy=False)

    _open_idx = models.Index("(date_due) WHERE state = 'open'")
    _answer_needed = models.Constraint(
        "CHECK (state = 'open' OR (answer IS NOT NULL AND date_done IS NOT NULL))",
        "An answered request says what was done.",
    )
    _name_trigram_idx = trigram_index('name')

    # === COMPUTE METHODS === #

    @api.depends('date_received')
    def _compute_date_due(self):
        # sudo: the period is a setting
        days = self.env.company.sudo().cfia_personal_request_days
        for request in self:
            request.date_due = (request.date_received or association_today()) + timedelta(days=days)

    @api.depends('state', 'date_due')
    def _compute_is_overdue(self):
        today = association_today()
        for request in self:
            request.is_overdue = request.state == 'open' and request.date_due and request.date_due < today

    def _search_is_overdue(self, operator, value):
        if operator != 'in':
            return NotImplemented
        return [('state', '=', 'open'), ('date_due', '<', association_today())]

    @api.depends('name', 'partner_id')
    def _compute_display_name(self):
        for request in self:
            request.display_name = f"{request.name or ''} {request.partner_id.name or ''}".strip()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        requests = super().create(vals_list)
        for request in requests:
            assign(
                request, 'cfia_membership.mail_act_personal_request', request.user_id or self.env.user,
                date_deadline=request.date_due)
        return requests

    # === ACTION METHODS === #

    def action_look_up(self):
        """Note in which records the person stands: models and numbers, never values."""
        for request in self:
            request._check_open()
            found = request._find_records()
            # sudo: nobody enters lines by hand; the right was checked above
            unlocked(request.sudo()).line_ids = [Command.clear(), *(
                Command.create({
                    'res_model': records._name,
                    'record_count': len(records),
                    'is_erasable': bool(self._get_erasable_columns(records)),
                })
                for records in found
            )]
        return True

    def action_make_copy(self):
        """Write the person's data into a spreadsheet and a file for programs; both stay on the request."""
        for request in self:
            request._check_open()
            request._check_identity()
            request.action_look_up()
            sheets = request._prepare_copy()
            # sudo: the copy belongs to the request, which the user may write
            attachments = self.env['ir.attachment'].sudo().create([
                {
                    'name': f'{request.name}.{extension}', 'raw': content, 'res_model': request._name, 'res_id': request.id,
                }
                for extension, content in (
                    ('xlsx', self._write_xlsx(sheets)),
                    ('json', json.dumps(sheets, ensure_ascii=False, indent=1).encode()),
                )
            ])
            unlocked(request).copy_ids = [Command.set(attachments.ids)]
            self.env['cfia.disclosure']._disclose(
                'own', request.partner_id, [name for name in PERSON_FIELDS if name in request.partner_id._fields],
                reason=request.display_name, recipient=request.partner_id.name or request.name, selection=request.name)
            request.message_post(body=self.env._("A copy of the person's data was made."))
        return True

    def action_report_correction(self):
        """Open the unit's data, to be corrected by the usual change request."""
        self.ensure_one()
        self._check_open()
        self._check_identity()
        return self.partner_id.action_report_change()

    def action_erase(self):
        """Take the person out of its unit and blank its data, save for the name on record.

        Papers that were signed, and mails that were sent, stay as they are.

        :raise UserError: for requests of another kind, or persons who use the association's own system
        """
        for request in self:
            request._check_open()
            request._check_identity()
            if request.kind != 'deletion':
                raise UserError(self.env._(
                    "%(request)s asks for no deletion.", request=request.display_name))
            request.action_look_up()
            # before the e-mail is gone by which they are found
            found = request._find_records()
            # sudo: the organisation department answers for persons of all units
            person_sudo = request.partner_id.sudo()
            if person_sudo.active:
                person_sudo._leave_unit()
            person_sudo._erase_person()
            for records in found:
                columns = self._get_erasable_columns(records)
                if columns:
                    unlocked(records).with_context(tracking_disable=True).write(dict.fromkeys(columns, False))
            unlocked(request).date_erased = fields.Datetime.now()
            request.message_post(body=self.env._("The person's data were erased."))
        return True

    def action_done(self):
        """Close the request as answered."""
        for request in self:
            request._check_identity()
            if request.kind == 'copy' and not request.copy_ids:
                raise UserError(self.env._("Make the copy first."))
            if request.kind == 'deletion' and not request.date_erased:
                raise UserError(self.env._("Erase the data first."))
        return self._close('done')

    def action_refuse(self):
        """Close the request as refused."""
        return self._close('refused')

    # === BUSINESS METHODS === #

    def _close(self, state):
        """Close open requests.

        :raise UserError: without what is told to the person
        """
        for request in self:
            request._check_open()
            if not (request.answer or '').strip():
                raise UserError(self.env._("Enter what was done, or why not, as told to the person."))
        unlocked(self).write({
            'state': state, 'handled_by_id': self.env.uid, 'date_done': association_today()})
        self.activity_feedback(['cfia_membership.mail_act_personal_request'])
        return True

    def _check_open(self):
        """Refuse whoever may not write, and answered requests.

        :raise UserError: naming the request
        """
        self.check_access('write')
        answered = self.filtered(lambda request: request.state != 'open')[:1]
        if answered:
            raise UserError(self.env._("%(request)s is answered and stays as it is.", request=answered.display_name))

    def _check_identity(self):
        """Refuse when nobody has made sure who asks.

        :raise UserError: naming the request
        """
        for request in self:
            if not (request.identity_check or '').strip():
                raise UserError(self.env._(
                    "%(request)s: enter how it was made sure that the person itself asks.", request=request.display_name))

    def _find_records(self):
        """Return where the person stands beside its own contact record, in superuser mode. One record.

        A record counts that links to the person or holds its e-mail.

        :rtype: list of recordsets, one for each model
        """
        self.ensure_one()
        person = self.partner_id
        email = email_normalize(person.email or '')
        found = []
        for name in sorted(self.env):
            # sudo: all that is known is looked for, and numbers alone are noted
            model_sudo = self.env[name].sudo().with_context(active_test=False)
            if model_sudo._transient or model_sudo._abstract or not model_sudo._auto or name in NOT_LOOKED_AT or name == self._name:
                continue
            domains = [
                Domain(field.name, '=', person.id) for field in model_sudo._fields.values()
                if field.comodel_name == 'res.partner' and field.type == 'many2one' and field.store and field.column_type
            ]
            if email:
                domains += [
                    Domain(column, '=ilike', email.replace('_', r'\_')) for column in EMAIL_COLUMNS
                    if column in model_sudo._fields and model_sudo._fields[column].store
                ]
            if domains and (records := model_sudo.search(Domain.OR(domains), order='id')):
                found.append(records)
        return found

    @api.model
    def _get_erasable_columns(self, records):
        """Return the columns of ``records`` that hold contact data and no evidence."""
        return getattr(records, '_personal_columns', ())

    def _prepare_copy(self):
        """Return the person's data as sheets of rows, each row one piece of data.

        :rtype: dict of title → list of [label, text]
        """
        self.ensure_one()
        # sudo: a person gets all that is kept of it, whoever answers
        person_sudo = self.partner_id.sudo()
        own = [
            [person_sudo._fields[name]._description_string(self.env), self._get_text(person_sudo, name)]
            for name in PERSON_FIELDS if name in person_sudo._fields and person_sudo[name]
        ]
        own += [[self.env._("Login"), user.login] for user in person_sudo.with_context(active_test=False).user_ids]
        sheets = {self.env._("Person"): own}
        for records in self._find_records():
            # sudo: the name of a model is no secret
            title = self.env['ir.model']._get(records._name).sudo().name
            columns = [
                name for name in (*EMAIL_COLUMNS, 'phone', 'mobile', 'contact_name', 'addressee', 'contact_phone')
                if name in records._fields]
            sheets[title] = [
                [record.display_name or str(record.id), "; ".join(
                    str(record[name]) for name in columns if record[name])]
                for record in records
            ]
        return sheets

    @api.model
    def _get_text(self, record, name):
        """Return a field's value as people read it."""
        value = record[name]
        if isinstance(value, models.BaseModel):
            return ", ".join(value.mapped('display_name'))
        return str(value)

    @api.model
    def _write_xlsx(self, sheets):
        """Return sheets of two columns as xlsx.

        :param dict sheets: title → list of [label, text]
        :rtype: bytes
        """
        output = io.BytesIO()
        with xlsxwriter.Workbook(output, {'in_memory': True}) as workbook:
            for number, (title, rows) in enumerate(sheets.items(), 1):
                sheet = workbook.add_worksheet(str(number))
                sheet.set_column(0, 1, 40)
                sheet.write_string(0, 0, title, workbook.add_format({'bold': True}))
                for index, row in enumerate(rows, 1):
                    for column, text in enumerate(row):
                        # text only: nothing is to be taken for a formula
                        sheet.write_string(index, column, text)
        return output.getvalue()


class CfiaPersonalRequestLine(models.Model):
    """Where a person's data were found: a model and how many records."""

    _name = 'cfia.personal.request.line'
    _description = "Place of Personal Data"
    _inherit = ['cfia.guard.mixin']
    _order = 'request_id, res_model'
    _rec_name = 'res_model'
    _made_by_steps = True

    request_id = fields.Many2one(
        'cfia.personal.request', string="Request about Personal Data", required=True, readonly=True, index=True,
        ondelete='cascade')
    res_model = fields.Char(string="Model", required=True, readonly=True)
    res_name = fields.Char(string="Data", compute='_compute_res_name')
    record_count = fields.Integer(string="Records", readonly=True)
    is_erasable = fields.Boolean(
        string="Erased With a Deletion", readonly=True,
        help="Contact data of these records are blanked; others are papers, letters and mails that stay as they were.")

    @api.depends('res_model')
    @api.depends_context('lang')
    def _compute_res_name(self):
        for line in self:
            # sudo: the name of a model is no secret
            line.res_name = self.env['ir.model']._get(line.res_model).sudo().name or line.res_model
