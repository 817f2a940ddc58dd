import re

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.cfia_dues.tools.bank.cells import read_account, read_currency
from odoo.addons.cfia_dues.tools.bank.read import read_bank_sheet
from odoo.addons.cfia_membership.tools.text import normalise_unit_name


def _is_account(listed, own):
    """Tell whether an account in a list, perhaps masked (0200****4567), is the journal's."""
    return bool(re.fullmatch(r'\d*'.join(map(re.escape, re.split(r'[*xX]+', listed))), own))


class AccountJournal(models.Model):
    _inherit = 'account.journal'

    def _read_bank_list(self, content, filename, is_partial=False, reader=None):
        """Return the transactions of a bank's list for this journal.

        Rows of another account or in another currency than the journal's get the error ``other_account`` or
        ``currency``; the association itself is never who paid. One record.

        :param bytes content: the file in base64
        :param str filename: as the user knows it
        :param bool is_partial: the list is known to be a part: its balances and totals need not agree
        :param reader: dialog in which the list was chosen
        :rtype: BankList
        :raise UserError: when the file is no list, not of this account, or its balance shows that rows are missing
        """
        self.ensure_one()
        reader = self.env['cfia.dues.bank.import'] if reader is None else reader
        bank_list = reader._read_list(content, filename, read_bank_sheet)
        if not is_partial:
            self._check_bank_list_complete(bank_list, filename)
        self._mark_other_accounts(bank_list, filename)
        self._mark_other_currencies(bank_list, filename)
        own = {normalise_unit_name(self.company_id.name), normalise_unit_name(self.company_id.partner_id.name)}
        for row in bank_list.rows:
            if normalise_unit_name(row.payer) in own:
                row.payer = ''
            if row.account and row.account == row.own_account:
                row.account = ''
        return bank_list

    def _get_bank_references(self, rows):
        """Return which of the transactions the journal has already, as {(reference, whether it came in)}.

        :param list rows: of a :class:`BankList`
        """
        self.ensure_one()
        return {
            (line.bank_reference, line.amount > 0)
            for line in self.env['account.bank.statement.line'].search_fetch([
                ('journal_id', '=', self.id),
                ('bank_reference', 'in', list({row.reference for row in rows if row.reference})),
            ], ['bank_reference', 'amount'])
        }

    def _check_bank_list_complete(self, bank_list, filename):
        """Refuse a list whose running balance or totals say that something else was in it than was read."""
        if row := bank_list.balance_break:
            raise UserError(self.env._(
                "The balance of “%(file)s” breaks at row %(row)s (%(date)s, %(amount)s): a row is missing before it, or "
                "an amount was read wrongly. Nothing was imported. Export the whole period again; of a list that was "
                "filtered on purpose say so with “This list is a part”.",
                file=filename or "", row=row.number, date=row.date, amount=f'{row.amount:,.2f}'))
        if bank_list.total_break:
            said, read = bank_list.total_break
            raise UserError(self.env._(
                "“%(file)s” says that its total is %(said)s, the rows read make %(read)s. Nothing was imported. Export "
                "the whole period again; of a list that was filtered on purpose say so with “This list is a part”.",
                file=filename or "", said=f'{said:,.2f}', read=f'{read:,.2f}'))

    def _mark_other_accounts(self, bank_list, filename):
        accounts = bank_list.own_accounts
        own = read_account(self.bank_account_id.acc_number)
        if own and accounts:
            own_rows = {account for account in accounts if _is_account(account, own)}
            if not own_rows:
                raise UserError(self.env._(
                    "“%(file)s” is a list of the account %(account)s, the journal %(journal)s has %(own)s. Choose the "
                    "journal of that account.",
                    file=filename or "", account=", ".join(accounts), journal=self.display_name, own=own))
            for row in bank_list.rows:
                if row.own_account and row.own_account not in own_rows:
                    row.error = 'other_account'
        elif len(accounts) > 1:
            raise UserError(self.env._(
                "“%(file)s” has transactions of several accounts: %(accounts)s. Export one at a time, or enter the "
                "account number of the journal %(journal)s: then only its rows are taken.",
                file=filename or "", accounts=", ".join(accounts), journal=self.display_name))

    def _mark_other_currencies(self, bank_list, filename):
        own = read_currency((self.currency_id or self.company_id.currency_id).name)
        foreign = [code for code in bank_list.currencies if code != own]
        if foreign and all(row.currency in foreign for row in bank_list.rows):
            raise UserError(self.env._(
                "“%(file)s” is in %(currency)s, the journal %(journal)s in %(own)s. Choose the journal of that account.",
                file=filename or "", currency=", ".join(foreign), journal=self.display_name, own=own))
        for row in bank_list.rows:
            if row.currency in foreign:
                row.error = 'currency'
