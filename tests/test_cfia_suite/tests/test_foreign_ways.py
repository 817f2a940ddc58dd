import json
from datetime import datetime, timedelta
from uuid import uuid4

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_dues.tests.common import DuesCommon
from odoo.addons.test_cfia_suite.fuzz.plant import LOGINS, plant

REFUSALS = (
    'odoo.http', 'odoo.addons.base.models.ir_rule', 'odoo.addons.base.models.ir_model', 'odoo.addons.base.models.ir_http',
    'odoo.addons.rpc.controllers.json2', 'odoo.addons.web.controllers.report', 'odoo.addons.mail.models.mail_thread',
)
PDF = b'%PDF-1.4 foreign'


@tagged('post_install', '-at_install')
class TestForeignWays(HttpCase, DuesCommon):
    """What is not somebody's own stays closed, by whichever way it is asked for.

    A portal contact and the public ask for everything of another member; departments ask for each other's lists.
    Each way is asked for each record; what is read with rights is asked by its owner, too, so that a way that
    answers nobody proves nothing.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        cls.plan = plant(cls.env, cls.make_member)
        cls.own_unit, cls.unit = (
            cls.env['res.users'].search([('login', '=', LOGINS[key])]).partner_id.commercial_partner_id for key in ('one', 'two'))
        cls.contact = cls.env['res.users'].search([('login', '=', LOGINS['one'])])
        cls.owner = cls.env['res.users'].search([('login', '=', LOGINS['two'])])
        lists = {kind: cls.env['cfia.change.list']._make(kind) for kind in ('editorial', 'network')}
        member_records = cls.get_member_records(cls.unit)
        #: login → records that are foreign to it
        cls.foreign = {
            LOGINS['one']: member_records,
            None: member_records,
            'cfia_test_editorial': [lists['network'], lists['network'].line_ids],
            'cfia_test_network': [lists['editorial'], lists['editorial'].line_ids],
            'cfia_test_training': [record for each in lists.values() for record in (each, each.line_ids)],
        }

    @classmethod
    def get_member_records(cls, unit):
        """Return the records of every model of the suite, and of Odoo's that hold a member's data, as recordsets."""
        partners = unit + unit.with_context(active_test=False).child_ids
        found = [partners, cls.env['res.users'].search([('partner_id', 'in', partners.ids)])]
        for name, model in sorted(cls.env.registry.items()):
            if model._abstract or not model._auto or 'partner_id' not in model._fields or model._transient:
                continue
            field = model._fields['partner_id']
            if field.comodel_name != 'res.partner' or not field.store:
                continue
            if name.startswith('cfia.') or name in ('account.move', 'account.move.line'):
                found.append(cls.env[name].search([('partner_id', 'in', partners.ids)]))
        return [records for records in found if records]

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger(*REFUSALS))

    def each(self):
        """Yield (login, foreign records as its user has them), nothing of them read before."""
        for login, all_records in self.foreign.items():
            user = self.env['res.users'].search([('login', '=', login)]) if login else self.env.ref('base.public_user')
            for records in all_records:
                self.env.invalidate_all()
                yield login, records.with_user(user)

    def refused(self, ask, *args, **kwargs):
        """Return whether an answer is refused or empty."""
        try:
            return not ask(*args, **kwargs)
        except AccessError:
            return True

    def test_there_is_something_to_ask_for(self):
        models = {records._name for records in self.foreign[None]}
        self.assertLessEqual({
            'res.partner', 'res.users', 'account.move', 'cfia.need', 'cfia.dues.line', 'cfia.document', 'cfia.member.event',
            'cfia.member.file', 'cfia.change.request', 'cfia.data.survey.recipient'}, models)

    # === SEARCH, GROUP, EXPORT === #

    def test_search(self):
        for login, records in self.each():
            with self.subTest(login=login, model=records._name):
                self.assertTrue(self.refused(records.search, [('id', 'in', records.ids)]))
                self.assertTrue(self.refused(records.search_count, [('id', 'in', records.ids)]))
                self.assertTrue(self.refused(records.name_search, '', [('id', 'in', records.ids)]))

    def test_read(self):
        for login, records in self.each():
            with self.subTest(login=login, model=records._name):
                for record in records:
                    with self.assertRaises(AccessError):
                        record.read(['display_name'])

    def test_group(self):
        for login, records in self.each():
            with self.subTest(login=login, model=records._name):
                domain = [('id', 'in', records.ids)]
                for groupby in ([], ['create_uid'], ['create_date:month']):
                    self.assertTrue(self.refused(
                        lambda: [group for group in records.formatted_read_group(domain, groupby, ['__count'])  # noqa: B023 called at once
                                 if group['__count']]))

    def test_export(self):
        internal = self.env['res.users'].search([('login', 'in', [login for login in self.foreign if login]), ('share', '=', False)])
        self.assertEqual(len(internal), 3)
        internal.write({'group_ids': [Command.link(self.env.ref('base.group_allow_export').id)]})
        for login, records in self.each():
            with self.subTest(login=login, model=records._name):
                # portal and public may export nothing at all
                with self.assertRaises(AccessError if records.env.user in internal else UserError):
                    records.export_data(['id', 'display_name'])

    # === /json/2 === #

    def call(self, key, model, method, **params):
        return self.url_open(f'/json/2/{model}/{method}', data=json.dumps(params), headers={
            'Authorization': f'Bearer {key}', 'Content-Type': 'application/json'})

    def make_key(self, user):
        return self.env['res.users.apikeys'].with_user(user).sudo()._generate('rpc', 'test', datetime.now() + timedelta(hours=1))

    def test_json2(self):
        keys = {}
        for login, records in self.each():
            with self.subTest(login=login, model=records._name):
                if login is None:
                    answer = self.url_open(f'/json/2/{records._name}/read', data=json.dumps({'ids': records.ids}), headers={
                        'Content-Type': 'application/json'})
                    self.assertEqual(answer.status_code, 401)
                    continue
                if login not in keys:
                    keys[login] = self.make_key(records.env.user)
                key = keys[login]
                domain = [('id', 'in', records.ids)]
                self.assertEqual(self.call(key, records._name, 'read', ids=records.ids, fields=['display_name']).status_code, 403)
                for method in ('search', 'search_read', 'search_count', 'formatted_read_group'):
                    answer = self.call(key, records._name, method, domain=domain, **(
                        {'fields': ['display_name']} if method == 'search_read' else
                        {'aggregates': ['__count']} if method == 'formatted_read_group' else {}))
                    found = answer.json() if answer.status_code == 200 else None
                    if method == 'formatted_read_group' and found:
                        found = found[0]['__count']
                    self.assertTrue(answer.status_code == 403 or not found, (method, answer.text[:300]))

    def test_json2_answers_the_owner(self):
        key = self.make_key(self.owner)
        answer = self.call(key, 'res.partner', 'read', ids=self.unit.ids, fields=['display_name'])
        self.assertEqual((answer.status_code, answer.json()[0]['id']), (200, self.unit.id))

    # === CHATTER === #

    def test_chatter(self):
        Message = self.env['mail.message']
        for login, records in self.each():
            with self.subTest(login=login, model=records._name):
                if not hasattr(records, 'message_post'):
                    continue
                record = records[0]
                # an address without access answers with what else the user may read
                text = f'FOREIGN{uuid4().hex}'
                note = self.env[record._name].browse(record.id).message_post(body=text, message_type='comment', subtype_xmlid='mail.mt_comment')
                Reader = Message.with_env(records.env)
                self.assertTrue(self.refused(Reader.search, [('id', '=', note.id)]))
                with self.assertRaises(AccessError):
                    note.with_env(records.env).read(['body'])
                self.session = None
                self.authenticate(login, login)
                answer = self.url_open('/mail/thread/messages', json={'jsonrpc': '2.0', 'method': 'call', 'params': {
                    'thread_model': record._name, 'thread_id': record.id}})
                self.assertNotIn(text, answer.text)
                answer = self.url_open('/mail/message/post', json={'jsonrpc': '2.0', 'method': 'call', 'params': {
                    'thread_model': record._name, 'thread_id': record.id, 'post_data': {'body': "INTRUDED"}}})
                self.assertIn('error', answer.json())
        self.assertFalse(Message.search([('body', 'like', 'INTRUDED')]))

    # === ATTACHMENTS === #

    def test_attachments(self):
        for login, records in self.each():
            with self.subTest(login=login, model=records._name):
                attachment = self.env['ir.attachment'].create({
                    'name': 'foreign.pdf', 'raw': PDF, 'res_model': records._name, 'res_id': records[0].id})
                self.assertTrue(self.refused(attachment.with_env(records.env).search, [('id', '=', attachment.id)]))
                with self.assertRaises(AccessError):
                    attachment.with_env(records.env).read(['datas'])
                self.session = None
                self.authenticate(login, login)
                for path in (
                    f'/web/content/{attachment.id}', f'/web/content/{attachment.id}?access_token=guessed',
                    f'/web/content/ir.attachment/{attachment.id}/datas', f'/web/image/{attachment.id}',
                    f'/mail/attachment/pdf_first_page/{attachment.id}',
                ):
                    answer = self.url_open(path, allow_redirects=False)
                    self.assertNotIn(b'PDF-1.4 foreign', answer.content, path)

    def test_attachments_answer_the_owner(self):
        need = self.env['cfia.need'].search([('partner_id', '=', self.unit.id)], limit=1)
        self.authenticate(LOGINS['two'], LOGINS['two'])
        path = f'/my/membership/needs/{need.id}/files/{need.attachment_ids[:1].id}'
        self.assertEqual(self.url_open(path).status_code, 200)
        self.session = None
        self.authenticate(LOGINS['one'], LOGINS['one'])
        self.assertEqual(self.url_open(path).status_code, 404)

    # === REPORTS === #

    def test_reports(self):
        reports = self.env['ir.actions.report'].search([('report_name', '=like', 'cfia%')])
        asked = set()
        for login, records in self.each():
            with self.subTest(login=login, model=records._name):
                self.session = None
                self.authenticate(login, login)
                for report in reports.filtered(lambda report: report.model == records._name):  # noqa: B023 called at once
                    kind = 'xlsx' if report.report_type == 'xlsx' else 'html'
                    answer = self.url_open(
                        f'/report/{kind}/{report.report_name}/{",".join(map(str, records.ids))}', allow_redirects=False)
                    self.assertNotEqual(answer.status_code, 200, report.report_name)
                    asked.add(report.report_name)
        self.assertGreater(len(asked), 5)

    # === MAIL === #

    def test_aliases(self):
        """A new address that makes records of the suite has to be tried here first."""
        aliases = self.env['mail.alias'].search([]).filtered(lambda alias: alias.alias_model_id.model.startswith('cfia.'))
        self.assertEqual(aliases, self.env.ref('cfia_services.mail_alias_need'))
        aliases.alias_domain_id = self.env['mail.alias.domain'].search([], limit=1) or self.env['mail.alias.domain'].create({
            'name': 'association.example.com'})
        need = self.env['cfia.need'].browse(self.send('nobody@stranger.example', aliases.alias_full_name))
        self.assertTrue(need.exists())
        self.assertFalse(need.partner_id, "an address that nobody knows speaks for no member")
        for user in (self.contact, self.owner):
            self.assertFalse(need.with_user(user).has_access('read'))

    def send(self, sender, recipient, answered=None):
        """Let a mail arrive; return what the gateway made."""
        lines = [f'From: {sender}', f'To: {recipient}', 'Subject: Re: letter', f'Message-Id: <{uuid4()}@stranger.example>']
        if answered:
            lines.append(f'In-Reply-To: {answered.message_id}')
        return self.env['mail.thread'].message_process(False, '\n'.join([*lines, '', "What else is there?"]))

    def test_answer_of_a_stranger_opens_nothing(self):
        """A mail that answers a foreign letter is filed for the staff; who sent it follows and reads nothing."""
        stranger = self.contact.partner_id
        for records in self.foreign[LOGINS['one']]:
            record = records[0]
            if not hasattr(record, 'message_post'):
                continue
            with self.subTest(model=record._name):
                message = record.message_post(
                    body="FOREIGNNOTE", message_type='comment', subtype_xmlid='mail.mt_comment', partner_ids=self.owner.partner_id.ids)
                self.send(stranger.email, 'catchall@association.example', message)
                self.assertNotIn(stranger, record.message_partner_ids)
                self.assertFalse(self.env['mail.notification'].search([
                    ('res_partner_id', '=', stranger.id), ('mail_message_id.model', '=', record._name),
                    ('mail_message_id.res_id', '=', record.id)]))
                self.assertTrue(self.refused(self.env['mail.message'].with_user(self.contact).search, [
                    ('model', '=', record._name), ('res_id', '=', record.id), ('author_id', '!=', stranger.id)]))
