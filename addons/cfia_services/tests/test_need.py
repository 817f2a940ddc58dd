import base64
from datetime import timedelta

from freezegun import freeze_time
from lxml import html

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, HttpCase, tagged

from .common import ServicesCommon
from odoo.addons.cfia_membership.tests.test_upload import make_pdf
from odoo.addons.cfia_membership.tools.dates import association_today

PDF = make_pdf()


class NeedCommon(ServicesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.execute(
            "UPDATE res_partner SET member_state = NULL WHERE member_state = 'member' AND id != %s", [cls.unit_member.id])
        cls.env.cr.execute("DELETE FROM cfia_need_step; DELETE FROM cfia_need")
        cls.env.invalidate_all()
        cls.unit = cls.make_member("演示需求有限公司")
        cls.kind_training = cls.env.ref('cfia_services.cfia_need_kind_training')
        cls.kind_policy = cls.env.ref('cfia_services.cfia_need_kind_policy')
        for code in ('organisation', 'training', 'editorial'):
            cls.env.ref(f'cfia_membership.cfia_department_{code}').user_ids = getattr(cls, f'user_{code}')
        cls.env.company.cfia_secretary_general_id = cls.user_secretary

    def ask(self, name="演示需要培训", user=None, **vals):
        return self.env['cfia.need'].with_user(user or self.user_editorial).create({
            'name': name, 'description': f"{name}，请协助", 'partner_id': self.unit.id, 'kind_id': self.kind_training.id,
            **vals})

    def reply(self, need, text="<p>已安排</p>", user=None):
        need = need.with_user(user or self.user_training)
        need.reply = text
        need.action_reply()
        return need


@tagged('post_install', '-at_install')
class TestNeed(NeedCommon):

    def test_kind_gives_owner_deadline_and_activity(self):
        need = self.ask(urgency='2')
        self.assertEqual(need.department_id.code, 'training')
        self.assertEqual(need.date_deadline, association_today() + timedelta(days=5))
        self.assertEqual(need.sudo().activity_ids.user_id, self.user_training)
        self.assertEqual(need.sudo().step_ids.kind, 'received')
        person = self.make_contact(self.unit, "演示提问人")
        self.assertEqual(self.ask(partner_id=person.id).contact_id, person)

    def test_the_person_asking_is_of_the_unit(self):
        other = self.make_member("演示另一提问有限公司")
        stranger, own = self.make_contact(other, "演示外单位人"), self.make_contact(self.unit, "演示本单位人")
        with self.assertRaisesRegex(ValidationError, "演示外单位人"), self.env.cr.savepoint():
            self.ask(contact_id=stranger.id)
        need = self.ask(contact_id=own.id)
        with Form(need.with_user(self.user_organisation)) as form:
            form.partner_id = other
            self.assertFalse(form.contact_id, "the reply would go to somebody of another unit")
            form.contact_id = stranger
        self.assertEqual(need.sudo().contact_id, stranger)

    def test_forwarded_with_its_course(self):
        need = self.ask()
        action = self.env['cfia.need.forward'].with_user(self.user_training).create({
            'need_ids': need.ids, 'department_id': self.env.ref('cfia_membership.cfia_department_organisation').id,
            'note': "属政策问题",
        }).action_forward()
        self.assertEqual(action['res_model'], 'cfia.need', "it is out of sight now")
        need = need.sudo()
        self.assertEqual(need.step_ids[-1:].text, "属政策问题")
        self.assertEqual(need.step_ids.mapped('kind'), ['received', 'forwarded'])
        self.assertEqual(need.activity_ids.user_id, self.user_organisation)
        self.assertEqual(need.date_forwarded, association_today())
        self.assertFalse(self.env['cfia.need'].with_user(self.user_training).search([]))

    def test_reply_is_sent_archived_and_filed(self):
        need = self.reply(self.ask(email='asker@example.com'))
        need = need.sudo()
        self.assertEqual((need.state, need.replied_by_id, need.date_replied), ('replied', self.user_training, association_today()))
        self.assertIn(f'〔{association_today().year}〕', need.archive_number)
        need.document_id._render_safely()
        paper = self.env['cfia.member.file.paper'].search([
            ('res_model', '=', 'cfia.document'), ('res_id', '=', need.document_id.id)])
        self.assertEqual(paper.partner_id, self.unit)
        self.assertTrue(paper.attachment_id)
        self.assertEqual(need.document_id.data['reply'], "已安排")
        message = need.message_ids.filtered(lambda message: "已安排" in message.body)
        self.assertEqual(len(message), 1)
        self.assertIn('asker@example.com', self.env['mail.mail'].search([
            ('mail_message_id', '=', message.id)]).mapped('email_to') + [message.outgoing_email_to or ''])
        self.assertFalse(need.activity_ids)
        second = self.reply(self.ask("演示又一项")).sudo()
        self.assertEqual(second.document_id.number, need.document_id.number + 1)

    def test_nothing_is_replied_without_unit_or_text_or_twice(self):
        need = self.ask()
        with self.assertRaisesRegex(UserError, need.name):
            need.with_user(self.user_training).action_reply()
        need.sudo().reply = "<p><br></p>"
        with self.assertRaisesRegex(UserError, need.name):
            need.with_user(self.user_training).action_reply()
        self.reply(need)
        with self.assertRaises(UserError):
            need.with_user(self.user_training).action_reply()

    def test_what_was_replied_stays_and_no_need_is_deleted(self):
        need = self.reply(self.ask())
        for change in ({'reply': "改"}, {'description': "改"}, {'state': 'open'}, {'satisfaction': '5'}):
            with self.assertRaises(UserError):
                need.sudo().write(change)
        for record in (need, self.ask()):
            with self.assertRaises(UserError):
                record.sudo().unlink()
        with self.assertRaises(UserError):
            need.sudo().step_ids[:1].write({'text': "改"})
        with self.assertRaises(UserError):
            self.ask(state='replied')

    def test_rated_and_reopened_by_the_member(self):
        need = self.ask().sudo()
        with self.assertRaises(UserError):
            need._rate('5')
        self.reply(need)
        need._rate('2', "没有解决")
        need._reopen("没有解决")
        self.assertRecordValues(need, [{'state': 'open', 'reopen_count': 1, 'satisfaction': '2'}])
        self.assertEqual(need.activity_ids.user_id, self.user_training)
        first = need.document_id
        self.reply(need)
        self.assertNotEqual(need.document_id, first, "each reply has its number")
        self.assertEqual(need.step_ids.mapped('kind'), ['received', 'replied', 'rated', 'reopened', 'replied'])

    def test_what_came_twice_is_answered_together(self):
        needs = self.ask() + self.ask()
        needs.with_user(self.user_training).action_answer_together()
        self.reply(needs[0])
        self.assertEqual(set(needs.sudo().mapped('state')), {'replied'})
        self.assertEqual(len(needs.sudo().document_id), 2)
        other = self.ask(partner_id=self.unit_member.id)
        with self.assertRaises(UserError):
            (needs[0] + other).with_user(self.user_training).action_answer_together()

    def escalate(self):
        """Run the schedule twice on a day."""
        with self.enter_registry_test_mode():
            for _time in range(2):
                self.env.ref('cfia_services.ir_cron_cfia_need').method_direct_trigger()

    def test_overdue_needs_escalate_once_each_level(self):
        need = self.ask().sudo()
        overdue = self.env.ref('cfia_services.mail_act_need_overdue')
        with freeze_time(need.date_deadline + timedelta(days=2)):
            self.escalate()
        own = need.activity_ids.filtered(lambda activity: activity.activity_type_id == overdue)
        self.assertEqual(own.user_id, self.user_organisation)
        with freeze_time(need.date_deadline + timedelta(days=9)):
            self.escalate()
        own = need.activity_ids.filtered(lambda activity: activity.activity_type_id == overdue)
        self.assertEqual(own.user_id, self.user_organisation + self.user_secretary)
        self.assertEqual(need.step_ids.mapped('kind'), ['received', 'escalated', 'escalated'])

    def test_long_overdue_goes_to_the_department_first(self):
        need = self.ask().sudo()
        with freeze_time(need.date_deadline + timedelta(days=40)):
            with self.enter_registry_test_mode():
                self.env.ref('cfia_services.ir_cron_cfia_need').method_direct_trigger()
            self.assertEqual(need.escalation, 'department')
        with freeze_time(need.date_deadline + timedelta(days=41)):
            self.escalate()
        self.assertEqual(need.escalation, 'secretary_general')

    def test_mail_to_the_address_becomes_a_need(self):
        """A mail as it comes in: the address alone says what becomes of it."""
        person = self.make_contact(self.unit, "演示写信人", email='writer@example.com')
        alias = self.env.ref('cfia_services.mail_alias_need')
        alias.alias_domain_id = self.env['mail.alias.domain'].search([], limit=1) or self.env[
            'mail.alias.domain'].create({'name': 'association.example.com'})
        need_id = self.env['mail.thread'].message_process(False, f"""From: {person.email}
To: {alias.alias_full_name}
Subject: =?utf-8?b?5ZWG5rCU5rOV?=
Message-ID: <cfia-need-1@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="cfia"

--cfia
Content-Type: text/plain; charset=utf-8

请问政策如何申报？
--cfia
Content-Type: application/pdf; name="question.pdf"
Content-Disposition: attachment; filename="question.pdf"
Content-Transfer-Encoding: base64

{base64.b64encode(PDF).decode()}
--cfia--
""".encode())
        need = self.env['cfia.need'].browse(need_id)
        self.assertEqual(need._name, 'cfia.need')
        self.assertRecordValues(need, [{
            'partner_id': self.unit.id, 'contact_id': person.id, 'source': 'mail', 'email': 'writer@example.com'}])
        self.assertIn("政策如何申报", need.description)
        self.assertTrue(need.activity_ids)
        self.assertEqual(need.attachment_ids.mapped('name'), ['question.pdf'])
        self.assertEqual(need.attachment_ids.raw, PDF)
        papers = self.unit.member_file_ids.paper_ids
        self.assertIn("question.pdf", papers.mapped('name'))
        # an answer to the reply comes back to the same need
        self.reply(need, user=self.user_organisation)
        self.env['mail.thread'].message_process(False, f"""From: {person.email}
To: {alias.alias_full_name}
Subject: Re
In-Reply-To: {need.message_ids.sorted('id')[-1].message_id}
References: {need.message_ids.sorted('id')[-1].message_id}
Message-ID: <cfia-need-2@example.com>
Content-Type: text/plain; charset=utf-8

收到，谢谢
""".encode())
        self.assertEqual(self.env['cfia.need'].search_count([('source', '=', 'mail')]), 1)
        self.assertEqual(need.state, 'open', "what a member writes after the reply is a question again")

    def test_advertisement_is_set_aside(self):
        need = self.env['cfia.need'].create({
            'name': "广告", 'description': "广告", 'source': 'mail', 'email': 'ad@example.com'})
        wizard = self.env['cfia.need.set.aside'].with_user(self.user_organisation).create({
            'need_ids': need.ids, 'reason': "广告邮件"})
        wizard.action_set_aside()
        self.assertEqual((need.state, need.step_ids[-1:].text), ('set_aside', "广告邮件"))
        self.assertFalse(need.activity_ids)
        with freeze_time(need.date_deadline + timedelta(days=9)):
            self.escalate()
        self.assertFalse(need.escalation)
        need.with_user(self.user_organisation).action_reopen()
        self.assertEqual(need.state, 'open')
        own = self.ask()
        with self.assertRaisesRegex(UserError, "of a member"):
            own.with_user(self.user_training)._set_aside("不想答")

    def test_enquiry_of_a_member_becomes_a_need_once(self):
        enquiry = self.env['cfia.enquiry'].with_user(self.user_editorial).create({
            'name': self.unit.name, 'question': "想了解展位\n以及价格", 'contact_name': "演示来访人", 'channel': 'phone'})
        action = enquiry.action_make_need()
        need = self.env['cfia.need'].browse(action['res_id'])
        self.assertRecordValues(need, [{
            'source': 'enquiry', 'name': "想了解展位", 'enquiry_id': enquiry.id, 'contact_name': "演示来访人"}])
        self.assertEqual(enquiry.action_make_need()['res_id'], need.id)
        with self.assertRaises(UserError):
            self.ask(enquiry_id=enquiry.id)

    def test_papers_of_the_member_lie_in_its_file_once(self):
        paper = self.env['ir.attachment'].with_user(self.user_editorial).create({'name': "来函.pdf", 'raw': PDF})
        need = self.ask(attachment_ids=paper.ids)
        need.sudo().attachment_ids += self.env['ir.attachment'].with_user(need.env.user).create({'name': "补充.pdf", 'raw': PDF})
        papers = self.env['cfia.member.file.paper'].search([('partner_id', '=', self.unit.id), ('res_model', '=', 'cfia.need')])
        self.assertEqual(sorted(papers.mapped('name')), sorted(["来函.pdf", "补充.pdf"]))

    def test_enclosures_go_with_the_mail_and_stay_with_their_reply(self):
        need = self.ask(email='asker@example.com').with_user(self.user_training)
        first = self.env['ir.attachment'].with_user(self.user_training).create({'name': "方案.pdf", 'raw': PDF})
        wizard = self.env['cfia.need.reply'].browse(need.action_write_reply()['res_id'])
        wizard.write({'reply': "<p>见附件</p>", 'attachment_ids': first.ids})
        wizard.action_send()
        need = need.sudo()
        message = need.message_ids.filtered(lambda message: "见附件" in message.body)
        self.assertEqual(message.attachment_ids, first)
        self.assertIn(f'/my/membership/needs/{need.id}', message.body)
        mail = self.env['mail.mail'].search([('mail_message_id', '=', message.id)])
        self.assertEqual(mail.attachment_ids, first)
        self.assertEqual(need.document_id.data['enclosures'], ["方案.pdf"])
        need._reopen("还不清楚")
        self.assertFalse(need.reply_attachment_ids)
        self.reply(need, "<p>再答</p>")
        steps = need.step_ids.filtered(lambda step: step.kind == 'replied')
        self.assertEqual([step.attachment_ids.mapped('name') for step in steps], [["方案.pdf"], []])
        self.assertEqual(need._get_earlier_replies(), steps[0])

    def test_departments_see_their_own(self):
        need, other = self.ask(), self.ask(kind_id=self.kind_policy.id, user=self.user_organisation)
        Need = self.env['cfia.need']
        self.assertEqual(Need.with_user(self.user_training).search([]), need)
        self.assertEqual(Need.with_user(self.user_editorial).search([]), need, "who took it down follows it")
        self.assertEqual(Need.with_user(self.user_organisation).search([]), need + other)
        self.assertEqual(Need.with_user(self.user_leader).search([]), need + other)
        for user, seen in ((self.user_training, need), (self.user_organisation, need + other)):
            figures = self.env['cfia.need.report'].with_user(user).search([])
            self.assertEqual(figures.sudo().need_id.sorted('id'), seen.sudo().sorted('id'))
        with self.assertRaises(AccessError):
            Need.with_user(self.user_leader).create({
                'name': "x", 'description': "x", 'partner_id': self.unit.id, 'kind_id': self.kind_policy.id})
        with self.assertRaises(AccessError):
            other.with_user(self.user_training).write({'phone': "1"})

    def test_many_needs_cost_the_same_queries_each(self):
        def count(number):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env['cfia.need'].create([
                {'name': f"演示{index}", 'description': "演示", 'partner_id': self.unit.id, 'kind_id': self.kind_training.id}
                for index in range(number)])
            self.env.flush_all()
            return self.env.cr.sql_log_count - before
        count(2)
        few = count(10)
        self.assertLessEqual(count(60), few + 6)


@tagged('post_install', '-at_install')
class TestNeedRound(NeedCommon, HttpCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.form = cls.env['cfia.need.form'].create({'version': "测试-1", 'intro': "请填写（演示）"})
        cls.form.action_release()
        cls.make_contact(cls.unit, "演示联系人", 'contact', email='contact@example.com')
        cls.env['cfia.need.round'].search([]).filtered(lambda record: record.state == 'draft').unlink()

    def make_round(self, **vals):
        return self.env['cfia.need.round'].with_user(self.user_organisation).create(vals)

    def test_all_members_are_asked(self):
        record = self.make_round(partner_domain="[('name', '=', 'nobody')]")
        record.action_open()
        self.assertEqual(record.recipient_ids.partner_id, self.unit + self.unit_member)
        self.assertEqual(record.form_id, self.form)

    def test_answer_by_link_makes_needs_and_the_round_waits_for_replies(self):
        record = self.make_round()
        record.action_open()
        recipient = record.recipient_ids.filtered(lambda line: line.partner_id == self.unit)
        page = recipient.sudo()._make_link('mail')
        page = page[page.index('/cfia/r/'):]
        self.env.flush_all()
        self.assertIn("请填写（演示）", self.url_open(page).text)
        token = html.fromstring(self.url_open(page).content).xpath("//input[@name='csrf_token']/@value")[0]
        answer = {
            'csrf_token': token, 'responder': "演示填表人", 'satisfaction': '4',
            'need.0.kind': str(self.kind_training.id), 'need.0.description': "<b>需要</b>培训师资", 'need.0.urgency': '1',
        }
        without = {**answer, 'need.0.kind': ''}
        self.assertIn('alert-danger', self.url_open(page, data=without).text)
        for _time in range(2):
            self.url_open(page, data=answer)
        need = self.env['cfia.need'].search([('round_id', '=', record.id)])
        self.assertRecordValues(need, [{
            'partner_id': self.unit.id, 'contact_name': "演示填表人", 'source': 'round', 'urgency': '1'}])
        self.assertRecordValues(recipient, [{'state': 'responded', 'need_count': 1, 'satisfaction': '4'}])
        self.assertEqual((record.need_count, record.unanswered_count), (1, 1))
        with self.assertRaisesRegex(UserError, "1"):
            record.action_close()
        self.reply(need)
        record.invalidate_recordset()
        record.action_close()
        self.assertEqual((record.state, record.need_count), ('closed', 1))

    def test_staff_enter_what_came_on_paper(self):
        record = self.make_round()
        record.action_open()
        recipient = record.recipient_ids.filtered(lambda line: line.partner_id == self.unit)
        need = self.env['cfia.need'].with_user(self.user_organisation).with_context(
            recipient.action_enter_need()['context']).create({
                'name': "演示纸质需求", 'description': "演示纸质需求", 'kind_id': self.kind_policy.id})
        self.assertEqual((need.round_id, need.partner_id, recipient.state), (record, self.unit, 'responded'))
        other = record.recipient_ids - recipient
        other.action_enter_no_need()
        self.assertEqual((other.state, record.responded_count), ('responded', 2))

    def test_a_round_each_quarter_and_missed_ones_later(self):
        Round = self.env['cfia.need.round']
        for day, numbers in (('2031-01-02', [1]), ('2031-01-03', [1]), ('2031-04-05', [1, 2]), ('2031-11-20', [1, 2, 3]),
                             ('2031-12-05', [1, 2, 3]), ('2031-12-25', [1, 2, 3, 4]), ('2031-12-31', [1, 2, 3, 4])):
            with freeze_time(f'{day} 02:00:00'):
                Round._cron_plan()
                self.env.flush_all()
                self.env.cr.execute(
                    "UPDATE cfia_need_round SET create_date = %s WHERE year = 2031 AND number = %s AND create_date > %s",
                    [f'{day} 02:00:00', numbers[-1], '2025-01-01'] if len(numbers) != getattr(self, 'last', 0)
                    else [f'{day} 02:00:00', 0, '2025-01-01'])
                self.env.invalidate_all()
                self.last = len(numbers)
            self.assertEqual(sorted(Round.search([('year', '=', 2031)]).mapped('number')), numbers, day)

    def test_round_is_evidence_once_a_letter_went_out(self):
        today = association_today()
        self.env.company.cfia_date_in_force = today.replace(month=1, day=1)

        def count():
            self.env.flush_all()
            self.env['cfia.obligation.term']._refresh_years([today.year])
            return self.env['cfia.obligation.term'].search([
                ('code', '=', '3.7b'), ('year', '=', today.year)]).done_count

        before = count()
        record = self.make_round()
        record.action_open()
        self.assertEqual(count(), before, "opened, but nothing went out")
        self.env.ref('cfia_membership.ir_cron_cfia_round').method_direct_trigger()
        self.assertGreater(record.sent_count, 0)
        self.assertEqual(count(), before + 1)

    def test_released_form_stays(self):
        with self.assertRaises(UserError):
            self.form.intro = "改"
        with self.assertRaises(UserError):
            self.form.unlink()
        self.form.copy({'version': "测试-2"}).intro = "新"

    def test_opening_for_many_members_costs_constant_queries(self):
        def count(number):
            self.env['res.partner'].with_context(tracking_disable=True).create([
                {'name': f"演示多会员{number}-{index}", 'is_company': True, 'email': f'm{number}{index}@example.com'}
                for index in range(number)])
            self.env.flush_all()
            self.env.cr.execute("UPDATE res_partner SET member_state = 'member' WHERE name LIKE '演示多会员%'")
            self.env.invalidate_all()
            record = self.make_round()
            before = self.env.cr.sql_log_count
            record.action_open()
            self.env.flush_all()
            queries = self.env.cr.sql_log_count - before
            self.assertGreaterEqual(len(record.recipient_ids), number)
            return queries
        few = count(20)
        self.assertLessEqual(count(200), few + 10)


@tagged('post_install', '-at_install')
class TestNeedPortal(NeedCommon, HttpCase):

    def form_token(self, page):
        return html.fromstring(self.url_open(page).content).xpath("//input[@name='csrf_token']/@value")[0]

    def test_names_of_files_that_no_database_holds(self):
        self.authenticate(self.user_portal.login, self.user_portal.login)
        data = {
            'csrf_token': self.form_token('/my/membership/needs'), 'subject': "演示\x00提问", 'kind': str(self.kind_policy.id),
            'description': "演示\x00"}
        answer = self.url_open('/my/membership/needs', data=data, files={'files': ('a\x00.pdf', PDF, 'application/pdf')})
        self.assertEqual(answer.status_code, 200)
        need = self.env['cfia.need'].search([('source', '=', 'portal')])
        self.assertEqual((need.name, need.attachment_ids.name), ("演示提问", 'a.pdf'))

    def test_member_asks_reads_rates_and_asks_again(self):
        self.authenticate(self.user_portal.login, self.user_portal.login)
        token = self.form_token('/my/membership/needs')
        data = {'csrf_token': token, 'subject': "演示门户提问", 'kind': str(self.kind_policy.id), 'description': "<script>alert(1)</script>如何申报"}
        answer = self.url_open('/my/membership/needs', data=data, files={'files': ('a.pdf', PDF, 'application/pdf')})
        need = self.env['cfia.need'].search([('source', '=', 'portal')])
        self.assertEqual((need.partner_id, len(need.attachment_ids)), (self.unit_member, 1))
        self.assertNotIn('<script>alert(1)', answer.text)
        page = f'/my/membership/needs/{need.id}'
        self.assertEqual(self.url_open(f'{page}/files/{need.attachment_ids.id}').content, PDF)
        refused = self.url_open('/my/membership/needs', data=data, files={'files': ('a.pdf', b'MZ not a paper', 'application/pdf')})
        self.assertIn('a.pdf', refused.text)
        self.assertIn('alert-danger', refused.text)
        self.assertEqual(self.env['cfia.need'].search_count([('source', '=', 'portal')]), 1)
        self.reply(need, "<p>回复如下</p>", self.user_organisation)
        self.assertIn("回复如下", self.url_open(page).text)
        self.url_open(f'{page}/rate', data={'csrf_token': token, 'satisfaction': '5', 'note': "谢谢"})
        self.assertEqual((need.satisfaction, need.satisfaction_note), ('5', "谢谢"))
        self.assertIn('alert-danger', self.url_open(f'{page}/rate', data={'csrf_token': token, 'satisfaction': '9'}).text)
        self.url_open(f'{page}/reopen', data={'csrf_token': token, 'reason': "还有疑问"})
        self.assertEqual((need.state, need.reopen_count), ('open', 1))

    def test_other_units_needs_are_not_found(self):
        other = self.reply(self.ask("演示他人"))
        attachment = self.env['ir.attachment'].create({'name': "x.pdf", 'raw': PDF})
        self.authenticate(self.user_portal.login, self.user_portal.login)
        token = self.form_token('/my/membership/needs')
        page = f'/my/membership/needs/{other.id}'
        for address in (page, f'{page}/files/{attachment.id}', '/my/membership/needs/99999999'):
            self.assertEqual(self.url_open(address).status_code, 404, address)
        for address in (f'{page}/rate', f'{page}/reopen'):
            answer = self.url_open(address, data={'csrf_token': token, 'satisfaction': '1', 'reason': "x"})
            self.assertEqual(answer.status_code, 404, address)
        self.assertFalse(other.sudo().satisfaction)
        self.unit_member._set_member_state('withdrawn')
        self.assertEqual(self.url_open('/my/membership/needs').status_code, 404)
