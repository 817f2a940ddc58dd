from datetime import date

from odoo.tests import tagged
from odoo.tests.common import freeze_time

from odoo.addons.cfia_membership.tests.common import MembershipCommon


@tagged('post_install', '-at_install')
class TestContactLeft(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.cfia_contact_blank_months = 12
        cls.contacts = cls.env['res.partner'].create([
            {'name': f"演示离任{index}", 'parent_id': cls.unit_member.id, 'phone': '010-00000001',
             'mobile': '13800000000', 'email': f'left{index}@member.example'}
            for index in range(2)
        ])

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref('cfia_membership.ir_cron_blank_contacts').method_direct_trigger()
        self.env.invalidate_all()

    def test_archiving_a_person_dates_the_leave(self):
        with freeze_time('2024-03-01 10:00:00'):
            self.contacts.active = False
        self.assertEqual(self.contacts.mapped('date_contact_left'), [date(2024, 3, 1)] * 2)
        self.assertEqual(self.contacts[0].date_contact_blank, date(2025, 3, 1))
        self.contacts[0].active = True
        self.assertFalse(self.contacts[0].date_contact_left)

    def test_a_unit_archived_with_its_persons_is_no_leave(self):
        unit = self.env['res.partner'].create({'name': "演示停用有限公司", 'is_company': True})
        person = self.env['res.partner'].create({'name': "演示人", 'parent_id': unit.id})
        (unit | person).active = False
        self.assertFalse(person.date_contact_left)

    def test_dry_run_comes_thirty_days_before(self):
        with freeze_time('2024-03-01 10:00:00'):
            self.contacts.active = False
        Partner = self.env['res.partner'].with_context(active_test=False)
        for day, listed, blanked in (
            ('2025-01-15 10:00:00', False, False),
            ('2025-02-10 10:00:00', True, False),
            ('2025-03-01 10:00:00', False, True),
        ):
            with freeze_time(day):
                self.run_cron()
                domain = self.env['res.partner'].action_view_contacts_to_blank()['domain']
                self.assertEqual(self.contacts <= Partner.search(domain), listed, day)
                self.assertEqual(not any(self.contacts.mapped('phone')), blanked, day)
        self.assertFalse(any(self.contacts.mapped('mobile')) or any(self.contacts.mapped('email')))
        self.assertEqual(self.contacts.mapped('name'), ["演示离任0", "演示离任1"])

    def test_history_of_the_person_is_blanked_too(self):
        # what is created in the same transaction is not tracked
        self.flush_tracking()
        person = self.contacts[0].with_context(tracking_disable=False)
        person.write({'phone': '010-00000002', 'email': 'new@member.example'})
        self.flush_tracking()
        values = self.env['mail.tracking.value'].search([('mail_message_id.res_id', '=', person.id)])
        self.assertTrue(values.filtered(lambda value: value.old_value_char == '010-00000001'))
        person._blank_contact_data()
        self.assertFalse(values.exists().filtered(lambda value: value.field_id.name in ('phone', 'email')))

    def test_period_of_nought_keeps_all(self):
        self.env.company.cfia_contact_blank_months = 0
        with freeze_time('2004-03-01 10:00:00'):
            self.contacts.active = False
        self.run_cron()
        self.assertTrue(all(self.contacts.mapped('phone')))

    def flush_tracking(self):
        self.env.flush_all()
        self.cr.flush()
