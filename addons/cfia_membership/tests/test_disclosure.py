import json
from datetime import datetime, timedelta
from io import BytesIO

from openpyxl import load_workbook

from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.fields import Command
from odoo.http import Request
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_membership.tests.common import MembershipCommon


class DisclosureCommon(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Disclosure = cls.env['cfia.disclosure']
        cls.user_editorial.group_ids = [Command.link(cls.env.ref('base.group_allow_export').id)]
        cls.supplier = cls.env['res.partner'].create({'name': "演示供应商", 'email': 'supplier@example.com'})

    @classmethod
    def permit(cls, user, model='res.partner'):
        return cls.env['cfia.disclosure.permit'].with_user(user).create({
            'res_model': model, 'reason': "年会席位", 'recipient': "展览部"})


@tagged('post_install', '-at_install')
class TestDisclosure(DisclosureCommon):

    def test_export_needs_right_reason_and_recipient(self):
        with self.assertRaises(UserError):
            self.unit_member.with_user(self.user_editorial).export_data(['name', 'phone'])
        unit = self.unit_member.with_user(self.user_organisation)
        with self.assertRaises(RedirectWarning) as caught:
            unit.export_data(['name', 'phone'])
        self.assertEqual(caught.exception.args[3], {'default_res_model': 'res.partner'})
        self.permit(self.user_organisation)
        self.assertEqual(unit.export_data(['name'])['datas'], [[self.unit_member.name]])
        self.assertRecordValues(self.Disclosure.search([], limit=1), [{
            'kind': 'export', 'user_id': self.user_organisation.id, 'reason': "年会席位", 'recipient': "展览部",
            'row_count': 1, 'field_names': 'name'}])
        with self.assertRaises(RedirectWarning):
            unit.export_data(['name'])

    def test_permit_is_of_its_user_and_data(self):
        self.permit(self.user_manager)
        self.permit(self.user_organisation, 'cfia.member.event')
        with self.assertRaises(RedirectWarning):
            self.unit_member.with_user(self.user_organisation).export_data(['name'])

    def test_other_lists_lead_to_the_same_gate(self):
        users = self.user_editorial.with_user(self.user_editorial)
        with self.assertRaises(UserError):
            users.partner_id.with_user(self.user_editorial).env['res.partner.category'].create(
                {'name': "演示", 'partner_ids': [Command.set(self.unit_member.ids)]},
            ).export_data(['name', 'partner_ids/phone'])
        self.assertEqual(
            self.supplier.with_user(self.user_editorial).export_data(['email'])['datas'],
            [['supplier@example.com']])
        self.assertTrue(
            self.category_forging.with_user(self.user_editorial).export_data(['name', 'code'])['datas'])

    def test_papers_of_other_units_by_mail(self):
        other = self.make_member("演示他家有限公司")
        paper = self.env['ir.attachment'].create({
            'name': "certificate.pdf", 'raw': b'x', 'res_model': 'res.partner', 'res_id': other.id})
        own = paper.copy({'res_id': self.unit_member.id})

        def send(attachment):
            self.env['mail.compose.message'].with_user(self.user_organisation).create({
                'model': 'res.partner', 'res_ids': str(self.unit_member.ids), 'composition_mode': 'comment',
                'partner_ids': [Command.set(self.unit_member.ids)], 'subject': "s", 'body': "b",
                'attachment_ids': [Command.set(attachment.ids)],
            })._action_send_mail()

        send(own)
        self.assertFalse(self.Disclosure.search([('kind', '=', 'mail')]))
        with self.assertRaises(RedirectWarning):
            send(paper)
        self.permit(self.user_organisation)
        send(paper)
        self.assertRecordValues(self.Disclosure.search([('kind', '=', 'mail')]), [{
            'row_count': 1, 'user_id': self.user_organisation.id, 'recipient': "展览部"}])

    def test_log_is_append_only_and_for_manager_and_auditor(self):
        line = self.Disclosure._disclose('label', self.unit_member, ['name'], reason="邮寄", recipient="组织部")
        with self.assertRaises(UserError):
            line.reason = "别的"
        with self.assertRaises(UserError):
            line.unlink()
        for user in (self.user_manager, self.user_auditor):
            self.assertIn(line, self.Disclosure.with_user(user).search([]))
        for user in (self.user_organisation, self.user_staff, self.user_leader):
            with self.assertRaises(AccessError):
                self.Disclosure.with_user(user).search([])


@tagged('post_install', '-at_install')
class TestDisclosureRoutes(HttpCase, DisclosureCommon):

    def export(self, route='/web/export/csv', model='res.partner', fields=('name', 'phone')):
        return self.url_open(route, data={
            'csrf_token': Request.csrf_token(self),
            'data': json.dumps({
                'model': model, 'fields': [{'name': name, 'label': name, 'type': 'char'} for name in fields],
                'ids': self.unit_member.ids, 'domain': [], 'import_compat': False, 'context': {},
            }),
        })

    def test_web_client_export(self):
        self.authenticate('cfia_test_editorial', 'cfia_test_editorial')
        for route in ('/web/export/csv', '/web/export/xlsx'):
            with mute_logger('odoo.http', 'odoo.addons.web.controllers.export'):
                response = self.export(route)
            self.assertEqual(response.status_code, 500)
            self.assertNotIn(self.unit_member.name, response.text)
        self.assertFalse(self.Disclosure.search([]))
        self.authenticate('cfia_test_organisation', 'cfia_test_organisation')
        self.permit(self.user_organisation)
        response = self.export()
        self.assertIn(self.unit_member.name, response.content.decode('utf-8-sig'))
        self.assertEqual(self.Disclosure.search([]).row_count, 1)
        self.permit(self.user_organisation)
        sheet = load_workbook(BytesIO(self.export('/web/export/xlsx').content)).active
        self.assertEqual(sheet['A2'].value, self.unit_member.name)
        self.assertEqual(len(self.Disclosure.search([])), 2)

    def test_reports_as_spreadsheets(self):
        dispatch = self.env['cfia.dispatch'].search([('partner_id', '=', self.unit_member.id)], limit=1)
        url = f'/report/xlsx/cfia_membership.dispatch_xlsx/{dispatch.id}'
        self.authenticate('cfia_test_editorial', 'cfia_test_editorial')
        with mute_logger('odoo.http', 'odoo.addons.web.controllers.report'):
            self.assertNotEqual(self.url_open(url).status_code, 200)
        self.assertFalse(self.Disclosure.search([]))
        self.authenticate('cfia_test_organisation', 'cfia_test_organisation')
        response = self.url_open(url)
        self.assertEqual(response.content[:2], b'PK')
        self.assertRecordValues(self.Disclosure.search([]), [{
            'kind': 'label', 'user_id': self.user_organisation.id, 'row_count': 1}])

    # Odoo warns that this address goes in its next version
    @mute_logger('odoo.http', 'odoo.addons.rpc.controllers.jsonrpc')
    def test_reading_with_a_password(self):
        self.env.company.cfia_api_row_limit = 1
        units = self.unit_member + self.make_member("演示口令接口有限公司")

        def read(login, ids, **context):
            return self.url_open('/jsonrpc', headers={'Content-Type': 'application/json'}, data=json.dumps({
                'jsonrpc': '2.0', 'method': 'call', 'params': {
                    'service': 'object', 'method': 'execute_kw', 'args': [
                        self.env.cr.dbname, self.env['res.users'].search([('login', '=', login)]).id, login,
                        'res.partner', 'read', [ids, ['name']], {'context': context}]},
            })).json()

        reason = {'cfia_disclosure_reason': "网站名录核对", 'cfia_disclosure_recipient': "网站"}
        for login, context in (
            ('cfia_test_editorial', {}), ('cfia_test_editorial', reason), ('cfia_test_organisation', {}),
        ):
            self.assertIn('error', read(login, units.ids, **context))
        self.assertEqual(len(read('cfia_test_editorial', units[:1].ids)['result']), 1)
        self.assertFalse(self.Disclosure.search([]))
        self.assertEqual(len(read('cfia_test_organisation', units.ids, **reason)['result']), 2)
        self.assertEqual(self.Disclosure.search([]).user_id, self.user_organisation)

    def test_business_cards(self):
        self.authenticate('cfia_test_editorial', 'cfia_test_editorial')
        with mute_logger('odoo.http'):
            response = self.url_open(f'/web/partner/vcard?partner_ids={self.unit_member.id}')
        self.assertNotIn('BEGIN:VCARD', response.text)
        response = self.url_open(f'/web/partner/vcard?partner_ids={self.supplier.id}')
        self.assertIn('BEGIN:VCARD', response.text)
        self.assertFalse(self.Disclosure.search([]))
        self.authenticate('cfia_test_organisation', 'cfia_test_organisation')
        self.permit(self.user_organisation)
        response = self.url_open(f'/web/partner/vcard?partner_ids={self.unit_member.id}')
        self.assertIn('BEGIN:VCARD', response.text)
        self.assertEqual(self.Disclosure.search([]).kind, 'vcard')

    def test_reading_with_a_key(self):
        self.env.company.cfia_api_row_limit = 1
        units = self.unit_member + self.make_member("演示接口有限公司")
        key = self.env['res.users.apikeys'].with_user(self.user_editorial)._generate(
            'rpc', 'test', datetime.now() + timedelta(days=1))

        def read(ids, **context):
            return self.url_open('/json/2/res.partner/read', headers={
                'Authorization': f'Bearer {key}', 'Content-Type': 'application/json',
            }, data=json.dumps({'ids': ids, 'fields': ['name', 'phone'], 'context': context}))

        self.assertEqual(read(units[:1].ids).json()[0]['name'], units[:1].name)
        with mute_logger('odoo.http'):
            self.assertEqual(read(units.ids).status_code, 422)
            self.assertEqual(read(
                units.ids, cfia_disclosure_reason="网站", cfia_disclosure_recipient="网站").status_code, 422)
        self.user_editorial.group_ids = [
            Command.link(self.env.ref('cfia_membership.group_cfia_disclosure').id)]
        with mute_logger('odoo.http'):
            answer = read(units.ids, cfia_disclosure_reason="网站名录核对", cfia_disclosure_recipient="网站")
        self.assertEqual(len(answer.json()), 2)
        self.assertEqual(self.Disclosure.search([]).mapped('kind'), ['api'])
