from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon


@tagged('post_install', '-at_install')
class TestRecruitmentActivity(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fair = cls.env['cfia.recruitment.activity'].with_user(cls.user_staff).create({
            'name': "演示兄弟展会", 'kind': 'sister_exhibition', 'date_from': '2026-05-01', 'date_to': '2026-05-03',
            'material_ids': [Command.create({'name': "演示折页", 'quantity': 120}),
                             Command.create({'name': "演示海报", 'quantity': 3})],
        })

    def test_leads_are_won_by_enquiry_and_count_through_to_membership(self):
        self.assertEqual(self.fair.material_count, 123)
        enquiries = self.env['cfia.enquiry'].with_user(self.user_staff).create([
            {'name': f"演示展会来客{index}有限公司", 'channel': 'event', 'recruitment_activity_id': self.fair.id}
            for index in range(3)
        ])
        self.assertEqual(set(enquiries.mapped('source')), {'sister_exhibition'})
        self.assertEqual(enquiries.partner_id.sudo().recruitment_activity_id, self.fair.sudo())
        self.assertRecordValues(self.fair, [{'lead_count': 3, 'enquiry_count': 3, 'member_count': 0}])
        self.make_application(
            enquiries[0].name, state='approved', enquiry_id=enquiries[0].id, partner_id=enquiries[0].partner_id.id)
        self.fair.invalidate_recordset()
        self.assertRecordValues(self.fair, [{'lead_count': 3, 'enquiry_count': 3, 'member_count': 1}])
        own = self.env['cfia.recruitment.activity'].create({'name': "演示自办", 'kind': 'own'})
        enquiry = self.env['cfia.enquiry'].create({'name': "演示自办来客有限公司", 'recruitment_activity_id': own.id})
        self.assertEqual(enquiry.partner_id.prospect_source, 'activity')

    def test_everybody_reads_own_department_writes(self):
        for user in (self.user_editorial, self.user_auditor):
            self.assertEqual(self.fair.with_user(user).name, "演示兄弟展会")
            with self.assertRaises(AccessError):
                self.fair.with_user(user).name = "改"
            with self.assertRaises(AccessError):
                self.fair.material_ids.with_user(user)[:1].quantity = 9
        self.fair.with_user(self.user_organisation).report = "演示结果"
        self.fair.report = "演示结果二"

    def test_counts_at_constant_queries(self):
        fairs = self.env['cfia.recruitment.activity'].create([
            {'name': f"演示批量展会{index}"} for index in range(30)])
        self.env.flush_all()
        counts = []
        for records in (fairs[:2], fairs[2:]):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.mapped('lead_count')
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts)
