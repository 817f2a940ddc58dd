import base64
import io

from openpyxl import Workbook, load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.dates import association_today
from odoo.addons.cfia_membership.tools.guard import unlocked


@tagged('post_install', '-at_install')
class TestDispatch(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Dispatch = cls.env['cfia.dispatch'].with_user(cls.user_organisation)
        cls.dispatch = cls.Dispatch.search([('partner_id', '=', cls.unit_member.id)])

    def read_waybills(self, rows, headings=("寄送编号", "快递公司", "运单号", "运单状态")):
        book = Workbook()
        book.active.append(["顺丰回单"])
        book.active.append(headings)
        for row in rows:
            book.active.append(row)
        content = io.BytesIO()
        book.save(content)
        return self.env['cfia.dispatch.waybills'].with_user(self.user_organisation).create(
            {'file': base64.b64encode(content.getvalue()), 'filename': "回单.xlsx"}).action_import()

    def test_signature_makes_the_consignment(self):
        self.assertRecordValues(self.dispatch, [{
            'state': 'to_send', 'unit_name': self.unit_member.name, 'addressee': "演示联系人", 'zip': '210000'}])
        self.assertIn("演示路1号", self.dispatch.address)
        documents = self.dispatch.line_ids.document_id
        self.assertEqual(set(documents.mapped('kind')), {'entry_notice', 'certificate'})
        self.assertEqual(documents.partner_id, self.unit_member)
        self.assertEqual(len(self.dispatch.line_ids), 3)

    def test_inserts_of_departments_within_their_days(self):
        congress = self.env['cfia.congress']._get_current(association_today())
        department = self.env['cfia.department'].create({
            'name': "演示部", 'code': 'demo_test', 'user_ids': self.user_staff.ids})
        Insert = self.env['cfia.dispatch.insert'].with_user(self.user_staff)
        Insert.create({'name': "展会邀请函 [congress]", 'department_id': department.id,
                       'date_to': association_today()})
        Insert.create({'name': "旧展会资料", 'department_id': department.id, 'date_to': '2020-01-01'})
        with self.assertRaises(AccessError):
            Insert.create({'name': "别部门资料", 'department_id': self.env.ref(
                'cfia_membership.cfia_department_editorial').id})
        unit = self.make_member("演示随寄有限公司")
        contents = self.Dispatch.search([('partner_id', '=', unit.id)]).contents
        self.assertIn(f"展会邀请函 {congress.name or ''}", contents)
        self.assertNotIn("旧展会资料", contents)

    def test_courier_list_out_and_waybills_back(self):
        report = self.env.ref('cfia_membership.action_report_dispatch_xlsx').with_user(self.user_organisation)
        content, _kind = report.with_context(active_model='cfia.dispatch')._render_xlsx(
            report.report_name, self.dispatch.ids, data={})
        sheet = load_workbook(io.BytesIO(content)).active
        self.assertEqual([cell.value for cell in sheet[2]][:2], [self.dispatch.name, self.unit_member.name])
        self.assertEqual(self.env['cfia.disclosure'].search([], limit=1).row_count, 1)
        self.read_waybills([[self.dispatch.name, "顺丰", "SF100"], ["", "", ""]])
        self.assertRecordValues(self.dispatch, [{
            'state': 'sent', 'courier': "顺丰", 'waybill': 'SF100', 'date_sent': association_today()}])
        with self.assertRaises(UserError):
            self.dispatch.address = "别处"

    def test_what_the_courier_does_not_carry_is_not_sent(self):
        other = self.Dispatch.search([('partner_id', '=', self.make_member("演示取消寄送有限公司").id)])
        self.read_waybills([[self.dispatch.name, "顺丰", "SF1", "已签收"], [other.name, "顺丰", "SF2", "已取消"]])
        self.assertEqual((self.dispatch + other).mapped('state'), ['sent', 'to_send'])

    def test_the_post_names_units_alone(self):
        """The post's own list (EMS) has no number of ours: what waits for the unit is meant."""
        headings = ["序号", "邮件号", "业务种类", "收寄日期", "寄达地", "收件人", "收件人单位", "重量(克)", "总资费(元)", "备注"]

        def row(at, waybill, unit, note=''):
            return [at, waybill, "特快专递", '2026-11-20', "江苏", "演示收件人", unit, 320, 20.5, note]

        two = self.make_member("演示两件（中国）有限公司")
        again = self.Dispatch.search([('partner_id', '=', two.id)])
        unlocked(again).copy({'partner_id': two.id})
        rows = [row(1, 'EZ100000001CS', self.unit_member.name), row(2, 'EZ100000002CS', "别家演示有限公司"),
                row(3, 'EZ100000003CS', "演示两件(中国)有限公司"), ["合计", None, None, None, None, None, None, 960, 61.5]]
        with self.assertRaisesRegex(UserError, "演示两件"):
            self.read_waybills(rows, headings)
        self.assertEqual(self.dispatch.state, 'to_send')
        self.read_waybills([*rows[:2], rows[3]], headings)
        self.assertRecordValues(self.dispatch, [{'state': 'sent', 'waybill': 'EZ100000001CS'}])
        kept = self.env['cfia.sheet.import'].search([], limit=1)
        self.assertEqual((kept.seen_count, kept.left_out_count), (3, 2))
        # the same list once more changes nothing
        self.read_waybills([*rows[:2], rows[3]], headings)
        # with a number of ours in one row the numbers alone count
        rows[2][-1] = again.name
        self.read_waybills(rows[1:], headings)
        self.assertEqual(again.waybill, 'EZ100000003CS')

    def test_wrong_rows_are_named_and_nothing_is_entered(self):
        other = self.Dispatch.search([('partner_id', '=', self.make_member("演示二号有限公司").id)])
        with self.assertRaises(UserError) as caught:
            self.read_waybills([
                [self.dispatch.name, "顺丰", "SF1"], ["JS1900-0001", "顺丰", "SF2"], [other.name, "顺丰", "SF1"]])
        message = str(caught.exception)
        self.assertIn("JS1900-0001", message)
        self.assertIn("SF1", message)
        self.assertEqual(set((self.dispatch + other).mapped('state')), {'to_send'})
        wizard = self.env['cfia.dispatch.waybills'].create({'file': base64.b64encode(b'x'), 'filename': 'x.xlsx'})
        with self.assertRaisesRegex(UserError, 'x.xlsx'):
            wizard.action_import()

    def test_return_becomes_work_and_is_posted_again(self):
        self.dispatch.action_sent()
        self.env['cfia.dispatch.return'].with_user(self.user_organisation).create(
            {'dispatch_ids': self.dispatch.ids, 'reason': "迁址"}).action_confirm()
        self.assertEqual((self.dispatch.state, self.dispatch.return_reason), ('returned', "迁址"))
        self.assertEqual(self.dispatch.activity_ids.user_id, self.user_organisation)
        self.unit_member.street = "演示新址9号"
        self.unit_member.child_ids.street = "演示新址9号"
        self.dispatch.action_send_again()
        again = self.dispatch.replaced_by_id
        self.assertIn("演示新址9号", again.address)
        self.assertEqual(again.contents, self.dispatch.contents)
        self.assertFalse(self.dispatch.activity_ids)
        self.dispatch.action_send_again()
        self.assertEqual(self.dispatch.replaced_by_id, again)

    def test_no_address_is_not_posted(self):
        self.dispatch.address = False
        with self.assertRaisesRegex(UserError, self.dispatch.name):
            self.dispatch.action_sent()
        with self.assertRaises(UserError):
            self.dispatch.sudo().unlink()

    def test_labels_are_noted_as_disclosure(self):
        before = self.env['cfia.disclosure'].search([])
        self.env['ir.actions.report'].with_user(self.user_organisation)._render_qweb_html(
            'cfia_membership.report_dispatch_labels', self.dispatch.ids)
        self.assertEqual((self.env['cfia.disclosure'].search([]) - before).mapped('kind'), ['label'])

    def test_labels(self):
        html = self.env['ir.actions.report']._render_qweb_html(
            'cfia_membership.report_dispatch_labels', self.dispatch.ids)[0].decode()
        self.assertIn(self.unit_member.name, html)
        self.assertIn(self.dispatch.name, html)
