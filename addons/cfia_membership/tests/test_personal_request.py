import json
from datetime import timedelta
from io import BytesIO

from freezegun import freeze_time
from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.dates import association_today


@tagged('post_install', '-at_install')
class TestPersonalRequest(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls.make_contact(
            cls.unit_member, "演示请求人", 'contact', mobile='13900005555', email='person@member.example',
            function="演示经理", comment="演示备注")
        cls.env['cfia.enquiry'].create({
            'name': "演示咨询单位", 'contact_name': "演示请求人", 'email': 'person@member.example', 'phone': '13900005555'})
        cls.env['cfia.contact.log'].create({
            'subject': "演示来访", 'partner_id': cls.unit_member.id, 'contact_id': cls.person.id})

    def make(self, kind, identity_check="回拨登记电话核实", **vals):
        return self.env['cfia.personal.request'].with_user(self.user_organisation).create({
            'kind': kind, 'partner_id': self.person.id, 'request_text': "演示请求", 'identity_check': identity_check, **vals})

    def test_due_within_the_period_set(self):
        request = self.make('copy')
        self.assertEqual(request.date_due, association_today() + timedelta(days=30))
        self.assertEqual(request.activity_ids.date_deadline, request.date_due)
        self.env.company.cfia_personal_request_days = 15
        later = self.make('copy', date_received='2031-02-01')
        self.assertEqual(str(later.date_due), '2031-02-16')
        self.assertFalse(later.is_overdue)
        with freeze_time('2031-02-16 16:30:00'):  # the 17th in Shanghai
            self.env.invalidate_all()
            self.assertTrue(later.is_overdue)
            self.assertIn(later, later.search([('is_overdue', '=', True)]))

    def test_copy(self):
        request = self.make('copy', identity_check=False)
        with self.assertRaises(UserError):
            request.action_make_copy()
        request.identity_check = "身份证原件"
        with self.assertRaises(UserError):
            request.action_done()
        request.action_make_copy()
        by_type = {attachment.name.rpartition('.')[2]: attachment.raw for attachment in request.copy_ids}
        data = json.loads(by_type['json'])
        own = dict(next(iter(data.values())))
        self.assertIn("13900005555", own.values())
        self.assertIn("演示经理", own.values())
        self.assertTrue(any('person@member.example' in row[1] for rows in list(data.values())[1:] for row in rows))
        workbook = load_workbook(BytesIO(by_type['xlsx']))
        self.assertEqual(len(workbook.sheetnames), len(data))
        found = {line.res_model: line.record_count for line in request.line_ids}
        self.assertEqual((found['cfia.enquiry'], found['cfia.contact.log']), (1, 1))
        self.assertRecordValues(self.env['cfia.disclosure'].search([], limit=1), [{
            'kind': 'own', 'recipient': "演示请求人", 'user_id': self.user_organisation.id, 'row_count': 1}])
        with self.assertRaises(UserError):
            request.action_done()
        request.answer = "副本已当面交付"
        request.action_done()
        self.assertRecordValues(request, [{
            'state': 'done', 'handled_by_id': self.user_organisation.id, 'date_done': association_today()}])
        self.assertFalse(request.activity_ids)
        with self.assertRaises(UserError):
            request.answer = "别的"
        with self.assertRaises(UserError):
            request.unlink()

    def test_correction_leads_to_the_change_report(self):
        action = self.make('correction').action_report_correction()
        self.assertEqual(action['res_model'], 'cfia.change.report')
        self.assertEqual(action['context']['default_partner_id'], self.unit_member.id)

    def test_deletion(self):
        request = self.make('deletion')
        with self.assertRaises(UserError):
            request.action_done()
        request.action_erase()
        self.assertRecordValues(self.person, [{
            'name': "演示请求人", 'active': False, 'mobile': False, 'email': False, 'function': False,
            'contact_role_ids': [], 'parent_id': self.unit_member.id}])
        self.assertFalse(self.person.comment)
        enquiry = self.env['cfia.enquiry'].search([('name', '=', "演示咨询单位")])
        self.assertRecordValues(enquiry, [{'email': False, 'phone': False, 'contact_name': "演示请求人"}])
        self.assertFalse(self.env['mail.tracking.value'].search([
            ('mail_message_id.model', '=', 'res.partner'), ('mail_message_id.res_id', '=', self.person.id),
            ('field_id.name', 'in', ('mobile', 'email'))]))
        self.assertTrue(request.date_erased)
        self.assertTrue(request.line_ids)
        request.answer = "已删除，签署文件依法保存"
        request.action_done()

    def test_nothing_is_erased_without_a_request_for_it(self):
        for kind in ('copy', 'correction'):
            with self.assertRaises(UserError):
                self.make(kind).action_erase()
        self.assertEqual(self.person.mobile, '13900005555')

    def test_refusal_has_its_reason(self):
        request = self.make('deletion')
        with self.assertRaises(UserError):
            request.action_refuse()
        request.answer = "法定保存期内"
        request.action_refuse()
        self.assertEqual(request.state, 'refused')
        with self.assertRaises(UserError):
            request.action_erase()

    def test_workflow_alone_writes_the_workflow(self):
        request = self.make('copy')
        for vals in ({'state': 'done'}, {'handled_by_id': self.user_manager.id}, {'date_erased': '2020-01-01'}):
            with self.assertRaises(UserError):
                request.write(vals)
            with self.assertRaises(UserError):
                self.make('copy', **vals)

    def test_roles(self):
        request = self.make('deletion')
        for user in (self.user_secretary, self.user_auditor):
            self.assertEqual(request.with_user(user).kind, 'deletion')
            with self.assertRaises(AccessError):
                request.with_user(user).action_erase()
        for user in (self.user_staff, self.user_editorial, self.user_accountant, self.user_portal):
            with self.assertRaises(AccessError):
                request.with_user(user).read(['kind'])
        self.assertEqual(self.person.email, 'person@member.example')
