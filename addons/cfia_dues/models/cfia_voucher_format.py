from string import Formatter

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

SUMMARY_NAMES = {'unit', 'number', 'label', 'reference'}
# 民间非营利组织会计制度: codes of the accounts that dues touch, by what the account is here
NPO_ACCOUNTS = {
    'dues_income': ('4201', "会费收入"),
    'asset_cash': ('1002', "银行存款"),
    'asset_receivable': ('1121', "应收账款"),
    'asset_current': ('1122', "其他应收款"),
    'asset_prepayments': ('1141', "预付账款"),
    'liability_payable': ('2202', "应付账款"),
    'liability_current': ('2209', "其他应付款"),
    'equity': ('3101', "非限定性净资产"),
    'equity_unaffected': ('3101', "非限定性净资产"),
    'income': ('4901', "其他收入"),
    'income_other': ('4901', "其他收入"),
    'expense': ('5201', "管理费用"),
    'expense_direct_cost': ('5101', "业务活动成本"),
}


class CfiaVoucherFormat(models.Model):
    """How vouchers (记账凭证) leave for books kept elsewhere: columns, accounts and summary."""

    _name = 'cfia.voucher.format'
    _description = "Voucher Format"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', default=lambda self: self.env.company)
    word = fields.Char(string="Voucher Word", required=True, default="记")
    summary = fields.Char(
        required=True, default="{unit} {label}",
        help="Text of each entry. {unit}, {number}, {label} and {reference} are filled in.")
    column_ids = fields.One2many('cfia.voucher.format.column', 'format_id', string="Voucher Columns", copy=True)
    account_ids = fields.One2many('cfia.voucher.format.account', 'format_id', string="Accounts", copy=True)

    @api.constrains('summary')
    def _check_summary(self):
        """Refuse texts that cannot be filled in.

        :raise ValidationError: naming the format
        """
        for voucher_format in self:
            try:
                names = {name for _text, name, _spec, _conversion in Formatter().parse(voucher_format.summary) if name is not None}
            except ValueError:
                names = {''}
            if names - SUMMARY_NAMES:
                raise ValidationError(self.env._(
                    "The summary of “%(format)s” can hold {unit}, {number}, {label} and {reference} only.",
                    format=voucher_format.name))

    def action_fill_npo_accounts(self):
        """Map the accounts that dues touch to 民间非营利组织会计制度; what is mapped already stays.

        :raise UserError: when nothing is posted yet
        """
        self.ensure_one()
        company = self.company_id or self.env.company
        moves = self._get_moves(company)
        accounts = moves.line_ids.account_id | company.cfia_dues_account_id
        missing = accounts - self.account_ids.account_id
        self.account_ids = [
            fields.Command.create(self._prepare_npo_account(account, company)) for account in missing
            if account == company.cfia_dues_account_id or account.account_type in NPO_ACCOUNTS
        ]
        return True

    @api.model
    def _prepare_npo_account(self, account, company):
        key = 'dues_income' if account == company.cfia_dues_account_id else account.account_type
        code, name = NPO_ACCOUNTS[key]
        return {
            'account_id': account.id,
            'code': code,
            'name': name,
            'has_member': key == 'asset_receivable',
        }

    @api.model
    def _get_moves(self, company, date_from=None, date_to=None):
        """Return the posted entries of dues: bills, credit notes, openings and receipts of members."""
        domain = [
            ('company_id', '=', company.id),
            ('state', '=', 'posted'),
            '|', ('journal_id', '=', company.cfia_dues_journal_id.id),
            ('line_ids', 'any', ['|', ('dues_line_id', '!=', False), ('dues_member_id', '!=', False)]),
        ]
        if date_from:
            domain += [('date', '>=', date_from), ('date', '<=', date_to)]
        return self.env['account.move'].search(domain, order='date, id')

    def _check_accounts(self, moves):
        """Refuse entries on accounts that the format does not know. One record.

        :raise UserError: naming the accounts
        """
        missing = moves.line_ids.account_id - self.account_ids.account_id
        if missing:
            raise UserError(self.env._(
                "“%(format)s” does not say what these accounts are in the other books: %(accounts)s. "
                "Enter them on the format.",
                format=self.name, accounts=", ".join(missing.mapped('display_name'))))

    def _get_rows(self, moves, number_first=1):
        """Return what the vouchers say, a list of values for each entry, in the order of the columns.

        :param moves: posted entries, in the order of their vouchers
        :param int number_first: number of the first voucher
        :rtype: list[list]
        """
        self.ensure_one()
        self._check_accounts(moves)
        accounts = {item.account_id: item for item in self.account_ids}
        rows = []
        for number, move in enumerate(moves, start=number_first):
            items = move.line_ids.filtered(lambda item: not item.company_currency_id.is_zero(item.balance))
            for index, item in enumerate(items.sorted(lambda item: (item.balance < 0, item.id)), start=1):
                rows.append([
                    column._get_value(item, accounts[item.account_id], number, index)
                    for column in self.column_ids
                ])
        return rows

    def _get_summary(self, item):
        """Return the summary (摘要) of one entry."""
        member = item._get_dues_member()
        return self.summary.format(
            unit=member.name or item.partner_id.name or '', number=member.member_number or '',
            label=item.name or '', reference=item.move_id.name or '').strip()


class CfiaVoucherFormatColumn(models.Model):
    """Column of a voucher list."""

    _name = 'cfia.voucher.format.column'
    _description = "Column of a Voucher Format"
    _order = 'format_id, sequence, id'

    format_id = fields.Many2one('cfia.voucher.format', required=True, index=True, ondelete='cascade')
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Heading", required=True)
    source = fields.Selection(
        selection=[
            ('date', "Date"),
            ('year', "Year"),
            ('period', "Month"),
            ('word', "Voucher word"),
            ('number', "Voucher number"),
            ('entry', "Entry number"),
            ('summary', "Summary"),
            ('code', "Account code"),
            ('account', "Account name"),
            ('debit', "Debit"),
            ('credit', "Credit"),
            ('currency', "Currency"),
            ('member_number', "Auxiliary: member number"),
            ('member', "Auxiliary: member"),
            ('reference', "Bank reference"),
            ('maker', "Made by"),
            ('text', "Fixed text"),
        ],
        required=True,
    )
    text = fields.Char(string="Fixed Text")

    def _get_value(self, item, account, number, index):
        """Return what this column says of an entry: text, number or date.

        :param item: journal item
        :param account: line of the mapping
        """
        member = item._get_dues_member() if account.has_member else self.env['res.partner']
        return {
            'date': item.date,
            'year': item.date.year,
            'period': item.date.month,
            'word': self.format_id.word,
            'number': number,
            'entry': index,
            'summary': self.format_id._get_summary(item),
            'code': account.code,
            'account': account.name,
            'debit': item.debit,
            'credit': item.credit,
            'currency': item.company_currency_id.name,
            'member_number': member.member_number or '',
            'member': member.name or '',
            'reference': item.move_id.name or '',
            'maker': self.env.user.name,
            'text': self.text or '',
        }[self.source]


class CfiaVoucherFormatAccount(models.Model):
    """What an account of these books is in the others."""

    _name = 'cfia.voucher.format.account'
    _description = "Account of a Voucher Format"
    _order = 'format_id, code, id'

    format_id = fields.Many2one('cfia.voucher.format', required=True, index=True, ondelete='cascade')
    account_id = fields.Many2one('account.account', string="Account Here", required=True, ondelete='cascade')
    code = fields.Char(string="Code There", required=True)
    name = fields.Char(string="Name There", required=True)
    has_member = fields.Boolean(string="By Member", help="The other books keep this account by member.")

    _account_unique = models.UniqueIndex('(format_id, account_id)', "An account is mapped once.")
