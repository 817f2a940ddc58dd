import io
from datetime import date, timedelta

import openpyxl
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_services.tests.common import ServicesCommon


class MagazineCommon(ServicesCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.forging = cls.env.ref('cfia_services.cfia_magazine_edition_forging')
        cls.stamping = cls.env.ref('cfia_services.cfia_magazine_edition_stamping')
        cls.addressee = cls.make_contact(
            cls.unit_member, "演示收件人", 'magazine', type='delivery', street="寄送路2号", zip='210001', city="南京市",
            state_id=cls.state_jiangsu.id, mobile='13900005678')

    @classmethod
    def make_issue(cls, edition=None, listed=False, **vals):
        issue = cls.env['cfia.magazine.issue'].with_user(cls.user_editorial).create({
            'edition_id': (edition or cls.forging).id, 'mail_house': "演示邮发公司", **vals})
        if listed:
            issue.action_make_list()
        return issue

    @classmethod
    def post(cls, issue, **vals):
        form = Form(cls.env['cfia.magazine.post'].with_user(cls.user_editorial).with_context(default_issue_id=issue.id))
        for name, value in vals.items():
            form[name] = value
        form.save().action_confirm()


@tagged('post_install', '-at_install')
class TestMagazineIssue(MagazineCommon):

    def copy_of(self, issue, unit):
        return issue.copy_ids.filtered(lambda copy: copy.partner_id == unit)

    # === REGISTER === #

    def test_numbers_run_through_the_year(self):
        first = self.make_issue(year=2031)
        self.assertEqual((first.number, self.make_issue(year=2031).number, self.make_issue(year=2032).number), (1, 2, 1))
        self.assertEqual(self.make_issue(self.stamping, year=2031).number, 1)
        self.assertEqual(self.make_issue(year=2031, number=6).number, 6)
        self.assertEqual(first.with_context(lang='en_US').display_name, f"{self.forging.with_context(lang='en_US').name} 2031, issue 1")
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.make_issue(year=2031, number=6)

    # === MAILING LIST === #

    def test_list_is_as_the_change_list_has_it(self):
        other = self.make_member("演示无收件人有限公司")
        self.make_member("演示冲压会员有限公司", enterprise_category_id=self.category_stamping.id)
        issue = self.make_issue(listed=True)
        self.assertIn(other, issue.copy_ids.partner_id)
        values = self.ChangeList.sudo()._get_current_values('editorial', association_today())
        expected = {
            partner_id: vals for partner_id, vals in values.items() if vals['edition_id'] == self.forging.id}
        self.assertEqual(set(issue.copy_ids.partner_id.ids), set(expected))
        for copy in issue.copy_ids:
            vals = expected[copy.partner_id.id]
            for name in ('member_number', 'unit_name', 'addressee', 'address', 'zip'):
                self.assertEqual(copy[name] or '', vals[name] or '', (copy.unit_name, name))
        self.assertEqual(set(issue.copy_ids.mapped('quantity')), {1})
        self.assertRecordValues(self.copy_of(issue, self.unit_member), [{
            'addressee': "演示收件人", 'address': f"{self.state_jiangsu.name}南京市寄送路2号", 'zip': '210001',
            'phone': '13900005678', 'state': 'listed'}])
        self.assertEqual(self.copy_of(issue, other).addressee, "演示联系人")

    def test_unit_without_person_or_address(self):
        unit = self.make_member("演示只有单位")
        unit.child_ids.active = False
        bare = self.make_member("演示没有地址")
        bare.child_ids.active = False
        bare.write({'street': False, 'city': False})
        issue = self.make_issue(listed=True)
        self.assertRecordValues(self.copy_of(issue, unit), [{
            'addressee': False, 'address': f"{self.state_jiangsu.name}演示路1号", 'state': 'listed'}])
        self.assertRecordValues(self.copy_of(issue, bare), [{'address': False, 'state': 'no_address'}])
        self.assertEqual(issue.unaddressed_count, 1)
        self.assertEqual(issue.action_view_unaddressed()['domain'][-1], ('state', '=', 'no_address'))
        self.assertEqual(len(issue._get_labels()), issue.copy_count - 1)

    def test_one_copy_a_member_whatever_happens(self):
        issue = self.make_issue(listed=True)
        count = issue.copy_count
        issue.action_make_list()
        self.assertEqual(issue.copy_count, count)
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute(
                "INSERT INTO cfia_magazine_copy (issue_id, partner_id, quantity, state) VALUES (%s, %s, 1, 'listed')",
                [issue.id, self.unit_member.id])
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE cfia_magazine_copy SET quantity = 2 WHERE issue_id = %s", [issue.id])

    def test_list_is_frozen(self):
        issue = self.make_issue(listed=True)
        copy = self.copy_of(issue, self.unit_member)
        self.addressee.name = "演示新人"
        self.unit_member._leave('withdrawn')
        self.assertEqual(copy.addressee, "演示收件人")
        with self.assertRaises(UserError):
            copy.sudo().write({'addressee': "改"})
        with self.assertRaises(UserError):
            copy.sudo().unlink()
        with self.assertRaises(UserError):
            self.env['cfia.magazine.copy'].create({'issue_id': issue.id, 'partner_id': self.unit_member.id})
        for vals in ({'number': 77}, {'edition_id': self.stamping.id}):
            with self.assertRaisesRegex(UserError, "stay as they are"):
                issue.write(vals)
        issue.write({'mail_house': "演示另一邮发公司", 'number': issue.number})
        # until it is posted it may be made anew: who left is gone
        issue.action_make_list()
        self.assertFalse(self.copy_of(issue, self.unit_member))

    def test_constant_queries(self):
        counts = []
        for number in (1, 12):
            self.make_applications([f"演示杂志{number}-{index}" for index in range(number)], state='approved')
            issue = self.make_issue()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            issue.action_make_list()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            before = self.env.cr.sql_log_count
            self.assertTrue(issue._get_labels())
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2:], counts[:2])

    # === LABELS AND LIST === #

    def test_labels_pass_the_gate(self):
        issue = self.make_issue(listed=True)
        Disclosure = self.env['cfia.disclosure']
        html, _type = self.env['ir.actions.report'].with_user(self.user_editorial)._render_qweb_html(
            'cfia_services.report_magazine_labels', issue.ids)
        self.assertIn("演示收件人", html.decode())
        self.assertIn("寄送路2号", html.decode())
        self.assertRecordValues(Disclosure.search([], limit=1), [{
            'kind': 'label', 'recipient': "演示邮发公司", 'user_id': self.user_editorial.id,
            'row_count': issue.copy_count}])
        for sheet, cells in (('3x8', 3), ('2x7', 2)):
            issue.label_sheet = sheet
            html, _type = self.env['ir.actions.report'].sudo()._render_qweb_html(
                'cfia_services.report_magazine_labels', issue.ids)
            self.assertEqual(html.decode().split('</tr>')[0].count('<td'), cells)
        for user in (self.user_network, self.user_staff):
            with self.assertRaises(AccessError):
                self.env['ir.actions.report'].with_user(user)._render_qweb_html(
                    'cfia_services.report_magazine_labels', issue.ids)

    def test_xlsx_passes_the_gate(self):
        issue = self.make_issue(listed=True)
        report = self.env['ir.actions.report'].with_user(self.user_editorial)
        content, _type = report._render('cfia_services.magazine_xlsx', issue.ids, {})
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        rows = list(sheet.iter_rows(values_only=True))
        issue = issue.with_context(lang=self.env.company._get_association_lang())
        self.assertIn(issue.display_name, rows[0][0])
        [row] = [row for row in rows[3:] if row[1] == self.unit_member.member_number]
        self.assertEqual(row[2:4], (self.unit_member.name, "演示收件人"))
        self.assertEqual(row[5:], ('210001', '13900005678', 1))
        self.assertRecordValues(self.env['cfia.disclosure'].search([], limit=1), [{
            'kind': 'label', 'recipient': "演示邮发公司", 'row_count': issue.copy_count}])
        with self.assertRaises(AccessError):
            self.env['ir.actions.report'].with_user(self.user_network)._render('cfia_services.magazine_xlsx', issue.ids, {})

    # === POSTING === #

    def test_editorial_posts(self):
        issue = self.make_issue()
        with self.assertRaisesRegex(UserError, "mailing list"):
            issue.action_post()
        issue.action_make_list()
        for user in (self.user_organisation, self.user_secretary):
            with self.assertRaisesRegex(UserError, "editorial department"):
                issue.with_user(user)._post(association_today(), issue.copy_count)
        with self.assertRaisesRegex(UserError, "Say why"):
            issue._post(association_today(), issue.copy_count + 5)
        with self.assertRaisesRegex(UserError, "future"):
            issue._post(association_today() + timedelta(days=1), issue.copy_count)
        with self.assertRaisesRegex(UserError, "how many"):
            issue._post(association_today(), 0, "无")
        self.assertEqual(issue.action_post()['res_model'], 'cfia.magazine.post')
        self.post(issue)
        self.assertRecordValues(issue, [{
            'state': 'posted', 'date_posted': association_today(), 'posted_count': issue.copy_count,
            'posted_by_id': self.user_editorial.id}])
        with self.assertRaisesRegex(UserError, "posted already"):
            self.post(issue)
        with self.assertRaisesRegex(UserError, "stays as it was"):
            issue.action_make_list()
        with self.assertRaisesRegex(UserError, "evidence"):
            issue.unlink()
        with self.assertRaises(UserError):
            issue.sudo().write({'state': 'draft'})
        self.make_issue(listed=True).unlink()

    def test_other_number_with_a_reason(self):
        issue = self.make_issue(listed=True)
        self.post(issue, count=issue.copy_count + 3, note="另附三册存档")
        self.assertEqual((issue.posted_count, issue.posting_note), (issue.copy_count + 3, "另附三册存档"))

    def test_posting_is_evidence(self):
        today = association_today()
        duty = self.env.ref('cfia_membership.cfia_obligation_3_4b')
        evidence = duty.evidence_ids.filtered(lambda evidence: evidence.model == 'cfia.magazine.issue')
        self.env['cfia.magazine.issue'].search([]).filtered(lambda issue: issue.state != 'posted').unlink()
        issue = self.make_issue(date=today - timedelta(days=1), listed=True)
        late = self.make_issue(date=today - timedelta(days=40))
        before = evidence._count(date(today.year - 1, 1, 1), today)
        total = {key: sum(month[key] for month in before.values()) for key in ('done', 'open', 'overdue')}
        self.assertEqual((total['open'], total['overdue']), (1, 1))
        self.post(issue)
        after = evidence._count(date(today.year - 1, 1, 1), today)
        self.assertEqual(sum(month['done'] for month in after.values()), total['done'] + 1)
        self.assertEqual(sum(month['open'] for month in after.values()), 0)
        late.unlink()

    # === RETURNS === #

    def returns(self, issue, user=None, **vals):
        self.env['cfia.magazine.return'].with_user(user or self.user_editorial).create({
            'issue_id': issue.id, 'reason': "迁址不详", **vals}).action_confirm()

    def test_returns_by_number_become_work(self):
        issue = self.make_issue(listed=True)
        with self.assertRaisesRegex(UserError, "not been posted"):
            self.returns(issue, numbers=self.unit_member.member_number)
        self.post(issue)
        digits = self.unit_member.member_number.split('-')[-1].lstrip('0')
        with self.assertRaisesRegex(UserError, "999999"):
            self.returns(issue, numbers=f"{digits}, 999999")
        copy = self.copy_of(issue, self.unit_member)
        self.assertEqual(copy.state, 'listed')
        with self.assertRaisesRegex(UserError, "Enter the member numbers"):
            self.returns(issue)
        self.returns(issue, numbers=f"{digits}\n{self.unit_member.member_number}")
        self.assertRecordValues(copy, [{
            'state': 'returned', 'return_reason': "迁址不详", 'date_returned': association_today()}])
        self.assertRecordValues(copy.activity_ids, [{
            'user_id': self.env.ref('cfia_membership.cfia_department_organisation').user_ids.sorted(
                lambda user: user.has_group('cfia_membership.group_cfia_manager'))[0].id,
            'summary': "迁址不详"}])
        self.assertEqual(issue.returned_count, 1)
        with self.assertRaisesRegex(UserError, "organisation department"):
            copy.with_user(self.user_editorial).action_handled()
        action = copy.with_user(self.user_organisation).action_report_change()
        self.assertEqual(action['context']['default_partner_id'], self.unit_member.id)
        copy.with_user(self.user_organisation).action_handled()
        self.assertEqual((copy.date_handled, copy.handled_by_id), (association_today(), self.user_organisation))
        self.assertFalse(copy.activity_ids)

    def test_returns_from_the_list(self):
        other = self.make_member("演示退刊会员")
        issue = self.make_issue(listed=True)
        self.post(issue)
        copies = self.copy_of(issue, self.unit_member) + self.copy_of(issue, other)
        context = copies.with_user(self.user_organisation).action_return()['context']
        self.returns(issue, user=self.user_organisation, copy_ids=context['default_copy_ids'])
        self.assertEqual(set(copies.mapped('state')), {'returned'})
        self.assertEqual(len(copies.activity_ids), 2)
        # noted twice makes nothing twice
        self.returns(issue, copy_ids=copies.ids)
        self.assertEqual(len(copies.activity_ids), 2)
        following = self.make_issue(listed=True)
        self.post(following)
        with self.assertRaisesRegex(UserError, "by itself"):
            self.returns(following, copy_ids=copies.ids)
