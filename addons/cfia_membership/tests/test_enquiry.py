import base64
import io
from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools.pdf import PdfFileWriter

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tests.test_roster_parse import USCC_1, USCC_2
from odoo.addons.cfia_membership.tools.dates import association_today


def make_pdf(pages=1):
    """Return a PDF with blank pages."""
    writer = PdfFileWriter()
    for _index in range(pages):
        writer.addBlankPage(200, 200)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


@tagged('post_install', '-at_install')
class TestEnquiry(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        cls.Handout = cls.env['cfia.handout'].with_user(cls.user_organisation)
        cls.follow_up = cls.env.ref('cfia_membership.mail_act_enquiry_follow_up')
        cls.escalation = cls.env.ref('cfia_membership.mail_act_follow_up_overdue')
        cls.env.ref('cfia_membership.cfia_department_organisation').user_ids = cls.user_organisation
        cls.cron = cls.env.ref('cfia_membership.ir_cron_follow_up_escalate')

    def make_enquiry(self, name="演示来询有限公司", **vals):
        return self.env['cfia.enquiry'].with_user(self.user_staff).create({'name': name, **vals})

    def release(self, kind, version, pages=1):
        handout = self.Handout.create({
            'kind': kind, 'version': version, 'file': base64.b64encode(make_pdf(pages))})
        handout.action_release()
        return handout

    # === HANDING OVER === #

    def test_the_current_versions_are_handed_over_and_kept(self):
        old = self.release('application_form', '90.0') + self.release('guide', '90.0')
        enquiry = self.make_enquiry(email='a@target.example')
        enquiry.action_hand_over()
        self.assertEqual(enquiry.handout_ids, old)
        mail = self.env['mail.mail'].search([('model', '=', 'cfia.enquiry'), ('res_id', '=', enquiry.id)])
        self.assertEqual(mail.attachment_ids, old.attachment_id)
        new = self.release('guide', '91.0')
        self.assertEqual((old + new).filtered('is_current'), old[0] + new)
        later = self.make_enquiry("演示后来有限公司", email='b@target.example')
        later.action_hand_over()
        self.assertEqual(later.handout_ids, old[0] + new)
        self.assertEqual(enquiry.handout_ids, old, "what was handed over stays on record")

    def test_the_first_version_is_made_when_it_is_needed(self):
        self.env.cr.execute("UPDATE cfia_handout SET state = 'draft', version = version || '-old'")
        self.env.invalidate_all()
        enquiry = self.make_enquiry(email='a@target.example')
        enquiry.action_hand_over()
        self.assertEqual(set(enquiry.handout_ids.mapped('kind')), {'application_form', 'guide'})
        self.assertEqual(enquiry.handout_ids.released_by_id, self.user_staff)

    def test_paper_is_printed_from_the_released_versions(self):
        self.release('application_form', '92.0', pages=2)
        self.release('guide', '92.0', pages=3)
        enquiry = self.make_enquiry()
        action = enquiry.action_hand_over()
        self.assertEqual(action['report_name'], 'cfia_membership.report_enquiry_documents')
        content = self.env['ir.actions.report'].with_context(force_report_rendering=True)._render_qweb_pdf(
            'cfia_membership.action_report_enquiry_documents', enquiry.ids)[0]
        self.assertEqual(content.count(b'/Type /Page\n'), 5)

    def test_released_versions_are_frozen(self):
        handout = self.release('measures', '1')
        with self.assertRaisesRegex(UserError, handout.display_name):
            handout.version = '2'
        with self.assertRaises(UserError):
            handout.attachment_id.sudo().raw = b'x'
        with self.assertRaises(UserError):
            handout.unlink()
        handout.note = "演示说明"
        with self.assertRaisesRegex(UserError, "State"):
            self.Handout.create({'kind': 'measures', 'version': '2', 'state': 'released'})
        draft = self.Handout.create({'kind': 'measures', 'version': '2'})
        with self.assertRaisesRegex(UserError, draft.display_name):
            draft.action_release()
        draft.file = base64.b64encode(b'no pdf')
        with self.assertRaisesRegex(UserError, "no PDF"):
            draft.action_release()
        with self.assertRaises(AccessError):
            draft.with_user(self.user_staff).action_release()

    # === FOLLOW-UP === #

    def test_an_enquiry_is_followed_up_by_who_received_it(self):
        enquiry = self.make_enquiry()
        self.assertRecordValues(enquiry.activity_ids, [{
            'activity_type_id': self.follow_up.id, 'user_id': self.user_staff.id,
            'date_deadline': association_today() + timedelta(days=14)}])
        self.env.company.cfia_follow_up_days = 0
        self.assertFalse(self.make_enquiry("演示不跟进有限公司").activity_ids)

    def test_no_intention_keeps_the_contact_target(self):
        enquiry = self.make_enquiry(source='visitor')
        enquiry.action_no_intention()
        self.assertFalse(enquiry.activity_ids)
        self.assertRecordValues(enquiry.partner_id.sudo(), [{
            'member_state': 'prospect', 'prospect_intention': 'none', 'prospect_source': 'visitor',
            'recruiter_id': self.user_staff.id, 'active': True}])

    def test_an_application_closes_the_follow_up_and_inherits_the_source(self):
        enquiry = self.make_enquiry("演示申请来源有限公司", referrer_id=self.unit_member.id)
        self.assertEqual(enquiry.source, 'member')
        application = self.make_application(
            enquiry.name, state='submitted', enquiry_id=enquiry.id, partner_id=enquiry.partner_id.id)
        self.assertFalse(enquiry.activity_ids)
        self.assertRecordValues(application.partner_id, [{
            'member_state': 'applicant', 'prospect_source': 'member', 'referrer_id': self.unit_member.id}])
        direct = self.make_application("演示直接申请有限公司", state='submitted', referrer_id=self.unit_member.id)
        self.assertEqual(direct.partner_id.referrer_id, self.unit_member)

    def test_a_unit_spelt_otherwise_is_put_before_somebody(self):
        known = self.env['res.partner'].create({
            'name': "演示锻造（集团）有限公司", 'is_company': True, 'prospect_source': 'other', 'uscc': USCC_1,
            'former_name': "演示旧名锻造厂"})
        exact = self.make_enquiry(known.name)
        self.assertEqual(exact.partner_id, known)
        for name in ("演示锻造(集团) 有限公司", "演示　锻造〔集团〕有限公司"):
            self.assertEqual(self.make_enquiry(name).partner_id, known, name)
        self.assertEqual(self.make_enquiry("演示另写有限公司", uscc=USCC_1.lower()).partner_id, known)
        for name in ("演示旧名 锻造厂", "演示锻造(集团)有限公司长沙分公司"):
            enquiry = self.make_enquiry(name)
            self.assertFalse(enquiry.partner_id, name)
            self.assertEqual(enquiry.candidate_ids, known)
            with self.assertRaisesRegex(UserError, "which one"):
                enquiry.action_create_application()
            known.with_user(self.user_staff).with_context(
                cfia_known_model='cfia.enquiry', cfia_known_id=enquiry.id).action_take_for_record()
            self.assertEqual((enquiry.partner_id, enquiry.candidate_ids), (known, known.browse()))
        by_name = self.make_enquiry("演示旧名锻造厂")
        with self.assertRaisesRegex(UserError, "none of those"):
            by_name.action_take_unit(self.unit_member.id)
        with self.assertRaises(AccessError):
            by_name.with_user(self.user_auditor).action_take_unit(known.id)
        other = self.make_enquiry("演示锻造(集团)有限公司", uscc=USCC_2)
        other.action_new_unit()
        self.assertRecordValues(other.partner_id.sudo(), [{
            'name': "演示锻造(集团)有限公司", 'uscc': USCC_2, 'member_state': 'prospect'}])
        with self.assertRaisesRegex(ValidationError, "123"):
            self.make_enquiry("演示错码有限公司", uscc='123')

    def test_an_enquiry_changes_no_member(self):
        self.make_enquiry(self.unit_member.name, intention='none', source='website')
        self.assertFalse(self.unit_member.prospect_source)

    def _escalate(self, day):
        with freeze_time(f'{day} 04:00:00'), self.enter_registry_test_mode():
            self.cron.method_direct_trigger()

    def test_overdue_follow_ups_escalate_once(self):
        with freeze_time('2031-01-01 04:00:00'):
            enquiry = self.make_enquiry()
            own = self.env['cfia.enquiry'].with_user(self.user_organisation).create({'name': "演示组织部有限公司"})
        self._escalate('2031-01-22')
        self.assertFalse(self._escalations(enquiry), "a week of grace")
        for _run in range(2):
            self._escalate('2031-01-23')
            self.assertEqual(self._escalations(enquiry).user_id, self.user_organisation)
            self.assertEqual(self._escalations(own).user_id, self.user_secretary)
        self.assertEqual(len(self._escalations(enquiry)), 1)
        self._escalations(enquiry).action_feedback()
        self._escalate('2031-02-23')
        self.assertFalse(self._escalations(enquiry))

    def _escalations(self, record):
        return record.sudo().activity_ids.filtered(lambda activity: activity.activity_type_id == self.escalation)

    def test_escalation_at_constant_queries(self):
        counts = []
        for size in (5, 45):
            with freeze_time('2032-01-01 04:00:00'):
                enquiries = self.env['cfia.enquiry'].with_user(self.user_staff).create([
                    {'name': f"演示逾期{size}-{index}有限公司"} for index in range(size)])
            overdue = self.env['mail.activity'].search([('id', 'in', enquiries.sudo().activity_ids.ids)])
            self.assertEqual(len(overdue), size)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            overdue._escalate()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 15)

    def test_enquiries_at_constant_queries(self):
        counts = []
        for size in (5, 45):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env['cfia.enquiry'].with_user(self.user_staff).create([
                {'name': f"演示多询{size}-{index}有限公司", 'source': 'visitor'} for index in range(size)])
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1] - counts[0], 90)
