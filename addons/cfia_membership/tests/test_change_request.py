from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, JsonRpcException, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tools.guard import unlocked


class ChangeCommon(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ChangeRequest = cls.env['cfia.change.request']
        cls.partner_manager = cls.env.ref('base.group_partner_manager')
        (cls.user_editorial + cls.user_staff).group_ids = [Command.link(cls.partner_manager.id)]
        cls.contact = cls.unit_member.child_ids.filtered(lambda person: person.name == "演示联系人")

    def file_street(self, street="演示新路8号", user=None, **vals):
        return self.ChangeRequest.with_user(user or self.user_staff)._file([{
            'partner': self.unit_member, 'changes': {self.unit_member: {'street': street}}, **vals}])


@tagged('post_install', '-at_install')
class TestChangeRequest(ChangeCommon):

    def test_entered_into_unit_ledger_and_file_together(self):
        scan = self.env['ir.attachment'].with_user(self.user_staff).create({'name': "变更登记通知书.pdf", 'raw': b'%PDF'})
        request = self.ChangeRequest.with_user(self.user_staff)._file([{
            'partner': self.unit_member,
            'changes': {
                self.unit_member: {'name': "演示更名有限公司", 'street': "演示路1号", 'ownership_id': False},
                self.contact: {'mobile': '13900000000'},
            },
            'new_contacts': [{'name': "演示新人", 'function': "经理", 'member_number': 'CFIA-99999'}],
            'attachment_ids': scan.ids,
            'date_effective': '2026-03-01',
        }])
        self.assertEqual(
            [(line.field_name, line.new_display) for line in request.sudo().line_ids][:3],
            [('name', "演示更名有限公司"), ('ownership_id', ''), ('mobile', '13900000000')])
        self.assertEqual(self.unit_member.name, "演示测试会员有限公司")
        request.with_user(self.user_organisation).action_apply()
        self.assertRecordValues(self.unit_member, [{
            'name': "演示更名有限公司", 'former_name': "演示测试会员有限公司", 'ownership_id': False}])
        self.assertEqual(self.contact.mobile, '13900000000')
        new = self.unit_member.child_ids.filtered(lambda person: person.name == "演示新人")
        self.assertRecordValues(new, [{'function': "经理", 'member_number': False}])
        event = self.unit_member.member_event_ids.sorted('id')[-1]
        self.assertRecordValues(event, [{
            'kind': 'renamed', 'res_model': request._name, 'res_id': request.id,
            'reporter_id': self.user_organisation.id, 'unit_name': "演示更名有限公司"}])
        self.assertEqual(str(event.date_effective), '2026-03-01')
        paper = self.unit_member.member_file_ids.paper_ids.filtered(lambda paper: paper.kind == 'change')
        self.assertEqual(paper.attachment_id, scan)
        count = len(self.unit_member.member_event_ids)
        request.with_user(self.user_organisation).action_apply()
        self.assertEqual(len(self.unit_member.member_event_ids), count)

    def test_form_on_paper(self):
        request = self.file_street(reason="迁址")
        html = self.env['ir.actions.report']._render_qweb_html(
            'cfia_membership.report_change_form', request.ids)[0].decode()
        for text in (request.name, self.unit_member.member_number, "演示路1号", "演示新路8号", "迁址"):
            self.assertIn(text, html)

    def test_nothing_differs_nothing_filed(self):
        self.assertFalse(self.file_street(self.unit_member.street))

    def test_conflict_is_shown_and_not_overwritten(self):
        request = self.file_street()
        self.unit_member.with_user(self.user_organisation).street = "演示中间路3号"
        verifier = request.with_user(self.user_organisation)
        self.assertTrue(verifier.has_conflict)
        with self.assertRaisesRegex(UserError, "演示中间路3号"), self.env.cr.savepoint():
            verifier.action_apply()
        self.assertEqual((verifier.state, self.unit_member.street), ('submitted', "演示中间路3号"))
        verifier.action_keep_new_values()
        verifier.action_apply()
        self.assertEqual(self.unit_member.street, "演示新路8号")

    def test_organisation_department_decides(self):
        request = self.file_street()
        for user in (self.user_staff, self.user_editorial, self.user_secretary, self.user_auditor):
            with self.assertRaises(UserError):
                request.with_user(user).action_apply()
        request.with_user(self.user_organisation)._refuse("执照地址未变")
        self.assertEqual((request.state, request.refusal_reason), ('rejected', "执照地址未变"))
        message = self.env['mail.message'].search([('model', '=', request._name), ('res_id', '=', request.id)])
        self.assertIn(self.user_staff.partner_id, message.partner_ids)
        with self.assertRaises(UserError):
            request.with_user(self.user_organisation).action_apply()

    def test_reported_values_stand(self):
        request = self.file_street()
        with self.assertRaises(UserError):
            request.line_ids.new_value = "别处"
        with self.assertRaises(UserError):
            request.line_ids.unlink()
        with self.assertRaises(UserError):
            request.unlink()
        with self.assertRaises(UserError):
            self.ChangeRequest.with_context(cfia_guard=True).create({'partner_id': self.unit_member.id})

    def test_columns_of_the_workflow_cannot_be_reported(self):
        for changes in ({self.unit_member: {'member_number': 'CFIA-1'}}, {self.unit_member: {'member_state': False}},
                        {self.user_staff.partner_id: {'email': 'x@example.com'}}):
            with self.assertRaises(UserError):
                self.ChangeRequest._file([{'partner': self.unit_member, 'changes': changes}])

    def test_departments_see_their_own(self):
        request = self.file_street()
        for user, sees in ((self.user_staff, True), (self.user_network, False), (self.user_organisation, True),
                           (self.user_auditor, True)):
            self.assertEqual(bool(self.ChangeRequest.with_user(user).search([('id', '=', request.id)])), sees)

    def test_report_form(self):
        wizard = self.env['cfia.change.report'].with_user(self.user_staff).with_context(
            default_partner_id=self.unit_member.id,
            cfia_changes={str(self.unit_member.id): {'street': "演示他路9号"}},
        ).create({})
        self.assertEqual((wizard.name, wizard.street), (self.unit_member.name, "演示他路9号"))
        line = wizard.contact_ids.filtered(lambda line: line.contact_id == self.contact)
        line.has_left = True
        request = self.ChangeRequest.browse(wizard.action_file()['res_id'])
        self.assertEqual(set(request.line_ids.mapped('field_name')), {'street', 'active'})
        request.with_user(self.user_organisation).action_apply()
        self.assertFalse(self.contact.active)

    def test_filing_takes_constant_queries_per_batch(self):
        members = self.env['res.partner'].union(*(
            self.make_member(f"演示批量变更{index}有限公司") for index in range(6)))
        counts = []
        for batch in (members[:2], members[2:]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.ChangeRequest.with_user(self.user_staff)._file([
                {'partner': unit, 'changes': {unit: {'street': "演示新路"}}} for unit in batch])
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1, counts)


@tagged('post_install', '-at_install')
class TestWriteGuard(ChangeCommon):
    """Every way by which somebody else than 组织部 might write a member's data (4.0b)."""

    def test_contact_form(self):
        for record, vals in (
            (self.unit_member, {'name': "别名"}), (self.unit_member, {'street': "别处"}),
            (self.unit_member, {'enterprise_category_ids': [Command.link(self.category_stamping.id)]}),
            (self.contact, {'mobile': '1'}), (self.contact, {'active': False}), (self.contact, {'parent_id': False}),
        ):
            with self.assertRaises(RedirectWarning) as caught:
                record.with_user(self.user_editorial).write(vals)
            self.assertIn(self.unit_member.name, caught.exception.args[0])
            self.assertEqual(caught.exception.args[3]['default_partner_id'], self.unit_member.id)
        self.unit_member.with_user(self.user_editorial).write({'street': self.unit_member.street, 'comment': "备注"})

    def test_new_and_deleted_contacts(self):
        Partner = self.env['res.partner'].with_user(self.user_editorial)
        with self.assertRaises(RedirectWarning):
            Partner.create({'name': "演示外人", 'parent_id': self.unit_member.id})
        stranger = Partner.create({'name': "演示外人"})
        with self.assertRaises(RedirectWarning):
            stranger.parent_id = self.unit_member
        with self.assertRaises(RedirectWarning):
            self.contact.with_user(self.user_editorial).unlink()

    def test_list_edit(self):
        with self.assertRaises(UserError):
            (self.unit_member + self.contact).with_user(self.user_editorial).write({'city': "别处"})

    def test_import(self):
        result = self.env['res.partner'].with_user(self.user_editorial).with_context(import_file=True).load(
            ['.id', 'street'], [[str(self.unit_member.id), "别处"]])
        self.assertFalse(result['ids'])
        self.assertIn(self.unit_member.name, result['messages'][0]['message'])
        self.assertNotEqual(self.unit_member.street, "别处")

    def test_superuser_mode_and_forged_context_do_not_open(self):
        unit = self.unit_member.with_user(self.user_editorial)
        with self.assertRaises(RedirectWarning):
            unit.sudo().street = "别处"
        with self.assertRaises(RedirectWarning):
            unit.with_context(cfia_guard=True).street = "别处"

    def test_own_user_record(self):
        with self.assertRaises(UserError):
            self.user_portal.with_user(self.user_portal).write({'email': 'other@example.com'})
        self.user_portal.with_user(self.user_portal).write({'lang': 'en_US'})

    def test_mail_gateway(self):
        before = self.contact.read(['name', 'email', 'phone', 'street'])
        self.env['mail.thread'].with_user(self.env.ref('base.user_root')).message_process('res.partner', (
            f"From: 冒名 <{self.contact.email}>\nTo: x@association.example\nSubject: hello\n"
            f"Message-Id: <cfia-guard@example.com>\n\nnew address"
        ), thread_id=self.unit_member.id)
        self.assertEqual(self.contact.read(['name', 'email', 'phone', 'street']), before)

    def test_organisation_department_and_others_still_write(self):
        self.unit_member.with_user(self.user_organisation).street = "演示直改路"
        prospect = self.env['res.partner'].create({'name': "演示对象有限公司", 'is_company': True})
        prospect.with_user(self.user_editorial).street = "演示路"
        unlocked(self.unit_member.with_user(self.user_editorial).sudo()).street = "演示内部路"
        self.assertEqual(self.unit_member.street, "演示内部路")


@tagged('post_install', '-at_install')
class TestWriteGuardRpc(HttpCase, ChangeCommon):

    def save(self, record, values):
        return self.make_jsonrpc_request(f'/web/dataset/call_kw/{record._name}/web_save', {
            'model': record._name, 'method': 'web_save', 'args': [record.ids, values],
            'kwargs': {'specification': {}},
        })

    def test_saving_the_form(self):
        self.authenticate('cfia_test_editorial', 'cfia_test_editorial')
        for values in (
            {'street': "别处"},
            {'child_ids': [[0, 'virtual_1', {'name': "演示外人"}]]},
            {'child_ids': [[1, self.contact.id, {'email': 'other@example.com'}]]},
            {'child_ids': [[2, self.contact.id]]},
        ):
            with self.assertRaisesRegex(JsonRpcException, 'RedirectWarning'), mute_logger('odoo.http'):
                self.save(self.unit_member, values)
        self.save(self.unit_member, {'comment': "备注"})
        self.assertEqual(self.contact.email, 'contact@member.example')
        self.assertNotIn("演示外人", self.unit_member.child_ids.mapped('name'))

    def test_saving_as_organisation_department(self):
        self.authenticate('cfia_test_organisation', 'cfia_test_organisation')
        self.save(self.unit_member, {'child_ids': [[1, self.contact.id, {'function': "经理"}]]})
        self.assertEqual(self.contact.function, "经理")


@tagged('post_install', '-at_install')
class TestPortalChange(HttpCase, ChangeCommon):

    def setUp(self):
        super().setUp()
        self.authenticate('cfia_test_portal', 'cfia_test_portal')

    def post_changes(self, **form):
        page = self.url_open('/my/membership/changes')
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        return self.url_open('/my/membership/changes', data={'csrf_token': token, **form})

    def test_member_reports_a_change(self):
        response = self.post_changes(**{
            'unit-street': "演示门户路1号", f'contact-{self.contact.id}-left': '1', 'new-name': "演示门户新人"})
        self.assertIn('reported=1', response.url)
        request = self.ChangeRequest.search([('partner_id', '=', self.unit_member.id)])
        self.assertRecordValues(request, [{
            'source': 'portal', 'state': 'submitted', 'reporter_id': self.user_portal.partner_id.id}])
        self.assertEqual(set(request.line_ids.mapped('field_name')), {'street', 'active', False})
        self.assertNotEqual(self.unit_member.street, "演示门户路1号")
        self.assertIn(request.name, self.url_open('/my/membership/changes').text)

    def test_other_units_persons_are_out_of_reach(self):
        other = self.make_member("演示旁人有限公司").child_ids[:1]
        self.post_changes(**{f'contact-{other.id}-name': "改名"})
        self.assertFalse(self.ChangeRequest.search([]).line_ids.filtered(lambda line: line.target_id == other))

    def test_evidence_is_checked(self):
        page = self.url_open('/my/membership/changes')
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        response = self.url_open(
            '/my/membership/changes', data={'csrf_token': token, 'unit-street': "演示路99号"},
            files={'evidence': ('a.pdf', b'MZ not a pdf')})
        self.assertIn('a.pdf', response.text)
        self.assertFalse(self.ChangeRequest.search([('partner_id', '=', self.unit_member.id)]))

    def test_odoo_address_page_files_a_request(self):
        page = self.url_open('/my/account')
        token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
        person = self.user_portal.partner_id
        response = self.url_open('/my/address/submit', data={
            'csrf_token': token, 'partner_id': person.id, 'name': "演示改名", 'email': 'new@member.example',
            'phone': '010', 'street': "演示路", 'city': "南京", 'zip': '210000',
            'country_id': self.env.ref('base.cn').id, 'state_id': self.state_jiangsu.id,
        })
        self.assertIn('/my/membership/changes', response.text)
        self.assertNotEqual(person.name, "演示改名")
        lines = self.ChangeRequest.search([('partner_id', '=', self.unit_member.id)]).line_ids
        self.assertIn('name', lines.mapped('field_name'))
        self.assertEqual(lines.target_id, person)
