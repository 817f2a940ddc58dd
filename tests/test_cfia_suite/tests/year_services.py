from collections import Counter
from datetime import date

from odoo.addons.cfia_membership.tests.test_simulated_year import YEAR
from odoo.addons.cfia_membership.tools.guard import unlocked

# Duties of article 3 on each occasion, which the simulated year has to leave met.
SERVICE_DUTIES = ('3.0b', '3.3', '3.7a', '3.7c', '3.7d', '3.7e')

MAIL = """From: {sender}
To: needs@association.example
Subject: need
Message-ID: <cfia-year-{day}@member.example>
Content-Type: text/plain; charset=utf-8

{text}
"""


class ServicesYear:
    """What members ask and departments deliver in the simulated year: needs and learning accounts.

    To be mixed into the simulated year, which runs the schedules.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref('cfia_membership.cfia_department_training').user_ids = cls.user_training
        cls.env.company.cfia_secretary_general_id = cls.user_secretary
        cls.learning = cls.env.ref('cfia_services.cfia_service_learning')
        # of earlier days nothing waits
        unlocked(cls.env['cfia.newsletter'].search([('state', '=', 'draft')])).unlink()
        cls.env.cr.execute("DELETE FROM cfia_need_step; DELETE FROM cfia_need")
        cls.env.invalidate_all()
        domain = cls.env['mail.alias.domain'].search([], limit=1)
        if not domain:
            domain = cls.env['mail.alias.domain'].create({'name': 'association.example'})
        domain.name = 'association.example'
        cls.env.ref('cfia_services.mail_alias_need').alias_domain_id = domain

    def get_members(self):
        return self.env['res.partner'].search([('member_state', '=', 'member'), ('is_company', '=', True)], order='id')

    def happen(self, day):
        """Beside the rest: every month one member writes a mail, one asks for a learning account, one is called."""
        result = super().happen(day)
        members = self.get_members()
        asking = members[day.month * 7 % len(members)]
        self.make_contact(asking, f"演示来信人{day.month}", email=f'asker{day.month}@member.example')
        self.env['mail.thread'].message_process(False, MAIL.format(
            sender=f'asker{day.month}@member.example', day=day, text="请问本季度培训安排？").encode())
        learner = members[day.month * 11 % len(members)]
        self.env['cfia.entitlement']._request(learner, self.learning)
        self.env['cfia.contact.log'].with_user(self.user_organisation).create({
            'partner_id': members[0].id, 'subject': "演示走访", 'kind': 'visit', 'date': day})
        return result

    def work(self):
        result = super().work()
        self.send_newsletters()
        self.answer_rounds()
        self.reply_to_needs()
        self.run_accounts()
        return result

    def send_newsletters(self):
        """Fill the issues that the schedule made with what was released since, and send them."""
        drafts = self.env['cfia.newsletter'].with_user(self.user_organisation).search([('state', '=', 'draft')], order='month')
        for issue in drafts:
            issue.action_fill()
            issue.action_open()

    def answer_rounds(self):
        """Let some members answer the rounds that are open: a need, or none."""
        kinds = self.env['cfia.need.kind'].search([], order='id')
        for need_round in self.env['cfia.need.round'].search([('state', '=', 'open')]):
            silent = need_round.recipient_ids.filtered(lambda recipient: recipient.state in ('waiting', 'sent'))
            for number, recipient in enumerate(silent[:4]):
                post = {'via': 'mail', 'responder': "演示填表人", 'satisfaction': '4'}
                if number % 2:
                    post.update({
                        'need.0.kind': str(kinds[number % len(kinds)].id),
                        'need.0.description': f"演示需求{need_round.number}-{recipient.id}"})
                recipient.sudo()._process_link_response(post, {})

    def reply_to_needs(self):
        """Let each department reply to its needs; papers are rendered as the server does."""
        for user in (self.user_training, self.user_organisation, self.user_editorial, self.user_network):
            needs = self.env['cfia.need'].with_user(user).search([
                ('state', '=', 'open'), ('department_id.user_ids', 'in', user.ids), ('partner_id', '!=', False)])
            for need in needs:
                need.reply = "<p>已安排（演示）</p>"
            needs.action_reply()
        left = self.env['cfia.need'].search([('state', '=', 'open'), ('partner_id', '!=', False)])
        for need in left.with_user(self.user_organisation):
            need.reply = "<p>已转相关部门办理（演示）</p>"
            need.action_reply()
        for document in self.env['cfia.need'].search([('state', '=', 'replied')]).document_id:
            if document.state != 'done':
                document._render_safely()

    def run_accounts(self):
        """Let the training centre open the accounts that are asked for, with ten lessons each."""
        Entitlement = self.env['cfia.entitlement'].with_user(self.user_training)
        waiting = Entitlement.search([('is_waiting', '=', True)])
        for entitlement in waiting:
            entitlement.account_name = f'yadao-year-{entitlement.id}'
        self.env['cfia.service.usage'].with_user(self.user_training).create([
            {'entitlement_id': entitlement.id, 'note': f"演示第{number}课时"}
            for entitlement in waiting for number in range(1, 11)])

    def check_duties(self):
        result = super().check_duties()
        terms = self.env['cfia.obligation.term'].search([
            ('code', 'in', SERVICE_DUTIES), ('date_from', '>=', date(YEAR, 1, 1)), ('date_from', '<=', date(YEAR, 12, 31))])
        self.assertEqual(set(terms.mapped('code')), set(SERVICE_DUTIES))
        for term in terms:
            self.assertEqual(term.state, 'met', term.display_name)
            self.assertTrue(term.done_count, term.display_name)
        return result

    def check_nothing_twice(self):
        result = super().check_nothing_twice()
        issues = self.env['cfia.newsletter'].search([('year', '=', YEAR)])
        self.assertEqual(sorted(issues.mapped('number')), list(range(1, 13)))
        for issue in issues:
            self.assertEqual(len(issue.recipient_ids), len(issue.recipient_ids.partner_id))
        blocks = self.env['cfia.newsletter.block'].search([('newsletter_id', 'in', issues.ids), ('code', '=', 'joined')])
        self.assertEqual(len(blocks), len(set(blocks.mapped('date'))), "each month is printed once")
        needs = self.env['cfia.need'].search([])
        self.assertGreaterEqual(len(needs), 10 + 4 * 2)
        self.assertEqual(set(needs.mapped('state')), {'replied'})
        self.assertEqual({'mail', 'round'}, set(needs.mapped('source')))
        self.assertEqual(len(needs.document_id), len(needs), "each its archive number")
        replies = self.env['mail.message'].search([
            ('model', '=', 'cfia.need'), ('res_id', 'in', needs.ids), ('body', 'ilike', "演示）")]).filtered(
                lambda message: message.message_type == 'comment')
        self.assertEqual(Counter(replies.mapped('res_id')), Counter(needs.ids), "each replied to once")
        papers = self.env['cfia.member.file.paper'].search([
            ('res_model', '=', 'cfia.document'), ('res_id', 'in', needs.document_id.ids)])
        self.assertEqual(len(papers), len(needs), "question and reply lie in the file")
        rounds = self.env['cfia.need.round'].search([('year', '=', YEAR), ('date_opened', '!=', False)])
        for need_round in rounds:
            self.assertEqual(len(need_round.recipient_ids), len(need_round.recipient_ids.partner_id))
            sent = Counter(self.env['mail.message'].search([
                ('model', '=', 'cfia.need.round.recipient'), ('res_id', 'in', need_round.recipient_ids.ids)]).mapped('res_id'))
            for recipient in need_round.recipient_ids:
                self.assertLessEqual(sent[recipient.id], 1 + recipient.reminder_count, recipient.unit_name)
        accounts = self.env['cfia.entitlement'].search([
            ('service_id', '=', self.learning.id), ('account_date', '!=', False), ('date_requested', '<=', date(YEAR, 12, 31))])
        self.assertEqual(len(accounts), 10, "asked for in each month in which somebody worked")
        self.assertEqual(set(accounts.mapped('quota_left')), {0})
        for account in accounts:
            mails = self.env['mail.message'].search_count([
                ('model', '=', 'cfia.entitlement'), ('res_id', '=', account.id), ('message_type', '!=', 'user_notification')])
            self.assertEqual(mails, 1, "the member was told once")
            notices = self.env['mail.message'].search_count([
                ('message_type', '=', 'user_notification'), ('body', 'ilike', account.account_name)])
            self.assertEqual(notices, 1 if account.date_account_ended else 0, "reported for closing once")
            self.assertIn((account.date_to - account.date_from).days, range(27, 31))
        return result
