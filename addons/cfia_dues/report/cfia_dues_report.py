from datetime import date

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.cfia_membership.models.cfia_member_event import STANDING_COLUMNS
from odoo.addons.cfia_membership.tools.dates import association_today

AGES = [
    ('not_due', "Not due yet"),
    ('quarter', "Up to 90 days"),
    ('year', "91 days to a year"),
    ('two_years', "One to two years"),
    ('three_years', "Two to three years"),
    ('older', "More than three years"),
]


class CfiaDuesReport(models.Model):
    """Dues as they stood on a day (articles 4.3.1 and 5.6), recounted from the ledger of accounting.

    One row is one dues line. What was due, paid and taken off is read from the posted journal items and
    their reconciliations up to that day, region and category from the ledger of member events. The day
    comes with the context, `cfia_dues_day`; without one it is today.
    """

    _name = 'cfia.dues.report'
    _description = "Dues on a Day"
    _auto = False
    _rec_name = 'partner_id'
    _order = 'year desc, id desc'
    _depends = {
        'account.move.line': [
            'dues_line_id', 'dues_member_id', 'dues_note_line_id', 'dues_superseded_from', 'balance', 'date', 'parent_state',
            'account_id'],
        'account.partial.reconcile': ['amount', 'debit_move_id', 'credit_move_id', 'max_date'],
        'cfia.dues.adjustment': [
            'amount', 'amount_before', 'date', 'date_billed_before', 'date_due_before', 'dues_line_id', 'move_id'],
        'cfia.dues.line': ['amount', 'amount_waived', 'date_billed', 'date_due', 'is_cancelled', 'recognition'],
        'cfia.member.event': [*STANDING_COLUMNS, 'date_effective', 'is_backdated', 'partner_id'],
    }

    dues_line_id = fields.Many2one('cfia.dues.line', string="Dues", readonly=True)
    company_id = fields.Many2one('res.company', readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    partner_id = fields.Many2one('res.partner', string="Member", readonly=True)
    payer_id = fields.Many2one('res.partner', string="Payer", readonly=True)
    year = fields.Integer(readonly=True, aggregator=None)
    grade_id = fields.Many2one('cfia.grade', readonly=True)
    region_id = fields.Many2one('cfia.region', readonly=True)
    enterprise_category_id = fields.Many2one('cfia.enterprise.category', string="Main Category", readonly=True)
    date_due = fields.Date(string="Due Date", readonly=True)
    age = fields.Selection(selection=AGES, string="Overdue For", readonly=True)
    amount = fields.Monetary(string="To Be Paid", readonly=True)
    amount_credited = fields.Monetary(string="Taken Off", readonly=True)
    amount_paid = fields.Monetary(string="Paid", readonly=True)
    amount_open = fields.Monetary(string="Unpaid", readonly=True)
    unit_count = fields.Integer(string="Number of Units", aggregator='count_distinct', readonly=True)

    @api.model
    def _get_day(self):
        """Return the day that is asked about: the context's, never after today."""
        day = fields.Date.to_date(self.env.context.get('cfia_dues_day') or False)
        return min(day or association_today(), association_today())

    @property
    def _table_query(self):
        return self._get_query(self._get_day())

    @api.model
    def _get_query(self, day):
        """Return the query of all dues as of ``day``.

        :param date day: what was posted or reconciled later does not count
        """
        return SQL(
            """
            WITH item AS (
                SELECT aml.id, aml.dues_line_id, aml.move_id, aml.balance
                  FROM account_move_line aml
                  JOIN account_account account ON account.id = aml.account_id
                 WHERE aml.dues_line_id IS NOT NULL
                   AND aml.parent_state = 'posted'
                   AND account.account_type = 'asset_receivable'
                   AND aml.date <= %(day)s
                   AND (aml.dues_superseded_from IS NULL OR aml.dues_superseded_from > %(day)s)
            ), paid AS (
                SELECT item.id,
                       SUM(partial.amount) AS amount,
                       SUM(partial.amount) FILTER (WHERE share.is_own) AS here,
                       -- loose credit notes and what a payment writes off is no money
                       SUM(partial.amount * (1 - share.money)) FILTER (WHERE NOT share.is_own) AS other
                  FROM item
                  JOIN account_partial_reconcile partial
                    ON partial.debit_move_id = item.id AND partial.max_date <= %(day)s
                  JOIN account_move_line credit ON credit.id = partial.credit_move_id
                  JOIN account_move credit_move ON credit_move.id = credit.move_id
                  JOIN res_company company ON company.id = credit_move.company_id
     LEFT JOIN LATERAL (
                    SELECT SUM(aml.credit) FILTER (WHERE account.account_type = 'asset_receivable') AS credit,
                           SUM(aml.balance) FILTER (
                               WHERE account.account_type LIKE 'income%%' OR account.account_type LIKE 'expense%%'
                           ) AS written_off
                      FROM account_move_line aml
                      JOIN account_account account ON account.id = aml.account_id
                     WHERE aml.move_id = credit_move.id
                   ) entry ON credit.dues_member_id IS NOT NULL OR credit_move.statement_line_id IS NOT NULL
                           OR credit_move.origin_payment_id IS NOT NULL
            CROSS JOIN LATERAL (
                    SELECT credit.dues_note_line_id IS NOT DISTINCT FROM item.dues_line_id
                           AND credit_move.reversed_entry_id IS NOT DISTINCT FROM item.move_id AS is_own,
                        CASE
                        WHEN credit.dues_note_line_id IS NOT NULL THEN 1.0
                        WHEN credit_move.journal_id = company.currency_exchange_journal_id THEN 1.0
                        WHEN credit.dues_member_id IS NULL AND credit_move.statement_line_id IS NULL
                         AND credit_move.origin_payment_id IS NULL THEN 0.0
                        WHEN COALESCE(entry.credit, 0) = 0 THEN 1.0
                        ELSE LEAST(GREATEST(
                            (entry.credit - COALESCE(entry.written_off, 0)) / entry.credit, 0.0), 1.0)
                        END AS money
                   ) share
              GROUP BY item.id
            ), note AS (
                -- credit notes take off the bill that they reverse, also where the money had come before
                SELECT item.id, -SUM(aml.balance) AS amount
                  FROM item
                  JOIN account_move reversal ON reversal.reversed_entry_id = item.move_id AND reversal.state = 'posted'
                  JOIN account_move_line aml ON aml.move_id = reversal.id AND aml.dues_note_line_id = item.dues_line_id
                   AND aml.date <= %(day)s
                  JOIN account_account account ON account.id = aml.account_id AND account.account_type = 'asset_receivable'
              GROUP BY item.id
            ), settled AS (
                SELECT item.dues_line_id,
                       SUM(item.balance) AS gross,
                       SUM(COALESCE(paid.amount, 0)) AS amount,
                       SUM(COALESCE(paid.other, 0)) AS other,
                       SUM(COALESCE(paid.here, 0) + GREATEST(LEAST(
                           COALESCE(note.amount, 0) - COALESCE(paid.here, 0) - (item.balance - COALESCE(paid.amount, 0)),
                           COALESCE(paid.amount, 0) - COALESCE(paid.here, 0) - COALESCE(paid.other, 0)), 0)) AS reversed
                  FROM item
             LEFT JOIN paid ON paid.id = item.id
             LEFT JOIN note ON note.id = item.id
              GROUP BY item.dues_line_id
            ), standing AS (
                %(standing)s
            ), later AS (
                -- decisions after the day: what they took off without entry, the due date before the first
                SELECT dues_line_id,
                       SUM(amount) FILTER (WHERE move_id IS NULL) AS amount,
                       (ARRAY_AGG(date_due_before ORDER BY date, id) FILTER (WHERE date_due_before IS NOT NULL))[1]
                           AS date_due,
                       -- what was corrected later and stood in no entry
                       (ARRAY_AGG(amount_before ORDER BY date, id) FILTER (WHERE date_billed_before IS NOT NULL))[1]
                           AS amount_before,
                       (ARRAY_AGG(date_billed_before ORDER BY date, id) FILTER (WHERE date_billed_before IS NOT NULL))[1]
                           AS date_billed
                  FROM cfia_dues_adjustment
                 WHERE date > %(day)s
              GROUP BY 1
            ), due AS (
                SELECT line.id, COALESCE(later.date_due, line.date_due) AS date_due
                  FROM cfia_dues_line line
             LEFT JOIN later ON later.dues_line_id = line.id
            ), unbooked AS (
                SELECT line.id, COALESCE(later.amount_before, line.amount) AS amount
                  FROM cfia_dues_line line
             LEFT JOIN later ON later.dues_line_id = line.id
                 WHERE later.date_billed <= %(day)s
                    OR (later.date_billed IS NULL AND line.recognition = 'receipt' AND line.date_billed <= %(day)s
                        AND line.is_cancelled IS NOT TRUE)
            ), money AS (
                -- what was posted over money and reversed is owed again where income is recognised at receipt
                SELECT line.id,
                       CASE WHEN unbooked.id IS NOT NULL THEN unbooked.amount
                            WHEN line.recognition = 'receipt' THEN line.amount
                            ELSE COALESCE(settled.gross, 0) END AS amount,
                       COALESCE(settled.amount, 0) - CASE WHEN way.is_receipt THEN COALESCE(settled.reversed, 0) ELSE 0 END
                           AS settled,
                       COALESCE(settled.other, 0) + CASE WHEN way.is_receipt THEN 0 ELSE COALESCE(settled.reversed, 0) END
                           AS taken_off,
                       CASE WHEN way.is_receipt THEN COALESCE(line.amount_waived, 0) - COALESCE(later.amount, 0) ELSE 0 END
                           AS waived
                  FROM cfia_dues_line line
             LEFT JOIN later ON later.dues_line_id = line.id
             LEFT JOIN settled ON settled.dues_line_id = line.id
             LEFT JOIN unbooked ON unbooked.id = line.id
            CROSS JOIN LATERAL (SELECT unbooked.id IS NOT NULL OR line.recognition = 'receipt' AS is_receipt) way
                 WHERE settled.dues_line_id IS NOT NULL OR unbooked.id IS NOT NULL
            )
            SELECT line.id,
                   line.id AS dues_line_id,
                   line.company_id,
                   line.partner_id,
                   line.partner_id AS unit_count,
                   line.payer_id,
                   line.year,
                   line.grade_id,
                   province.cfia_region_id AS region_id,
                   SPLIT_PART(category.parent_path, '/', 1)::int AS enterprise_category_id,
                   due.date_due,
                   CASE WHEN due.date_due >= %(day)s THEN 'not_due'
                        WHEN %(day)s - due.date_due <= 90 THEN 'quarter'
                        WHEN due.date_due > %(day)s - INTERVAL '1 year' THEN 'year'
                        WHEN due.date_due > %(day)s - INTERVAL '2 years' THEN 'two_years'
                        WHEN due.date_due > %(day)s - INTERVAL '3 years' THEN 'three_years'
                        ELSE 'older' END AS age,
                   money.amount,
                   money.taken_off + money.waived AS amount_credited,
                   money.settled - money.taken_off AS amount_paid,
                   money.amount - money.settled - money.waived AS amount_open
              FROM money
              JOIN cfia_dues_line line ON line.id = money.id
              JOIN due ON due.id = money.id
              JOIN res_partner partner ON partner.id = line.partner_id
         LEFT JOIN standing ON standing.partner_id = line.partner_id
         LEFT JOIN res_country_state province ON province.id = COALESCE(standing.state_id, partner.state_id)
         LEFT JOIN cfia_enterprise_category category
                ON category.id = COALESCE(standing.enterprise_category_id, partner.enterprise_category_id)
            """,
            day=SQL('%s::date', day),
            standing=self.env['cfia.member.event']._get_standing_query(day),
        )

    @api.model
    def _recount(self, company, day):
        """Return the dues of an association as of a day, read afresh.

        :param company: the association
        :param date day: the day
        :return: one dictionary for each dues line
        :rtype: list[dict]
        """
        self.env.flush_all()
        names = (
            'id', 'partner_id', 'year', 'grade_id', 'region_id', 'enterprise_category_id', 'age',
            'amount', 'amount_credited', 'amount_paid', 'amount_open')
        rows = self.env.execute_query(SQL(
            "SELECT %s FROM (%s) dues WHERE company_id = %s ORDER BY id",
            SQL(', ').join(map(SQL.identifier, names)), self._get_query(day), company.id))
        return [dict(zip(names, row)) for row in rows]

    @api.model
    def _recount_ledger(self, company, day):
        """Return what accounting says is receivable on a day, and of what it is made.

        :return: balance of the receivable accounts, and of the items open on that day those of dues,
            the credits of members, and the rest; and what is open of bills and credit notes of dues that no
            line or member answers for
        :rtype: dict
        """
        self.env.flush_all()
        [(balance, dues, credits, other, astray)] = self.env.execute_query(SQL(
            """
            WITH item AS (
                SELECT aml.id, aml.balance,
                       CASE WHEN aml.dues_superseded_from <= %(day)s THEN NULL ELSE aml.dues_line_id END AS dues_line_id,
                       aml.dues_member_id IS NOT NULL
                           OR (aml.journal_id = %(journal)s AND aml.balance < 0) AS is_credit,
                       aml.journal_id = %(journal)s AND aml.dues_member_id IS NULL AND aml.dues_note_line_id IS NULL
                           OR aml.dues_superseded_from <= %(day)s AS is_astray
                  FROM account_move_line aml
                  JOIN account_account account ON account.id = aml.account_id
                 WHERE aml.company_id = %(company)s AND aml.parent_state = 'posted' AND aml.date <= %(day)s
                   AND account.account_type = 'asset_receivable'
            ), open_item AS (
                SELECT item.*, item.balance
                       - COALESCE((SELECT SUM(amount) FROM account_partial_reconcile
                                    WHERE debit_move_id = item.id AND max_date <= %(day)s), 0)
                       + COALESCE((SELECT SUM(amount) FROM account_partial_reconcile
                                    WHERE credit_move_id = item.id AND max_date <= %(day)s), 0) AS residual
                  FROM item
            )
            SELECT COALESCE(SUM(balance), 0),
                   COALESCE(SUM(residual) FILTER (WHERE dues_line_id IS NOT NULL), 0),
                   COALESCE(-SUM(residual) FILTER (WHERE dues_line_id IS NULL AND is_credit), 0),
                   COALESCE(SUM(residual) FILTER (WHERE dues_line_id IS NULL AND NOT is_credit), 0),
                   COALESCE(SUM(ABS(residual)) FILTER (WHERE dues_line_id IS NULL AND is_astray), 0)
              FROM open_item
            """,
            # sudo: which journal bills dues is no secret
            company=company.id, day=day, journal=company.sudo().cfia_dues_journal_id.id or 0))
        rounded = company.currency_id.round
        return {
            'balance': rounded(float(balance)), 'dues': rounded(float(dues)),
            'credits': rounded(float(credits)), 'other': rounded(float(other)), 'astray': rounded(float(astray)),
        }

    def action_open_line(self):
        """Open the dues line."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'cfia.dues.line',
            'res_id': self.dues_line_id.id,
            'view_mode': 'form',
        }


def quarter_end(year, quarter):
    """Return the last day of a quarter."""
    return date(year, quarter * 3, 31 if quarter in (1, 4) else 30)
