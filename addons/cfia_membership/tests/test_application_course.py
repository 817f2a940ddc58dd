from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon


@tagged('post_install', '-at_install')
class TestApplicationCourse(MembershipCommon):
    """Received, forwarded, checked item by item, returned and back: all of it stays on record."""

    @classmethod
    def _refuse(cls, application, user, reason, state='returned'):
        cls.env['cfia.membership.application.refuse'].with_user(user).create({
            'application_ids': application.ids, 'state': state, 'reason': reason,
        }).action_confirm()

    def _upload(self, user, name, content=b'scan', application=None):
        return self.env['ir.attachment'].with_user(user).create({
            'name': name, 'raw': content, 'res_model': 'cfia.membership.application',
            'res_id': application.id if application else 0,
        })

    def _get_tasks(self, application, xmlid):
        return self.env['mail.activity'].search([
            ('res_model', '=', application._name), ('res_id', '=', application.id),
            ('activity_type_id', '=', self.env.ref(f'cfia_membership.{xmlid}').id),
        ])

    # === RECEIPT === #

    def test_any_department_receives_and_forwards(self):
        department = self.env.ref('cfia_membership.cfia_department_editorial')
        department.user_ids += self.user_editorial
        organisation = self.env.ref('cfia_membership.cfia_department_organisation')
        organisation.user_ids = self.user_organisation
        application = self.env['cfia.membership.application'].with_user(self.user_editorial).create(
            self._prepare_application("演示编辑部收表有限公司", date_received='2026-03-02'))
        self.assertRecordValues(application, [{
            'received_by_id': self.user_editorial.id, 'received_department_id': department.id,
            'date_received': date(2026, 3, 2), 'round': 0, 'date_submitted': False,
        }])
        application.date_received = '2026-03-03'
        application.action_submit()
        self.assertRecordValues(application, [{
            'forwarded_by_id': self.user_editorial.id, 'round': 1, 'date_received': date(2026, 3, 3)}])
        self.assertTrue(application.date_submitted)
        self.assertEqual(
            self._get_tasks(application, 'mail_act_application_verify').user_id, self.user_organisation)

    def test_receipt_is_kept_once_forwarded(self):
        application = self.make_application("演示收表留痕有限公司", state='submitted')
        for user in (self.user_organisation, self.user_manager):
            for vals in (
                {'date_received': '2020-01-01'}, {'received_by_id': self.user_manager.id},
                {'received_department_id': self.env.ref('cfia_membership.cfia_department_organisation').id},
            ):
                with self.subTest(user=user.login, vals=vals), self.assertRaisesRegex(
                        UserError, application.reference), self.env.cr.savepoint():
                    application.with_user(user).write(vals)
        self._refuse(application, self.user_organisation, "缺营业执照")
        with self.assertRaises(UserError):
            application.date_received = '2020-01-01'

    # === CHECKLIST === #

    def test_six_tests_and_the_papers_stand_on_the_checklist(self):
        application = self.make_application("演示清单有限公司")
        self.assertEqual(
            set(application.check_ids.item_id.mapped('code')),
            {'charter', 'will', 'activity', 'formalities', 'duties', 'influence', 'form', 'licence'})
        self.assertEqual(len(application.check_ids.filtered(lambda check: check.kind == 'test')), 6)

    def test_nobody_brings_a_checklist_of_his_own(self):
        applications = self.env['cfia.membership.application'].with_user(self.user_organisation).create([
            self._prepare_application("演示空清单有限公司", check_ids=[]),
            self._prepare_application("演示清空清单有限公司", check_ids=[Command.clear()]),
        ])
        for application in applications:
            self.assertEqual(len(application.check_ids), 8)
        applications.action_submit()
        with self.assertRaises(UserError):
            applications.action_verify()
        for user in (self.user_organisation, self.user_manager):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                applications.check_ids.with_user(user).unlink()

    def test_each_item_is_signed_or_noted(self):
        application = self.make_application("演示逐项有限公司", state='submitted')
        application = application.with_user(self.user_organisation)
        checks = {check.item_id.code: check for check in application.check_ids}
        influence = checks.pop('influence')
        for check in checks.values():
            check.action_pass()
        with self.assertRaisesRegex(UserError, influence.item_id.name), self.env.cr.savepoint():
            application.action_verify()
        with self.assertRaisesRegex(ValidationError, influence.item_id.name), self.env.cr.savepoint():
            influence.action_note()
        influence.note = "新建单位，影响待观察"
        self.assertFalse(influence.checked_by_id)
        influence.action_note()
        self.assertRecordValues(influence, [{'result': 'noted', 'checked_by_id': self.user_organisation.id}])
        self.assertTrue(influence.date_checked)
        application.action_verify()
        self.assertEqual(application.state, 'verified')

    def test_what_has_to_be_met_is_not_settled_by_a_note(self):
        application = self.make_application("演示必备有限公司", state='submitted')
        application = application.with_user(self.user_organisation)
        licence = application.check_ids.filtered(lambda check: check.item_id.code == 'licence')
        with self.assertRaisesRegex(ValidationError, licence.item_id.name), self.env.cr.savepoint():
            licence.write({'note': "以后补", 'result': 'noted'})
        (application.check_ids - licence).action_pass()
        licence.action_fail()
        with self.assertRaisesRegex(UserError, licence.item_id.name), self.env.cr.savepoint():
            application.action_verify()

    def test_checklist_is_closed_after_verification(self):
        application = self.make_application("演示清单封存有限公司", state='verified')
        check = application.check_ids[:1].with_user(self.user_organisation)
        for vals in ({'result': 'failed'}, {'note': "改"}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, application.reference), self.env.cr.savepoint():
                check.write(vals)
        for vals in ({'item_id': application.check_ids[1].item_id.id}, {'round': 9}, {'active': False}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, application.reference), self.env.cr.savepoint():
                check.write(vals)

    def test_note_changed_later_is_signed_by_who_changed_it(self):
        application = self.make_application("演示补注有限公司", state='submitted')
        check = application.check_ids[:1]
        check.with_user(self.user_organisation).action_pass()
        check.with_user(self.user_manager).note = "补充说明"
        self.assertEqual(check.checked_by_id, self.user_manager)

    # === HISTORY === #

    def test_every_round_stays_on_record(self):
        organisation = self.env.ref('cfia_membership.cfia_department_organisation')
        organisation.user_ids = self.user_organisation
        application = self.make_application(
            "演示往返有限公司", state='verified', received_by_id=self.user_staff.id)
        first = application.check_ids
        self._refuse(application, self.user_secretary, "企业类别不明")
        self.assertEqual(
            self._get_tasks(application, 'mail_act_application_returned').user_id, self.user_staff)
        application.with_user(self.user_staff).main_products = "模锻件"
        application.with_user(self.user_staff).action_submit()
        self.assertFalse(self._get_tasks(application, 'mail_act_application_returned'))
        self.assertRecordValues(application, [{
            'round': 2, 'verified_by_id': False, 'refusal_reason': False}])
        self.assertFalse(application.check_ids & first)
        self.assertFalse(any(application.check_ids.mapped('result')))
        self.assertEqual(set(first.mapped('result')), {'passed'})
        with self.assertRaises(UserError):
            first[0].with_user(self.user_organisation).action_fail()
        self.assertEqual(
            self.env['cfia.membership.application.check'].with_context(active_test=False).search_count(
                application.action_view_checks()['domain']), 16)
        self._refuse(application, self.user_organisation, "印章不清晰")
        application.action_submit()
        application.with_user(self.user_organisation).check_ids.action_pass()
        application.with_user(self.user_organisation).verification_note = "经核实属实"
        application.with_user(self.user_organisation).action_verify()
        application.with_user(self.user_secretary).action_approve()
        self.assertEqual(
            [(step.round, step.kind, step.user_id, step.note) for step in application.step_ids], [
                (1, 'submitted', self.user_organisation, False),
                (1, 'verified', self.user_organisation, False),
                (1, 'returned', self.user_secretary, "企业类别不明"),
                (2, 'submitted', self.user_staff, False),
                (2, 'returned', self.user_organisation, "印章不清晰"),
                (3, 'submitted', self.env.user, False),
                (3, 'verified', self.user_organisation, "经核实属实"),
                (3, 'signed', self.user_secretary, False),
            ])
        hashes = application.step_ids.mapped('content_hash')
        self.assertTrue(all(len(fingerprint) == 64 for fingerprint in hashes))
        self.assertEqual(hashes[0], hashes[1])
        self.assertNotEqual(hashes[2], hashes[3])

    def test_history_is_nobodys_to_change(self):
        application = self.make_application("演示历史有限公司", state='submitted')
        step = application.step_ids
        for user in (self.user_staff, self.user_organisation, self.user_secretary, self.user_manager):
            with self.subTest(user=user.login):
                with self.assertRaises(UserError):
                    step.with_user(user).write({'note': "改"})
                with self.assertRaises(UserError):
                    step.with_user(user).unlink()
                with self.assertRaises(AccessError):
                    self.env['cfia.membership.application.step'].with_user(user).create({
                        'application_id': application.id, 'kind': 'signed', 'user_id': user.id,
                        'date': '2026-01-01'})
        with self.assertRaises(UserError):
            step.sudo().write({'note': "改"})

    def test_departments_see_the_history_of_their_applications(self):
        own = self.make_application("演示自收历史有限公司", state='submitted', received_by_id=self.user_staff.id)
        other = self.make_application("演示他收历史有限公司", state='submitted')
        seen = self.env['cfia.membership.application.step'].with_user(self.user_staff).search([])
        self.assertIn(own.step_ids, seen)
        self.assertNotIn(other.step_ids, seen)
        seen = self.env['cfia.membership.application.step'].with_user(self.user_auditor).search([])
        self.assertLessEqual(own.step_ids | other.step_ids, seen)

    def test_who_has_no_email_is_told_by_the_receiver(self):
        for email, tasks in (('contact@member.example', 0), (False, 1)):
            application = self.make_application(
                f"演示告知{tasks}有限公司", state='submitted', contact_email=email)
            mails = self.env['mail.mail'].search_count([])
            self._refuse(application, self.user_organisation, "不属本行业", state='rejected')
            self.assertEqual(
                len(self._get_tasks(application, 'mail_act_application_returned')), tasks)
            self.assertEqual(self.env['mail.mail'].search_count([]), mails + 1 - tasks)

    # === SIGNATURE === #

    def test_signature_is_user_time_and_fingerprint(self):
        application = self.make_application("演示指纹有限公司", state='approved')
        step = application.step_ids[-1]
        self.assertEqual((step.kind, step.user_id, step.date), ('signed', self.user_secretary, application.date_signed))
        self.assertEqual(step.content_hash, application.content_hash)
        self.assertEqual(application.content_hash, application._get_content_hash())
        self.assertTrue(application.is_content_intact)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE cfia_membership_application SET street = 'x' WHERE id = %s", [application.id])
        application.invalidate_recordset()
        self.assertFalse(application.is_content_intact)

    def test_papers_of_what_was_signed_stay(self):
        paper = self._upload(self.user_organisation, '营业执照.png')
        application = self.make_application("演示附件封存有限公司", attachment_ids=paper.ids)
        paper.with_user(self.user_organisation).name = '营业执照（新）.png'
        application.with_user(self.user_organisation).action_submit()
        application.with_user(self.user_organisation).check_ids.action_pass()
        application.with_user(self.user_organisation).action_verify()
        for vals in ({'raw': b'forged'}, {'name': 'x.png'}, {'res_id': 0}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, application.reference), self.env.cr.savepoint():
                paper.with_user(self.user_organisation).write(vals)
        with self.assertRaisesRegex(UserError, application.reference), self.env.cr.savepoint():
            paper.with_user(self.user_organisation).unlink()
        with self.assertRaisesRegex(UserError, application.reference), self.env.cr.savepoint():
            application.with_user(self.user_organisation).attachment_ids = False
        # chatter and other papers of the application remain free
        self._upload(self.user_organisation, '便笺.png', application=application).unlink()

    def test_scan_of_the_signed_form_goes_to_the_file(self):
        application = self.make_application("演示扫描有限公司", state='submitted')
        scan = self._upload(self.user_organisation, '签批后的申请表.pdf', application=application)
        with self.assertRaisesRegex(UserError, application.reference), self.env.cr.savepoint():
            application.with_user(self.user_organisation).scan_ids = scan
        application.with_user(self.user_organisation).check_ids.action_pass()
        application.with_user(self.user_organisation).action_verify()
        application.with_user(self.user_organisation).scan_ids = scan
        application.with_user(self.user_secretary).action_approve()
        later = self._upload(self.user_organisation, '补扫.pdf', b'later', application=application)
        application.with_user(self.user_organisation).scan_ids += later
        papers = application.partner_id.member_file_ids.paper_ids
        self.assertEqual(
            papers.filtered(lambda paper: paper.kind == 'application').attachment_id, scan | later)
        steps = application.step_ids.filtered(lambda step: step.kind == 'scanned')
        self.assertEqual(steps.mapped('note'), ['签批后的申请表.pdf', '补扫.pdf'])
        self.assertTrue(application.is_content_intact)
        with self.assertRaisesRegex(UserError, application.reference), self.env.cr.savepoint():
            application.with_user(self.user_organisation).scan_ids = later
        with self.assertRaisesRegex(UserError, application.reference), self.env.cr.savepoint():
            scan.with_user(self.user_organisation).unlink()
        with self.assertRaises(UserError):
            application.with_user(self.user_secretary).scan_ids += self._upload(
                self.user_secretary, 'x.pdf', b'x', application=application)


@tagged('post_install', '-at_install')
class TestApplicationPortal(MembershipCommon, HttpCase):

    def test_applicant_sees_the_course_of_his_application(self):
        application = self.make_application("演示门户申请有限公司", state='verified')
        application.with_user(self.user_organisation)._refuse('returned', "请补充产品目录")
        application.with_user(self.user_organisation).verification_note = "内部意见"
        other = self.make_application("演示门户他人有限公司", state='submitted')
        other.with_user(self.user_organisation)._refuse('returned', "他人原因")
        user = new_test_user(
            self.env, login='cfia_applicant', password='cfia_applicant', groups='base.group_portal',
            name="演示申请联系人", email='applicant@member.example')
        user.partner_id.parent_id = application.partner_id
        with freeze_time('2026-03-31 16:30:00'):  # 1 April in Shanghai
            application.with_user(self.user_organisation).action_submit()
        self.authenticate('cfia_applicant', 'cfia_applicant')
        text = self.url_open('/my/membership').text
        self.assertIn(application.reference, text)
        self.assertIn("请补充产品目录", text)
        self.assertIn(self.user_organisation.name, text)
        self.assertEqual(text.count('list-group-item'), 4)
        self.assertIn('00:30', text)
        self.assertNotIn("内部意见", text)
        self.assertNotIn("他人原因", text)
        self.assertNotIn(other.reference, text)
