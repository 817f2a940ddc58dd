import re
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command, Datetime
from odoo.sql_db import Cursor
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.mail.tests.common import MailCase

OWN_TABLE = re.compile(r'\b(?:FROM|JOIN|INTO|UPDATE)\s+"?(cfia_\w+)', re.IGNORECASE)
# who keeps books, sends mailings and knows customers, and has no role of the association
OTHER_GROUPS = (
    'base.group_user,base.group_partner_manager,base.group_allow_export,account.group_account_manager,'
    'mass_mailing.group_mass_mailing_user,product.group_product_manager')


@tagged('post_install', '-at_install')
class TestOtherApps(AccountTestInvoicingCommon, MailCase):
    """Whoever has no role of the association works in Odoo as if the suite were not there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user_other = new_test_user(
            cls.env, login='cfia_test_other', groups=OTHER_GROUPS, name="Bookkeeper", email='books@other.example',
            company_id=cls.company_data['company'].id, company_ids=[Command.set(cls.company_data['company'].ids)])
        cls.customer = cls.env['res.partner'].create({
            'name': "Customer", 'is_company': True, 'email': 'customer@other.example', 'phone': '025-1000 0000'})
        cls.person = cls.env['res.partner'].create({
            'name': "Person of the Customer", 'parent_id': cls.customer.id, 'email': 'person@other.example',
            'phone': '025-1000 0001'})
        cls.unit = cls.env['res.partner'].create({'name': "演示单位", 'is_company': True, 'phone': '025-2000 0000'})
        unlocked(cls.unit).write({'member_state': 'prospect'})
        cls.env = cls.env(user=cls.user_other)

    def find_own_tables(self, act):
        """Return the tables of the suite that statements ask or write while ``act`` is called."""
        self.env.flush_all()
        found = []
        execute = Cursor.execute

        def watch(cursor, query, *args, **kwargs):
            text = query.code if hasattr(query, 'code') else str(query)
            found.extend(match[1] for match in OWN_TABLE.finditer(text))
            return execute(cursor, query, *args, **kwargs)

        with patch.object(Cursor, 'execute', watch):
            act()
            self.env.flush_all()
        return found

    def make_move(self, move_type, partner=None):
        return self.env['account.move'].create({
            'move_type': move_type, 'partner_id': (partner or self.customer).id, 'invoice_date': '2026-03-01',
            'invoice_line_ids': [Command.create({'name': "Goods", 'price_unit': 100.0, 'tax_ids': False})],
        })

    def test_books(self):
        """Invoices and bills are posted, paid, reversed, printed and reset without a role."""
        for move_type in ('out_invoice', 'in_invoice', 'out_refund', 'in_refund', 'out_receipt', 'entry'):
            with self.subTest(move_type=move_type):
                move = self.make_move(move_type) if move_type != 'entry' else self.env['account.move'].create({
                    'line_ids': [
                        Command.create({'account_id': self.company_data['default_account_revenue'].id, 'debit': 10.0}),
                        Command.create({'account_id': self.company_data['default_account_expense'].id, 'credit': 10.0}),
                    ]})
                move.action_post()
                self.assertEqual(move.state, 'posted')
                self.assertNotIn("Dues", move._get_invoice_report_filename())
                move._get_report_base_filename()
                move.button_draft()
                move.action_post()
        invoices = self.make_move('out_invoice') + self.make_move('out_invoice')
        invoices.action_post()
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoices.ids).create({'group_payment': True})._create_payments()
        self.assertEqual(set(invoices.mapped('amount_residual')), {0.0})
        invoices.line_ids.remove_move_reconcile()
        self.env['account.move.reversal'].with_context(active_model='account.move', active_ids=invoices.ids).create({
            'journal_id': invoices.journal_id.id}).reverse_moves(is_modify=True)
        self.assertEqual(invoices.mapped('payment_state'), ['reversed'] * 2)

    def test_every_field(self):
        """All of the suite's fields on a model of Odoo can be read by whoever reads the model, or are not his."""
        self.make_move('out_invoice').action_post()
        self.env(su=True)['account.bank.statement.line'].create({
            'journal_id': self.company_data['default_journal_bank'].id, 'amount': 10.0, 'payment_ref': "20260001",
            'partner_name': "Customer"})
        self.env['mailing.mailing'].create({'subject': "Sale", 'mailing_model_id': self.env['ir.model']._get_id('res.partner')})
        readers = (self.user_other, new_test_user(self.env(su=True), login='cfia_test_plain', groups='base.group_user'))
        for name, model in self.env.registry.items():
            own = [field for field in model._fields.values() if (field._module or '').startswith('cfia_')]
            if name.startswith('cfia.') or model._abstract or model._transient or not own:
                continue
            for user in readers:
                records = self.env[name].with_user(user)
                if records.has_access('read'):
                    names = [field.name for field in own if records._has_field_access(field, 'read')]
                    with self.subTest(model=name, user=user.login):
                        records.search([], limit=5).read(names)

    def test_duplicate(self):
        """Whoever may duplicate a record may do so: Odoo copies columns without asking for their groups."""
        for name, model in self.env.registry.items():
            if not name.startswith('cfia.') and not model._abstract:
                for field in model._fields.values():
                    if (field._module or '').startswith('cfia_') and field.groups:
                        self.assertFalse(field.copy, field)
        self.assertEqual(self.customer.with_env(self.env).copy().phone, '025-1000 0000')
        self.assertEqual(self.make_move('out_invoice').copy().amount_total, 100.0)

    def test_no_cost(self):
        """What other apps write asks nothing of the suite's tables."""
        bill = self.make_move('in_invoice')
        partner = self.person.with_env(self.env)
        acts = (
            bill.action_post,
            lambda: partner.write({'phone': '025-1000 0002', 'function': "Buyer", 'active': False}),
            lambda: partner.create({'name': "Another", 'parent_id': self.customer.id}),
        )
        for act in acts:
            self.assertEqual(self.find_own_tables(act), [])
        # the watch itself sees what there is
        self.assertTrue(self.find_own_tables(lambda: self.env['cfia.department'].sudo().search([], limit=1).mapped('name')))

    def test_mails(self):
        """Mails about other apps' records go the way of Odoo: together, none is locked by itself."""
        Mail = self.env(su=True)['mail.mail']
        mails = Mail.create([{'body_html': "Hello", 'email_to': f'{number}@other.example', 'subject': "Hello"} for number in range(3)])
        with self.mock_mail_gateway(), patch.object(type(Mail), '_take', autospec=True, side_effect=AssertionError("locked")):
            mails.send()
        self.assertEqual(mails.mapped('state'), ['sent'] * 3)

    def test_export(self):
        """Lists of customers and of what leads to them are exported without the gate; units are not."""
        move = self.make_move('out_invoice')
        own = self.make_move('out_invoice', self.unit)
        columns = ['name', 'partner_id/phone', 'invoice_user_id/name', 'partner_id/parent_id/phone']
        self.assertEqual(move.export_data(columns)['datas'][0][1], '025-1000 0000')
        self.assertEqual(self.customer.with_env(self.env).export_data(['name', 'phone'])['datas'], [["Customer", '025-1000 0000']])
        for records in (move + own, self.unit.with_env(self.env)):
            with self.assertRaises(UserError):
                records.export_data(['id', 'partner_id/phone'] if records._name == 'account.move' else ['phone'])

    def test_read_in_bulk(self):
        """Schedules of other apps read as many customers as they like."""
        self.env.company.sudo().cfia_api_row_limit = 2
        customers = self.env['res.partner'].create([{'name': f"Customer {number}"} for number in range(5)])
        self.assertEqual(len(customers.read(['phone'])), 5)
        self.assertEqual(len(self.env['res.partner'].formatted_read_group([('id', 'in', customers.ids)], ['name'], ['__count'])), 5)
        unlocked(customers.sudo()).write({'member_state': 'prospect'})
        with self.assertRaises(UserError):
            customers.read(['phone'])
        with self.assertRaises(UserError):
            self.env['res.partner'].formatted_read_group([('id', 'in', customers.ids)], ['name'], ['__count'])

    def test_persons_kept(self):
        """Archived persons of other apps' customers keep telephone and e-mail; those of units are blanked."""
        member_person = self.env['res.partner'].sudo().create({
            'name': "Person of the Unit", 'parent_id': self.unit.id, 'phone': '025-2000 0001'})
        with freeze_time(Datetime.now() - timedelta(days=365 * 10)):
            (self.person + member_person).sudo().write({'active': False})
        self.assertFalse(self.person.date_contact_left)
        # as an earlier version left it
        self.person.sudo().date_contact_left = '2010-01-01'
        with self.enter_registry_test_mode():
            self.env(user=1).ref('cfia_membership.ir_cron_blank_contacts').method_direct_trigger()
        self.assertEqual(self.person.phone, '025-1000 0001')
        self.assertFalse(member_person.phone)

    def test_company_without_dues(self):
        """Another company's chart gets no journal of dues before its first resolution."""
        company = self.company_data['company'].sudo()
        self.assertFalse(company.cfia_dues_journal_id)
        self.assertFalse(self.env['account.journal'].search([('company_id', '=', company.id), ('code', '=', 'DUES')]))
        env = self.env(user=1)
        env['cfia.dues.standard'].create({
            'name': "Resolution", 'company_id': company.id, 'year_from': 2026, 'date': '2025-11-20',
            'congress_id': env['cfia.congress'].create({
                'name': "Congress", 'number': 91, 'date_start': '2025-01-01', 'date_end': '2029-12-31'}).id})
        self.assertEqual(company.cfia_dues_journal_id.code, 'DUES')
        self.assertTrue(company.cfia_dues_account_id)

    def test_customer_form(self):
        """A customer is made and changed in the form."""
        with Form(self.env['res.partner']) as form:
            form.name = "New Customer"
            form.phone = '025-3000 0000'
        partner = form.save()
        with Form(partner) as form:
            form.phone = '025-3000 0001'
        self.assertEqual(partner.phone, '025-3000 0001')
        with Form(self.make_move('out_invoice', partner)) as form:
            form.ref = "Order 1"
        self.env['res.partner'].name_search("New Cust")

    def test_merge(self):
        """Customers are merged as ever."""
        twins = self.env['res.partner'].create([{'name': "Twin", 'email': 'twin@other.example'} for _number in range(2)])
        wizard = self.env(user=1)['base.partner.merge.automatic.wizard'].create({})
        wizard._merge(twins.ids, twins[0])
        self.assertEqual(twins.exists(), twins[0])
