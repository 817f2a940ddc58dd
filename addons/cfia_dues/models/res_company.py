from odoo import api, fields, models

DUES_JOURNAL_CODE = 'DUES'


class ResCompany(models.Model):
    _inherit = 'res.company'

    cfia_dues_journal_id = fields.Many2one(
        'account.journal', string="Dues Journal", check_company=True, domain="[('type', '=', 'sale')]")
    cfia_dues_account_id = fields.Many2one(
        'account.account', string="Dues Income Account", check_company=True,
        domain="[('account_type', 'in', ('income', 'income_other'))]")
    cfia_dues_recognition = fields.Selection(
        selection=[('billing', "At billing"), ('receipt', "At receipt")],
        string="Dues Income", required=True, default='billing',
        help="At billing: each bill is a posted invoice and a receivable. At receipt: the invoice is posted "
             "over the money that arrives. Lines keep the way in which they were billed.")
    cfia_dues_bank_id = fields.Many2one(
        'res.partner.bank', string="Bank Account for Dues", domain="[('partner_id', '=', partner_id)]",
        help="Printed on dues notices. Without one, the first account of the association.")
    cfia_dues_user_id = fields.Many2one(
        'res.users', string="Dues Contact",
        help="Named on dues notices, and told when a new member's dues cannot be billed.")
    cfia_dues_days_new_member = fields.Integer(
        string="Days to Pay for New Members", default=30,
        help="Days from approval until the dues of the first year are due.")
    cfia_dues_due_month = fields.Integer(string="Yearly Dues Due in Month", default=3)
    cfia_dues_due_day = fields.Integer(string="Yearly Dues Due on Day", default=31)

    cfia_dues_round_month_1 = fields.Integer(
        string="First Collection Round in Month", default=5,
        help="From this month on the first collection round of the year is drafted. 0: never.")
    cfia_dues_round_month_2 = fields.Integer(
        string="Second Collection Round in Month", default=10,
        help="From this month on the second collection round of the year is drafted. 0: never.")
    cfia_dues_round_is_automatic = fields.Boolean(
        string="Collection Rounds Open by Themselves",
        help="A drafted round opens a week later. Otherwise it waits to be opened by hand.")
    cfia_dues_consequence = fields.Text(
        string="Consequence by the Charter", translate=True,
        help="Printed on reminders: what the charter says of dues that stay unpaid. Empty: nothing is printed.")

    cfia_dues_relief_body = fields.Selection(
        selection='_selection_cfia_dues_relief_body',
        string="Waivers Decided By", required=True, default='secretary_general',
        help="Who decides on waivers and deferrals. A body decides by a resolution on file.")

    _cfia_dues_round_months = models.Constraint(
        'CHECK (cfia_dues_round_month_1 BETWEEN 0 AND 12 AND cfia_dues_round_month_2 BETWEEN 0 AND 12)',
        "The month of a collection round is a number from 1 to 12, or 0 for never.",
    )
    _cfia_dues_due_date_range = models.Constraint(
        'CHECK (cfia_dues_due_month BETWEEN 1 AND 12 AND cfia_dues_due_day BETWEEN 1 AND 31)',
        "The yearly due date needs a month from 1 to 12 and a day from 1 to 31.",
    )

    # === SELECTION METHODS === #

    @api.model
    def _selection_cfia_dues_relief_body(self):
        return [
            ('secretary_general', self.env._("Secretary-general")),
            *self.env['cfia.resolution']._fields['body']._description_selection(self.env),
        ]

    # === BUSINESS METHODS === #

    def _set_up_dues_accounting(self):
        """Give companies with a chart of accounts a dues-income account and a dues journal.

        What is chosen already is kept, so repeating is safe.
        """
        for company in self:
            # sudo: set up along with the chart, whoever loads it
            company_sudo = company.sudo().with_company(company)
            if not company_sudo.chart_template:
                continue
            if not company_sudo.cfia_dues_account_id:
                company_sudo.cfia_dues_account_id = company_sudo._create_dues_account()
            if not company_sudo.cfia_dues_journal_id:
                company_sudo.cfia_dues_journal_id = company_sudo._create_dues_journal()

    def _create_dues_account(self):
        """Create the account 会费收入 below the chart's first income account, empty where it has none."""
        self.ensure_one()
        Account = self.env['account.account']
        income = Account.search([
            *Account._check_company_domain(self), ('account_type', '=', 'income'),
        ], order='code', limit=1)
        if not income.code:
            return Account
        account = Account.create({
            'name': "Membership Dues Income",
            'code': Account._search_new_account_code(income.code.ljust(6, '0')),
            'account_type': 'income',
            'company_ids': self.ids,
            'tax_ids': False,
        })
        self._translate_dues_name(account, lambda env: env._("Membership Dues Income"))
        return account

    def _create_dues_journal(self):
        """Return the journal 会费, created where the company has none of its code."""
        self.ensure_one()
        Journal = self.env['account.journal']
        journal = Journal.search([
            *Journal._check_company_domain(self), ('code', '=', DUES_JOURNAL_CODE), ('type', '=', 'sale'),
        ], limit=1)
        if journal:
            return journal
        journal = Journal.create({
            'name': "Dues",
            'code': DUES_JOURNAL_CODE,
            'type': 'sale',
            'company_id': self.id,
            'default_account_id': self.cfia_dues_account_id.id,
            # behind the sales journal, which stays the default of other invoices
            'sequence': 50,
        })
        self._translate_dues_name(journal, lambda env: env._("Dues"))
        return journal

    def _translate_dues_name(self, record, translate):
        """Write the name of ``record`` in each language in use."""
        for code, _name in self.env['res.lang'].get_installed():
            record_lang = record.with_context(lang=code)
            record_lang.name = translate(record_lang.env)

    def _get_dues_bank(self):
        """Return the bank account that dues notices print."""
        self.ensure_one()
        return self.cfia_dues_bank_id or self.partner_id.bank_ids[:1]

    def _get_dues_user(self):
        """Return who answers for dues: the person set unless archived, else the first of the accountants.

        An empty recordset where there is neither.
        """
        self.ensure_one()
        # sudo: who answers for dues is no secret
        company_sudo = self.sudo()
        accountants = self.env.ref('cfia_membership.group_cfia_accountant').sudo().all_user_ids.filtered(
            lambda user: self in user.company_ids)
        return (
            company_sudo.cfia_dues_user_id.filtered('active') or accountants.filtered('active').sorted(
                lambda user: (user.has_group('cfia_membership.group_cfia_manager'), user.id))[:1]).sudo(False)

    def _prepare_dues_sender_data(self):
        """Return what letters about dues print of the association: its account and who answers questions."""
        self.ensure_one()
        # sudo: letters print account and contact person to every payer
        bank = self._get_dues_bank().sudo()
        contact = self.cfia_dues_user_id.sudo().filtered('active')
        return {
            'bank_holder': bank.acc_holder_name or bank.partner_id.name or '',
            'bank_name': bank.bank_id.name or '',
            'bank_account': bank.acc_number or '',
            'contact_name': contact.name or '',
            'contact_phone': contact.partner_id.phone or self.phone or '',
            'currency': self.currency_id.name,
        }
