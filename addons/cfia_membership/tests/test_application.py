from datetime import date

from freezegun import freeze_time
from lxml import etree

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from odoo.addons.cfia_membership.models.cfia_membership_application import REQUIRED_FIELDS
from odoo.addons.cfia_membership.tests.common import MembershipCommon


@tagged('post_install', '-at_install')
class TestApplication(MembershipCommon):

    def test_enquiry_to_member(self):
        enquiry = self.env['cfia.enquiry'].with_user(self.user_staff).create({
            'name': "演示咨询有限公司", 'state_id': self.state_jiangsu.id,
        })
        self.assertEqual(enquiry.partner_id.sudo().member_state, 'prospect')
        action = enquiry.action_create_application()
        form = Form(self.env['cfia.membership.application'].with_user(self.user_staff)
                    .with_context(**action['context']))
        form.legal_representative = "演示法人"
        form.enterprise_category_id = self.category_forging
        form.ownership_id = self.ownership_private
        form.representative_name = "演示代表"
        form.contact_name = "演示联系"
        form.is_committed = True
        form.is_informed = True
        application = form.save()
        self.assertEqual(application.partner_id, enquiry.partner_id)
        self.assertTrue(application.check_ids)
        application.action_submit()
        self.assertEqual(application.partner_id.sudo().member_state, 'applicant')
        as_organisation = application.with_user(self.user_organisation)
        with self.assertRaisesRegex(UserError, application.reference):
            as_organisation.action_verify()
        as_organisation.check_ids.action_pass()
        as_organisation.action_verify()
        activity = self.env['mail.activity'].search([
            ('res_model', '=', application._name), ('res_id', '=', application.id),
            ('user_id', '=', self.user_secretary.id),
        ])
        self.assertEqual(len(activity), 1)
        as_secretary = application.with_user(self.user_secretary)
        as_secretary.enterprise_category_id = self.category_stamping
        with freeze_time('2026-03-31 16:30:00'):  # 1 April in Shanghai
            as_secretary.action_approve()
        unit = application.partner_id.sudo()
        self.assertRecordValues(unit, [{
            'member_state': 'member',
            'member_grade_id': self.grade_member.id,
            'enterprise_category_id': self.category_stamping.id,
            'date_member_joined': date(2026, 4, 1),
        }])
        self.assertRegex(unit.member_number, r'^CFIA-\d{5}$')
        self.assertEqual(unit.member_file_ids.name, unit.member_number)
        self.assertRecordValues(unit.member_event_ids, [{
            'kind': 'joined', 'date_effective': date(2026, 4, 1), 'member_state': 'member',
            'enterprise_category_id': self.category_stamping.id, 'state_id': self.state_jiangsu.id,
        }])
        self.assertFalse(activity.exists())
        self.assertEqual(len(application.content_hash), 64)
        documents = self.env['cfia.document'].search([('partner_id', '=', unit.id)])
        self.assertEqual(set(documents.mapped('kind')), {'certificate', 'entry_notice'})
        self.assertEqual({document.data['member_number'] for document in documents}, {unit.member_number})

    def test_repeating_the_signature_changes_nothing(self):
        application = self.make_application("演示重复签批有限公司", state='approved')
        number = application.partner_id.member_number
        application.with_user(self.user_secretary).action_approve()
        self.assertEqual(application.partner_id.member_number, number)
        self.assertEqual(len(application.partner_id.member_event_ids), 1)

    def test_only_the_secretary_general_signs(self):
        application = self.make_application("演示签批权限有限公司", state='verified')
        for user in (
            self.user_staff, self.user_organisation, self.user_treasurer, self.user_manager, self.user_leader,
        ):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                application.with_user(user).action_approve()
        self.assertEqual(application.state, 'verified')

    def test_nobody_signs_what_he_verified(self):
        self.user_secretary.group_ids += self.env.ref('cfia_membership.group_cfia_organisation')
        application = self.make_application("演示自核自批有限公司", state='submitted')
        as_secretary = application.with_user(self.user_secretary)
        as_secretary.check_ids.action_pass()
        as_secretary.action_verify()
        with self.assertRaisesRegex(UserError, application.reference):
            as_secretary.action_approve()

    def test_unverified_application_cannot_be_signed(self):
        application = self.make_application("演示未核实有限公司", state='submitted')
        with self.assertRaises(UserError):
            application.with_user(self.user_secretary).action_approve()
        self.assertFalse(application.partner_id.member_number)

    def test_submitting_names_what_is_missing(self):
        application = self.make_application("演示缺项有限公司", legal_representative=False, is_informed=False)
        with self.assertRaisesRegex(UserError, application.reference):
            application.action_submit()

    def test_submitting_tells_all_at_once_and_where_to_mend_it(self):
        application = self.make_application(
            "演示多项缺失有限公司", legal_representative=False, contact_name=False, grade_id=False,
            uscc='91320000MADEM001X6', is_committed=False, is_informed=False)
        with self.assertRaises(UserError) as caught:
            application.with_context(lang='zh_CN').action_submit()
        self.assertEqual(str(caught.exception).splitlines(), [
            f"{application.display_name}尚不能提交，请补充：",
            "– 页首：申请级别",
            "– “单位”页：法定代表人",
            "– “单位”页：统一社会信用代码91320000MADEM001X6不正确，请与营业执照核对。",
            "– “人员”页：联系人姓名",
            "– “承诺与同意”页：入会承诺、同意《个人信息告知同意书》",
        ])
        arch = self.env['cfia.membership.application'].get_view(
            self.env.ref('cfia_membership.cfia_membership_application_view_form').id)['arch']
        for page, names in REQUIRED_FIELDS.items():
            for name in names:
                path = f"//page[@name='{page}']" if page else "//sheet/group"
                self.assertTrue(
                    etree.fromstring(arch).xpath(f"{path}//field[@name='{name}'][contains(@class, 'o_cfia_needed')]"),
                    f"{name} is marked and stands where the message says")

    def test_wrong_uscc_is_refused(self):
        application = self.make_application("演示代码错误有限公司", uscc='91320000MADEM001X6')
        with self.assertRaisesRegex(UserError, '91320000MADEM001X6'):
            application.action_submit()

    def test_return_keeps_history_and_tells_the_applicant(self):
        application = self.make_application("演示退回有限公司", state='verified')
        mails = self.env['mail.mail'].search_count([])
        self.env['cfia.membership.application.refuse'].with_user(self.user_secretary).create({
            'application_ids': application.ids, 'state': 'returned', 'reason': "营业执照不清晰",
        }).action_confirm()
        self.assertEqual(application.state, 'returned')
        self.assertEqual(application.refusal_reason, "营业执照不清晰")
        self.assertTrue(application.verified_by_id)
        self.assertEqual(self.env['mail.mail'].search_count([]), mails + 1)
        application.with_user(self.user_organisation).action_submit()
        self.assertEqual(application.state, 'submitted')

    def test_rejected_unit_stays_a_contact_target(self):
        application = self.make_application("演示不予批准有限公司", state='submitted')
        application.with_user(self.user_organisation)._refuse('rejected', "不在行业内")
        self.assertEqual(application.partner_id.member_state, 'prospect')
        with self.assertRaises(UserError):
            application.with_user(self.user_organisation).action_submit()

    def test_staff_cannot_return_or_reject(self):
        application = self.make_application("演示越权退回有限公司", state='submitted')
        with self.assertRaises(UserError):
            application.with_user(self.user_training)._refuse('returned', "x")

    def test_content_is_closed_after_verification(self):
        application = self.make_application("演示锁定有限公司", state='verified')
        with self.assertRaises(UserError):
            application.with_user(self.user_organisation).name = "改名"
        with self.assertRaises(UserError):
            application.with_user(self.user_secretary).name = "改名"
        application.with_user(self.user_secretary).enterprise_category_id = self.category_stamping

    def test_member_cannot_apply_again(self):
        application = self.make_application(self.unit_member.name)
        with self.assertRaisesRegex(UserError, self.unit_member.member_number):
            application.action_submit()

    def test_returning_unit_keeps_its_number(self):
        unit = self.make_member("演示退会再入有限公司")
        number = unit.member_number
        unit._leave('withdrawn', note="书面申请")
        self.assertEqual(unit.member_state, 'withdrawn')
        again = self.make_application(unit.name, state='approved')
        self.assertEqual(again.partner_id, unit)
        self.assertEqual(unit.member_number, number)
        self.assertEqual(
            unit.member_event_ids.sorted('id').mapped('kind'), ['joined', 'withdrawn', 'rejoined'])

    def test_enterprise_size_needs_both_tests(self):
        for staff, revenue, size in (
            (1000, 40000, 'large'), (1000, 39999, 'medium'), (999, 40000, 'medium'), (300, 1999, 'small'),
            (20, 300, 'small'), (19, 300, 'micro'), (20, 299, 'micro'),
        ):
            application = self.env['cfia.membership.application'].new(
                {'staff_count': staff, 'annual_revenue': revenue})
            self.assertEqual(application.enterprise_size, size, (staff, revenue))

    def test_contacts_get_their_roles(self):
        unit = self.make_member(
            "演示联系人角色有限公司", contact_name="演示同一人", representative_name="演示同一人",
            magazine_recipient="演示收件人", magazine_address="演示路9号")
        by_name = unit.child_ids.grouped('name')
        self.assertEqual(
            set(by_name["演示同一人"].contact_role_ids.mapped('code')), {'contact', 'representative'})
        self.assertEqual(by_name["演示收件人"].contact_role_ids.code, 'magazine')
        self.assertEqual(unit._get_role_contacts('finance')[unit], by_name["演示同一人"])
        self.assertEqual(unit._get_role_contacts('magazine')[unit], by_name["演示收件人"])

    def test_contacts_have_what_core_copies_from_the_unit(self):
        unit = self.env['res.partner'].create({
            'name': "演示地址有限公司", 'is_company': True, 'street': "演示路1号", 'vat': "演示税号"})
        contact, recipient = self.env['res.partner']._create_contacts([
            {'parent_id': unit.id, 'name': "演示联系人"},
            {'parent_id': unit.id, 'name': "演示收件人", 'type': 'delivery', 'street': "演示路2号"},
        ])
        self.assertEqual((contact.street, contact.vat), ("演示路1号", "演示税号"))
        self.assertEqual((recipient.street, recipient.vat), ("演示路2号", "演示税号"))
        core = self.env['res.partner'].create({'parent_id': unit.id, 'name': "演示对照"})
        names = self.env['res.partner']._commercial_fields() + self.env['res.partner']._address_fields()
        self.assertEqual([contact[name] for name in names], [core[name] for name in names])

    def test_approval_takes_constant_queries_per_batch(self):
        # what other modules add has its own tests
        self.patch(type(self.env['cfia.membership.application']), '_action_approve', lambda self: None)
        self.make_applications(["演示预热有限公司"], state='approved')
        counts = []
        for size in (5, 10):
            applications = self.make_applications(
                [f"演示批量{size}-{index}有限公司" for index in range(size)], state='verified')
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            applications.with_user(self.user_secretary).action_approve()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1, counts)

    def test_papers_of_the_form_are_read_by_those_who_verify(self):
        def upload(user):
            return self.env['ir.attachment'].with_user(user).create({
                'name': 'licence.png', 'raw': b'licence', 'res_model': 'cfia.membership.application', 'res_id': 0})

        applications = self.env['cfia.membership.application'].with_user(self.user_staff).create([
            self._prepare_application("演示附件甲有限公司", attachment_ids=upload(self.user_staff).ids),
            self._prepare_application("演示附件乙有限公司"),
        ])
        applications[1].attachment_ids = upload(self.user_staff)
        for application in applications:
            for user in (self.user_organisation, self.user_secretary):
                self.assertEqual(application.with_user(user).attachment_ids.raw, b'licence')
        # what somebody else uploaded is not opened by putting it on a form
        foreign = upload(self.user_training).sudo()
        applications[1].sudo().attachment_ids += foreign
        self.assertFalse(foreign.res_id)
