from datetime import date

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from ..tools import pricing
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import is_unlocked, unlocked
from odoo.addons.cfia_membership.tools.official import capital_amount

# Why a line has no price or no bill yet: finance works these off.
HOLD_REASONS = [
    ('no_standard', "No standard in force"),
    ('no_grade', "No grade"),
    ('no_amount', "No amount for the grade"),
    ('not_yet_member', "Not a member in that year"),
    ('no_account', "No dues journal or account"),
    ('refused', "Refused by accounting"),
]

# Written by pricing, billing and accounting alone, whoever asks: no discount outside the resolution.
GUARDED_FIELDS = frozenset({
    'origin', 'grade_id', 'standard_id', 'rule_id', 'amount_base', 'amount', 'hold_reason', 'hold_note',
    'move_id', 'state', 'amount_paid', 'amount_credited', 'amount_residual',
})

# What one invoice brings along and a batch of hundreds does not need.
BATCH_CONTEXT = {
    'tracking_disable': True,
    'mail_create_nolog': True,
    'mail_create_nosubscribe': True,
    'mail_notrack': True,
}


class CfiaDuesLine(models.Model):
    """Dues of one member for one year, with the rule that priced them.

    Money lives in accounting alone: state and amounts paid follow from the invoice and its
    reconciliation, and are never written here.
    """

    _name = 'cfia.dues.line'
    _description = "Dues Line"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'year desc, partner_id, id desc'
    _check_company_auto = True

    # Whose
    company_id = fields.Many2one(
        'res.company', required=True, readonly=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    partner_id = fields.Many2one(
        'res.partner', string="Member", required=True, index=True, ondelete='restrict',
        domain="[('member_number', '!=', False)]")
    member_number = fields.Char(related='partner_id.member_number')
    year = fields.Integer(required=True, aggregator=None)
    origin = fields.Selection(
        selection=[
            ('manual', "Entered"),
            ('approval', "Admission"),
            ('opening', "Opening balance"),
        ],
        required=True,
        default='manual',
        readonly=True,
        help="Opening lines say until which year an earlier list has the dues paid. They have no entries.",
    )
    # Price
    grade_id = fields.Many2one('cfia.grade', readonly=True, ondelete='restrict')
    standard_id = fields.Many2one(
        'cfia.dues.standard', readonly=True, index='btree_not_null', ondelete='restrict')
    rule_id = fields.Many2one('cfia.dues.standard.rule', readonly=True, ondelete='restrict')
    amount_base = fields.Monetary(string="Amount by Standard", readonly=True)
    amount = fields.Monetary(string="Amount Due", readonly=True)
    explanation = fields.Char(compute='_compute_explanation')
    date_due = fields.Date(
        string="Due Date", compute='_compute_date_due', store=True, readonly=False, precompute=True)
    hold_reason = fields.Selection(selection=HOLD_REASONS, string="Held Back", readonly=True, copy=False)
    hold_note = fields.Char(string="What Accounting Said", readonly=True, copy=False)
    # Money
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
            ('cancelled', "Cancelled"),
        ],
        compute='_compute_money', store=True, index=True,
    )
    amount_paid = fields.Monetary(string="Paid", compute='_compute_money', store=True)
    amount_credited = fields.Monetary(
        string="Credited", compute='_compute_money', store=True,
        help="Taken off by credit notes and write-offs.")
    amount_residual = fields.Monetary(string="Open", compute='_compute_money', store=True)

    _member_year_unique = models.UniqueIndex(
        '(company_id, partner_id, year)', "A member has one dues line for a year.")
    _move_unique = models.UniqueIndex(
        '(move_id) WHERE move_id IS NOT NULL', "An invoice bills one dues line.")
    _amount_positive = models.Constraint('CHECK (amount >= 0)', "Dues cannot be negative.")
    _year_range = models.Constraint(
        'CHECK (year BETWEEN 1900 AND 2200)', "The year has four digits.")

    # === COMPUTE METHODS === #

    @api.depends('partner_id', 'year')
    def _compute_display_name(self):
        for line in self:
            line.display_name = self.env._(
                "%(unit)s, dues %(year)s", unit=line.partner_id.name or "", year=line.year)

    @api.depends('year', 'company_id')
    def _compute_date_due(self):
        for line in self:
            line.date_due = line.year and line.company_id and line._get_yearly_due_date()

    @api.depends('standard_id', 'rule_id', 'grade_id', 'amount', 'amount_base', 'origin')
    @api.depends_context('lang')
    def _compute_explanation(self):
        """Say which part of which resolution made the amount."""
        for line in self:
            if line.origin == 'opening':
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
        'origin', 'hold_reason', 'standard_id', 'amount',
        'move_id.state', 'move_id.payment_state', 'move_id.amount_total', 'move_id.amount_residual',
    )
    def _compute_money(self):
        """Derive what was paid and what is open from the invoice and its reconciliation."""
        credited_by_move = self.move_id._get_dues_credited()
        for line in self:
            move = line.move_id
            is_posted = move.state == 'posted'
            residual = move.amount_residual if is_posted else 0.0
            credited = credited_by_move.get(move, 0.0) if is_posted else 0.0
            line.amount_residual = residual
            line.amount_credited = credited
            line.amount_paid = move.amount_total - residual - credited if is_posted else 0.0
            line.state = line._get_state()

    def _get_state(self):
        """Return the state that accounting gives this line."""
        self.ensure_one()
        move = self.move_id
        if not move:
            if self.origin == 'opening':
                return 'paid'
            is_free = self.standard_id and not self.hold_reason and self.currency_id.is_zero(self.amount)
            return 'waived' if is_free else 'to_bill'
        if move.state != 'posted':
            return 'cancelled' if move.state == 'cancel' else 'to_bill'
        has_payment = self.currency_id.compare_amounts(self.amount_paid, 0.0) > 0
        if self.currency_id.is_zero(self.amount_residual):
            return 'paid' if has_payment else 'waived'
        return 'partial' if has_payment else 'billed'

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse values that pricing and accounting alone write."""
        for vals in vals_list:
            self._check_guarded_values({field for field, value in vals.items() if value})
        return super().create(vals_list)

    def write(self, vals):
        """Keep whose and which year a line is for once it is billed, and its price as it was made."""
        self._check_guarded_values(set(vals))
        if set(vals) & {'partner_id', 'year', 'company_id'} and any(line.move_id for line in self):
            raise UserError(self.env._(
                "%(line)s is billed. Cancel its invoice and open another line instead.",
                line=self.filtered('move_id')[:1].display_name,
            ))
        return super().write(vals)

    def _check_guarded_values(self, fnames):
        """Refuse values for columns that pricing and accounting alone write.

        :param set fnames: names of the fields
        :raise UserError: for everyone, superuser mode included, save the suite's own methods
        """
        guarded = GUARDED_FIELDS & fnames
        if guarded and not is_unlocked(self):
            raise UserError(self.env._(
                "%(fields)s cannot be edited: the congress's resolution and accounting make them.",
                fields=", ".join(sorted(
                    self._fields[field]._description_string(self.env) for field in guarded)),
            ))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_billed(self):
        for line in self:
            if line.move_id or line.origin == 'opening':
                raise UserError(self.env._(
                    "%(line)s is part of the books and cannot be deleted.", line=line.display_name))

    # === ACTION METHODS === #

    def action_bill(self):
        """Price what has no price yet, post the invoices and issue the notices.

        Lines that cannot be billed stay, with the reason on them.
        """
        self._price()
        billed = self._bill_or_hold()
        billed._issue_notices()
        self._close_hold_activities()
        return True

    def action_issue_notice(self):
        """Issue 《会费缴纳通知》 anew for what is open.

        :raise UserError: when nothing is open on any of the lines
        """
        open_lines = self.filtered(lambda line: line.state in ('billed', 'partial'))
        if not open_lines:
            raise UserError(self.env._("Nothing is open here. A notice needs a billed line."))
        open_lines._issue_notices()
        return True

    def action_view_invoice(self):
        """Open the invoice."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'account.move',
            'view_mode': 'form',
            'res_id': self.move_id.id,
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

        :param partners: units, many records
        :param int year: calendar year
        :param str origin: a value of ``origin``
        :param vals: further values, the same for all
        :return: the new lines
        """
        company = self.env.company
        done = self.sudo()._read_group([
            ('company_id', '=', company.id),
            ('partner_id', 'in', partners.ids),
            '|', ('year', '=', year),
            '&', ('origin', '=', 'opening'), ('year', '>=', year),
        ], ['partner_id'])
        done_ids = {partner.id for [partner] in done}
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
        lines = self._open(
            partners, date_approved.year, origin='approval',
            date_due=date_approved + relativedelta(days=self.env.company.cfia_dues_days_new_member),
        )
        lines._price()
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
        """Price the lines that have no invoice by the standard in force for their year.

        :return: the lines that have a price
        """
        todo = self.filtered(lambda line: not line.move_id and line.origin != 'opening')
        for company, lines in todo.grouped('company_id').items():
            standards = self.env['cfia.dues.standard']._get_by_year(company, set(lines.mapped('year')))
            priced_by = {year: standard._to_pricing() for year, standard in standards.items()}
            for line in lines:
                price = pricing.price(line._to_pricing_member(), line.year, priced_by[line.year])
                unlocked(line).write(line._prepare_price_values(price, standards[line.year]))
        return todo.filtered(lambda line: not line.hold_reason)

    def _to_pricing_member(self):
        """Return the member as the pricing function reads him."""
        self.ensure_one()
        partner = self.partner_id
        path = partner.enterprise_category_id.parent_path or ''
        return pricing.Member(
            grade=partner.member_grade_id.id or None,
            category_path=frozenset(int(part) for part in path.split('/') if part),
            date_joined=partner.date_member_joined or None,
        )

    def _prepare_price_values(self, price, standard):
        """Return the values that a price gives this line.

        :param price: a :class:`~odoo.addons.cfia_dues.tools.pricing.Price`
        :param standard: the resolution asked
        """
        self.ensure_one()
        if not price.is_known:
            return {
                'grade_id': self.partner_id.member_grade_id.id,
                'standard_id': False,
                'rule_id': False,
                'amount_base': 0.0,
                'amount': 0.0,
                'hold_reason': price.reason,
                'hold_note': False,
            }
        return {
            'grade_id': self.partner_id.member_grade_id.id,
            'standard_id': standard.id,
            'rule_id': price.rule or False,
            'amount_base': float(price.base),
            'amount': float(price.amount),
            'hold_reason': False,
            'hold_note': False,
        }

    # === BUSINESS METHODS - BILLING === #

    def _bill_or_hold(self):
        """Bill the batch; where accounting refuses it, bill line by line and hold back the refused.

        :return: the lines that were billed now
        """
        todo = self.filtered(lambda line: line._is_billable())
        for lines in todo.grouped('company_id').values():
            if not lines._has_accounting():
                unlocked(lines).write({'hold_reason': 'no_account'})
                todo -= lines
        try:
            with self.env.cr.savepoint():
                return todo._bill()
        except (UserError, ValidationError):
            billed = self.browse()
            for line in todo:
                try:
                    with self.env.cr.savepoint():
                        billed += line._bill()
                except (UserError, ValidationError) as error:
                    unlocked(line).write({'hold_reason': 'refused', 'hold_note': str(error)})
            return billed

    def _is_billable(self):
        """Tell whether this line can be invoiced."""
        self.ensure_one()
        return (
            self.state == 'to_bill'
            and self.standard_id
            and (not self.hold_reason or self.hold_reason in ('no_account', 'refused'))
            and self.currency_id.compare_amounts(self.amount, 0.0) > 0
        )

    def _has_accounting(self):
        """Tell whether the company of these lines has all it takes to bill dues."""
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
        new = lines.filtered(lambda line: not line.move_id)
        receivables = new._get_receivable_accounts()
        # both items of each entry are given: nothing is left to synchronise
        moves = self.env['account.move'].with_context(**BATCH_CONTEXT, skip_invoice_sync=True).create([
            line._prepare_move_values(invoice_date, receivables[line.partner_id]) for line in new
        ])
        for line, move in zip(new, moves):
            unlocked(line).write({'move_id': move.id, 'hold_reason': False, 'hold_note': False})
        lines.move_id.with_context(**BATCH_CONTEXT)._post(soft=False)
        lines._settle_from_credits()
        return lines

    def _get_receivable_accounts(self):
        """Return the receivable account of each member."""
        accounts = {}
        for company, lines in self.grouped('company_id').items():
            for partner in lines.partner_id.with_company(company):
                accounts[partner.with_env(self.env)] = partner.property_account_receivable_id
        return accounts

    def _prepare_move_values(self, invoice_date, receivable):
        """Return the values of the invoice: no product, no tax (dues are exempt), both lines given.

        :param date invoice_date: day of the invoice
        :param receivable: the member's receivable account
        """
        self.ensure_one()
        company = self.company_id
        remark = self._get_remark()
        date_due = max(self.date_due, invoice_date)
        return {
            'move_type': 'out_invoice',
            'company_id': company.id,
            'journal_id': company.cfia_dues_journal_id.id,
            'currency_id': self.currency_id.id,
            'partner_id': self.partner_id.id,
            'commercial_partner_id': self.partner_id.commercial_partner_id.id,
            'partner_shipping_id': self.partner_id.id,
            'partner_bank_id': company._get_dues_bank().id,
            'fiscal_position_id': False,
            'invoice_payment_term_id': False,
            'invoice_user_id': False,
            'invoice_date': invoice_date,
            'invoice_date_due': date_due,
            'date': invoice_date,
            'narration': False,
            'payment_reference': remark,
            'line_ids': [
                Command.create({
                    'display_type': 'product',
                    'name': self.with_context(lang=self.partner_id.lang)._get_label(),
                    'account_id': company.cfia_dues_account_id.id,
                    'partner_id': self.partner_id.id,
                    'currency_id': self.currency_id.id,
                    'quantity': 1.0,
                    'price_unit': self.amount,
                    'amount_currency': -self.amount,
                    'balance': -self.amount,
                    'tax_ids': [],
                    'dues_line_id': self.id,
                }),
                Command.create({
                    'display_type': 'payment_term',
                    'name': remark,
                    'account_id': receivable.id,
                    'partner_id': self.partner_id.id,
                    'currency_id': self.currency_id.id,
                    'amount_currency': self.amount,
                    'balance': self.amount,
                    'date_maturity': date_due,
                }),
            ],
        }

    def _get_label(self):
        """Return how a bill names these dues."""
        self.ensure_one()
        return self.env._("Membership dues %(year)s", year=self.year)

    def _get_remark(self):
        """Return the text that a member quotes when he pays, which bank matching understands."""
        self.ensure_one()
        return f"{self.year}年会费 {self.member_number or ''}".strip()

    def _settle_from_credits(self):
        """Reconcile the invoices just posted with what their members have paid before, oldest first."""
        credits = self.env['account.move.line'].search([
            ('dues_member_id', 'in', self.partner_id.ids),
            ('company_id', 'in', self.company_id.ids),
            ('parent_state', '=', 'posted'),
            ('account_type', '=', 'asset_receivable'),
            ('reconciled', '=', False),
            ('amount_residual', '<', 0),
        ], order='date, id')
        if not credits:
            return
        credits_by_key = credits.grouped(lambda aml: (aml.company_id, aml.dues_member_id, aml.account_id))
        plan = []
        for key, lines in self.grouped(lambda line: (line.company_id, line.partner_id)).items():
            for receivable in lines.sorted('year')._get_open_receivables():
                key_credits = credits_by_key.get((*key, receivable.account_id))
                if key_credits:
                    plan.append(receivable + key_credits)
        if plan:
            self.env['account.move.line']._reconcile_plan(plan)

    def _get_open_receivables(self):
        """Return the journal items that these lines are owed by, in the order of the lines."""
        return self.move_id.line_ids.filtered(
            lambda aml: aml.account_type == 'asset_receivable'
            and aml.parent_state == 'posted' and not aml.reconciled)

    # === BUSINESS METHODS - HELD BACK === #

    def _schedule_hold_activities(self):
        """Tell the person in charge of dues which new members could not be billed, if there is one."""
        for line in self.filtered('hold_reason'):
            user = line.company_id.cfia_dues_user_id
            if user:
                line.activity_schedule('cfia_dues.mail_act_dues_held_back', user_id=user.id)

    def _close_hold_activities(self):
        """Close the activities of lines that are no longer held back."""
        self.filtered(lambda line: not line.hold_reason).activity_unlink(
            ['cfia_dues.mail_act_dues_held_back'])

    # === BUSINESS METHODS - NOTICE === #

    def _issue_notices(self):
        """Freeze the data of 《会费缴纳通知》 for each line; PDF and mail follow after commit."""
        if not self:
            return self.env['cfia.document']
        contacts = self.partner_id._get_role_contacts('finance')
        # sudo: the register of letters is written by the acts that issue them
        return self.env['cfia.document'].sudo()._issue('dues_notice', [
            {
                'partner_id': line.partner_id.id,
                'res_model': line._name,
                'res_id': line.id,
                'date': association_today(),
                'data': line.with_context(
                    lang=line.partner_id.lang or line.company_id.partner_id.lang,
                )._prepare_notice_data(contacts[line.partner_id]),
            }
            for line in self
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
        """Return what 《会费缴纳通知》 prints (DOMAIN §4.5).

        :param contact: the member's contact for dues, or the unit itself
        """
        self.ensure_one()
        company = self.company_id
        partner = self.partner_id.with_env(self.env)
        bank = company._get_dues_bank().sudo()
        user_partner = company.cfia_dues_user_id.sudo().partner_id or company.partner_id
        standard = self.standard_id
        is_yuan = self.currency_id.name == 'CNY'
        return {
            'unit_name': partner.name,
            'member_number': partner.member_number or '',
            'grade': self.grade_id.name or '',
            'year': self.year,
            'standard': standard.name or '',
            'standard_date': standard.date and standard.date.isoformat() or '',
            'congress': standard.congress_id.name or '',
            'explanation': self.explanation or '',
            'amount_base': self.amount_base,
            'amount_discount': self.amount_base - self.amount,
            'amount': self.amount,
            'amount_open': self.amount_residual,
            'amount_capitals': capital_amount(self.amount_residual) if is_yuan else '',
            'offers': [
                {'clause': rule.clause, 'name': rule.name, 'percent': rule.percent}
                for rule in standard.rule_ids.sorted()
            ],
            'date_due': self.date_due.isoformat(),
            'bank_holder': bank.acc_holder_name or bank.partner_id.name or '',
            'bank_name': bank.bank_id.name or '',
            'bank_account': bank.acc_number or '',
            'remark': self._get_remark(),
            'receipt_title': partner.name,
            'uscc': partner.uscc or '',
            'receipt_email': contact.email or partner.email or '',
            'recipient_id': contact.id,
            'contact_name': user_partner.name if company.cfia_dues_user_id else '',
            'contact_phone': user_partner.phone or company.phone or '',
        }
