from datetime import date, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_services.tests.test_magazine_issue import MagazineCommon


@tagged('post_install', '-at_install')
class TestServiceBoard(MagazineCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = association_today()
        cls.Board = cls.env['cfia.service.board']
        cls.env.ref('cfia_membership.cfia_department_training').user_ids = cls.user_training

    def board(self, user=None):
        return self.Board.with_user(user or self.user_organisation)._make()

    def row(self, key, service=None, user=None, department=None):
        return self.board(user).filtered(
            lambda row: row.key == key and (not service or row.service_id == service)
            and (not department or row.department_id == department))

    def test_every_service_stands_there(self):
        services = self.env['cfia.service'].search([])
        board = self.board()
        self.assertEqual(board.service_id, services.sorted(lambda service: board.service_id.ids.index(service.id)))
        row = board.filtered(lambda row: row.service_id == self.service_event_price)
        self.assertEqual(len(row), 1)
        self.assertEqual(row.entitled_count, self.service_event_price.open_entitlement_count)
        self.assertEqual(row.department_id, self.service_event_price.department_id)

    def test_lists_and_vip(self):
        self.ChangeList._make('network')
        before = self.row('website_vip')
        lists = self.row('change_list', self.service_website_vip)
        self.assertEqual((lists.waiting_count, lists.late_count), (1, 0))
        self.env.cr.execute("UPDATE cfia_change_list SET date_made = date_made - interval '9 days' WHERE kind = 'network'")
        self.env.invalidate_all()
        self.assertEqual(self.row('change_list', self.service_website_vip).late_count, 1)
        change_list = self.ChangeList.search(lists.action_view_waiting()['domain'])
        self.assertEqual((change_list.kind, change_list.state), ('network', 'waiting'))
        change_list.with_user(self.user_network).action_receive()
        self.assertEqual(self.row('change_list', self.service_website_vip).waiting_count, 0)
        vip = self.row('website_vip')
        self.assertEqual(vip.waiting_count, before.waiting_count + len(change_list.line_ids))
        self.assertEqual(vip.date_next, self.today)
        self.assertIn(
            self.unit_member, self.env['res.partner'].search(vip.action_view_members()['domain']))
        self.env.cr.execute("UPDATE cfia_website_vip SET date = date - 6 WHERE date_done IS NULL AND list_id = %s", [change_list.id])
        self.env.invalidate_all()
        vip = self.row('website_vip')
        self.assertEqual(vip.late_count, before.late_count + len(change_list.line_ids))
        late = self.env['cfia.website.vip'].search(vip.action_view_late()['domain'])
        self.assertEqual(len(late), vip.late_count)

    def test_magazine(self):
        before = {key: self.row(key) for key in ('magazine', 'returned', 'unaddressed')}
        bare = self.make_member("演示看板无地址")
        bare.child_ids.active = False
        bare.write({'street': False, 'city': False})
        issue = self.make_issue(date=self.today - timedelta(days=11), listed=True)
        row = self.row('magazine')
        self.assertEqual(
            (row.waiting_count, row.late_count),
            (before['magazine'].waiting_count + 1, before['magazine'].late_count + 1))
        unaddressed = self.row('unaddressed')
        self.assertEqual(unaddressed.waiting_count, before['unaddressed'].waiting_count + 1)
        self.assertEqual(unaddressed.department_id, self.env.ref('cfia_membership.cfia_department_organisation'))
        self.assertIn(bare, self.env['res.partner'].search(unaddressed.action_view_members()['domain']))
        self.post(issue)
        self.assertEqual(self.row('magazine').waiting_count, before['magazine'].waiting_count)
        issue.copy_ids.filtered(lambda copy: copy.state == 'listed')[0]._return("演示退刊")
        self.assertEqual(self.row('returned').waiting_count, before['returned'].waiting_count + 1)
        # an issue ahead waits for nothing yet
        self.make_issue(date=self.today + timedelta(days=3))
        self.assertEqual(self.row('magazine').waiting_count, before['magazine'].waiting_count)

    def test_newsletter(self):
        def numbers(key):
            row = self.row(key)
            return row.waiting_count, row.late_count

        def ids(key, method):
            action = getattr(self.row(key), method)()
            return self.env[action['res_model']].with_user(self.user_organisation).search(action['domain']).ids

        due, late = numbers('newsletter')
        number = 70 + self.env['cfia.newsletter'].search_count([])
        month = self.today.replace(day=1)
        Newsletter = self.env['cfia.newsletter'].with_user(self.user_organisation)
        missed = Newsletter.create({'number': number, 'month': False, 'date_issue': month - timedelta(days=1)})
        present = Newsletter.create({'number': number + 1, 'month': False, 'date_issue': self.today})
        ahead = Newsletter.create({'number': number + 2, 'month': False, 'date_issue': month + timedelta(days=32)})
        self.assertEqual(numbers('newsletter'), (due + 2, late + 1))
        row = self.row('newsletter')
        self.assertEqual((row.service_id, row.department_id), (self.service_newsletter, self.service_newsletter.department_id))
        shown, shown_late = ids('newsletter', 'action_view_waiting'), ids('newsletter', 'action_view_late')
        self.assertEqual((len(shown), len(shown_late)), (due + 2, late + 1))
        self.assertTrue({missed.id, present.id} <= set(shown) and ahead.id not in shown)
        self.assertTrue(missed.id in shown_late and present.id not in shown_late)
        # sent: no issue is due, what bounces is
        problems, problems_late = numbers('newsletter_problem')
        present.action_open()
        self.assertEqual(numbers('newsletter'), (due + 1, late + 1))
        self.assertEqual(numbers('newsletter_problem'), (problems, problems_late))
        recipient = present.recipient_ids.filtered(
            lambda recipient: recipient.partner_id == self.unit_member and recipient.state != 'excluded')
        recipient._mark_dispatched('sent')
        recipient._set_delivery('bounced', "User unknown")
        self.assertEqual(numbers('newsletter_problem'), (problems + 1, problems_late))
        self.assertIn(recipient.id, ids('newsletter_problem', 'action_view_waiting'))
        self.assertIn(self.unit_member.id, ids('newsletter_problem', 'action_view_members'))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE cfia_newsletter_recipient SET date_last_sent = date_last_sent - interval '7 days' WHERE id = %s",
            [recipient.id])
        self.env.invalidate_all()
        self.assertEqual(numbers('newsletter_problem'), (problems + 1, problems_late + 1))
        self.assertIn(recipient.id, ids('newsletter_problem', 'action_view_late'))
        # put right and sent again: the work is done
        recipient.action_resend()
        recipient._mark_dispatched('sent')
        self.assertEqual(numbers('newsletter_problem'), (problems, problems_late))
        # other departments see their own rows alone
        for user in (self.user_editorial, self.user_training):
            self.assertFalse(self.row('newsletter', user=user) + self.row('newsletter_problem', user=user))
        for user in (self.user_secretary, self.user_auditor):
            self.assertEqual(self.row('newsletter', user=user).waiting_count, due + 1)

    def test_accounts_and_needs(self):
        before = self.row('account', self.service_learning).waiting_count
        self.open_learning(self.unit_member, account_name=False)
        row = self.row('account', self.service_learning)
        self.assertEqual((row.waiting_count, row.member_count), (before + 1, before + 1))
        training = self.env.ref('cfia_membership.cfia_department_training')
        before = self.row('need', department=training)
        self.env['cfia.need'].create({
            'name': "演示看板需求", 'description': "演示", 'partner_id': self.unit_member.id, 'source': 'phone',
            'kind_id': self.env['cfia.need.kind'].search([], limit=1).id, 'department_id': training.id,
            'date_deadline': self.today - timedelta(days=1)})
        row = self.row('need', department=training)
        self.assertEqual(
            (row.waiting_count, row.late_count), (before.waiting_count + 1, before.late_count + 1))
        needs = self.env['cfia.need'].search(row.action_view_late()['domain'])
        self.assertEqual(needs.department_id, training)

    def test_departments_see_their_own(self):
        self.ChangeList._make('network')
        self.ChangeList._make('editorial')
        for user, services in (
            (self.user_editorial, self.service_magazine), (self.user_network, self.service_website_vip),
            (self.user_training, self.service_learning),
        ):
            board = self.board(user)
            self.assertEqual(len(board.department_id), 1)
            self.assertIn(user, board.department_id.user_ids)
            self.assertLessEqual(services, board.service_id)
            self.assertFalse(
                board.filtered(lambda row: row.key in ('change_list', 'website_vip', 'magazine')).service_id - services)
        self.assertFalse(self.board(self.user_staff))
        for user in (self.user_organisation, self.user_secretary, self.user_auditor):
            self.assertGreater(len(self.board(user).department_id), 3)
        # a board is its reader's own
        with self.assertRaises(AccessError):
            self.board().with_user(self.user_editorial).read(['waiting_count'])

    def test_constant_queries(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.board()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before
        self.ChangeList._make('network').with_user(self.user_network).action_receive()
        self.make_issue(listed=True)
        count()
        few = count()
        self.make_applications([f"演示看板{number}" for number in range(12)], state='approved')
        self.ChangeList._make('network').with_user(self.user_network).action_receive()
        self.make_issue(listed=True)
        self.assertLessEqual(count(), few)

    def test_rows_open_what_they_count(self):
        self.ChangeList._make('network')
        self.make_issue(listed=True)
        for row in self.board():
            if row.res_model:
                action = row.action_view_waiting()
                self.assertEqual(action['res_model'], row.res_model)
                self.assertEqual(
                    self.env[row.res_model].with_user(self.user_organisation).search_count(action['domain']),
                    row.waiting_count)
            self.assertEqual(row.action_view_entitled()['res_model'], 'cfia.entitlement')

    # === REVIEW === #

    def test_review_keeps_the_numbers_and_tells_departments(self):
        issue = self.make_issue(date=self.today - timedelta(days=20))
        for user in (self.user_editorial, self.user_secretary, self.user_auditor):
            with self.assertRaisesRegex(UserError, "organisation department"):
                self.board(user).action_review()
        action = self.Board.with_user(self.user_organisation).action_review()
        review = self.env['cfia.service.review'].browse(action['res_id'])
        self.assertEqual((review.date, review.user_id), (self.today, self.user_organisation))
        editorial = self.env.ref('cfia_membership.cfia_department_editorial')
        self.assertIn(editorial, review.told_department_ids)
        row = review.row_ids.filtered(lambda row: row.service_id == self.service_magazine and row.late_count)
        late = row.late_count
        self.assertGreaterEqual(late, 1)
        message = self.env['mail.message'].search([
            ('model', '=', review._name), ('res_id', '=', review.id),
            ('partner_ids', 'in', self.user_editorial.partner_id.ids)])
        self.assertEqual(len(message), 1)
        issue.unlink()
        self.assertEqual(row.late_count, late)
        with self.assertRaises(UserError):
            review.sudo().write({'late_count': 0})
        with self.assertRaises(UserError):
            self.env['cfia.service.review'].create({})

    def test_review_is_evidence(self):
        duty = self.env.ref('cfia_membership.cfia_obligation_3_0a')

        def count():
            self.env.flush_all()
            return sum(
                month['done'] for month in duty.evidence_ids._count(date(self.today.year, 1, 1), self.today).values())

        before = count()
        self.Board.with_user(self.user_organisation).action_review()
        self.assertEqual(count(), before + 1)
