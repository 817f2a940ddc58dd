from datetime import date
from io import BytesIO

from freezegun import freeze_time
from openpyxl import load_workbook
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_services.tests.common import ServicesCommon


@tagged('post_install', '-at_install')
class TestChangeList(ServicesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addressee = cls.make_contact(
            cls.unit_member, "演示收件人", 'magazine', type='delivery', street="寄送路2号", zip='210001', city="南京市",
            state_id=cls.state_jiangsu.id)
        cls.contact = cls.unit_member.child_ids.filtered(
            lambda contact: 'contact' in contact.contact_role_ids.mapped('code'))

    def make(self, kind='editorial', is_received=False, **kwargs):
        change_list = self.ChangeList._make(kind, **kwargs)
        if is_received:
            change_list.with_user(getattr(self, f'user_{kind}')).action_receive()
        return change_list

    def changes(self, change_list):
        return {line.partner_id: line.change for line in change_list.line_ids}

    # === CONTENT === #

    def test_new_member_is_on_the_list(self):
        line = self.make().line_ids.filtered(lambda line: line.partner_id == self.unit_member)
        self.assertRecordValues(line, [{
            'change': 'new',
            'member_number': self.unit_member.member_number,
            'unit_name': self.unit_member.name,
            'edition_id': self.env.ref('cfia_services.cfia_magazine_edition_forging').id,
            'addressee': "演示收件人",
            'address': f"{self.state_jiangsu.name}南京市寄送路2号",
            'zip': '210001',
            'contact_name': "演示联系人",
            'phone': '025-0000 0000',
        }])

    def test_difference(self):
        self.make(is_received=True)
        self.assertFalse(self.make(is_received=True).line_ids)
        joined = self.make_member("演示新入会")
        left, renamed = self.make_member("演示将退会"), self.make_member("演示将更名")
        self.make(is_received=True)
        left._leave('withdrawn')
        renamed.name = "演示已更名"
        self.addressee.name = "演示新收件人"
        change_list = self.make()
        self.assertEqual(self.changes(change_list), {
            left: 'stopped', renamed: 'changed_unit', self.unit_member: 'changed_addressee'})
        self.assertNotIn(joined, change_list.line_ids.partner_id)
        self.assertEqual(
            change_list.line_ids.filtered(lambda line: line.partner_id == self.unit_member).changed_fields,
            'addressee')
        change_list.with_user(self.user_editorial).action_receive()
        self.contact.phone = '025-0000 0009'
        left._rejoin()
        self.assertEqual(self.changes(self.make()), {
            left: 'new', self.unit_member: 'changed_contact'})

    def test_nothing_is_lost_until_received(self):
        self.make(is_received=True)
        first = self.make_member("演示甲月入会")
        skipped = self.make()
        second = self.make_member("演示乙月入会")
        change_list = self.make()
        self.assertEqual(skipped.state, 'superseded')
        self.assertEqual(skipped.superseded_by_id, change_list)
        self.assertEqual(self.changes(change_list), {first: 'new', second: 'new'})
        # gone before the department ever knew of it
        first._leave('withdrawn')
        self.assertEqual(self.changes(self.make()), {second: 'new'})

    def test_change_taken_back_is_no_change(self):
        self.make(is_received=True)
        self.addressee.zip = '210009'
        self.make()
        self.addressee.zip = '210001'
        self.assertFalse(self.make().line_ids)

    def test_lists_differ_by_department(self):
        self.make(is_received=True)
        self.make('network', is_received=True)
        self.addressee.name = "演示又一收件人"
        self.contact.email = 'new@member.example'
        self.assertEqual(self.changes(self.make()), {self.unit_member: 'changed_addressee'})
        self.assertEqual(self.changes(self.make('network')), {self.unit_member: 'changed_contact'})

    def test_lines_are_frozen(self):
        line = self.make().line_ids[0]
        with self.assertRaises(UserError):
            line.sudo().write({'unit_name': "改"})
        with self.assertRaises(UserError):
            line.sudo().unlink()
        with self.assertRaises(UserError):
            self.env['cfia.change.list.line'].create({
                'list_id': line.list_id.id, 'partner_id': self.unit_member.id, 'change': 'new'})
        with self.assertRaises(UserError):
            line.list_id.unlink()

    def test_constant_queries(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.make()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before
        few = count()
        self.make_applications([f"演示多家{number}" for number in range(15)], state='approved')
        self.assertLessEqual(count(), few)

    # === EDITIONS === #

    def test_edition_of_the_nearest_category(self):
        Edition = self.env['cfia.magazine.edition']
        forging = self.env.ref('cfia_services.cfia_magazine_edition_forging')
        self.assertEqual(Edition._get_by_category(self.category_forging), {self.category_forging: forging})
        own = Edition.create({
            'name': "Dies", 'code': 'die_forging', 'category_ids': self.category_forging.ids})
        self.assertEqual(Edition._get_by_category(self.category_forging), {self.category_forging: own})
        with self.assertRaisesRegex(ValidationError, "already belongs"):
            forging.category_ids += self.category_forging

    def test_one_edition_a_category_in_the_database(self):
        stamping = self.env.ref('cfia_services.cfia_magazine_edition_stamping')
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute(
                "INSERT INTO cfia_magazine_edition_enterprise_category_rel VALUES (%s, %s)",
                [stamping.id, self.env.ref('cfia_membership.cfia_enterprise_category_forging').id])

    # === RECEIPT === #

    def test_receipt(self):
        editorial, network = self.make(), self.make('network')
        for change_list, right, wrong in (
            (editorial, self.user_editorial, self.user_organisation),
            (network, self.user_network, self.user_secretary),
        ):
            self.assertTrue(change_list.with_user(right).can_receive)
            self.assertFalse(change_list.with_user(wrong).can_receive)
            with self.assertRaisesRegex(UserError, "only its department"):
                change_list.with_user(wrong).action_receive()
            change_list.with_user(right).action_receive()
            self.assertRecordValues(change_list, [{'state': 'received', 'received_by_id': right.id}])
            received_on = change_list.date_received
            change_list.with_user(right).action_receive()
            self.assertEqual(change_list.date_received, received_on)
        with self.assertRaises(AccessError):
            editorial.with_user(self.user_network).action_receive()

    def test_superseded_is_not_received(self):
        old = self.make()
        self.make()
        with self.assertRaisesRegex(UserError, "superseded"):
            old.with_user(self.user_editorial).action_receive()

    def test_department_is_told(self):
        change_list = self.make()
        message = self.env['mail.message'].search([
            ('model', '=', 'cfia.change.list'), ('res_id', '=', change_list.id),
            ('partner_ids', 'in', self.user_editorial.partner_id.ids)])
        self.assertEqual(len(message), 1)

    def test_make_now(self):
        before = self.ChangeList.search([])
        self.ChangeList.with_user(self.user_organisation).action_make_now()
        made = self.ChangeList.search([]) - before
        self.assertEqual(set(made.mapped('kind')), {'editorial', 'network'})
        self.assertIn(self.unit_member, made.line_ids.partner_id)
        for user in (self.user_editorial, self.user_staff, self.user_secretary, self.user_auditor):
            with self.assertRaisesRegex(UserError, "organisation department"):
                self.ChangeList.with_user(user).action_make_now()

    # === SCHEDULE === #

    def run_schedule(self):
        before = self.ChangeList.search([])
        with self.enter_registry_test_mode():
            self.env.ref('cfia_services.ir_cron_cfia_change_list').method_direct_trigger()
        self.env.invalidate_all()
        return self.ChangeList.search([]) - before

    def test_schedule_once_a_month(self):
        # the 1st in Shanghai, the last of the month in UTC
        with freeze_time('2027-02-28 16:30:00'):
            made = self.run_schedule()
            self.assertEqual(sorted(made.mapped('kind')), ['editorial', 'network'])
            self.assertEqual({str(month) for month in made.mapped('month')}, {'2027-03-01'})
        with freeze_time('2027-03-02 02:00:00'):
            self.assertFalse(self.run_schedule())
        # the first days of April were missed
        with freeze_time('2027-04-09 02:00:00'):
            self.assertEqual(len(self.run_schedule()), 2)

    def test_list_made_by_hand_does_not_stand_for_the_months(self):
        with freeze_time('2027-03-01 02:00:00'):
            self.make()
            self.assertEqual(len(self.run_schedule()), 2)

    def test_skipped_months(self):
        with freeze_time('2027-03-01 02:00:00'):
            for change_list in self.run_schedule():
                change_list.sudo().action_receive()
        with freeze_time('2027-03-10 02:00:00'):
            march = self.make_member("演示三月入会")
        with freeze_time('2027-04-10 02:00:00'):
            april = self.make_member("演示四月入会")
        with freeze_time('2027-06-01 02:00:00'):
            for change_list in self.run_schedule():
                self.assertEqual(self.changes(change_list), {march: 'new', april: 'new'})

    def test_one_department_done_already(self):
        with freeze_time('2027-03-01 02:00:00'):
            self.make(is_scheduled=True)
            self.assertEqual(self.run_schedule().mapped('kind'), ['network'])
            with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.make(is_scheduled=True)

    def test_no_members(self):
        self.env['cfia.service'].search([('change_list', '!=', False)]).change_list = False
        self.assertEqual(self.run_schedule().line_ids.filtered(lambda line: line.change != 'stopped'),
                         self.env['cfia.change.list.line'])

    # === XLSX === #

    def read_xlsx(self, change_list, user, lang=None):
        report = self.env.ref('cfia_services.action_report_change_list_xlsx').with_user(user)
        content, kind = report.with_context(
            active_model='cfia.change.list', lang=lang or 'en_US')._render_xlsx(
            report.report_name, change_list.ids, data={})
        self.assertEqual(kind, 'xlsx')
        return load_workbook(BytesIO(content))

    def test_xlsx(self):
        self.make(is_received=True)
        self.addressee.write({'name': "=1+1", 'zip': '010001'})
        change_list = self.make()
        sheet = self.read_xlsx(change_list, self.user_editorial).active
        self.assertIn(str(change_list.month.year), sheet['A1'].value)
        header = [cell.value for cell in sheet[3]]
        self.assertEqual(header[0], "No.")
        row = dict(zip(header, [cell.value for cell in sheet[4]]))
        self.assertEqual(row["Member Number"], self.unit_member.member_number)
        self.assertEqual(row["Addressee"], "=1+1")
        self.assertEqual(row["Postcode"], '010001')
        self.assertEqual(row["Kind of Change"], "Addressee changed")
        addressee = sheet.cell(4, header.index("Addressee") + 1)
        self.assertEqual(addressee.data_type, 's')
        self.assertNotEqual(addressee.fill.fgColor.rgb, sheet.cell(4, 1).fill.fgColor.rgb)
        self.assertEqual(sheet.freeze_panes, 'A4')
        self.assertEqual(sheet.page_setup.orientation, 'landscape')

    def test_xlsx_is_noted_as_disclosure(self):
        change_list = self.make()
        self.read_xlsx(change_list, self.user_editorial)
        noted = self.env['cfia.disclosure'].search([], limit=1)
        self.assertRecordValues(noted, [{
            'kind': 'list', 'user_id': self.user_editorial.id, 'row_count': len(change_list.line_ids)}])
        self.assertIn('addressee', noted.field_names)

    def test_xlsx_of_many_lists(self):
        lists = self.make() + self.make('network')
        book = self.read_xlsx(lists, self.user_organisation)
        self.assertEqual(len(book.worksheets), 2)
        lines = [list(sheet.iter_rows(min_row=4, values_only=True)) for sheet in book.worksheets]
        for change_list, rows in zip(lists, lines):
            numbers = [row[2] for row in rows if isinstance(row[0], int)]
            self.assertEqual(numbers, change_list.line_ids.mapped('member_number'))

    def test_xlsx_without_lines(self):
        self.make(is_received=True)
        sheet = self.read_xlsx(self.make(), self.user_editorial).active
        self.assertEqual(sheet.cell(3, 1).value, "No.")

    def test_xlsx_is_for_readers(self):
        change_list = self.make()
        for user in (self.user_network, self.user_staff, self.user_leader):
            with self.assertRaises(AccessError):
                self.read_xlsx(change_list, user)

    def test_schedule_writes_in_the_association_s_language(self):
        self.env['res.lang']._activate_lang('zh_CN')
        self.env['ir.module.module']._load_module_terms(['cfia_membership', 'cfia_services'], ['zh_CN'])
        self.env.company.partner_id.lang = 'zh_CN'
        self.ChangeList.with_context(lang=None)._make('editorial', is_scheduled=True)
        change_list = self.ChangeList.search([('kind', '=', 'editorial')], order='id desc', limit=1)
        message = self.env['mail.message'].search(
            [('model', '=', change_list._name), ('res_id', '=', change_list.id)])
        self.assertIn("编辑部", message.subject)
        self.assertIn("签收", message.body)

    # === EVIDENCE === #

    def test_received_list_accounts_for_months_skipped(self):
        Month = self.env['cfia.change.list.month']
        months = lambda kind='editorial': [  # noqa: E731
            record.month.month for record in Month.search([('kind', '=', kind), ('month', '>=', '2031-01-01')], order='month')]
        for day, skipped in (('2031-01-05', False), ('2031-02-05', True), ('2031-04-05', False)):
            with freeze_time(f'{day} 02:00:00'):
                self.make(is_received=not skipped)
        # the first month known is whatever was received before
        self.assertEqual(months()[-4:], [1, 2, 3, 4])
        with freeze_time('2031-04-20 02:00:00'):
            self.make(is_received=True)
        self.assertEqual(months()[-4:], [1, 2, 3, 4])
        self.assertFalse(months('network'))
        change_list = self.ChangeList.search([('kind', '=', 'editorial'), ('month', '=', '2031-04-01')], order='id', limit=1)
        self.assertEqual([record.month.month for record in change_list.month_ids.sorted('month')], [2, 3, 4])
        duty = self.env.ref('cfia_membership.cfia_obligation_3_4a')
        self.env.flush_all()
        counts = duty.evidence_ids._count(date(2031, 1, 1), date(2031, 12, 31))
        self.assertEqual([counts[date(2031, month, 1)]['done'] for month in (1, 2, 3, 4, 5)], [1, 1, 1, 1, 0])
        self.assertEqual(counts[date(2031, 2, 1)]['first_done'], date(2031, 4, 5))
        with self.assertRaises(UserError):
            Month.create({'list_id': change_list.id, 'kind': 'editorial', 'month': '2031-09-01', 'date_received': '2031-09-01'})
        with self.assertRaises(UserError):
            change_list.month_ids.sudo().unlink()
        for user, sees in ((self.user_editorial, True), (self.user_network, False), (self.user_organisation, True)):
            self.assertEqual(bool(Month.with_user(user).search([('kind', '=', 'editorial')])), sees)

    def test_list_received_by_the_network_department_is_evidence(self):
        duty = self.env.ref('cfia_membership.cfia_obligation_3_5a')

        def get_months(duty=duty):
            self.env.flush_all()
            counts = duty.evidence_ids._count(date(2032, 1, 1), date(2032, 12, 31))
            return {month.month: (values['done'], values['first_done']) for month, values in counts.items() if values['done']}

        with freeze_time('2032-01-05 02:00:00'):
            self.make('network', is_received=True)
        with freeze_time('2032-02-05 02:00:00'):
            change_list = self.make('network')
        self.assertEqual(get_months(), {1: (1, date(2032, 1, 5))}, "made, and not received yet")
        with freeze_time('2032-02-09 02:00:00'):
            with self.assertRaises(AccessError):
                change_list.with_user(self.user_editorial).action_receive()
            change_list.with_user(self.user_network).action_receive()
        self.assertEqual(get_months(), {1: (1, date(2032, 1, 5)), 2: (1, date(2032, 2, 9))})
        # the editorial department's list is another duty
        self.assertFalse(get_months(self.env.ref('cfia_membership.cfia_obligation_3_4a')))
        with freeze_time('2032-02-10 02:00:00'):
            self.make(is_received=True)
        self.assertEqual(get_months(), {1: (1, date(2032, 1, 5)), 2: (1, date(2032, 2, 9))})
