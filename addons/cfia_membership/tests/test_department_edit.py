from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged, users

from odoo.addons.cfia_membership.tests.common import MembershipCommon


@tagged('post_install', '-at_install')
class TestDepartmentEdit(MembershipCommon):
    """What 组织部 saves in a member's data is an applied change, with event, bulletin and file."""

    def changes(self, unit=None):
        return self.env['cfia.change.request'].search([('partner_id', '=', (unit or self.unit_member).id)])

    @users('cfia_test_organisation')
    def test_saving_the_form(self):
        with freeze_time('2031-03-05 02:00:00'):
            unit = self.unit_member.with_env(self.env)
            old = unit.street
            with Form(unit) as form:
                form.street = "演示新街9号"
                form.phone = '010-1234 5678'
                form.change_source = "3月1日来函"
            request = self.changes()
            self.assertRecordValues(request, [{'state': 'applied', 'reason': "3月1日来函", 'source': 'department'}])
            self.assertEqual(
                {line.field_name: (line.old_value or '', line.new_value) for line in request.line_ids},
                {'street': (old, "演示新街9号"), 'phone': ('', '010-1234 5678')})
            event = self.env['cfia.member.event'].sudo().search(
                [('res_model', '=', request._name), ('res_id', '=', request.id)])
            self.assertRecordValues(event, [{'kind': 'data', 'partner_id': unit.id}])
            self.assertTrue(self.env['cfia.member.file.paper'].sudo().search(
                [('res_model', '=', request._name), ('res_id', '=', request.id)]))
            unit.street = unit.street
            self.assertEqual(self.changes(), request, "what changes nothing leaves nothing")
        bulletin = self.env['cfia.bulletin'].sudo().create({'date': '2031-03-01'})
        bulletin._count()
        rows = [row for table in bulletin._get_tables() for row in table['rows'] if row['unit_name'] == unit.name]
        row = next(row for row in rows if "演示新街9号" in row['after'])
        self.assertIn(old, row['before'])
        self.assertNotIn("演示新街9号", str(bulletin._get_members_rendition()), "members read names alone")

    @users('cfia_test_organisation')
    def test_ledger_values_and_persons(self):
        unit = self.unit_member.with_env(self.env)
        before = unit.name
        unit.write({'name': "演示测试更名有限公司", 'enterprise_category_id': self.category_stamping.id})
        events = unit.member_event_ids.filtered(lambda event: event.res_model == 'cfia.change.request')
        self.assertEqual(events.mapped('kind'), ['renamed'], "one save is one event")
        self.assertEqual(unit.former_name, before)
        person = self.env['res.partner'].create({'name': "演示新人", 'parent_id': unit.id, 'mobile': '13800000000'})
        person.write({'email': 'new@member.example'})
        person.active = False
        requests = self.changes().sorted('id')[1:]
        self.assertEqual(requests.mapped('state'), ['applied'] * 3)
        self.assertFalse(requests[0].line_ids.field_name)
        self.assertEqual(requests[1:].line_ids.mapped('field_name'), ['email', 'active'])

    @users('cfia_test_organisation')
    def test_persons_leave_and_are_not_deleted(self):
        """A person of a member is archived, which is a change; two that are one are merged, which the unit tells."""
        unit = self.unit_member.with_env(self.env)
        person, twin = self.env['res.partner'].create([
            {'name': name, 'parent_id': unit.id} for name in ("演示走人", "演示走人（重）")])
        with self.assertRaisesRegex(UserError, "演示走人"):
            person.unlink()
        self.env['base.partner.merge.automatic.wizard'].sudo().with_user(self.env.user)._merge(
            (person + twin).ids, person, extra_checks=False)
        self.assertFalse(twin.exists())
        self.assertIn("演示走人（重）", unit.message_ids[0].body)
        # an address is no person, and a unit that is no member keeps nobody
        self.env['res.partner'].create({'name': "演示收件处", 'parent_id': unit.id, 'type': 'delivery'}).unlink()
        prospect = self.env['res.partner'].create({'name': "演示未入会有限公司", 'is_company': True, 'prospect_source': 'other'})
        self.env['res.partner'].create({'name': "演示路人", 'parent_id': prospect.id}).unlink()

    @users('cfia_test_organisation')
    def test_many_members(self):
        units = self.make_member("演示批量甲有限公司") + self.make_member("演示批量乙有限公司")
        units = units.with_env(self.env)
        units.write({'state_id': self.state_sichuan.id})
        self.assertEqual(len(self.env['cfia.change.request'].search([('partner_id', 'in', units.ids)])), 2)

    def test_others_leave_nothing(self):
        prospect = self.env['res.partner'].with_user(self.user_organisation).create({
            'name': "演示普通客户", 'is_company': True})
        prospect.street = "演示路"
        self.assertFalse(self.changes(prospect))

    def test_one_person_of_two_departments(self):
        role = self.env.ref('cfia_membership.cfia_contact_role_finance')
        requests = self.env['cfia.change.request']
        for user, vals in (
            (self.user_staff, {'name': "演示 财务", 'mobile': '13900000000'}),
            (self.user_editorial, {
                'name': "演示财务", 'email': 'finance@member.example', 'contact_role_ids': [Command.set(role.ids)]}),
            (self.user_editorial, {'name': "演示财务", 'mobile': '13700000000'}),
        ):
            requests += self.env['cfia.change.request'].with_user(user)._file([
                {'partner': self.unit_member, 'changes': {}, 'new_contacts': [vals]}]).with_env(self.env)
        requests.with_user(self.user_organisation).action_apply()
        persons = self.unit_member.child_ids.filtered(lambda person: "财务" in person.name).sorted('id')
        self.assertEqual(len(persons), 2, "another telephone is another person")
        self.assertRecordValues(persons[0], [{'mobile': '13900000000', 'email': 'finance@member.example'}])
        self.assertEqual(persons[0].contact_role_ids, role)
