from datetime import date

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools.translate import LazyTranslate

from .cfia_dues_line import BATCH_CONTEXT
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked

_lt = LazyTranslate(__name__)


class CfiaDuesOpening(models.Model):
    """Dues taken over from the books kept before (期初): what each member paid, owes and prepaid.

    Years paid become lines without entries; what is owed or prepaid is one entry, agreed with finance
    and signed. No year up to the cut-off is billed again.
    """

    _name = 'cfia.dues.opening'
    _description = "Opening Balances of Dues"
    _inherit = ['cfia.shown.mixin', 'mail.thread']
    _order = 'date desc, id desc'
    _check_company_auto = True
    _frozen_when = dict.fromkeys(('signed', 'posted'), '*')
    _guard_texts = {
        'write': _lt("The treasurer signs a sheet by its button, and it is posted by its button."),
        'frozen': _lt("It is signed. Reset it to draft first; once posted, correct by another sheet."),
        'unlink': _lt("It is signed. Reset it to draft first; once posted, correct by another sheet."),
    }

    name = fields.Char(required=True, default=lambda self: self.env._("Opening balances of dues"))
    company_id = fields.Many2one('res.company', required=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    date = fields.Date(string="Cut-Off Date", required=True, default=lambda self: association_today())
    journal_id = fields.Many2one(
        'account.journal', check_company=True, domain="[('type', '=', 'general')]",
        compute='_compute_journal_id', store=True, readonly=False, precompute=True)
    account_id = fields.Many2one(
        'account.account', string="Counterpart Account", check_company=True,
        help="Takes up the difference of what is owed and prepaid, as agreed with finance.")
    state = fields.Selection(
        selection=[('draft', "Draft"), ('signed', "Signed for finance"), ('posted', "Entered in the Books")],
        required=True, default='draft', readonly=True, copy=False, tracking=True)
    signed_by_id = fields.Many2one('res.users', string="Signed for Finance By", readonly=True, copy=False)
    date_signed = fields.Date(string="Signed for Finance On", readonly=True, copy=False)
    move_id = fields.Many2one('account.move', string="Entry", readonly=True, copy=False, ondelete='restrict')
    row_ids = fields.One2many('cfia.dues.opening.row', 'opening_id', string="Balances", copy=True)
    amount_owed = fields.Monetary(string="Owed", compute='_compute_amounts')
    amount_prepaid = fields.Monetary(string="Prepaid", compute='_compute_amounts')
    amount_paid = fields.Monetary(string="Paid", compute='_compute_amounts')
    amount_books = fields.Monetary(
        string="Balance of the Old Books", help="What the old books say is owed less what is prepaid.")
    difference = fields.Monetary(string="Difference in Amount", compute='_compute_amounts')

    # === COMPUTE METHODS === #

    @api.depends('company_id')
    def _compute_journal_id(self):
        for opening in self:
            opening.journal_id = self.env['account.journal'].search([
                ('company_id', '=', opening.company_id.id), ('type', '=', 'general')], limit=1)

    @api.depends('row_ids.kind', 'row_ids.amount', 'amount_books')
    def _compute_amounts(self):
        for opening in self:
            amounts = {
                kind: sum(rows.mapped('amount')) for kind, rows in opening.row_ids.grouped('kind').items()}
            opening.amount_owed = amounts.get('owed', 0.0)
            opening.amount_prepaid = amounts.get('prepaid', 0.0)
            opening.amount_paid = amounts.get('paid', 0.0)
            opening.difference = opening.amount_owed - opening.amount_prepaid - opening.amount_books

    # === ACTION METHODS === #

    def action_sign(self):
        """Sign for finance that the sheet agrees with the old books.

        :raise UserError: when it does not, or nothing is on it
        """
        if not self.env.user.has_group('cfia_membership.group_cfia_treasurer') and not self.env.su:
            raise AccessError(self.env._("The treasurer signs opening balances."))
        for opening in self.filtered(lambda opening: opening.state == 'draft'):
            if not opening.row_ids:
                raise UserError(self.env._("“%(opening)s” has no balances yet.", opening=opening.name))
            if not opening.currency_id.is_zero(opening.difference):
                raise UserError(self.env._(
                    "“%(opening)s” differs from the old books by %(difference)s. Correct the balances first.",
                    opening=opening.name, difference=opening.difference))
            opening._check_shown()
            unlocked(opening).write({
                'content_hash': opening._get_content_hash(),
                'state': 'signed',
                'signed_by_id': self.env.user.id,
                'date_signed': association_today(),
            })
        return True

    def action_reset_to_draft(self):
        """Take back the signature of sheets not posted yet."""
        if any(opening.state == 'posted' for opening in self):
            raise UserError(self.env._("What is posted stays. Correct it by another sheet."))
        self.check_access('write')
        unlocked(self).write({'state': 'draft', 'signed_by_id': False, 'date_signed': False})
        return True

    def action_post(self):
        """Open the members' lines and post the one entry.

        :raise UserError: for unsigned sheets, and for years that have dues already
        """
        for opening in self:
            if opening.state != 'signed':
                raise UserError(self.env._("“%(opening)s” has to be signed by finance first.", opening=opening.name))
            opening._post_opening()
        return True

    def action_view_entry(self):
        """Open the opening entry."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'account.move',
            'view_mode': 'form',
            'res_id': self.move_id.id,
        }

    # === BUSINESS METHODS === #

    def _disclose_labels(self):
        """Note that the sheet, which lists what each member paid and owes, is printed."""
        for opening in self:
            self.env['cfia.disclosure']._disclose(
                'list', opening.row_ids, ['member_number', 'partner_id', 'year', 'kind', 'amount'],
                reason=opening.name, recipient=self.env._("Finance"))

    @api.model
    def _get_closed_members(self, company, partners, year):
        """Return the members whose dues of a year the posted opening balances have settled.

        They are those on a sheet whose cut-off is the year's end or later, and those that were members
        at that cut-off and are on none: the old books knew nothing to be open for them.

        :param company: company
        :param partners: members
        :param int year: calendar year
        """
        # sudo: whoever bills need not read the sheets
        last = self.sudo().search([
            ('company_id', '=', company.id), ('state', '=', 'posted'), ('date', '>=', date(year, 12, 31)),
        ], order='date desc', limit=1)
        return partners.filtered(
            lambda member: not member.date_member_joined or member.date_member_joined <= last.date,
        ) if last else partners.browse()

    def _post_opening(self):
        self.ensure_one()
        rows = self.row_ids
        Line = self.env['cfia.dues.line'].with_company(self.company_id)
        own = rows.filtered(lambda row: row.kind != 'prepaid')
        taken = Line.search([
            ('company_id', '=', self.company_id.id),
            ('partner_id', 'in', own.partner_id.ids), ('year', 'in', own.mapped('year')),
        ])
        keys = {(line.partner_id, line.year) for line in taken}
        double = own.filtered(lambda row: (row.partner_id, row.year) in keys)[:1]
        if double:
            raise UserError(self.env._(
                "%(unit)s has dues for %(year)s already. Take the row off the sheet.",
                unit=double.partner_id.name, year=double.year))
        lines = unlocked(Line.with_context(**BATCH_CONTEXT)).create([
            {
                'company_id': self.company_id.id,
                'partner_id': row.partner_id.id,
                'year': row.year,
                'origin': 'opening',
                'amount': row.amount if row.kind == 'owed' else 0.0,
                'amount_base': row.amount if row.kind == 'owed' else 0.0,
                'grade_id': row.partner_id.member_grade_id.id,
            }
            for row in own
        ])
        line_by_row = dict(zip(own, lines))
        entries = rows.filtered(lambda row: row.kind != 'paid')
        if entries:
            move = self.env['account.move'].with_context(**BATCH_CONTEXT).create(
                self._prepare_opening_values(entries, line_by_row))
            owed = Line.union(*(line_by_row[row] for row in entries if row.kind == 'owed'))
            unlocked(owed).write({'move_id': move.id, 'date_billed': self.date, 'recognition': 'billing'})
            move._post(soft=False)
            unlocked(self).move_id = move
        unlocked(self).state = 'posted'

    def _prepare_opening_values(self, rows, line_by_row):
        """Return the values of the entry: an item for each member and year, one counterpart.

        :param rows: balances owed and prepaid
        :param dict line_by_row: row → dues line, for what is owed
        """
        self.ensure_one()
        total = sum(row.amount if row.kind == 'owed' else -row.amount for row in rows)
        if not self.account_id:
            raise UserError(self.env._("Choose the counterpart account of “%(opening)s”.", opening=self.name))
        items = []
        for row in rows:
            payer = row.partner_id.dues_payer_id or row.partner_id
            balance = row.amount if row.kind == 'owed' else -row.amount
            items.append(Command.create({
                'name': row.display_name,
                'account_id': payer.with_company(self.company_id).property_account_receivable_id.id,
                'partner_id': payer.commercial_partner_id.id,
                'balance': balance,
                'date_maturity': self.date,
                'dues_line_id': line_by_row[row].id if row.kind == 'owed' else False,
                'dues_member_id': row.partner_id.id if row.kind == 'prepaid' else False,
            }))
        if not self.currency_id.is_zero(total):
            items.append(Command.create({
                'name': self.name,
                'account_id': self.account_id.id,
                'balance': -total,
            }))
        return {
            'move_type': 'entry',
            'company_id': self.company_id.id,
            'journal_id': self.journal_id.id,
            'date': self.date,
            'ref': self.name,
            'line_ids': items,
        }


class CfiaDuesOpeningRow(models.Model):
    """What one member paid, owes or prepaid for one year by the old books."""

    _name = 'cfia.dues.opening.row'
    _description = "Opening Balance of a Member"
    _inherit = ['cfia.guard.mixin']
    _order = 'opening_id, partner_id, year'
    _frozen_with = ('opening_id', 'row_ids')
    _guard_texts = {'frozen': _lt("The sheet is signed. Reset it to draft first.")}

    opening_id = fields.Many2one('cfia.dues.opening', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='opening_id.company_id', store=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    partner_id = fields.Many2one(
        'res.partner', string="Member", required=True, index=True, ondelete='restrict',
        domain="[('member_number', '!=', False)]")
    member_number = fields.Char(related='partner_id.member_number')
    year = fields.Integer(required=True, aggregator=None)
    kind = fields.Selection(
        selection=[('paid', "Paid"), ('owed', "Owed"), ('prepaid', "Prepaid")], required=True, default='paid')
    amount = fields.Monetary(help="Of years paid it is for the sheet alone.")
    note = fields.Char()

    _year_unique = models.UniqueIndex(
        '(opening_id, partner_id, year)', "A member has one balance for a year on a sheet.")
    _amount_sign = models.Constraint(
        "CHECK (amount > 0 OR (kind = 'paid' AND amount >= 0))", "What is owed or prepaid needs an amount.")
    _year_range = models.Constraint(
        'CHECK (year BETWEEN 1900 AND 2200)', "The year has four digits.")

    # === COMPUTE METHODS === #

    @api.depends('partner_id', 'year', 'kind')
    def _compute_display_name(self):
        kinds = dict(self._fields['kind']._description_selection(self.env))
        for row in self:
            row.display_name = f"{row.partner_id.name or ''} {row.year} {kinds.get(row.kind, '')}"
