from dataclasses import replace
from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tools.translate import LazyTranslate

from ..tools import pricing
from odoo.addons.cfia_membership.models.res_partner import EXIT_STATES
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.official import capital_amount
from odoo.addons.cfia_membership.tools.task import assign

_lt = LazyTranslate(__name__)

# Why a line has no price or no bill yet: finance works these off.
HOLD_REASONS = [
    ('no_standard', "No standard in force"),
    ('no_grade', "No grade"),
    ('no_amount', "No amount for the grade"),
    ('not_yet_member', "Not a member in that year"),
    ('away', "No member for the whole year"),
    ('left', "Left in that year before it was billed"),
    ('return_free', "Free in the year of coming back"),
    ('payer_gone', "The registered payer is archived or no more"),
    ('no_account', "No dues journal or account"),
    ('no_address', "No invoice address"),
    ('refused', "Refused by accounting"),
]

# Whose and which year a line is for: kept once it is billed.
BILLED_FIELDS = ('partner_id', 'payer_id', 'year', 'company_id', 'date_due')

# States in which money is owed.
OPEN_STATES = ('billed', 'partial', 'deferred')

# What one invoice brings along and a batch of hundreds does not need.
BATCH_CONTEXT = {
    'tracking_disable': True,
    'mail_create_nolog': True,
    'mail_create_nosubscribe': True,
    'mail_notrack': True,
}


class Undone(frozenset):
    """Items whose money is being taken back. No client can send one in a context."""


class CfiaDuesLine(models.Model):
    """Dues of one member for one year, with the rule that priced them.

    Money lives in accounting alone: state and amounts paid follow from the receivable items that carry
    the line and from their reconciliation, and are never written here. An invoice may bill the lines of
    several members (a parent pays for all); each line keeps a receivable item of its own.
    """

    _name = 'cfia.dues.line'
    _description = "Dues Line"
    _inherit = ['cfia.guard.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'year desc, partner_id, id desc'
    _check_company_auto = True
    _guard_texts = {
        'write': _lt("The congress's resolution and accounting make them."),
        'frozen': _lt("It is billed. Correct its bill by the button instead."),
        'unlink': _lt("It is part of the books."),
    }

    # Whose
    company_id = fields.Many2one(
        'res.company', required=True, readonly=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    partner_id = fields.Many2one(
        'res.partner', string="Member", required=True, index=True, ondelete='restrict',
        domain="[('member_number', '!=', False)]")
    member_number = fields.Char(related='partner_id.member_number')
    payer_id = fields.Many2one(
        'res.partner', string="Payer", compute='_compute_payer_id', store=True, readonly=False,
        precompute=True, index='btree_not_null', ondelete='restrict',
        help="Whom the invoice and the notice are addressed to.")
    year = fields.Integer(required=True, aggregator=None)
    origin = fields.Selection(
        selection=[
            ('manual', "Entered by hand"),
            ('approval', "Admission"),
            ('run', "Dues run"),
            ('opening', "Opening balance"),
        ],
        required=True,
        default='manual',
        readonly=True,
        help="Opening lines say until which year an earlier list has the dues paid. They have no entries.",
    )
    run_id = fields.Many2one(
        'cfia.dues.run', string="Dues Run", readonly=True, copy=False, index='btree_not_null', ondelete='restrict')
    # Price
    grade_id = fields.Many2one('cfia.grade', readonly=True, ondelete='restrict')
    standard_id = fields.Many2one(
        'cfia.dues.standard', readonly=True, index='btree_not_null', ondelete='restrict')
    rule_id = fields.Many2one('cfia.dues.standard.rule', readonly=True, ondelete='restrict')
    amount_base = fields.Monetary(string="Amount by Standard", readonly=True)
    amount = fields.Monetary(string="Amount Due", readonly=True)
    years = fields.Integer(
        string="Years Agreed", default=1, readonly=True, aggregator=None,
        help="How many years the member agreed to pay in advance, this one included.")
    explanation = fields.Char(string="How It Was Priced", compute='_compute_explanation')
    date_due = fields.Date(
        string="Due Date", compute='_compute_date_due', store=True, readonly=False, precompute=True)
    hold_reason = fields.Selection(selection=HOLD_REASONS, string="Why Held Back", readonly=True, copy=False)
    hold_note = fields.Char(string="What Accounting Said", readonly=True, copy=False)
    # Decisions
    is_deferred = fields.Boolean(string="Deferred", readonly=True, copy=False)
    is_cancelled = fields.Boolean(string="Cancelled before Billing", readonly=True, copy=False)
    amount_waived = fields.Monetary(
        string="Waived without Entry", readonly=True, copy=False,
        help="Waived before anything was posted, where income is recognised at receipt.")
    # Money
    date_billed = fields.Date(readonly=True, copy=False)
    date_notice_delivered = fields.Date(
        string="Notice Delivered On", readonly=True, copy=False,
        help="Day on which a notice of these dues was mailed without failure, posted or handed over.")
    recognition = fields.Selection(
        selection=[('billing', "At billing"), ('receipt', "At receipt")], readonly=True, copy=False)
    item_ids = fields.One2many(
        'account.move.line', 'dues_line_id', string="Journal Items", readonly=True,
        groups='account.group_account_readonly,account.group_account_invoice')
    move_id = fields.Many2one(
        'account.move', string="Invoice", readonly=True, copy=False, check_company=True,
        index='btree_not_null', ondelete='restrict')
    state = fields.Selection(
        selection=[
            ('to_bill', "To bill"),
            ('billed', "Billed"),
            ('partial', "Partly paid"),
            ('paid', "Paid"),
            ('waived', "Waived"),
            ('deferred', "Deferred"),
            ('cancelled', "Cancelled"),
        ],
        compute='_compute_money', store=True, index=True,
    )
    amount_paid = fields.Monetary(string="Paid", compute='_compute_money', store=True)
    amount_credited = fields.Monetary(
        string="Credited", compute='_compute_money', store=True,
        help="Taken off by credit notes and write-offs.")
    amount_residual = fields.Monetary(string="Outstanding", compute='_compute_money', store=True)

    _member_year_unique = models.UniqueIndex(
        '(company_id, partner_id, year)', "A member has one dues line for a year.")
    _amount_positive = models.Constraint('CHECK (amount >= 0)', "Dues cannot be negative.")
    _year_range = models.Constraint(
        'CHECK (year BETWEEN 1900 AND 2200)', "The year has four digits.")
    _year_order_idx = models.Index('(year DESC, id DESC)')
    _date_due_idx = models.Index('(date_due)')

    # === COMPUTE METHODS === #

    @api.depends('partner_id', 'year')
    def _compute_display_name(self):
        for line in self:
            line.display_name = self.env._(
                "%(unit)s, dues %(year)s", unit=line.partner_id.name or "", year=line.year)

    @api.depends('partner_id', 'partner_id.dues_payer_id')
    def _compute_payer_id(self):
        for line in self:
            if line.payer_id and (line.move_id or line.date_billed):
                # whom it was billed to stays
                line.payer_id = line.payer_id
            else:
                # sudo: who pays is no secret to those who open lines
                line.payer_id = line.partner_id.sudo().dues_payer_id.sudo(False) or line.partner_id

    @api.depends('year', 'company_id')
    def _compute_date_due(self):
        for line in self:
            line.date_due = line.year and line.company_id and line._get_yearly_due_date()

    @api.depends('standard_id', 'rule_id', 'grade_id', 'amount', 'amount_base', 'origin')
    @api.depends_context('lang')
    def _compute_explanation(self):
        """Say which part of which resolution made the amount."""
        for line in self:
            if line.origin == 'opening' and line.amount:
                line.explanation = self.env._("Owed for %(year)s by the books kept before", year=line.year)
            elif line.origin == 'opening':
                line.explanation = self.env._("Paid up to %(year)s by an earlier list", year=line.year)
            elif not line.standard_id:
                line.explanation = False
            elif line.rule_id:
                line.explanation = self.env._(
                    "%(standard)s, %(clause)s: %(rule)s, %(percent)g%% off",
                    standard=line.standard_id.name, clause=line.rule_id.clause,
                    rule=line.rule_id.name, percent=line.rule_id.percent,
                )
            else:
                line.explanation = self.env._(
                    "%(standard)s: amount for %(grade)s",
                    standard=line.standard_id.name, grade=line.grade_id.name,
                )

    @api.depends(
        'origin', 'hold_reason', 'standard_id', 'amount', 'amount_waived', 'is_deferred', 'is_cancelled',
        'date_billed', 'recognition', 'move_id.state',
        'item_ids.parent_state', 'item_ids.balance', 'item_ids.amount_residual', 'item_ids.dues_superseded_from',
        'item_ids.move_id.reversal_move_ids.state',
    )
    def _compute_money(self):
        """Derive what was paid and what is open from the receivable items and their reconciliation."""
        # sudo: who reads dues need not read journal items
        lines_sudo = self.sudo()
        items_by_line = {line: line.item_ids._filtered_dues_receivables() for line in lines_sudo}
        credited = self.env['account.move.line'].sudo().union(*items_by_line.values())._get_dues_credited()
        for line_sudo in lines_sudo:
            currency = line_sudo.currency_id
            items = items_by_line[line_sudo]
            residual = sum(items.mapped('amount_residual'))
            settled = sum(items.mapped('balance')) - residual
            taken = sum(credited.get(item, (0.0, 0.0))[0] for item in items)
            # what is waived of dues that stand in no entry counts while they are billed
            waived = line_sudo.amount_waived if line_sudo.recognition == 'receipt' else 0.0
            if line_sudo.recognition == 'receipt' and not line_sudo.is_cancelled:
                # what was posted over money and reversed is owed again
                undone = sum(credited.get(item, (0.0, 0.0))[1] for item in items)
                settled, taken = settled - undone, taken - undone
                residual = line_sudo.amount - waived - settled
            line_sudo.amount_residual = currency.round(residual)
            line_sudo.amount_paid = currency.round(settled - taken)
            line_sudo.amount_credited = currency.round(taken + waived)
            line_sudo.state = line_sudo._get_state(bool(items))

    def _get_state(self, has_items):
        """Return the state that accounting gives this line.

        :param bool has_items: whether a posted receivable item carries the line
        """
        self.ensure_one()
        if self.is_cancelled:
            return 'cancelled'
        if not has_items and self.recognition != 'receipt':
            if self.move_id:
                return 'cancelled' if self.move_id.state == 'cancel' else 'to_bill'
            if self.origin == 'opening':
                return 'paid'
            is_free = self.standard_id and not self.hold_reason and self.currency_id.is_zero(self.amount)
            return 'waived' if is_free else 'to_bill'
        has_payment = self.currency_id.compare_amounts(self.amount_paid, 0.0) > 0
        if self.currency_id.compare_amounts(self.amount_residual, 0.0) <= 0:
            return 'paid' if has_payment else 'waived'
        if has_payment:
            return 'partial'
        return 'deferred' if self.is_deferred else 'billed'

    # === CRUD METHODS === #

    def _get_frozen_names(self):
        """Keep whose and which year a line is for once it is billed."""
        frozen = super()._get_frozen_names()
        return frozen.union(BILLED_FIELDS) if self.move_id or self.date_billed or self.state != 'to_bill' else frozen

    def _may_freeze(self, names):
        return not names.isdisjoint(BILLED_FIELDS)

    def _is_kept(self):
        return bool(self.move_id or self.date_billed or self.origin == 'opening')

    # === ACTION METHODS === #

    def action_bill(self):
        """Price what has no price yet, post the invoices and issue the notices.

        Lines that cannot be billed stay, with the reason on them.
        """
        lines = self | self._release_free()
        lines._price()
        billed = lines._bill_or_hold()
        billed._issue_notices()
        self._close_hold_activities()
        return True

    def action_issue_notice(self):
        """Issue 《会费缴纳通知》 anew for what is open.

        :raise UserError: when nothing is open on any of the lines
        """
        open_lines = self.filtered(lambda line: line.state in OPEN_STATES)
        if not open_lines:
            raise UserError(self.env._("Nothing is open here. A notice needs a billed line."))
        open_lines._issue_notices()
        return True

    def action_count_anew(self):
        """Derive again from entries and receipts what these lines show, where it was written over. Nothing is posted.

        :raise AccessError: for others than those who bill dues
        """
        self.check_access('write')
        for name in ('amount_paid', 'amount_credited', 'amount_residual', 'state', 'amount_receipted', 'amount_unreceipted'):
            self.env.add_to_compute(self._fields[name], self)
        self.env.flush_all()
        return True

    def action_view_invoice(self):
        """Open the bill, or all bills and credit notes of a line that was billed anew."""
        self.ensure_one()
        bills = self.item_ids.move_id
        bills |= bills.reversal_move_ids | self.move_id
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Bills"),
            'res_model': 'account.move',
            **({'view_mode': 'form', 'res_id': bills.id} if len(bills) == 1 else {
                'view_mode': 'list,form', 'domain': [('id', 'in', bills.ids)]}),
        }

    def action_view_notices(self):
        """Open the notices issued for these lines."""
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Dues Notices"),
            'res_model': 'cfia.document',
            'view_mode': 'list,form',
            'domain': [('res_model', '=', self._name), ('res_id', 'in', self.ids)],
        }

    # === BUSINESS METHODS - OPENING === #

    @api.model
    def _open(self, partners, year, origin='manual', **vals):
        """Open the line of ``year`` for members that have none and did not pay it before.

        Years up to the cut-off of the opening balances are settled by them and never opened.

        :param partners: units, many records
        :param int year: calendar year
        :param str origin: a value of ``origin``
        :param vals: further values, the same for all
        :return: the new lines
        """
        company = self.env.company
        # sudo: a year has one line, whoever may read it
        done = self.sudo()._read_group([
            ('company_id', '=', company.id),
            ('partner_id', 'in', partners.ids),
            '|', ('year', '=', year),
            '&', '&', ('origin', '=', 'opening'), ('amount', '=', False), ('year', '>=', year),
        ], ['partner_id'])
        done_ids = {partner.id for [partner] in done}
        done_ids.update(self.env['cfia.dues.opening']._get_closed_members(company, partners, year).ids)
        lines = unlocked(self.with_context(**BATCH_CONTEXT)).create([
            {
                'company_id': company.id,
                'partner_id': partner.id,
                'year': year,
                'origin': origin,
                **vals,
            }
            for partner in partners if partner.id not in done_ids
        ])
        return lines.with_env(self.env)

    @api.model
    def _open_paid_history(self, year_by_partner):
        """Enter until which year members have paid by an earlier list: one line each, no entries.

        A later year in a repeated list adds a line; the same list again changes nothing.

        :param dict year_by_partner: unit → last year paid
        :return: the new lines
        """
        company = self.env.company
        partners = self.env['res.partner'].browse([partner.id for partner in year_by_partner])
        # sudo: a year has one line, whoever may read it
        done = self.sudo()._read_group(
            [('company_id', '=', company.id), ('partner_id', 'in', partners.ids)],
            ['partner_id', 'year'])
        done_keys = {(partner.id, year) for partner, year in done}
        return unlocked(self.with_context(**BATCH_CONTEXT)).create([
            {
                'company_id': company.id,
                'partner_id': partner.id,
                'year': year,
                'origin': 'opening',
            }
            for partner, year in year_by_partner.items()
            if year and (partner.id, year) not in done_keys
        ]).with_env(self.env)

    @api.model
    def _admit(self, partners, date_approved):
        """Open, price and bill the first year of new members and issue their notices.

        Called inside the approval: nothing here may stop it. What cannot be billed is held back with
        its reason and becomes work for finance.

        :param partners: units that became members
        :param date date_approved: day of the signature
        :return: the new lines
        """
        year = date_approved.year
        date_due = date_approved + relativedelta(days=self.env.company.cfia_dues_days_new_member)
        before = self.search([
            ('company_id', '=', self.env.company.id), ('partner_id', 'in', partners.ids), ('year', '=', year)])
        lines = self._open(partners, year, origin='approval', date_due=date_due)
        lines |= before._release_free() | before.filtered(lambda line: line.state == 'to_bill' and line.origin != 'opening')
        unlocked(lines & before).write({'date_due': date_due})
        lines._price()
        lines._drop_undue()
        lines = lines.exists()
        lines._bill_or_hold()._issue_notices()
        lines._schedule_hold_activities()
        return lines

    def _get_yearly_due_date(self):
        """Return the day of the year on which dues are due by the settings."""
        self.ensure_one()
        first = date(self.year, self.company_id.cfia_dues_due_month or 3, 1)
        # relativedelta clips to the month's last day
        return first + relativedelta(day=self.company_id.cfia_dues_due_day or 31)

    # === BUSINESS METHODS - PRICE === #

    def _price(self):
        """Price the lines that were not billed by the standard in force for their year.

        :return: the lines that have a price
        """
        # billed without an invoice where income is recognised at receipt: its price stands, too
        todo = self.filtered(lambda line: not line.move_id and not line.date_billed and line.origin != 'opening')
        for company, lines in todo.grouped('company_id').items():
            standards, members, prices = lines._get_present_prices(company)
            for line in lines:
                if line.years > 1 and line.rule_id.kind == 'years_ahead' and pricing.get_presence(members[line], line.year)[0] == 'whole':
                    # agreed: what was offered holds, whatever is resolved later
                    unlocked(line).hold_reason = False
                    continue
                unlocked(line).write(
                    line._prepare_price_values(prices[line], standards[line.year], members[line].grade))
        return todo.filtered(lambda line: not line.hold_reason)

    def _get_present_prices(self, company):
        """Return what these lines of one company would cost if they were priced now.

        :return: {year: standard}, {line: member as the pricing function reads him}, {line: price}
        :rtype: tuple
        """
        standards = self.env['cfia.dues.standard']._get_by_year(company, set(self.mapped('year')))
        priced_by = {year: standard._to_pricing() for year, standard in standards.items()}
        members = self._to_pricing_members()
        return standards, members, {
            line: pricing.price(members[line], line.year, priced_by[line.year]) for line in self}

    def _to_pricing_members(self):
        """Return the member of each line as the pricing function reads him.

        Dues of a past year are priced by the grade and category that the member had at its end, or when
        it left, as the ledger tells; others by the present ones.

        :return: {line: :class:`~odoo.addons.cfia_dues.tools.pricing.Member`}
        :rtype: dict
        """
        past = self.filtered(lambda line: line.year < association_today().year)
        courses = self.env['cfia.member.event']._get_courses(self.partner_id)
        members = {}
        for line in self:
            partner = line.partner_id
            grade, category = partner.member_grade_id, partner.enterprise_category_id
            then = [
                row for row in courses.get(partner.id, [])
                if line in past and row['date_effective'] <= date(line.year, 12, 31) and row['member_state'] == 'member']
            if then:
                grade = grade.browse(then[-1]['grade_id'])
                category = category.browse(then[-1]['enterprise_category_id']) or category
            members[line] = pricing.Member(
                grade=grade.id or None,
                category_path=frozenset(int(part) for part in (category.parent_path or '').split('/') if part),
                date_joined=partner.date_member_joined or None,
                years=line.years or 1,
                away=self._get_away(partner, courses.get(partner.id, [])),
            )
        return members

    @api.model
    def _get_away(self, partner, course):
        """Return from when until when a unit that had been a member was none.

        :param partner: the unit
        :param list course: what it was from which day on, as the ledger tells
        :return: pairs of first and last day, the last None while it goes on
        :rtype: tuple
        """
        away, gone = [], None
        for row in course:
            if row['member_state'] in EXIT_STATES and gone is None:
                gone = row['date_effective']
            elif row['member_state'] == 'member' and gone is not None:
                if row['date_effective'] > gone:
                    away.append((gone, row['date_effective'] - relativedelta(days=1)))
                gone = None
        if gone is None and partner.member_state in EXIT_STATES:
            # it left on a day that no event tells
            gone = partner.date_member_left or date.min
        return (*away, *([(gone, None)] if gone else []))

    def _prepare_price_values(self, price, standard, grade_id):
        """Return the values that a price gives this line.

        :param price: a :class:`~odoo.addons.cfia_dues.tools.pricing.Price`
        :param standard: the resolution asked
        :param grade_id: grade that was priced, None where the member has none
        """
        self.ensure_one()
        if not price.is_known:
            return {
                'grade_id': grade_id,
                'standard_id': False,
                'rule_id': False,
                'amount_base': 0.0,
                'amount': 0.0,
                'hold_reason': price.reason,
                'hold_note': False,
            }
        return {
            'grade_id': grade_id,
            'standard_id': standard.id,
            'rule_id': price.rule or False,
            'amount_base': float(price.base),
            'amount': float(price.amount),
            'hold_reason': False,
            'hold_note': False,
        }

    # === BUSINESS METHODS - BILLING === #

    def _bill_or_hold(self, invoice_date=None):
        """Bill the batch; where accounting refuses it, bill line by line and hold back the refused.

        :param date invoice_date: default the association's day
        :return: the lines that were billed now
        """
        todo = self.filtered(
            lambda line: line._is_billable() and line.hold_reason not in ('no_address', 'payer_gone'))
        todo._hold_without_payer()
        todo = todo.filtered(lambda line: not line.hold_reason or line.hold_reason != 'payer_gone')
        for lines in todo.grouped('company_id').values():
            if not lines._has_accounting():
                unlocked(lines).write({'hold_reason': 'no_account'})
                todo -= lines
        try:
            with self.env.cr.savepoint():
                return todo._bill(invoice_date)
        except (UserError, ValidationError):
            billed = self.browse()
            for line in todo:
                try:
                    with self.env.cr.savepoint():
                        billed += line._bill(invoice_date)
                except (UserError, ValidationError) as error:
                    unlocked(line).write({'hold_reason': 'refused', 'hold_note': str(error)})
            return billed

    def _is_billable(self):
        """Tell whether this line can be invoiced."""
        self.ensure_one()
        return (
            self.state == 'to_bill'
            and self.standard_id
            and (not self.hold_reason or self.hold_reason in ('no_account', 'no_address', 'payer_gone', 'refused'))
            and self.currency_id.compare_amounts(self.amount, 0.0) > 0
        )

    def _hold_without_payer(self):
        """Hold back the lines whose registered payer is archived or went out of existence."""
        for line in self:
            payer = line.payer_id
            if payer != line.partner_id and (not payer.active or payer.member_state == 'merged'):
                unlocked(line).write({'hold_reason': 'payer_gone', 'hold_note': payer.display_name})

    def _hold_without_address(self):
        """Hold back the lines whose payer can be reached neither by mail nor by post."""
        self.filtered(lambda line: line._is_billable() and not line.hold_reason)._hold_without_payer()
        todo = self.filtered(lambda line: line._is_billable() and not line.hold_reason)
        contacts = todo.payer_id._get_role_contacts('finance')
        for line in todo:
            payer, contact = line.payer_id, contacts[line.payer_id]
            if not (payer.street or payer.email or contact.email):
                unlocked(line).write({'hold_reason': 'no_address'})

    def _has_accounting(self):
        """Tell whether the company of these lines has all it takes to bill dues."""
        # sudo: whether accounting is set up is no secret
        company_sudo = self.company_id.sudo()
        return bool(company_sudo.cfia_dues_journal_id and company_sudo.cfia_dues_account_id)

    def _bill(self, invoice_date=None):
        """Create and post the invoices of the lines to bill, and settle them from open credits.

        Every value that accounting would search for is given, and the batch is posted at once.
        A line whose invoice is a draft gets that one posted: twice makes nothing twice.

        :param date invoice_date: default the association's day
        :return: the lines billed now
        """
        lines = self.filtered(lambda line: line._is_billable())
        if not lines:
            return lines
        invoice_date = invoice_date or association_today()
        at_receipt = lines.filtered(
            # sudo: the way of recognition is a setting
            lambda line: not line.move_id and line.company_id.sudo().cfia_dues_recognition == 'receipt')
        unlocked(at_receipt).write({
            'date_billed': invoice_date, 'recognition': 'receipt', 'hold_reason': False, 'hold_note': False})
        (lines - at_receipt)._post_invoices(invoice_date)
        lines._settle_from_waivers()
        lines._settle_from_credits()
        return lines

    def _post_invoices(self, invoice_date):
        """Post one invoice for each payer, or the draft that bills a line already.

        :param date invoice_date: day of the invoices
        """
        if not self:
            return
        new = self.filtered(lambda line: not line.move_id)
        groups = list(new.grouped(lambda line: (line.company_id, line.payer_id, line.year)).values())
        moves = new._create_moves([
            lines._prepare_move_values(invoice_date, {line: line.amount for line in lines}) for lines in groups
        ])
        for lines, move in zip(groups, moves):
            unlocked(lines).write({'move_id': move.id})
        unlocked(self).write({
            'date_billed': invoice_date, 'recognition': 'billing', 'hold_reason': False, 'hold_note': False})
        self.move_id.with_context(**BATCH_CONTEXT)._post_dues()

    def _create_moves(self, vals_list):
        """Create invoices of which both sides are given: nothing is left to synchronise."""
        self.payer_id.fetch(['commercial_partner_id', 'name', 'company_id'])
        # sudo: whoever bills makes customers, whose rank accounting would raise one by one
        self.payer_id.sudo().filtered(lambda payer: not payer.customer_rank).write({'customer_rank': 1})
        # sudo: whether there are models at all is no secret
        if not self.env['account.analytic.distribution.model'].sudo().search_count([], limit=1):
            for vals in vals_list:
                for _command, _id, item in vals['line_ids']:
                    item['analytic_distribution'] = False
        return self.env['account.move'].with_context(
            **BATCH_CONTEXT, skip_invoice_sync=True).create(vals_list)

    def _recognise(self, amounts, invoice_date):
        """Post invoices over the money that came in for lines recognised at receipt.

        :param dict amounts: line → amount received now
        :param date invoice_date: day of the receipt
        :return: {line: the new receivable item}
        :rtype: dict
        """
        lines = self.browse([line.id for line in amounts])
        moves = lines._create_moves([
            line._prepare_move_values(invoice_date, {line: amount}) for line, amount in amounts.items()
        ])
        for line, move in zip(lines, moves):
            unlocked(line).write({'move_id': move.id})
        moves.with_context(**BATCH_CONTEXT)._post_dues()
        return {
            line: move.line_ids._filtered_dues_receivables() for line, move in zip(lines, moves)
        }

    def _get_receivable_account(self):
        """Return the account that the payer of these lines owes on."""
        company = self.company_id
        return self.payer_id.with_company(company).property_account_receivable_id.with_env(self.env)

    def _prepare_move_values(self, invoice_date, amounts):
        """Return the values of one payer's invoice: no product, no tax (dues are exempt), all items given.

        :param date invoice_date: day of the invoice
        :param dict amounts: line → amount
        """
        company = self.company_id
        payer = self.payer_id
        commercial = payer.commercial_partner_id
        remark = self._get_remark()
        dates_due = {line: max(line.date_due, invoice_date) for line in self}
        account = self._get_receivable_account()
        labels = {line: line.with_context(lang=payer._get_reader_lang())._get_label() for line in self}
        products, terms = [], []
        for line in self:
            shared = {
                'partner_id': commercial.id,
                'currency_id': line.currency_id.id,
                'dues_line_id': line.id,
            }
            amount = amounts[line]
            products.append(Command.create({
                **shared,
                'display_type': 'product',
                'name': labels[line],
                'account_id': company.cfia_dues_account_id.id,
                'quantity': 1.0,
                'price_unit': amount,
                'amount_currency': -amount,
                'balance': -amount,
                'tax_ids': [],
            }))
            terms.append(Command.create({
                **shared,
                'display_type': 'payment_term',
                'name': line._get_remark(),
                'account_id': account.id,
                'amount_currency': amount,
                'balance': amount,
                'date_maturity': dates_due[line],
            }))
        return {
            'move_type': 'out_invoice',
            'company_id': company.id,
            'journal_id': company.cfia_dues_journal_id.id,
            'currency_id': self.currency_id.id,
            'partner_id': payer.id,
            'commercial_partner_id': commercial.id,
            'partner_shipping_id': payer.id,
            'partner_bank_id': company._get_dues_bank().id,
            'fiscal_position_id': False,
            'invoice_payment_term_id': False,
            'invoice_user_id': False,
            'invoice_date': invoice_date,
            'invoice_date_due': max(dates_due.values()),
            'date': invoice_date,
            'narration': False,
            'payment_reference': remark,
            'line_ids': products + terms,
        }

    def _get_label(self):
        """Return how a bill names these dues."""
        self.ensure_one()
        if self.payer_id != self.partner_id:
            return self.env._(
                "Membership dues %(year)s, %(unit)s (%(number)s)",
                year=self.year, unit=self.partner_id.name, number=self.member_number or "")
        return self.env._("Membership dues %(year)s", year=self.year)

    def _get_remark(self):
        """Return the text that a payer quotes when he pays, which bank matching understands."""
        years = "、".join(str(year) for year in sorted(set(self.mapped('year'))))
        numbers = "、".join(number for number in self.partner_id.mapped('member_number') if number)
        return f"{years}年会费 {numbers}".strip()

    def _settle_from_credits(self):
        """Reconcile what these lines owe with what their members have paid before, oldest first.

        Money of a payer that is no member itself is for those that it pays for.
        """
        if not self:
            return
        payers = self.payer_id.filtered(lambda payer: not payer.member_number)
        heirs = self._get_merged_units(self.partner_id)
        credits = self.env['account.move.line'].search([
            ('dues_member_id', 'in', (self.partner_id | payers).ids + list(heirs)),
            ('company_id', 'in', self.company_id.ids),
            ('parent_state', '=', 'posted'),
            ('account_type', '=', 'asset_receivable'),
            ('reconciled', '=', False),
            ('amount_residual', '<', 0),
        ], order='date, id')
        undone = self.env.context.get('cfia_dues_undone')
        if isinstance(undone, Undone):
            # money that is being taken back pays nothing
            credits = credits.filtered(lambda credit: credit.id not in undone)
        credits = self._settle_from_own_notes(credits)
        if not credits:
            return
        # what units had that merged into a member is the member's
        credits_by_owner = credits.grouped(
            lambda aml: (aml.company_id, heirs.get(aml.dues_member_id.id, aml.dues_member_id)))
        left = {credit: -credit.amount_residual for credit in credits}
        plan = []
        received = {}
        credits_by_line = {}
        for (company, member, payer), lines in self.grouped(
                lambda line: (line.company_id, line.partner_id, line.payer_id)).items():
            owned = credits.browse().union(*(
                credits_by_owner[company, owner] for owner in member | (payer & payers)
                if (company, owner) in credits_by_owner))
            if not owned:
                continue
            if owned.dues_note_line_id:
                # the money of a credit note came when its bill was paid
                owned = owned.sorted(lambda credit: (credit._get_dues_money_day(), credit.id))
            lines = lines.sorted('year')
            # paid in full before it was billed: early is when the last of it came
            lines._grant_early_payment(sum(left[credit] for credit in owned), owned._get_dues_money_day())
            for line in lines:
                credits_by_line[line] = owned
                share = min(sum(left[credit] for credit in owned), line.amount_residual)
                if line.currency_id.compare_amounts(share, 0.0) <= 0:
                    continue
                if line.recognition == 'receipt':
                    received[line] = share
                else:
                    plan += line._plan_settlement(owned)
                for credit in owned:
                    used = min(left[credit], share)
                    left[credit] -= used
                    share -= used
        for line, receivable in self._recognise(received, association_today()).items() if received else ():
            plan.append(receivable + credits_by_line[line].filtered(
                lambda aml, account=receivable.account_id: aml.account_id == account))
        plan = [items for items in plan if len(items) > 1]
        if plan:
            self.env['account.move.line']._reconcile_plan(plan)

    def _plan_settlement(self, credits):
        """Return what of these credits is reconciled with what the line owes, in their order. One record."""
        plan = []
        for receivable in self._get_open_receivables():
            fitting = credits.filtered(lambda aml, account=receivable.account_id: aml.account_id == account)
            # accounting goes by the day of the entry, which of a note is not that of its money
            plan += [receivable + credit for credit in fitting] if fitting.dues_note_line_id else [receivable + fitting]
        return plan

    def _settle_from_own_notes(self, credits):
        """Let the money of a bill follow to the one that takes its place, before any other money does.

        :return: the credits that are left
        """
        notes = credits.filtered(lambda credit: credit.dues_note_line_id in self)
        if not notes:
            return credits
        plan = [
            receivable + notes.filtered(
                lambda note, item=receivable: (note.dues_note_line_id, note.account_id) == (item.dues_line_id, item.account_id))
            for receivable in self._get_open_receivables()]
        plan = [items for items in plan if len(items) > 1]
        if plan:
            self.env['account.move.line']._reconcile_plan(plan)
        return credits.filtered(lambda credit: not credit.reconciled)

    @api.model
    def _get_merged_units(self, members):
        """Return the units that merged into members, also by way of others.

        :return: {id of the merged unit: member}
        :rtype: dict
        """
        heirs = {}
        # sudo: who took over whom is no secret to who settles money
        found = self.env['res.partner'].sudo().with_context(active_test=False)
        wave = {member.id: member for member in members}
        while wave:
            merged = found.search([('merged_into_id', 'in', list(wave))])
            wave = {unit.id: wave[unit.merged_into_id.id] for unit in merged if unit.id not in heirs}
            heirs.update(wave)
        return heirs

    def _get_open_receivables(self):
        """Return the journal items that these lines are owed by, in the order of the lines."""
        return self.item_ids._filtered_dues_receivables().filtered(lambda aml: not aml.reconciled)

    # === BUSINESS METHODS - DECISIONS === #

    def _cancel(self):
        """Cancel lines of which nothing was posted: the member left, or they were opened in error.

        :raise UserError: for a line with entries, naming the way out
        """
        posted = self.filtered(lambda line: line.item_ids._filtered_dues_receivables())[:1]
        if posted:
            raise UserError(self.env._(
                "%(line)s has posted entries. Reverse its invoice by a credit note instead.",
                line=posted.display_name))
        unlocked(self).write({'is_cancelled': True})

    def _defer(self, date_due):
        """Put off the payment of open lines by a decision.

        :param date date_due: new due date
        """
        open_lines = self.filtered(lambda line: line.state in OPEN_STATES)
        for before, lines in open_lines.grouped('date_due').items():
            lines._enter_adjustment('deferral', association_today(), date_due_before=before, date_due=date_due)
        unlocked(open_lines).write({'is_deferred': True, 'date_due': date_due})
        # the invoice asks for it on the same day; dates of payment are no part of what a lock protects
        open_lines._get_open_receivables().with_context(skip_invoice_sync=True).write({'date_maturity': date_due})

    def _waive(self, amount_by_line, reason, day=None, kind='waiver'):
        """Take amounts off open lines by a decision: credit notes, or before income is recognised no entry.

        :param dict amount_by_line: line → amount
        :param str reason: text of the credit notes
        :param date day: default the association's day
        :param str kind: a value of ``cfia.dues.adjustment.kind``
        :return: the credit notes
        :raise UserError: when more is to be waived than is open
        """
        day = day or association_today()
        vals_list, receivables, noted = [], [], []
        for line, amount in amount_by_line.items():
            if line.currency_id.compare_amounts(amount, line.amount_residual) > 0:
                raise UserError(self.env._(
                    "Of %(line)s only %(open)s is open.", line=line.display_name, open=line.amount_residual))
            if line.recognition == 'receipt':
                unlocked(line).write({'amount_waived': line.amount_waived + amount})
                line._enter_adjustment(kind, day, amount=amount)
                continue
            noted.append((line, amount))
            vals_list.append(line._prepare_credit_note_values(amount, reason, day))
            receivables.append(line._get_open_receivables())
        notes = self.env['account.move'].with_context(**BATCH_CONTEXT).create(vals_list)
        for (line, amount), note in zip(noted, notes):
            line._enter_adjustment(kind, day, amount=amount, move_id=note.id)
        notes._post(soft=False)
        if notes:
            unlocked(self.env['account.move.line'])._reconcile_plan([
                note.line_ids.filtered(lambda aml: aml.account_type == 'asset_receivable') + items
                for note, items in zip(notes, receivables)
            ])
        return notes

    def _prepare_credit_note_values(self, amount, reason, day):
        """Return the values of a credit note over part of this line."""
        self.ensure_one()
        company = self.company_id
        return {
            'move_type': 'out_refund',
            'company_id': company.id,
            'journal_id': company.cfia_dues_journal_id.id,
            'partner_id': self.payer_id.id,
            'currency_id': self.currency_id.id,
            'invoice_date': day,
            'date': day,
            'invoice_payment_term_id': False,
            'ref': reason,
            'invoice_line_ids': [Command.create({
                'name': f'{self._get_label()} {reason}',
                'account_id': company.cfia_dues_account_id.id,
                'price_unit': amount,
                'tax_ids': [],
            })],
        }

    def _grant_early_payment(self, money, day):
        """Take off what the resolution grants to members who pay a year in full until a date, or years ahead.

        :param float money: what one member paid
        :param date day: when it arrived
        :return: {line: what is left of the money for the years agreed after it}
        :rtype: dict
        """
        ahead = {}
        for line, (discount, rule) in self._get_early_discounts(money, day).items():
            unlocked(line).write({'rule_id': rule.id})
            is_ahead = rule.kind == 'years_ahead'
            if line.currency_id.compare_amounts(discount, 0.0) > 0:
                self._waive({line: discount}, rule.name, day, kind='ahead' if is_ahead else 'early')
            if is_ahead:
                unlocked(line).write({'years': rule.years_min})
                ahead[line] = sum(line._open_following(rule.years_min).mapped('amount'))
        return ahead

    def _get_early_discounts(self, money, day):
        """Return what paying early or years ahead would take off, if so much money came on that day.

        What came before counts as well: a year may be paid in several transfers.

        :param float money: what one member pays, shared out over the lines in their order
        :param date day: when it arrives
        :return: {line: (discount in yuan, rule)}
        :rtype: dict
        """
        lines = self.filtered(lambda line: line.state in OPEN_STATES and line.standard_id.rule_ids.filtered(
            lambda rule: rule.kind in ('early_payment', 'years_ahead')))
        granted = {}
        members = lines._to_pricing_members() if lines else {}
        for line in self:
            found = line._get_discount(members[line], money, day) if line in lines else None
            if not found:
                money -= line.amount_residual
                continue
            discount, rule, cost = found
            granted[line] = discount, rule
            money -= cost
        return granted

    def _get_discount(self, member, money, day):
        """Return what this line would be reduced by, if so much money came on that day.

        :param member: the member as the pricing function reads him
        :param float money: what is paid now
        :param date day: when it arrives
        :return: (discount, rule, what of the money it takes), or None
        """
        self.ensure_one()
        compare = self.currency_id.compare_amounts
        if self._get_early_payment() or compare(self.amount_residual + self.amount_paid, self.amount) != 0:
            return None
        standard = self.standard_id._to_pricing()
        for rule in sorted(standard.rules, key=lambda rule: rule.years_min, reverse=True):
            if rule.kind != 'years_ahead' or member.years >= rule.years_min:
                continue
            price = pricing.price(replace(member, years=rule.years_min), self.year, standard)
            following = self._get_following_cost(member, rule) if price.rule == rule.key else None
            discount = float(self.amount - float(price.amount))
            if following is None or compare(discount, 0.0) < 0 or compare(discount, self.amount_residual) > 0:
                continue
            cost = self.amount_residual - discount + following
            if compare(money, cost) >= 0:
                return discount, self.env['cfia.dues.standard.rule'].browse(rule.key), cost
        price = pricing.price(replace(member, date_paid=day), self.year, standard)
        rule = self.env['cfia.dues.standard.rule'].browse(price.rule or [])
        if rule.kind != 'early_payment':
            return None
        discount = float(self.amount - float(price.amount))
        last = pricing.last_early_day(rule._to_pricing(), self.year)
        # sudo: when money came is no secret to who settles it
        early = sum(self.sudo().item_ids._filtered_dues_receivables().matched_credit_ids.filtered(
            lambda partial: partial.credit_move_id._get_dues_money_day() <= last).mapped('amount'))
        discount = min(discount, self.amount_residual)
        if compare(discount, 0.0) > 0 and compare(money + early, float(price.amount)) >= 0 \
                and compare(money, self.amount_residual - discount) >= 0:
            return discount, rule, self.amount_residual - discount
        return None

    def _get_following_cost(self, member, rule):
        """Return what the years after this one cost that a rule asks to pay in advance. One line.

        :param member: the member as the pricing function reads him
        :param rule: the rule, as the pricing function reads it
        :return: the sum, None where one of the years is billed or has no price
        """
        years = range(self.year + 1, self.year + rule.years_min)
        # sudo: a year has one line, whoever may read it
        billed = self.sudo().search_count([
            ('company_id', '=', self.company_id.id), ('partner_id', '=', self.partner_id.id), ('year', 'in', list(years)),
            '|', ('state', '!=', 'to_bill'), ('years', '>', 1)], limit=1)
        if billed:
            return None
        standards = self.env['cfia.dues.standard']._get_by_year(self.company_id, set(years))
        prices = [
            pricing.price(replace(member, years=rule.years_min), year, standards[year]._to_pricing()) for year in years]
        return float(sum(price.amount for price in prices)) if all(price.is_known for price in prices) else None

    def _get_ahead_costs(self, discounts):
        """Return what the years to come cost of those of these lines that are agreed on in advance.

        :param dict discounts: as :meth:`_get_early_discounts` gives them
        :rtype: dict
        """
        ahead = {line: rule for line, (_discount, rule) in discounts.items() if rule.kind == 'years_ahead'}
        members = self.union(*ahead)._to_pricing_members() if ahead else {}
        return {line: line._get_following_cost(members[line], rule._to_pricing()) for line, rule in ahead.items()}

    def _open_following(self, count):
        """Open the years after this one that a member pays in advance; each is billed in its own year. One line.

        :param int count: how many years were agreed, this one included
        :return: the lines of the years after this one
        """
        self.ensure_one()
        # sudo: what was paid for is opened, whoever settles the money
        Line = self.sudo().with_company(self.company_id)
        years = range(self.year + 1, self.year + count)
        for year in years:
            Line._open(self.partner_id, year)
        lines = Line.search([
            ('company_id', '=', self.company_id.id), ('partner_id', '=', self.partner_id.id),
            ('year', 'in', list(years)), ('state', '=', 'to_bill')])
        unlocked(lines).write({'years': count})
        lines._price()
        return lines

    # === BUSINESS METHODS - HELD BACK === #

    def _schedule_hold_activities(self):
        """Tell the person in charge of dues which new members could not be billed."""
        for company, lines in self.filtered('hold_reason').grouped('company_id').items():
            assign(lines, 'cfia_dues.mail_act_dues_held_back', company._get_dues_user())

    def _close_hold_activities(self):
        """Close the activities of lines that are no longer held back."""
        self.filtered(lambda line: not line.hold_reason).activity_unlink(
            ['cfia_dues.mail_act_dues_held_back'])

    # === BUSINESS METHODS - NOTICE === #

    def _issue_notices(self, replaced=None):
        """Freeze the data of 《会费缴纳通知》, one for each payer and year; PDF and mail follow after commit.

        :param dict replaced: line id → number of the notice that the new one replaces
        """
        if not self:
            return self.env['cfia.document']
        groups = list(self.grouped(lambda line: (line.company_id, line.payer_id, line.year)).values())
        contacts = self.payer_id._get_role_contacts('finance')
        # sudo: the register of letters is written by the acts that issue them
        return self.env['cfia.document'].sudo()._issue('dues_notice', [
            {
                'partner_id': lines.payer_id.id,
                'res_model': lines._name,
                'res_id': lines[:1].id,
                'date': association_today(),
                'data': {
                    **lines.with_context(
                        lang=lines.payer_id._get_reader_lang(),
                    )._prepare_notice_data(contacts[lines.payer_id]),
                    'replaces': "、".join(sorted({replaced[line.id] for line in lines if line.id in replaced})),
                } if replaced else lines.with_context(
                    lang=lines.payer_id._get_reader_lang(),
                )._prepare_notice_data(contacts[lines.payer_id]),
            }
            for lines in groups
        ])

    def _get_notices(self):
        """Return the last notice of each line whose PDF is ready.

        :return: {line: document}
        :rtype: dict
        """
        notices = self.env['cfia.document'].search([
            ('kind', '=', 'dues_notice'),
            ('res_model', '=', self._name),
            ('res_id', 'in', self.ids),
            ('state', '=', 'done'),
        ], order='id')
        return {self.browse(notice.res_id): notice for notice in notices}

    def _prepare_notice_data(self, contact):
        """Return what 《会费缴纳通知》 prints (DOMAIN §4.5): the dues of one payer for one year.

        :param contact: the payer's contact for dues, or the unit itself
        """
        company = self.company_id
        payer = self.payer_id.with_env(self.env)
        first = self[:1]
        standard = first.standard_id
        amount, amount_open = sum(self.mapped('amount')), sum(self.mapped('amount_residual'))
        return {
            **company._prepare_dues_sender_data(),
            'unit_name': payer.name,
            'member_number': first.member_number or '',
            'grade': first.grade_id.name or '',
            'year': first.year,
            'standard': standard.name or '',
            'standard_date': standard.date and standard.date.isoformat() or '',
            'congress': standard.congress_id.name or '',
            'explanation': first.explanation or '',
            'amount_base': sum(self.mapped('amount_base')),
            'amount_discount': sum(self.mapped('amount_base')) - amount,
            'amount': amount,
            'amount_open': amount_open,
            'amount_capitals': capital_amount(amount_open) if first.currency_id.name == 'CNY' else '',
            'lines': [
                {
                    'line_id': line.id,
                    'unit_name': line.partner_id.name,
                    'member_number': line.member_number or '',
                    'grade': line.grade_id.name or '',
                    'explanation': line.explanation or '',
                    'amount': line.amount,
                    'amount_open': line.amount_residual,
                }
                for line in self
            ],
            'offers': self._prepare_offers(),
            'date_due': max(self.mapped('date_due')).isoformat(),
            'remark': self._get_remark(),
            'receipt_title': payer.name,
            'uscc': payer.uscc or '',
            'receipt_email': contact.email or payer.email or '',
            'recipient_id': contact.id,
        }

    def _prepare_offers(self):
        """Return what these lines of one bill would cost if they were paid early or several years were agreed (优惠办法)."""
        today = association_today()
        members = self._to_pricing_members()
        amounts = {}
        for line in self.filtered(lambda line: line.years <= 1 and line.standard_id.rule_ids):
            for rule, price in pricing.offers(members[line], line.year, line.standard_id._to_pricing()):
                amounts.setdefault(rule, {})[line] = float(price.amount)
        offers = []
        for rule, reduced in amounts.items():
            record = self.env['cfia.dues.standard.rule'].browse(rule.key)
            until = pricing.last_early_day(rule, self[:1].year) if rule.kind == 'early_payment' else None
            if until and until < today or rule.kind == 'years_ahead' and len(reduced) < len(self):
                continue
            offers.append({
                'clause': record.clause,
                'name': record.name,
                'percent': record.percent,
                'amount': sum(reduced.get(line, line.amount) for line in self),
                'until': until.isoformat() if until else '',
                'years': rule.years_min if rule.kind == 'years_ahead' else 0,
            })
        return offers
