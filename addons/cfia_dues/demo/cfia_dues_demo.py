"""Demo dues, billed and paid through the same methods as real ones."""
from datetime import date, timedelta

from odoo import api, models
from odoo.fields import Command

from odoo.addons.cfia_membership.tools.dates import association_today

# Years back from the present one that a demo unit still owes, where it is not the usual story.
OWED_YEARS = {
    '04': (0,), '06': (0,), '07': (0,), '09': (0, 1), '10': (0, 1, 2), '12': (0,), '16': (0,), '18': (0,),
    '25': (0,),
}
# Demo units of a dues run: two that it bills, which owe this year, and two that were billed before it.
RUN_BILLS = ('06', '07')
RUN_LEAVES_OUT = ('04', '12')


class CfiaDuesDemo(models.AbstractModel):
    """Makes the demo's entries, which records in XML cannot: they need a chart of accounts."""

    _name = 'cfia.dues.demo'
    _description = "Demo Dues"

    @api.model
    def _load(self, company_id):
        """Make demo dues where accounting is ready for them.

        :param int company_id: the association
        """
        company = self.env['res.company'].browse(company_id)
        if company.chart_template:
            self._install(company)

    def _install(self, company):
        """Bill the demo members for three years and let most of them pay."""
        # sudo: demo data are entered by the installation
        company = company.sudo().with_company(company).with_context(lang='zh_CN')
        self = self.with_env(company.env)
        units = {}
        for number in range(1, 41):
            unit = self.env.ref(f'cfia_membership.partner_demo_{number:02d}', raise_if_not_found=False)
            if unit and unit.member_state == 'member':
                units[f'{number:02d}'] = unit
        if not units:
            return
        company._set_up_dues_accounting()
        self._install_bank(company)
        year = association_today().year
        members = self.env['res.partner'].union(*units.values())
        Line = self.env['cfia.dues.line']
        Line._open_paid_history({
            member: year - 3 for member in members if member.date_member_joined.year < year - 2})
        receipts = self.env['account.bank.statement.line']
        for back in (2, 1, 0):
            billed_year = year - back
            of_run = members.browse([units[number].id for number in RUN_BILLS if number in units and not back])
            lines = Line._open((members - of_run).filtered(
                lambda member: member.date_member_joined.year <= billed_year), billed_year)
            lines._price()
            begun = date(billed_year, 1, 10)
            for day, billed in lines.grouped(lambda line: max(begun, line.partner_id.date_member_joined)).items():
                billed._bill(invoice_date=min(association_today(), day))
            receipts |= self._install_receipts(units, billed_year, back)
            receipts.action_match_dues()
        receipts |= self._install_puzzles(units, year)
        receipts.action_match_dues()
        self._install_run(units, year)
        waiver = units.get('16')
        if waiver:
            waiver.dues_line_ids[:1].message_post(body=self.env._(
                "The unit asked in writing for a waiver of this year's dues."))

    def _install_run(self, units, year):
        """Bill some members of ``year`` by a run, which leaves out whom it finds billed."""
        numbers = [number for number in RUN_BILLS + RUN_LEAVES_OUT if number in units]
        run = self.env['cfia.dues.run'].create({
            'year': year, 'scope': 'selected', 'with_notices': False, 'user_id': self.env.company.cfia_dues_user_id.id,
            'partner_ids': [Command.set([units[number].id for number in numbers])],
            'date_invoice': min(association_today(), date(year, 1, 10)),
        })
        run.action_start()
        run._bill_members(run.member_ids)
        run._finish()

    def _install_bank(self, company):
        """Give the association a bank account and someone in charge."""
        if not company.partner_id.bank_ids:
            bank = self.env['res.bank'].create({'name': "演示银行北京分行"})
            # not the journal's: lists of any account can be tried on the demo
            self.env['res.partner.bank'].create({
                'partner_id': company.partner_id.id,
                'acc_number': '0200 0000 0000 0000 000',
                'bank_id': bank.id,
                'allow_out_payment': True,
            })
        company.cfia_dues_bank_id = company.partner_id.bank_ids[:1]
        company.cfia_dues_user_id = self.env.ref('cfia_membership.user_demo_accountant', raise_if_not_found=False)

    def _install_receipts(self, units, year, back):
        """Receive what units pay for ``year``, save those that still owe it.

        :param dict units: demo number → unit
        :param int year: the year billed last
        :param int back: years from it to the present one
        """
        vals_list = []
        for number, unit in units.items():
            line = unit.dues_line_ids.filtered(lambda line: line.year == year)
            if back in OWED_YEARS.get(number, ()) or not line.amount_residual:
                continue
            amount, remark, payer = line.amount_residual, line._get_remark(), unit.name
            if number == '13' and back == 2:
                amount *= 3
                remark = f'{year}-{year + 2}年会费 {unit.member_number}'
            elif number == '23':
                amount += 500
            elif number in ('19', '22'):
                payer = "重庆演示集团有限公司"
                remark = f'代{unit.name}缴会费 {unit.member_number}'
            elif number in ('05', '14', '26'):
                remark = "会费"
            # who joined in that year pays within two weeks
            day = max(date(year, 3, 1 + int(number) % 27), unit.date_member_joined + timedelta(days=14))
            vals_list.append(self._prepare_receipt(day, amount, remark, payer, f'YS{year}{number}'))
        return self._receive(vals_list)

    def _install_puzzles(self, units, year):
        """Receive what cannot be matched for sure, and one receipt twice."""
        day = date(year, 4, 2)
        rows = [(2000, "会费", "演示张三", f'YS{year}90'), (2000, "会费", "演示未知有限公司", f'YS{year}91')]
        if {'02', '03'} <= set(units):
            rows.append((2000, f"会费 {units['03'].member_number}", units['02'].name, f'YS{year}92'))
            rows.append((2000, "会费（重复流水）", units['03'].name, f'YS{year}03'))
        if '04' in units:
            rows.append((4000, f"会费 {units['04'].member_number}", units['04'].name, f'YS{year}93'))
        return self._receive([
            self._prepare_receipt(day, amount, remark, payer, reference)
            for amount, remark, payer, reference in rows
        ])

    def _receive(self, vals_list):
        """Make bank lines, and undo what another module's guesses reconciled while the demo loads."""
        receipts = self.env['account.bank.statement.line'].create(vals_list)
        receipts.filtered('is_reconciled').action_undo_reconciliation()
        return receipts

    def _prepare_receipt(self, day, amount, remark, payer, reference):
        return {
            'journal_id': self._get_bank_journal().id,
            'date': min(day, association_today()),
            'amount': amount,
            'payment_ref': remark,
            'partner_name': payer,
            'ref': reference,
        }

    def _get_bank_journal(self):
        return self.env['account.journal'].search([
            ('company_id', '=', self.env.company.id), ('type', '=', 'bank')], limit=1)
