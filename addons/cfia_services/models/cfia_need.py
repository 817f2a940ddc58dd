from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import email_normalize, html2plaintext
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.email import join_emails
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.index import trigram_index
from odoo.addons.cfia_membership.tools.task import assign

_lt = LazyTranslate(__name__)

# What stands once it was replied to.
REPLIED_FIELDS = (
    'name', 'description', 'reply', 'reply_attachment_ids', 'partner_id', 'kind_id', 'date', 'source')
SATISFACTIONS = [('1', "Very dissatisfied"), ('2', "Dissatisfied"), ('3', "So-so"), ('4', "Satisfied"), ('5', "Very satisfied")]


class CfiaNeed(models.Model):
    """A need or question of a member, which has to be answered (服务需求, article 3.7).

    However it arrives, it is one record with an owner department, a deadline, the course of its
    forwarding, a reply and the number under which it is archived. It is never deleted.
    """

    _name = 'cfia.need'
    _personal_columns = ('email', 'phone')
    _description = "Need of a Member"
    _inherit = ['cfia.guard.mixin', 'cfia.unit.person.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'date desc, id desc'
    _frozen_when = dict.fromkeys(('replied', 'set_aside'), REPLIED_FIELDS)
    _kept_when = True
    _guard_texts = {
        'write': _lt("The course of a need is written by its buttons."),
        'frozen': _lt("It was replied to. Reopen it first."),
        'unlink': _lt(
            "It has to be answered and archived. Answer it together with another one if it came twice."),
    }

    name = fields.Char(string="Subject", required=True, tracking=True)
    description = fields.Text(required=True)
    wished_form = fields.Char(string="Wished For", help="In which form the member would like to be helped.")
    partner_id = fields.Many2one(
        'res.partner', string="Unit", index='btree_not_null', ondelete='restrict', domain=[('is_company', '=', True)])
    member_number = fields.Char(related='partner_id.member_number')
    unit_is_member = fields.Boolean(compute='_compute_unit_is_member')
    contact_id = fields.Many2one(
        'res.partner', string="Person Asking", ondelete='set null', domain="[('parent_id', '=', partner_id)]")
    contact_name = fields.Char(string="Name of the Person")
    email = fields.Char()
    phone = fields.Char()
    source = fields.Selection(
        selection=[
            ('round', "Round of needs"), ('portal', "Portal"), ('mail', "E-mail message"), ('phone', "Telephone"), ('visit', "Visit"),
            ('enquiry', "Enquiry"), ('other', "Other"),
        ],
        required=True, default='phone')
    round_id = fields.Many2one('cfia.need.round', readonly=True, index='btree_not_null', ondelete='restrict')
    enquiry_id = fields.Many2one(
        'cfia.enquiry', string="From Enquiry", readonly=True, copy=False, index='btree_not_null', ondelete='restrict')
    date = fields.Date(string="Asked On", required=True, default=lambda self: association_today(), index=True)
    kind_id = fields.Many2one(
        'cfia.need.kind', string="Kind of Need", required=True, index=True, ondelete='restrict', tracking=True,
        default=lambda self: self.env['cfia.need.kind'].search([], order='sequence desc, id desc', limit=1))
    urgency = fields.Selection(
        selection=[('0', "Normal"), ('1', "Urgent"), ('2', "Very urgent")], required=True, default='0')
    department_id = fields.Many2one(
        'cfia.department', string="Department in Charge", compute='_compute_department_id', store=True, readonly=False,
        precompute=True, required=True, index=True, ondelete='restrict', tracking=True)
    user_id = fields.Many2one('res.users', string="Person in Charge", tracking=True, index='btree_not_null')
    date_forwarded = fields.Date(string="Passed On", readonly=True, copy=False)
    date_deadline = fields.Date(
        string="Reply By", compute='_compute_date_deadline', store=True, readonly=False, precompute=True, required=True)
    state = fields.Selection(
        selection=[('open', "To reply"), ('replied', "Replied"), ('set_aside', "Set aside")],
        required=True, readonly=True, default='open', copy=False, tracking=True, index=True)
    is_overdue = fields.Boolean(compute='_compute_is_overdue', search='_search_is_overdue')
    escalation = fields.Selection(
        selection=[('department', "To the organisation department"), ('secretary_general', "To the secretary-general")],
        string="Escalated", readonly=True, copy=False)
    # Reply
    reply = fields.Html(copy=False)
    reply_text = fields.Text(compute='_compute_reply_text', store=True)
    # sudo: as with all of Odoo's fields of attachments, the rights are those of the record that each belongs to
    attachment_ids = fields.Many2many(
        'ir.attachment', 'cfia_need_attachment_rel', string="Papers of the Member", copy=False, bypass_search_access=True)
    # sudo: as above
    reply_attachment_ids = fields.Many2many(
        'ir.attachment', 'cfia_need_reply_attachment_rel', string="Enclosures of the Reply", copy=False,
        bypass_search_access=True)
    date_replied = fields.Date(string="Replied On", readonly=True, copy=False, index='btree_not_null')
    replied_by_id = fields.Many2one('res.users', string="Replied By", readonly=True, copy=False)
    document_id = fields.Many2one(
        'cfia.document', string="Reply on File", readonly=True, copy=False, ondelete='restrict', index='btree_not_null')
    archive_number = fields.Char(related='document_id.name', string="Archive Number")
    duplicate_of_id = fields.Many2one('cfia.need', string="Answered With", readonly=True, copy=False, ondelete='restrict')
    # What came of it
    satisfaction = fields.Selection(selection=SATISFACTIONS, readonly=True, copy=False)
    satisfaction_note = fields.Text(string="Remark of the Member", readonly=True, copy=False)
    date_rated = fields.Date(string="Rated On", readonly=True, copy=False)
    reopen_count = fields.Integer(string="Times Reopened", readonly=True, copy=False)
    step_ids = fields.One2many('cfia.need.step', 'need_id', string="Course", readonly=True)

    _open_idx = models.Index("(date_deadline) WHERE state = 'open'")
    _enquiry_unique = models.UniqueIndex(
        '(enquiry_id) WHERE enquiry_id IS NOT NULL', "This enquiry is a need already.")
    _without_unit_idx = models.Index('(date DESC, id DESC) WHERE partner_id IS NULL')
    _dissatisfied_idx = models.Index("(date DESC, id DESC) WHERE satisfaction IN ('1', '2')")
    _name_trigram_idx = trigram_index('name')
    _description_trigram_idx = trigram_index('description')
    _reply_text_trigram_idx = trigram_index('reply_text')

    # === COMPUTE METHODS === #

    @api.depends('partner_id.member_state')
    def _compute_unit_is_member(self):
        for need in self:
            need.unit_is_member = need.partner_id.member_state == 'member'

    @api.depends('kind_id')
    def _compute_department_id(self):
        for need in self:
            need.department_id = need.kind_id.department_id or need.department_id

    @api.depends('kind_id', 'date', 'urgency')
    def _compute_date_deadline(self):
        for need in self:
            need.date_deadline = need._get_deadline(need.date or association_today())

    def _get_deadline(self, day):
        """Return by when what came on a day is to be answered: what is urgent in half or a third of the time."""
        self.ensure_one()
        days = (self.kind_id.days or 15) // (1 + int(self.urgency or '0'))
        return day + timedelta(days=max(days, 1))

    @api.depends('state', 'date_deadline')
    def _compute_is_overdue(self):
        today = association_today()
        for need in self:
            need.is_overdue = need.state == 'open' and need.date_deadline and need.date_deadline < today

    def _search_is_overdue(self, operator, value):
        if operator != 'in':
            return NotImplemented
        return [('state', '=', 'open'), ('date_deadline', '<', association_today())]

    @api.depends('reply')
    def _compute_reply_text(self):
        for need in self:
            need.reply_text = html2plaintext(need.reply or '').strip()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Receive needs: an owner by the rule of their kind, a deadline and an activity."""
        needs = super().create(vals_list)
        needs._file_papers()
        needs._enter_step('received')
        needs._schedule_reply()
        return needs

    def write(self, vals):
        """Note to which department needs were passed on."""
        before = {need: need.department_id for need in self} if 'department_id' in vals or 'kind_id' in vals else {}
        result = super().write(vals)
        if {'attachment_ids', 'partner_id'} & vals.keys():
            self._file_papers()
        moved = self.filtered(lambda need: need in before and before[need] != need.department_id)
        if moved:
            moved._enter_step('forwarded', self.env.context.get('cfia_need_note') or '')
            unlocked(moved).write({'date_forwarded': association_today(), 'user_id': False})
            moved._schedule_reply()
        return result

    def _file_papers(self):
        """Put what members sent with their needs into their files, each paper once."""
        # sudo: filing follows from the act, whoever took the need down
        Paper = self.env['cfia.member.file.paper'].sudo()
        with_papers = self.filtered('attachment_ids')
        if not with_papers:
            return
        for need in with_papers:
            need.attachment_ids._adopt(need)
        members = with_papers.filtered('partner_id.member_number')
        filed = Paper.search([('attachment_id', 'in', members.attachment_ids.ids)]).attachment_id
        for need in members:
            self.env['cfia.member.file']._file_attachments(
                need.partner_id, need.attachment_ids - filed, 'letter', need.date, need)

    # === MAIL === #

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Take a mail to the address for questions as a need."""
        self = self._fallback_lang()  # noqa: PLW0642 the mail gateway has no language
        # an address is what a sender claims: whoever registered with it is no contact of a unit
        sender = self.env['res.partner']._find_sender(msg_dict.get('email_from')).with_env(self.env)
        if not any(user._is_internal() for user in self.env['res.partner'].browse(msg_dict.get('author_id') or ()).user_ids):
            msg_dict['author_id'] = sender.id
        unit = sender.commercial_partner_id
        text = html2plaintext(msg_dict.get('body') or '').strip()
        subject = msg_dict.get('subject') or self.env._("No subject")
        return super().message_new(msg_dict, {
            'name': subject,
            'description': text or subject,
            'source': 'mail',
            'partner_id': unit.id if unit.is_company else False,
            'contact_id': sender.id if sender != unit else False,
            'email': email_normalize(msg_dict.get('email_from') or ''),
            **(custom_values or {}),
        })

    def message_update(self, msg_dict, update_vals=None):
        """Take up again what a member writes about after the reply."""
        self = self._fallback_lang()  # noqa: PLW0642 the mail gateway has no language
        result = super().message_update(msg_dict, update_vals)
        text = html2plaintext(msg_dict.get('body') or '').strip()
        for need in self.filtered(lambda need: need.state == 'replied'):
            need._reopen(text[:200] or msg_dict.get('subject') or self.env._("By e-mail"))
        return result

    def _message_post_after_hook(self, message, msg_vals):
        """Keep what came with the mail that asked among the papers of the member."""
        if message.message_type == 'email' and message.attachment_ids and self.source == 'mail':
            # sudo: the mail gateway posts for a person outside
            self.sudo().attachment_ids |= message.attachment_ids
        return super()._message_post_after_hook(message, msg_vals)

    @api.model
    def _make_from_enquiry(self, enquiry):
        """Return a new need of what was asked in an enquiry. One record."""
        question = (enquiry.question or enquiry.name).strip()
        # the link to the enquiry is written by this act alone
        return unlocked(self).create({
            'name': question.splitlines()[0][:60],
            'description': question,
            'partner_id': enquiry.partner_id.id,
            'contact_name': enquiry.contact_name,
            'email': enquiry.email,
            'phone': enquiry.phone,
            'source': 'enquiry',
            'enquiry_id': enquiry.id,
            'date': enquiry.date,
        })

    # === ACTION METHODS === #

    def action_reply(self):
        """Send the reply by mail and to the portal, print it and put it into the member's file.

        :raise UserError: for needs without unit or reply, or that were replied to
        """
        self.check_access('write')
        for need in self:
            if need.state != 'open':
                raise UserError(self.env._("“%(need)s” waits for no reply.", need=need.name))
            if not need.partner_id:
                raise UserError(self.env._("“%(need)s”: choose the unit that asks.", need=need.name))
            if not (need.reply_text or '').strip():
                raise UserError(self.env._("“%(need)s”: write the reply first.", need=need.name))
            need.reply_attachment_ids._adopt(need)
        self._reply()
        return True

    def action_take(self):
        """Reply to these oneself."""
        self.check_access('write')
        for need in self.filtered(lambda need: need.state == 'open'):
            need.user_id = self.env.user
            need._schedule_reply()
        return True

    def action_forward(self):
        """Pass on to another department."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Pass On"),
            'res_model': 'cfia.need.forward',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_need_ids': self.ids},
        }

    def action_write_reply(self):
        """Open the dialog in which a need is replied to, with earlier replies beside it.

        :raise UserError: for a need that waits for no reply
        """
        self.ensure_one()
        self.check_access('write')
        if self.state != 'open':
            raise UserError(self.env._("“%(need)s” waits for no reply.", need=self.name))
        wizard = self.env['cfia.need.reply'].create({
            'need_id': self.id, 'reply': self.reply, 'attachment_ids': self.reply_attachment_ids.ids})
        return wizard._get_dialog()

    def action_set_aside(self):
        """Set aside what is no question of a member, giving the reason."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Set Aside"),
            'res_model': 'cfia.need.set.aside',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_need_ids': self.ids},
        }

    def action_answer_together(self):
        """Answer what came twice with the same reply: the oldest selected one's.

        :raise UserError: when they are of several units
        """
        self.check_access('write')
        first, others = self.sorted('id')[:1], self.sorted('id')[1:]
        if not others or len(self.partner_id) != 1 or any(need.state != 'open' for need in others):
            raise UserError(self.env._("Choose several open needs of one unit, the one to reply to among them."))
        unlocked(others).write({'duplicate_of_id': first.id})
        others._enter_step('joined', first.name)
        if first.state == 'replied':
            others._reply_with(first)
        return True

    # === BUSINESS METHODS === #

    def _reply(self):
        """Archive and send the replies."""
        today = association_today()
        duplicates = self.search([('duplicate_of_id', 'in', self.ids), ('state', '=', 'open')])
        documents = self.env['cfia.document']._issue('need_reply', [need._prepare_document_values() for need in self])
        for need, document in zip(self, documents):
            unlocked(need).write({
                'state': 'replied', 'date_replied': today, 'replied_by_id': self.env.uid, 'document_id': document.id,
                'duplicate_of_id': False,
            })
            # sudo: what became of the letter follows from the act
            need._send_reply(document.sudo())
        self._enter_step('replied')
        self.activity_feedback(['cfia_services.mail_act_need_reply', 'cfia_services.mail_act_need_overdue'])
        for need in self:
            duplicates.filtered(lambda other, need=need: other.duplicate_of_id == need)._reply_with(need)

    def _set_aside(self, reason):
        """Set aside what is no question of a member: advertisement, a wrong address. It stays on record.

        :param str reason: why it needs no reply
        :raise UserError: for a need of a member, naming it: every one is answered
        """
        for need in self:
            if need.state != 'open' or need.partner_id.member_state == 'member' or need.round_id:
                raise UserError(self.env._(
                    "“%(need)s” is a question of a member. It is answered, not set aside.", need=need.name))
        unlocked(self).write({'state': 'set_aside'})
        self._enter_step('set_aside', reason)
        # sudo: activities of whoever was to reply
        self.sudo().activity_unlink(['cfia_services.mail_act_need_reply', 'cfia_services.mail_act_need_overdue'])

    def _reply_with(self, need):
        """Reply to these as to another one; each gets its own number."""
        for duplicate in self:
            unlocked(duplicate).write({
                'reply': need.reply, 'reply_attachment_ids': [Command.set(need.reply_attachment_ids.ids)]})
        self._reply()

    def _prepare_document_values(self):
        """Return what the reply letter prints, frozen."""
        self.ensure_one()
        lang = self.partner_id._get_reader_lang()
        need = self.with_context(lang=lang)
        return {
            'partner_id': self.partner_id.id,
            'res_model': self._name,
            'res_id': self.id,
            'data': {
                'unit_name': self.partner_id.name,
                'member_number': self.partner_id.member_number or '',
                'contact': self.contact_id.name or self.contact_name or '',
                'date': self.date.isoformat(),
                'source': dict(self._fields['source']._description_selection(need.env))[self.source],
                'round': need.round_id.name or '',
                'kind': need.kind_id.name,
                'urgency': dict(self._fields['urgency']._description_selection(need.env))[self.urgency],
                'subject': self.name,
                'description': self.description,
                'wished_form': self.wished_form or '',
                'department': need.department_id.name,
                'replied_by': self.env.user.name,
                'reply': self.reply_text,
                'enclosures': self.reply_attachment_ids.mapped('name'),
            },
        }

    def _send_reply(self, letter):
        """Send the reply to who asked; it stands in the portal, too. Without an address the letter goes by post.

        :param letter: the reply on file, in superuser mode
        """
        self.ensure_one()
        # sudo: the contact of a unit may be read by those who reply to it
        contact = (self.contact_id or self.partner_id._get_role_contacts('contact')[self.partner_id]).sudo()
        email = join_emails(self.email, contact.email, self.partner_id.email)
        # to a person of the unit, or to the address alone
        is_contact = bool(email) and join_emails(contact.email) == email and (
            contact.commercial_partner_id == self.partner_id.sudo().commercial_partner_id)  # sudo: as above
        lang = (contact or self.partner_id)._get_reader_lang()
        link = Markup('<p><a href="{}">{}</a></p>').format(
            f'{self.get_base_url()}/my/membership/needs/{self.id}',
            self.with_context(lang=lang).env._("Read the reply in the portal, say how satisfied you are, or ask again"))
        self.message_post(
            body=self.reply + link,
            subject=self.with_context(lang=lang).env._("Reply: %(subject)s", subject=self.name),
            attachment_ids=self.reply_attachment_ids.ids,
            subtype_xmlid='mail.mt_comment',
            message_type='comment',
            partner_ids=contact.ids if is_contact else [],
            outgoing_email_to=email if email and not is_contact else False,
        )
        if email:
            unlocked(letter).write({'delivery_way': 'mail', 'delivery_state': 'outgoing', 'delivery_email': email})

    def _set_delivery(self, delivery_state, error=False):
        """Note on the reply what became of its mail."""
        # sudo: the server's answer comes in whoever replied
        self.sudo().document_id.filtered(
            lambda letter: letter.delivery_state in ('outgoing', 'sent'))._set_delivery(delivery_state, error)

    def _receive_bounce(self, email):
        """Note on the reply that its mail came back."""
        # sudo: as above
        self.sudo().document_id.filtered(lambda letter: letter.delivery_way == 'mail')._receive_bounce(email)

    def _get_portal_state(self):
        """Return what the member reads of the state."""
        self.ensure_one()
        if self.state == 'open' and self.reopen_count:
            return self.env._("Taken up again")
        return {
            'open': self.env._("We are working on it"),
            'replied': self.env._("Replied"),
            'set_aside': self.env._("Not Taken Up"),
        }[self.state]

    def _get_earlier_replies(self):
        """Return the steps in which this need was replied to before its present reply, the latest first."""
        self.ensure_one()
        replies = self.step_ids.filtered(lambda step: step.kind == 'replied' and step.document_id)
        return (replies.filtered(lambda step: step.document_id != self.document_id)
                if self.state == 'replied' else replies).sorted('id', reverse=True)

    def _rate(self, satisfaction, note=''):
        """Take the member's view of the reply.

        :param str satisfaction: value of :attr:`satisfaction`
        :raise UserError: before there is a reply, or for a value that is none
        """
        self.ensure_one()
        if self.state != 'replied' or satisfaction not in dict(SATISFACTIONS):
            raise UserError(self.env._("Please choose how satisfied you are with the reply."))
        unlocked(self).write({
            'satisfaction': satisfaction, 'satisfaction_note': note or False, 'date_rated': association_today()})
        self._enter_step('rated', dict(self._fields['satisfaction']._description_selection(self.env))[satisfaction])

    def _reopen(self, reason):
        """Take up again what the member is not helped with.

        :raise UserError: before there is a reply, or without a reason
        """
        self.ensure_one()
        if self.state == 'open' or not (reason or '').strip():
            raise UserError(self.env._("Please say what the reply left open."))
        today = association_today()
        unlocked(self).write({
            'state': 'open', 'reopen_count': self.reopen_count + 1, 'reply': False, 'escalation': False,
            # what was replied and enclosed stays with its step
            'reply_attachment_ids': [Command.clear()],
            'date_deadline': self._get_deadline(today)})
        self._enter_step('reopened', reason)
        self._schedule_reply()

    def action_reopen(self):
        """Take up again, for a member who asked by telephone."""
        self.check_access('write')
        for need in self:
            need._reopen(self.env._("Entered by %(user)s", user=self.env.user.name))
        return True

    def _enter_step(self, kind, text=''):
        """Append to the course of these needs."""
        # sudo: the course is written by the acts, never by hand
        self.env['cfia.need.step'].sudo().create([
            {
                'need_id': need.id, 'kind': kind, 'department_id': need.department_id.id, 'text': text,
                'user_id': self.env.uid,
                **({'document_id': need.document_id.id,
                    'attachment_ids': [Command.set(need.reply_attachment_ids.ids)]} if kind == 'replied' else {}),
            }
            for need in self
        ])

    def _schedule_reply(self):
        """Put what is to be answered before the owner."""
        activity = 'cfia_services.mail_act_need_reply'
        # sudo: the activity may be another user's
        to_reply = self.sudo().filtered(lambda need: need.state == 'open')
        to_reply.activity_unlink([activity])
        quick = to_reply.with_context(mail_activity_quick_update=True)
        for (department, user, deadline), needs in quick.grouped(
                lambda need: (need.department_id, need.user_id, need.date_deadline)).items():
            owner = user.filtered('active') or department and department._get_responsible() or user
            assign(needs, activity, owner, date_deadline=deadline)

    # === CRON METHODS === #

    @api.model
    def _cron_escalate(self, batch_size=500):
        """Put overdue needs before the organisation department, then before the secretary-general, each once."""
        today = association_today()
        grace = timedelta(days=self.env.company.cfia_need_escalation_days)
        organisation = self.env.ref('cfia_membership.cfia_department_organisation')
        # what was missed for long goes to the department first, and on the next day further
        levels = (
            ('secretary_general', today - grace, self.env.company._get_secretaries_general()[:1]),
            ('department', today, organisation._get_responsible()),
        )
        for level, limit, user in levels:
            earlier = 'department' if level == 'secretary_general' else False
            domain = [('state', '=', 'open'), ('date_deadline', '<', limit), ('escalation', '=', earlier)]
            while needs := self.search(domain, order='id', limit=batch_size).try_lock_for_update():
                if user:
                    assign(
                        needs.with_context(mail_activity_quick_update=True), 'cfia_services.mail_act_need_overdue', user,
                        date_deadline=today, summary=lambda user: self.with_context(lang=user._get_reader_lang()).env._(
                            "A need has not been answered in time"))
                needs._enter_step('escalated', dict(self._fields['escalation']._description_selection(self.env))[level])
                unlocked(needs).write({'escalation': level})
                if not self.env['ir.cron']._commit_progress(len(needs)):
                    return


class CfiaNeedStep(models.Model):
    """A step in the course of a need. Never changed."""

    _name = 'cfia.need.step'
    _description = "Step of a Need"
    _inherit = ['cfia.ledger.mixin']
    _order = 'id'
    _rec_name = 'kind'

    need_id = fields.Many2one('cfia.need', required=True, index=True, ondelete='restrict')
    kind = fields.Selection(
        selection=[
            ('received', "Need received"), ('forwarded', "Passed on"), ('joined', "Answered together with"),
            ('escalated', "Escalated"), ('replied', "Replied"), ('rated', "Rated"), ('reopened', "Reopened"),
            ('set_aside', "Set aside"),
        ],
        required=True)
    department_id = fields.Many2one('cfia.department', string="Department in Charge", required=True)
    user_id = fields.Many2one('res.users', string="By", required=True)
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    text = fields.Char(string="Remarks")
    document_id = fields.Many2one('cfia.document', string="Reply on File", ondelete='restrict')
    archive_number = fields.Char(related='document_id.name', string="Archive Number")
    # sudo: as with the papers of the need
    attachment_ids = fields.Many2many(
        'ir.attachment', 'cfia_need_step_attachment_rel', string="Attached Files", bypass_search_access=True)
