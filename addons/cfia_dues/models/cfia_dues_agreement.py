from datetime import date

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

ACCOUNTANT = 'cfia_membership.group_cfia_accountant'
READERS = f'{ACCOUNTANT},cfia_membership.group_cfia_auditor'

LINES = 'cfia_dues.cfia_dues_line_action'
LINES_PAID = 'cfia_dues.cfia_dues_line_action_receipt'
BANK_LINES = 'cfia_dues.account_bank_statement_line_action_dues'
RECEIPTS = 'cfia_dues.cfia_dues_receipt_action'
ITEMS = 'account.action_account_moves_all'

# What can differ, in the order in which it is looked into: key, cause, what to do, the list that shows the records.
CAUSES = (
    ('bank_open', _lt("Bank lines that nobody has settled"), _lt("Match or claim them."), BANK_LINES),
    ('bank_duplicate', _lt("Bank lines that are there twice"), _lt("Delete the one that was imported again."), BANK_LINES),
    ('bank_match', _lt("Bank lines whose match and entry differ"), _lt("Undo the match and match again."), BANK_LINES),
    ('line_unbilled', _lt("Dues that are billed by no entry"), _lt("Correct the bill of each."), LINES),
    ('line_amount', _lt("Dues billed twice or with another amount"), _lt("Cancel the bill too many, or correct it."), LINES),
    ('line_payer', _lt("Dues billed to another than their payer"), _lt("Correct the bill of each."), LINES),
    ('line_stale', _lt("Dues that show something else than their entries"),
     _lt("Select them and choose Count Anew in the menu of actions."), LINES),
    ('item_astray', _lt("Entries of dues that no dues line answers for"), _lt("Reverse them, or bill by the dues line."), ITEMS),
    ('item_residual', _lt("Entries whose open amount is not what was reconciled"),
     _lt("Undo their reconciliation and reconcile again."), ITEMS),
    ('item_foreign', _lt("Entries reconciled with what is not posted, or with another account"),
     _lt("Undo their reconciliation."), ITEMS),
    ('receipt_missing', _lt("Paid without a fiscal receipt"), _lt("Ask for the receipts."), LINES_PAID),
    ('receipt_requested', _lt("Fiscal receipts asked for and not issued"), _lt("Issue them."), RECEIPTS),
    ('receipt_uncovered', _lt("Fiscal receipts whose money went"), _lt("Keep, void, or issue anew."), RECEIPTS),
    ('receipt_stale', _lt("Dues that show another receipted amount than their receipts"),
     _lt("Select them and choose Count Anew in the menu of actions."), LINES),
)

# Lines show all that is posted, also what bears a day to come.
LAST_DAY = date(2200, 12, 31)
# What a rounding leaves.
CENT = 0.005


class CfiaDuesAgreement(models.AbstractModel):
    """对账: whether accounting, dues lines, bank and fiscal receipts say the same, and where not, why.

    Everything is asked of the tables themselves, so that a figure that is stored wrong is found as well.
    """

    _name = 'cfia.dues.agreement'
    _description = "Reconciliation of Dues"

    @api.model
    def get_board(self):
        """Return the board of the present company, for the client.

        :return: as :meth:`cfia.dues.dashboard.get_board`; the section ``differences`` is empty where all agrees
        :rtype: dict
        :raise AccessError: for users who neither keep nor audit the dues
        """
        if not self.env.user.has_groups(READERS):
            raise AccessError(self.env._("Finance and auditors reconcile dues."))
        company = self.env.company
        return {
            'currency_id': company.currency_id.id,
            'links': [self.env['cfia.workplace']._prepare_action(
                'cfia_dues.cfia_dues_statement_action', self.env._("Dues Statistics"), None)],
            'sections': [
                {'key': 'standing', 'title': self.env._("What Each Side Says"), 'figures': self._get_standing(company)},
                {
                    'key': 'differences', 'title': self.env._("Differences and Their Causes"),
                    'figures': self._get_differences(company),
                    'empty': self.env._("Accounting, dues, bank and receipts agree."),
                },
            ],
            'charts': [],
        }

    # === BUSINESS METHODS === #

    def _format(self, amount):
        return f"{self.env.company.currency_id.symbol}{amount:,.2f}"

    def _get_standing(self, company):
        """Return what accounting and the dues lines say is owed, side by side."""
        Workplace = self.env['cfia.workplace']
        ledger = self.env['cfia.dues.report']._recount_ledger(company, LAST_DAY)
        own = [('company_id', '=', company.id)]
        # sudo: sums; the board was asked for by who may know them
        lines = self.env['cfia.dues.line'].sudo()
        [(booked,)] = lines._read_group([*own, ('recognition', '!=', 'receipt')], [], ['amount_residual:sum'])
        [(unbooked,)] = lines._read_group([*own, ('recognition', '=', 'receipt')], [], ['amount_residual:sum'])
        figures = [
            ('balance', self.env._("Receivable in Accounting"), ledger['balance'], None),
            ('ledger_dues', self.env._("Of It Dues"), ledger['dues'], None),
            ('ledger_credits', self.env._("Less Paid Ahead"), ledger['credits'], ('cfia_dues.cfia_dues_credit_action', None)),
            ('ledger_other', self.env._("Of It Other Than Dues"), ledger['other'], None),
            ('lines_booked', self.env._("Open by the Dues Lines"), booked or 0.0, (
                LINES, [*own, ('recognition', '!=', 'receipt'), ('amount_residual', '!=', 0)])),
        ]
        if unbooked:
            figures.append(('lines_unbooked', self.env._("Open and Not Booked Yet"), unbooked, (
                LINES, [*own, ('recognition', '=', 'receipt'), ('amount_residual', '!=', 0)])))
        return [
            Workplace._prepare_figure(
                key, title, self._format(amount), action=action and Workplace._prepare_action(action[0], title, action[1]))
            for key, title, amount, action in figures
        ]

    def _get_differences(self, company):
        """Return a figure for each cause by which something differs, with the records behind it."""
        Workplace = self.env['cfia.workplace']
        figures = []
        found = self._find_differences(company)
        for key, title, way, xmlid in CAUSES:
            if key not in found:
                continue
            ids, amount = found[key]
            figures.append(Workplace._prepare_figure(
                key, str(title), self._format(amount), tone='danger',
                hint=self.env._("%(count)s records. %(way)s", count=len(ids), way=str(way)),
                action=Workplace._prepare_action(xmlid, str(title), [('id', 'in', sorted(ids))])))
        return figures

    @api.model
    def _find_differences(self, company):
        """Return by which causes accounting, lines, bank and receipts differ.

        :param company: the association
        :return: {key of the cause: (ids of the records, amount in question)}
        :rtype: dict
        """
        self.env.flush_all()
        rows = [
            *self._find_bank_lines(company), *self._find_dues_lines(company), *self._find_items(company),
            *self._find_receipts(company)]
        found = {}
        for key, record_id, amount in rows:
            ids, total = found.get(key, (set(), 0.0))
            if record_id not in ids:
                found[key] = ids | {record_id}, total + abs(float(amount))
        return found

    def _find_bank_lines(self, company):
        """Return (cause, bank line, amount)."""
        return self.env.execute_query(SQL(
            """
            WITH bank AS (
                SELECT line.id, line.amount, line.dues_match, line.dues_member_id, line.is_reconciled,
                       EXISTS (
                           SELECT 1 FROM account_move_line aml
                            WHERE aml.move_id = line.move_id AND aml.dues_member_id IS NOT NULL) AS has_item
                  FROM account_bank_statement_line line
                  JOIN account_move move ON move.id = line.move_id AND move.state = 'posted'
                 WHERE line.company_id = %(company)s AND line.amount <> 0
            ), judged AS (
                SELECT CASE
                       WHEN (dues_member_id IS NOT NULL) <> has_item
                         OR (dues_member_id IS NOT NULL AND is_reconciled IS NOT TRUE) THEN 'bank_match'
                       WHEN is_reconciled THEN NULL
                       WHEN dues_match = 'duplicate' THEN 'bank_duplicate'
                       ELSE 'bank_open' END AS cause, id, amount
                  FROM bank
            )
            SELECT cause, id, amount FROM judged WHERE cause IS NOT NULL
            """, company=company.id))

    def _find_dues_lines(self, company):
        """Return (cause, dues line, amount): what is billed wrong, then what shows something else than its entries."""
        judged = self.env.execute_query(SQL(
            """
            WITH live AS (
                SELECT aml.dues_line_id, SUM(aml.balance) AS gross,
                       BOOL_OR(aml.partner_id IS DISTINCT FROM payer.id
                               AND aml.partner_id IS DISTINCT FROM payer.commercial_partner_id) AS is_other_payer
                  FROM account_move_line aml
                  JOIN account_account account ON account.id = aml.account_id AND account.account_type = 'asset_receivable'
                  JOIN cfia_dues_line line ON line.id = aml.dues_line_id
             LEFT JOIN res_partner payer ON payer.id = line.payer_id
                 WHERE aml.parent_state = 'posted' AND aml.dues_superseded_from IS NULL
              GROUP BY aml.dues_line_id
            ), judged AS (
                SELECT line.id, line.amount, COALESCE(live.gross, 0) AS gross, CASE
                       WHEN line.recognition = 'billing' AND live.gross IS NULL
                        AND line.state IN ('billed', 'partial', 'paid', 'deferred') THEN 'line_unbilled'
                       WHEN line.recognition = 'billing' AND ABS(live.gross - line.amount) > %(cent)s THEN 'line_amount'
                       WHEN live.gross > line.amount + %(cent)s THEN 'line_amount'
                       WHEN live.is_other_payer THEN 'line_payer' END AS cause
                  FROM cfia_dues_line line
             LEFT JOIN live ON live.dues_line_id = line.id
                 WHERE line.company_id = %(company)s
            )
            SELECT cause, id, CASE WHEN cause = 'line_payer' THEN amount ELSE gross - amount END
              FROM judged WHERE cause IS NOT NULL
            """, company=company.id, cent=CENT))
        wrong = {line_id for _cause, line_id, _amount in judged}
        names = ('amount_paid', 'amount_credited', 'amount_residual')
        counted = {
            row['id']: tuple(float(row[name]) for name in ('amount_paid', 'amount_credited', 'amount_open'))
            for row in self.env['cfia.dues.report']._recount(company, LAST_DAY)}
        nothing = (0.0,) * len(names)
        for line_id, *shown in self.env.execute_query(SQL(
                "SELECT id, %s FROM cfia_dues_line WHERE company_id = %s",
                SQL(', ').join(SQL("COALESCE(%s, 0)", SQL.identifier(name)) for name in names), company.id)):
            apart = max(abs(float(value) - there) for value, there in zip(shown, counted.get(line_id, nothing)))
            if apart > CENT and line_id not in wrong:
                judged.append(('line_stale', line_id, apart))
        return judged

    def _find_items(self, company):
        """Return (cause, journal item, amount) of dues' entries."""
        return self.env.execute_query(SQL(
            """
            WITH item AS (
                SELECT aml.id, aml.balance, aml.amount_residual, aml.account_id,
                       (aml.journal_id = %(journal)s AND aml.dues_line_id IS NULL AND aml.dues_member_id IS NULL
                        AND aml.dues_note_line_id IS NULL) OR aml.dues_superseded_from IS NOT NULL AS is_astray
                  FROM account_move_line aml
                  JOIN account_account account ON account.id = aml.account_id AND account.account_type = 'asset_receivable'
                 WHERE aml.company_id = %(company)s AND aml.parent_state = 'posted'
                   AND (aml.dues_line_id IS NOT NULL OR aml.dues_member_id IS NOT NULL
                        OR aml.dues_note_line_id IS NOT NULL OR aml.journal_id = %(journal)s)
            ), counted AS (
                SELECT item.*, item.balance
                       - COALESCE((SELECT SUM(amount) FROM account_partial_reconcile WHERE debit_move_id = item.id), 0)
                       + COALESCE((SELECT SUM(amount) FROM account_partial_reconcile WHERE credit_move_id = item.id), 0)
                       AS residual
                  FROM item
            )
            SELECT 'item_residual', id, amount_residual - residual FROM counted WHERE ABS(amount_residual - residual) > %(cent)s
             UNION ALL
            SELECT 'item_astray', id, residual FROM counted WHERE is_astray AND ABS(residual) > %(cent)s
             UNION ALL
            SELECT 'item_foreign', item.id, partial.amount
              FROM item
              JOIN account_partial_reconcile partial ON item.id IN (partial.debit_move_id, partial.credit_move_id)
              JOIN account_move_line other
                ON other.id = CASE WHEN partial.debit_move_id = item.id THEN partial.credit_move_id ELSE partial.debit_move_id END
             WHERE other.parent_state <> 'posted' OR other.account_id <> item.account_id
            """,
            # sudo: which journal bills dues is no secret
            company=company.id, cent=CENT, journal=company.sudo().cfia_dues_journal_id.id or 0))

    def _find_receipts(self, company):
        """Return (cause, dues line or receipt, amount)."""
        return self.env.execute_query(SQL(
            """
            WITH receipted AS (
                SELECT dues_line_id, SUM(amount) AS amount
                  FROM cfia_dues_receipt_item WHERE state <> 'void' AND dues_line_id IS NOT NULL
              GROUP BY dues_line_id
            ), line AS (
                SELECT line.id, COALESCE(line.amount_unreceipted, 0) AS shown,
                       COALESCE(line.amount_paid, 0) - COALESCE(receipted.amount, 0) AS missing
                  FROM cfia_dues_line line
             LEFT JOIN receipted ON receipted.dues_line_id = line.id
                 WHERE line.company_id = %(company)s
            )
            SELECT 'receipt_missing', id, missing FROM line WHERE missing > %(cent)s AND ABS(shown - missing) <= %(cent)s
             UNION ALL
            SELECT 'receipt_stale', id, shown - missing FROM line WHERE ABS(shown - missing) > %(cent)s
             UNION ALL
            SELECT 'receipt_requested', id, amount FROM cfia_dues_receipt
             WHERE company_id = %(company)s AND state = 'requested'
             UNION ALL
            SELECT 'receipt_uncovered', id, amount_uncovered FROM cfia_dues_receipt
             WHERE company_id = %(company)s AND state = 'issued' AND amount_uncovered > %(cent)s
            """, company=company.id, cent=CENT))
