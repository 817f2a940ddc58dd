import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools.translate import LazyTranslate

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.index import trigram_index

_lt = LazyTranslate(__name__)

DIGITS = re.compile(r'\d{4,20}')


class CfiaDuesReceipt(models.Model):
    """Fiscal receipt of dues (会费票据): asked for here, issued on the finance ministry's platform.

    A receipt is over what was paid of one or several years' dues. It is entered with the platform's
    code and number, mailed with its file, and void or issued anew; its number is never used twice.
    """

    _name = 'cfia.dues.receipt'
    _description = "Dues Receipt"
    _inherit = ['cfia.guard.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _check_company_auto = True
    _frozen_when = dict.fromkeys(('issued', 'void'), '*')
    _never_frozen = ('amount_uncovered',)
    _numbered_by = ('name', 'cfia.dues.receipt')
    _guard_texts = {
        'write': _lt("Ask for receipts from the dues lines that are paid, and issue them or declare them void by their "
                     "buttons."),
        'frozen': _lt("It is issued. Declare it void and issue it anew instead."),
        'unlink': _lt("It is part of the register. Declare it void instead."),
    }

    name = fields.Char(string="Request Number", readonly=True, copy=False, required=True, index=True)
    company_id = fields.Many2one(
        'res.company', required=True, readonly=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    partner_id = fields.Many2one(
        'res.partner', string="Payer", required=True, index=True, ondelete='restrict')
    title = fields.Char(
        string="Receipt Title", compute='_compute_title', store=True, readonly=False, precompute=True, required=True)
    uscc = fields.Char(
        string="USCC of the Payer", compute='_compute_title', store=True, readonly=False, precompute=True)
    email = fields.Char(
        string="Send To", compute='_compute_email', store=True, readonly=False, precompute=True)
    item_ids = fields.One2many('cfia.dues.receipt.item', 'receipt_id', string="Items", readonly=True)
    amount = fields.Monetary(compute='_compute_amount', store=True)
    years = fields.Char(compute='_compute_years', string="Dues Of")
    state = fields.Selection(
        selection=[('requested', "Requested"), ('issued', "Receipt issued"), ('void', "Void")],
        required=True, default='requested', readonly=True, copy=False, index=True, tracking=True)
    origin = fields.Selection(
        selection=[('staff', "Finance"), ('portal', "Member")], string="Asked For By",
        required=True, default='staff', readonly=True)
    date_requested = fields.Date(required=True, readonly=True, default=lambda self: association_today())
    date_exported = fields.Datetime(string="Handed Over", readonly=True, copy=False)
    # As issued
    code = fields.Char(string="Receipt Code", copy=False, help="票据代码")
    number = fields.Char(string="Receipt Number", copy=False, index='btree_not_null', help="票据号码")
    check_code = fields.Char(copy=False, help="校验码")
    date_issued = fields.Date(string="Receipt Issued On", copy=False)
    attachment_id = fields.Many2one('ir.attachment', readonly=True, copy=False, ondelete='restrict')
    file = fields.Binary(string="Receipt File", compute='_compute_file', inverse='_inverse_file')
    file_name = fields.Char(compute='_compute_file', inverse='_inverse_file')
    date_sent = fields.Datetime(string="Mailed", readonly=True, copy=False)
    # The money that it is over was taken back or moved
    amount_uncovered = fields.Monetary(
        compute='_compute_amount_uncovered', store=True,
        help="What the receipt says was paid and is not any more: the payment was undone, moved or taken back.")
    amount_moved = fields.Monetary(
        string="Moved to Another Unit", readonly=True, copy=False, help="What of its money is another unit's by decision.")
    amount_kept = fields.Monetary(
        string="Kept by Decision", readonly=True, copy=False, help="Finance decided that the receipt stays as it is.")
    kept_reason = fields.Char(string="Why Kept", readonly=True, copy=False)
    kept_by_id = fields.Many2one('res.users', string="Kept By", readonly=True, copy=False)
    date_kept = fields.Date(string="Kept Since", readonly=True, copy=False)
    # Void and issued anew
    date_void = fields.Date(string="Void Since", readonly=True, copy=False)
    void_reason = fields.Char(string="Why Void", readonly=True, copy=False)
    replaces_id = fields.Many2one(
        'cfia.dues.receipt', string="Instead Of", readonly=True, copy=False, index='btree_not_null', ondelete='restrict')
    replaced_by_ids = fields.One2many('cfia.dues.receipt', 'replaces_id', string="Issued Anew As")

    _name_unique = models.UniqueIndex('(company_id, name)', "The number of a request is given once.")
    _number_unique = models.UniqueIndex(
        "(company_id, COALESCE(code, ''), number) WHERE number IS NOT NULL",
        "A receipt of this code and number is registered already.")
    _issued_complete = models.Constraint(
        "CHECK (state != 'issued' OR (number IS NOT NULL AND date_issued IS NOT NULL))",
        "An issued receipt has a number and a date.")
    _to_send_idx = models.Index("(id) WHERE date_sent IS NULL AND state = 'issued'")
    _date_issued_idx = models.Index('(date_issued) WHERE date_issued IS NOT NULL')
    _date_requested_idx = models.Index('(date_requested)')
    _name_trigram_idx = trigram_index('name')
    _number_trigram_idx = trigram_index('number')
    _code_trigram_idx = trigram_index('code')

    # === COMPUTE METHODS === #

    @api.depends('partner_id')
    def _compute_title(self):
        for receipt in self:
            receipt.title = receipt.partner_id.name
            # sudo: printed on the paper, whoever asks for it
            receipt.uscc = receipt.sudo().partner_id.uscc

    @api.depends('partner_id')
    def _compute_email(self):
        contacts = self.partner_id._get_role_contacts('finance')
        for receipt in self:
            contact = contacts.get(receipt.partner_id, receipt.partner_id)
            receipt.email = contact.email or receipt.partner_id.email

    @api.depends(
        'state', 'amount_kept', 'amount_moved', 'item_ids.amount', 'item_ids.is_gone', 'item_ids.dues_line_id.amount_unreceipted',
        'item_ids.credit_item_id.amount_residual')
    def _compute_amount_uncovered(self):
        """Find the receipts whose money went: the newest of a line are over what is missing."""
        for receipt in self:
            # sudo: the money is no secret to who keeps receipts
            uncovered = sum(item._get_uncovered() for item in receipt.sudo().item_ids)
            # what was moved and then undone is gone once
            uncovered = min(uncovered + receipt.amount_moved, receipt.amount) - receipt.amount_kept
            receipt.amount_uncovered = max(receipt.currency_id.round(uncovered), 0.0) if receipt.state == 'issued' else 0.0

    @api.depends('item_ids.amount')
    def _compute_amount(self):
        for receipt in self:
            receipt.amount = sum(receipt.item_ids.mapped('amount'))

    @api.depends('item_ids.dues_line_id.year')
    @api.depends_context('lang')
    def _compute_years(self):
        for receipt in self:
            years = [str(year) for year in sorted(set(receipt.item_ids.dues_line_id.mapped('year')))]
            if receipt.item_ids.filtered(lambda item: not item.dues_line_id):
                years.append(self.env._("paid ahead"))
            receipt.years = "、".join(years)

    @api.depends('attachment_id')
    def _compute_file(self):
        for receipt in self:
            receipt.file = receipt.attachment_id.datas
            receipt.file_name = receipt.attachment_id.name

    def _inverse_file(self):
        for receipt in self.filtered('file'):
            # of an issued one the guard refuses it
            target = unlocked(receipt) if receipt.state == 'requested' else receipt
            target.attachment_id = self.env['ir.attachment'].create({
                'name': receipt.file_name or f'{receipt.name}.pdf',
                'datas': receipt.file,
                'res_model': self._name,
                'res_id': receipt.id,
            })

    @api.depends('name', 'title', 'number')
    def _compute_display_name(self):
        for receipt in self:
            receipt.display_name = f"{receipt.number or receipt.name or ''} {receipt.title or ''}".strip()

    # === CONSTRAINT METHODS === #

    @api.constrains('code', 'number')
    def _check_number(self):
        for receipt in self:
            for value in filter(None, (receipt.code, receipt.number)):
                if not DIGITS.fullmatch(value):
                    raise ValidationError(self.env._(
                        "“%(value)s” of %(receipt)s is no receipt code or number: these have digits alone.",
                        value=value, receipt=receipt.name))

    # === ACTION METHODS === #

    def action_issue(self):
        """Enter the receipts as issued and put their files into the members' files.

        :raise UserError: naming a receipt without number or date
        """
        self.check_access('write')
        todo = self.filtered(lambda receipt: receipt.state == 'requested')
        bare = todo.filtered(lambda receipt: not receipt.number or not receipt.date_issued)[:1]
        if bare:
            raise UserError(self.env._(
                "Enter the number and the date under which %(receipt)s was issued first.", receipt=bare.display_name))
        unlocked(todo).write({'state': 'issued'})
        todo._file_papers()
        return True

    def action_send(self):
        """Mail issued receipts with their files.

        :raise UserError: naming a receipt that cannot be mailed, and why
        """
        self.check_access('write')
        for receipt in self:
            if receipt.state != 'issued' or not receipt.attachment_id:
                raise UserError(self.env._(
                    "%(receipt)s cannot be mailed: it has to be issued and have a file.", receipt=receipt.display_name))
            if not receipt.email:
                raise UserError(self.env._(
                    "%(receipt)s has no e-mail address to send it to.", receipt=receipt.display_name))
        self._send()
        return True

    def action_void(self):
        """Ask why these receipts become void."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Declare Void"),
            'res_model': 'cfia.dues.receipt.void',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_receipt_ids': self.ids},
        }

    def action_keep(self):
        """Ask why these receipts stay although their money was taken back or moved."""
        return {**self.action_void(), 'name': self.env._("Keep Receipts"), 'context': {
            'default_receipt_ids': self.ids, 'default_is_kept': True}}

    def action_view_dues_lines(self):
        """Open the dues that these receipts are over."""
        action = self.env['ir.actions.act_window']._for_xml_id('cfia_dues.cfia_dues_line_action')
        action['domain'] = [('id', 'in', self.item_ids.dues_line_id.ids)]
        action['context'] = {}
        return action

    # === BUSINESS METHODS === #

    @api.model
    def _request(self, dues_lines, origin='staff'):
        """Ask for receipts over what was paid of dues and has none yet: one for each payer.

        :param dues_lines: lines, many records
        :param str origin: a value of ``origin``
        :return: the new receipts
        """
        lines = dues_lines.filtered(
            lambda line: line.currency_id.compare_amounts(line.amount_unreceipted, 0.0) > 0)
        groups = list(lines.grouped(lambda line: (line.company_id, line.payer_id)).values())
        return unlocked(self.with_context(mail_create_nosubscribe=True)).create([
            {
                'company_id': group.company_id.id,
                'partner_id': group.payer_id.id,
                'origin': origin,
                'item_ids': [
                    Command.create({
                        'dues_line_id': line.id,
                        'amount': line.amount_unreceipted,
                        # two requests at once would take the same number
                        'sequence': len(line.receipt_item_ids) + 1,
                    })
                    for line in group.sorted('year')
                ],
            }
            for group in groups
        ]).with_env(self.env)

    def _keep(self, reason):
        """Note the decision that issued receipts stay, whatever became of their money.

        :param str reason: why
        :raise UserError: for one whose money is there
        """
        for receipt in self:
            if receipt.currency_id.compare_amounts(receipt.amount_uncovered, 0.0) <= 0:
                raise UserError(self.env._("The money of %(receipt)s is there: nothing is to be decided.", receipt=receipt.display_name))
            unlocked(receipt).write({
                'amount_kept': receipt.amount_kept + receipt.amount_uncovered, 'kept_reason': reason,
                'kept_by_id': self.env.uid, 'date_kept': association_today()})
            receipt.message_post(body=self.env._("Kept, though its money was taken back or moved: %(reason)s", reason=reason))

    def _note_moved(self, credits):
        """Note that money which these receipts are over is another unit's: finance decides on them.

        :param credits: journal items whose open rest moves, as it was before
        """
        for receipt in self:
            items = receipt.item_ids.filtered(lambda item: item.credit_item_id in credits and not item.dues_line_id)
            receipt.amount_moved += sum(items.mapped('amount'))

    def _void(self, reason):
        """Declare receipts void; what was paid has none again.

        :param str reason: why
        """
        todo = self.filtered(lambda receipt: receipt.state != 'void')
        unlocked(todo).write({'state': 'void', 'void_reason': reason, 'date_void': association_today()})

    def _issue_anew(self, reason, **vals):
        """Declare receipts void and ask for others in their place over what of the money is there.

        :param str reason: why
        :param vals: values of the new ones, as a title
        :return: the new receipts, none where all of the money went
        """
        left = {
            # sudo: the money is no secret to who keeps receipts
            item: item.currency_id.round(item.amount - item.sudo()._get_uncovered()) for item in self.item_ids}
        self._void(reason)
        return unlocked(self.browse()).create([
            {
                'company_id': receipt.company_id.id,
                'partner_id': receipt.partner_id.id,
                'title': receipt.title,
                'uscc': receipt.uscc,
                'email': receipt.email,
                'replaces_id': receipt.id,
                **vals,
                'item_ids': [
                    Command.create({
                        'dues_line_id': item.dues_line_id.id,
                        'credit_item_id': item.credit_item_id.id,
                        'amount': left[item],
                        'sequence': len((item.dues_line_id or item.credit_item_id).receipt_item_ids) + 1,
                    })
                    for item in receipt.item_ids if left[item] > 0
                ],
            }
            for receipt in self if any(left[item] > 0 for item in receipt.item_ids)
        ]).with_env(self.env)

    def _send(self):
        """Mail these receipts, their files attached, in the payers' languages."""
        if not self:
            return
        self.env.ref('cfia_dues.mail_template_dues_receipt').send_mail_batch(
            self.ids, email_layout_xmlid='mail.mail_notification_light')
        unlocked(self).write({'date_sent': fields.Datetime.now()})

    def _file_papers(self):
        """Put the issued papers into the files of the members that paid."""
        with_file = self.filtered(lambda receipt: receipt.attachment_id and receipt.partner_id.member_number)
        files = self.env['cfia.member.file']._open(with_file.partner_id).grouped('partner_id')
        # sudo: filing follows from the act
        self.env['cfia.member.file.paper'].sudo().create([
            {
                'file_id': files[receipt.partner_id].id,
                'name': self.env._("Receipt %(number)s", number=receipt.number),
                'kind': 'dues',
                'direction': 'out',
                'date': receipt.date_issued,
                'attachment_id': receipt.attachment_id.id,
                'res_model': self._name,
                'res_id': receipt.id,
            }
            for receipt in with_file
        ])

    # === MAIL METHODS === #

    def _process_attachments_for_template_post(self, mail_template):
        """Attach the receipts' files."""
        return {
            receipt.id: {'attachment_ids': receipt.attachment_id.ids}
            for receipt in self.filtered('attachment_id')
        }


class CfiaDuesReceiptItem(models.Model):
    """What a receipt is over: an amount paid of one member's dues for one year."""

    _name = 'cfia.dues.receipt.item'
    _description = "Item of a Dues Receipt"
    _inherit = ['cfia.guard.mixin']
    _order = 'receipt_id, id'
    _rec_name = 'dues_line_id'
    _frozen_with = ('receipt_id', 'item_ids')
    _made_by_steps = True
    _kept_when = True

    receipt_id = fields.Many2one('cfia.dues.receipt', required=True, index=True, ondelete='cascade')
    dues_line_id = fields.Many2one(
        'cfia.dues.line', string="Dues", readonly=True, index='btree_not_null', ondelete='restrict')
    credit_item_id = fields.Many2one(
        'account.move.line', string="Paid Ahead", readonly=True, index='btree_not_null', ondelete='restrict',
        help="Money for years that are not billed yet. Once one of them is paid from it, the item is over its dues.")
    is_gone = fields.Boolean(string="Money Taken Back", readonly=True, help="The money paid ahead was undone.")
    company_id = fields.Many2one(related='receipt_id.company_id', store=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    # sudo: who sees an item sees whose it is, also where it stands for money of a bank line
    partner_id = fields.Many2one('res.partner', string="Member", compute='_compute_partner_id', compute_sudo=True)
    year = fields.Integer(related='dues_line_id.year')
    sequence = fields.Integer(readonly=True, required=True, help="Counts the receipts of one dues line.")
    amount = fields.Monetary(readonly=True)
    state = fields.Selection(related='receipt_id.state', store=True)

    _sequence_unique = models.UniqueIndex(
        '(dues_line_id, sequence) WHERE dues_line_id IS NOT NULL',
        "Another receipt was asked for over the same dues just now.")
    _credit_sequence_unique = models.UniqueIndex(
        '(credit_item_id, sequence) WHERE dues_line_id IS NULL',
        "Another receipt was asked for over the same money just now.")
    _over_something = models.Constraint(
        'CHECK (dues_line_id IS NOT NULL OR credit_item_id IS NOT NULL OR is_gone)',
        "A receipt is over dues or money paid ahead.")
    _amount_positive = models.Constraint('CHECK (amount > 0)', "A receipt is over money that came in.")

    def _get_uncovered(self):
        """Return how much of this item is over money that is gone: of a line the newest receipts are. One record."""
        self.ensure_one()
        if self.is_gone and not self.dues_line_id:
            return self.amount
        if self.dues_line_id:
            missing, twins = -self.dues_line_id.amount_unreceipted, self.dues_line_id.receipt_item_ids
        else:
            missing, twins = -self.credit_item_id.dues_amount_unreceipted, self.credit_item_id.receipt_item_ids.filtered(
                lambda item: not item.dues_line_id)
        for item in twins.filtered(lambda item: item.state != 'void').sorted('id', reverse=True):
            if item == self:
                return max(min(missing, self.amount), 0.0)
            missing -= item.amount
        return 0.0

    def _forget_credit(self):
        """Let go of money paid ahead that is undone: an issued receipt is over it still, one asked for is not."""
        unlocked(self).write({'credit_item_id': False, 'is_gone': True})
        asked = self.filtered(lambda item: item.state == 'requested' and not item.dues_line_id)
        receipts = asked.receipt_id
        unlocked(asked).unlink()
        receipts.filtered(lambda receipt: not receipt.item_ids)._void(self.env._("The money was taken back."))

    @api.depends('dues_line_id', 'credit_item_id', 'receipt_id.partner_id')
    def _compute_partner_id(self):
        for item in self:
            item.partner_id = (
                item.dues_line_id.partner_id or item.credit_item_id.dues_member_id or item.receipt_id.partner_id)
