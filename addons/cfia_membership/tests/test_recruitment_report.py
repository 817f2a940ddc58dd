from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon


@tagged('post_install', '-at_install')
class TestRecruitmentReport(MembershipCommon):

    def test_funnel_by_source_department_referrer_and_quarter(self):
        department = self.env.ref('cfia_membership.cfia_department_exhibition')
        with freeze_time('2071-02-10 04:00:00'):
            targets = self.env['res.partner'].create([
                {'name': f"演示漏斗{index}有限公司", 'is_company': True, 'prospect_source': 'exhibitor',
                 'recruiting_department_id': department.id, 'referrer_id': self.unit_member.id}
                for index in range(4)
            ])
        with freeze_time('2071-05-10 04:00:00'):
            enquiries = self.env['cfia.enquiry'].create([
                {'name': unit.name, 'partner_id': unit.id} for unit in targets[:3]])
        with freeze_time('2071-08-10 04:00:00'):
            for unit, enquiry, state in zip(targets, enquiries, ('approved', 'submitted')):
                self.make_application(unit.name, state=state, partner_id=unit.id, enquiry_id=enquiry.id)
            # an application of a unit that nobody had entered before
            self.make_application("演示漏斗外有限公司", state='submitted')
        Report = self.env['cfia.recruitment.report'].with_user(self.user_organisation)
        groups = Report._read_group(
            [('date', '>=', '2071-01-01')],
            ['source', 'department_id', 'referrer_id', 'date:quarter'],
            ['prospect_count:sum', 'enquiry_count:sum', 'application_count:sum', 'member_count:sum'])
        self.assertIn(
            ('exhibitor', department, self.unit_member, date(2071, 1, 1), 4, 3, 2, 1),
            [(source, dep, referrer, quarter, *counts) for source, dep, referrer, quarter, *counts in groups])
        self.assertEqual(sum(group[4] for group in groups), 5)
        rows = Report.search([('partner_id', 'in', targets.ids)], order='partner_id')
        self.assertEqual(
            rows.mapped('stage'), ['4_member', '3_application', '2_enquiry', '1_prospect'])
        self.assertEqual(rows[0].days_to_member, 181)

    def test_members_of_before_are_no_part_of_it(self):
        unit = self.env['res.partner'].create({'name': "演示老会员有限公司", 'is_company': True})
        self.env['res.partner']._enter_members([
            {'partner_id': unit.id, 'number': 98765, 'date_joined': '2001-01-01'}])
        self.assertFalse(self.env['cfia.recruitment.report'].search([('partner_id', '=', unit.id)]))

    def test_one_query_whatever_the_number(self):
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.env['cfia.recruitment.report']._read_group(
                [], ['source', 'date:quarter'], ['prospect_count:sum', 'member_count:sum'])
