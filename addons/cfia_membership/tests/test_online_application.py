import re
import threading
from contextlib import closing
from datetime import timedelta

from freezegun import freeze_time

from odoo import SUPERUSER_ID, api, fields
from odoo.exceptions import AccessError, UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, HttpCase, get_db_name, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_membership.controllers import apply
from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tests.test_upload import make_image, make_pdf
from odoo.addons.cfia_membership.tools.guard import unlocked
from odoo.addons.cfia_membership.tools.rate_limit import client_key

UNIT = "浙江演示在线锻造有限公司"
EMAIL = 'applicant@member.example'
USCC = '91330000MADEM006XE'
USCC_TAKEN = '91330000MADEM007XF'
ONLINE_ACTIVITY = 'cfia_membership.mail_act_application_online'


class OnlineCommon(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        cls.env.company.partner_id.lang = 'zh_CN'
        department = cls.env.ref('cfia_membership.cfia_department_organisation')
        department.user_ids = cls.user_organisation
        cls.entries = {
            'unit': {
                'name': UNIT, 'uscc': USCC, 'legal_representative': "演示法人", 'staff_count': '320人',
                'annual_revenue': '15,000', 'date_founded': '2008年5月20日',
                'ownership_id': str(cls.ownership_private.id), 'enterprise_category_id': str(cls.category_forging.id),
                'enterprise_category_ids': [str(cls.category_stamping.id)], 'state_id': str(cls.state_jiangsu.id),
                'street': "演示路8号", 'zip': '210000',
            },
            'people': {
                'representative_name': "演示代表", 'representative_phone': '025-00000001',
                'contact_name': "演示联系人", 'contact_phone': '02500000002转801', 'contact_email': EMAIL,
            },
            'business': {'main_products': "演示曲轴\n演示连杆"},
            'request': {'grade_id': str(cls.grade_member.id), 'referrer_name': cls.unit_member.name, 'signatory': "演示负责人"},
            'papers': {'is_committed': '1', 'is_informed': '1'},
            'review': {},
        }

    @classmethod
    def make_form(cls, key='演示', unit=UNIT, papers=True, **data):
        """Return a form that is complete, in superuser mode."""
        form = cls.env['cfia.online.application']._begin(
            unit, EMAIL, cls.env['cfia.privacy.notice']._get_current(), key).with_context(lang='zh_CN')
        for entries in cls.entries.values():
            form._save(entries)
        form._save({'name': unit, **data})
        if papers:
            form._add_papers([('licence', '执照.png', make_image())])
            form._add_papers([('sealed', '申请表.pdf', make_pdf())])
        return form


@tagged('post_install', '-at_install')
class TestOnlineApplication(OnlineCommon):

    def test_becomes_a_draft_before_the_organisation_department(self):
        form = self.make_form()
        self.assertEqual(form._check_form(), {})
        application = form._send()
        self.assertRecordValues(application, [{
            'name': UNIT, 'state': 'draft', 'uscc': USCC, 'staff_count': 320, 'annual_revenue': 15000,
            'date_founded': fields.Date.to_date('2008-05-20'), 'zip': '210000', 'referrer_id': self.unit_member.id,
            'received_by_id': self.user_organisation.id, 'is_online': True, 'is_committed': True, 'is_informed': True,
            'enterprise_category_ids': self.category_stamping.ids, 'contact_phone': '02500000002转801',
            'privacy_notice_id': self.env.ref('cfia_membership.cfia_privacy_notice_1').id,
        }])
        self.assertTrue(application.date_informed)
        self.assertEqual(sorted(application.attachment_ids.mapped('name')), ['执照.png', '申请表.pdf'])
        self.assertEqual(set(application.attachment_ids.mapped('res_model')), {application._name})
        self.assertRecordValues(application.activity_ids, [{
            'user_id': self.user_organisation.id, 'activity_type_id': self.env.ref(ONLINE_ACTIVITY).id}])
        self.assertRecordValues(application.partner_id, [{
            'name': UNIT, 'member_state': 'prospect', 'prospect_source': 'member', 'referrer_id': self.unit_member.id}])
        self.assertRecordValues(application.enquiry_id, [{
            'channel': 'website', 'source': 'member', 'partner_id': application.partner_id.id}])
        self.assertIn(application, self.env['cfia.membership.application'].with_user(self.user_organisation).search(
            [('is_online', '=', True)]))
        alone = self.make_form(key='2', unit="浙江演示无推荐有限公司", referrer_name='', uscc='', uscc_reason="演示")._send()
        self.assertRecordValues(alone.partner_id, [{'prospect_source': 'website', 'referrer_id': False}])

    def test_sending_twice_makes_one(self):
        form = self.make_form()
        application = form._send()
        self.assertEqual(form._send(), application)
        self.assertEqual(form.sent_count, 1)
        self.assertEqual(self.env['cfia.membership.application'].search_count([('name', '=', UNIT)]), 1)
        mails = self.env['mail.mail'].search([('model', '=', form._name), ('res_id', '=', form.id)])
        self.assertEqual(len(mails), 2, "the link, and that it arrived")
        self.assertTrue(all(mail.email_to == EMAIL for mail in mails))

    def test_beginning_twice_makes_one(self):
        notice = self.env['cfia.privacy.notice']._get_current()
        forms = [self.env['cfia.online.application']._begin(UNIT, EMAIL, notice, 'k') for _time in range(2)]
        self.assertEqual(*forms)

    def test_unfinished_forms_of_one_address_are_limited(self):
        for key in range(5):
            self.make_form(key=str(key), papers=False)
        with self.assertRaisesRegex(UserError, "several unfinished forms"):
            self.make_form(key='6', papers=False)

    def test_course_to_membership_and_back(self):
        form = self.make_form()
        application = form._send()
        as_organisation = application.with_user(self.user_organisation)
        self.assertEqual(form._prepare_status()['phase'], 'received')
        as_organisation.action_submit()
        self.assertFalse(application.activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref(ONLINE_ACTIVITY)))
        self.assertEqual(form._prepare_status()['phase'], 'verifying')
        as_organisation._refuse('returned', "营业执照不清晰")
        self.assertRecordValues(form, [{'state': 'returned'}])
        self.assertEqual((form._prepare_status()['phase'], form._prepare_status()['reason']), ('returned', "营业执照不清晰"))
        mail = self.env['mail.mail'].search([('model', '=', application._name), ('res_id', '=', application.id)])
        self.assertIn('/cfia/apply/', mail.body_html)
        self.assertTrue(form._check_form(), "commitment and consent are asked for again")
        form._save({'street': "演示新路9号", 'is_committed': '1', 'is_informed': '1'})
        form._add_papers([('licence', '执照2.png', make_image(size=(50, 50)))])
        self.assertEqual(form._send(), application)
        self.assertEqual(form.sent_count, 2)
        self.assertRecordValues(application, [{'state': 'returned', 'street': "演示新路9号"}])
        self.assertEqual(len(application.attachment_ids), 3)
        self.assertEqual(form._prepare_status()['phase'], 'received')
        self.assertEqual(application.activity_ids.activity_type_id, self.env.ref(ONLINE_ACTIVITY))
        as_organisation.action_submit()
        application.check_ids.with_user(self.user_organisation).action_pass()
        as_organisation.action_verify()
        self.assertEqual(form._prepare_status()['phase'], 'signing')
        application.with_user(self.user_secretary).action_approve()
        status = form._prepare_status()
        self.assertEqual((status['phase'], status['member_number']), ('approved', application.partner_id.member_number))
        self.assertEqual(application.partner_id.street, "演示新路9号")

    def test_staff_may_return_and_refuse_before_forwarding(self):
        application = self.make_form()._send()
        self.assertTrue(application.with_user(self.user_organisation).can_refuse)
        application.with_user(self.user_organisation)._refuse('returned', "请补充")
        self.assertEqual(application.state, 'returned')
        other = self.make_form(key='2', unit="浙江演示在线二有限公司", uscc='', uscc_reason="军工单位")._send()
        other.with_user(self.user_organisation)._refuse('rejected', "不属本行业")
        self.assertEqual((other.state, other.partner_id.member_state), ('rejected', 'prospect'))
        on_paper = self.make_application("演示纸质申请有限公司")
        with self.assertRaises(UserError):
            on_paper.with_user(self.user_organisation)._refuse('returned', "x")

    def test_correction_closes_when_staff_goes_on(self):
        form = self.make_form()
        application = form._send().with_user(self.user_organisation)
        application.action_submit()
        application._refuse('returned', "x")
        application.action_submit()
        self.assertEqual((form.state, form._prepare_status()['phase']), ('sent', 'verifying'))

    # === UNITS THAT ARE KNOWN === #

    def test_known_unit_is_put_to_staff_and_never_merged(self):
        unit = self.env['res.partner'].create({
            'name': "浙江演示在线（集团）有限公司", 'is_company': True, 'prospect_source': 'visitor'})
        application = self.make_form(unit="浙江演示在线(集团)有限公司")._send()
        self.assertFalse(application.partner_id)
        self.assertFalse(application.enquiry_id)
        self.assertEqual(application.candidate_ids, unit)
        as_organisation = application.with_user(self.user_organisation)
        with self.assertRaisesRegex(UserError, "可能是本会已有单位"):
            as_organisation.action_submit()
        with self.assertRaises(UserError):
            as_organisation.action_take_unit(self.unit_member.id)
        unit.with_user(self.user_organisation).with_context(
            cfia_known_model='cfia.membership.application', cfia_known_id=application.id).action_take_for_record()
        self.assertEqual(application.partner_id, unit)
        self.assertEqual(application.enquiry_id.partner_id, unit)
        self.assertFalse(application.candidate_ids)
        as_organisation.action_submit()
        self.assertEqual((application.state, unit.member_state), ('submitted', 'applicant'))

    def test_another_unit_of_one_name(self):
        known = self.env['res.partner'].create({'name': UNIT, 'is_company': True, 'prospect_source': 'visitor'})
        application = self.make_form()._send()
        self.assertEqual(application.candidate_ids, known)
        application.with_user(self.user_organisation).action_new_unit()
        self.assertTrue(application.partner_id)
        self.assertNotEqual(application.partner_id, known)
        application.with_user(self.user_organisation).action_submit()

    def test_one_uscc_is_one_unit(self):
        self.env['res.partner'].create({
            'name': "浙江演示旧名有限公司", 'is_company': True, 'uscc': USCC_TAKEN, 'prospect_source': 'visitor'})
        application = self.make_form(uscc=USCC_TAKEN)._send()
        with self.assertRaisesRegex(UserError, "统一社会信用代码相同"):
            application.with_user(self.user_organisation).action_new_unit()
        self.assertFalse(application.partner_id)

    def test_second_application_of_a_unit_is_shown(self):
        first = self.make_form()._send()
        second = self.make_form(key='2')._send()
        self.assertEqual(second.rival_ids, first)
        self.assertEqual(second.candidate_ids, first.partner_id)

    # === WHAT IS WRONG === #

    def test_each_error_names_field_and_way_out(self):
        form = self.make_form()
        for name, text, words in (
            ('name', ' ', "单位全称"), ('uscc', '91330000MADEM006X', "17"), ('uscc', '91330000MADEM006XF', "执照"),
            ('uscc', '9133OOOOMADEM006XE', "O"), ('uscc', '', "统一社会信用代码"), ('staff_count', '约三百', "320"),
            ('annual_revenue', 'x', "万元"), ('date_founded', '2999-01-01', "2999"), ('date_founded', '昨天', "2008-05-20"),
            ('state_id', '99999999', "省份"), ('grade_id', 'x', "级别"), ('zip', '12', "210000"), ('website', 'a b', "www"),
            ('contact_email', 'x', "x"), ('contact_phone', '12', "区号"), ('contact_mobile', '123', "1"),
            ('profile', '长' * 2001, "1"), ('name', '长' * 201, "200"), ('signatory', '', "负责人"),
        ):
            with self.subTest(name=name, text=text[:20]):
                form._save({name: text})
                errors = form._check_form()
                self.assertEqual(list(errors), [name])
                self.assertIn(words, errors[name])
                self.assertEqual(form.data[name], text, "nothing typed is lost")
                step = next(step for step, entries in self.entries.items() if form._get_step(name) == step)
                form._save({name: self.entries[step].get(name, '')})
        self.assertEqual(form._check_form(), {})

    def test_one_telephone_is_enough(self):
        form = self.make_form(contact_phone='', contact_mobile='')
        self.assertEqual(list(form._check_form()), ['contact_mobile'])
        form._save({'contact_mobile': '+8613800000000'})
        self.assertEqual(form._check_form(), {})

    def test_papers_are_asked_for(self):
        form = self.make_form(papers=False)
        self.assertEqual(list(form._check_form()), ['licence', 'sealed'])
        form._save({'sealed_by_post': '1'})
        form._add_papers([('licence', 'a.png', make_image())])
        self.assertEqual(form._check_form(), {})
        application = form._send()
        self.assertIn("邮寄", application.online_note)

    def test_one_file_is_kept_once_and_their_number_is_limited(self):
        form = self.make_form()
        form._add_papers([('licence', 'again.png', make_image())])
        self.assertEqual(len(form.licence_ids), 1)
        for number in range(10):
            form._add_papers([('other', 'a.png', make_image(size=(60 + number, 60)))])
        errors = form._add_papers([('other', 'a.png', make_image(size=(99, 99)))])
        self.assertIn("12", errors['other'])
        papers = form._get_papers()
        form._remove_paper(self.env['ir.attachment'].create({'name': 'x', 'raw': b'x'}).id)
        self.assertEqual(form._get_papers(), papers, "papers of others are out of reach")

    # === GUARDS === #

    def test_nobody_writes_forms_by_hand(self):
        form = self.make_form()
        for user in (self.user_organisation, self.user_manager):
            with self.assertRaises(UserError):
                form.with_user(user).write({'email': 'x@member.example'})
            with self.assertRaises(UserError):
                form.with_user(user).create({'name': "x", 'email': 'x@member.example'})
        with self.assertRaises(UserError):
            form.write({'email': 'x@member.example'})
        with self.assertRaises(AccessError):
            form.with_user(self.user_staff).read(['name'])
        with self.assertRaises(AccessError):
            form.with_user(self.user_organisation).read(['secret'])
        self.assertTrue(form.with_user(self.user_organisation).read(['name', 'email']))

    def test_what_was_said_online_stays(self):
        application = self.make_form()._send()
        for vals in ({'is_online': False}, {'online_note': "x"}, {'privacy_notice_id': False}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                application.with_user(self.user_organisation).write(vals)
        with self.assertRaises(UserError):
            self.env['cfia.membership.application'].with_user(self.user_organisation).create(
                {**self._prepare_application("演示冒充有限公司"), 'is_online': True})

    def test_staff_sends_a_lost_link(self):
        form = self.make_form()
        before = self.env['mail.mail'].search_count([('model', '=', form._name)])
        form.with_user(self.user_organisation).action_send_link()
        self.assertEqual(self.env['mail.mail'].search_count([('model', '=', form._name)]), before + 1)
        with self.assertRaises(AccessError):
            form.with_user(self.user_staff).action_send_link()

    def test_notice_is_frozen_and_its_version_kept(self):
        notice = self.env.ref('cfia_membership.cfia_privacy_notice_1')
        as_manager = notice.with_user(self.user_manager)
        for vals in ({'body': "x"}, {'version': '9'}, {'state': 'draft'}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                as_manager.write(vals)
        with self.assertRaises(UserError):
            as_manager.update_field_translations('body', {'zh_CN': {"x": "y"}})
        with self.assertRaises(UserError):
            as_manager.unlink()
        form = self.make_form()
        Notice = self.env['cfia.privacy.notice'].with_user(self.user_manager)
        with self.assertRaisesRegex(UserError, "State"):
            Notice.create({'version': '演示2', 'body': "<p>新</p>", 'state': 'released'})
        new = Notice.create({'version': '演示2', 'body': "<p>新</p>"})
        self.assertTrue(notice.is_current)
        new.action_release()
        self.assertTrue(new.is_current)
        self.assertEqual(form.privacy_notice_id, notice)
        self.assertEqual(form._send().privacy_notice_id, new.sudo(), "at sending the present version is agreed to")

    def test_old_drafts_are_deleted_with_their_papers(self):
        old, new, sent = (self.make_form(key=key) for key in 'abc')
        sent._send()
        unlocked(old | sent).write({'date_saved': fields.Datetime.now() - timedelta(days=61)})
        papers = old._get_papers()
        self.assertEqual(self.env['cfia.online.application']._gc_drafts()[0], 1)
        self.assertFalse(old.exists() or papers.exists())
        self.assertTrue(new.exists() and sent.exists())
        with self.assertRaises(UserError):
            sent.unlink()

    def test_address_behind_proxies(self):
        class Request:
            def __init__(self, address):
                self.remote_addr = address

        for address, key in (
            ('192.0.2.7', '192.0.2.7'), ('2001:db8:1:2::1', '2001:db8:1:2::/64'), ('2001:db8:1:2:ffff::9', '2001:db8:1:2::/64'),
            ('::ffff:192.0.2.7', '192.0.2.7'), (None, ''), ('unix', 'unix'),
        ):
            with self.subTest(address=address):
                self.assertEqual(client_key(Request(address)), key)


@tagged('post_install', '-at_install')
class TestOnlineApplicationHttp(OnlineCommon, HttpCase):

    def setUp(self):
        super().setUp()
        for limit in (apply.START_LIMIT, apply.PAGE_LIMIT, apply.PDF_LIMIT, apply.USCC_LIMIT, apply.MAIL_LIMIT):
            limit.clear()

    def get_token(self):
        return re.search(r'name="form_token" value="([^"]+)"', self.url_open('/cfia/apply').text)[1]

    def begin(self, wait=5, **values):
        """Begin a form as a browser does, after so many seconds on the page."""
        now = fields.Datetime.now()
        with freeze_time(now - timedelta(seconds=wait)):
            token = self.get_token()
        return self.url_open('/cfia/apply', data={
            'form_token': token, 'unit': UNIT, 'email': EMAIL, 'agree': '1', **values}, allow_redirects=False)

    def count(self):
        return self.env['cfia.online.application'].search_count([('email', '=', EMAIL)])

    def path(self, response):
        return response.headers['Location'].split('?')[0]

    def post(self, path, step, go='next', files=None, **values):
        return self.url_open(path, data={'step': step, 'go': go, **self.entries[step], **values}, files=files)

    # === BEGIN === #

    def test_page_is_in_chinese_and_kept_apart(self):
        response = self.url_open('/cfia/apply')
        self.assertEqual(response.status_code, 200)
        self.assertIn("个人信息告知同意", response.text)
        self.assertEqual(response.headers['X-Robots-Tag'], 'noindex, nofollow')
        self.assertEqual(response.headers['Cache-Control'], 'no-store')
        self.assertEqual(response.headers['X-Frame-Options'], 'DENY')
        self.assertIn('/cfia/apply', self.url_open('/web/login').text)

    def test_begin_and_link(self):
        response = self.begin()
        self.assertEqual(response.status_code, 303)
        form = self.env['cfia.online.application'].search([('email', '=', EMAIL)])
        self.assertRecordValues(form, [{'name': UNIT, 'state': 'draft'}])
        mail = self.env['mail.mail'].search([('model', '=', form._name), ('res_id', '=', form.id)])
        self.assertIn('/cfia/apply/', mail.body_html)
        page = self.url_open(self.path(response) + '?begun=1')
        self.assertEqual(page.status_code, 200)
        self.assertIn(UNIT, page.text)
        self.assertIn(EMAIL, page.text)
        self.assertEqual(page.headers['X-Robots-Tag'], 'noindex, nofollow')

    def test_double_click_begins_one(self):
        with freeze_time(fields.Datetime.now() - timedelta(seconds=5)):
            token = self.get_token()
        data = {'form_token': token, 'unit': UNIT, 'email': EMAIL, 'agree': '1'}
        paths = {self.url_open('/cfia/apply', data=data, allow_redirects=False).status_code for _time in range(2)}
        self.assertEqual((paths, self.count()), ({303}, 1))

    def test_what_is_missing_is_named_and_nothing_lost(self):
        for name, value in (('unit', ''), ('email', 'x'), ('agree', '')):
            with self.subTest(name=name):
                response = self.begin(**{name: value})
                self.assertEqual(response.status_code, 422)
                self.assertIn(f'href="#{name}"', response.text)
                self.assertIn('role="alert"', response.text)
                self.assertIn(UNIT if name != 'unit' else EMAIL, response.text)
        self.assertEqual(self.count(), 0)

    def test_robots(self):
        for values in ({'wait': -60}, {'fax_confirm': 'x'}, {'form_token': 'x'}, {'form_token': ''}, {'wait': 13 * 3600}):
            with self.subTest(values=values):
                response = self.begin(**values)
                self.assertEqual(response.status_code, 422)
                self.assertIn(UNIT, response.text)
        self.assertEqual(self.count(), 0)

    def test_many_from_one_network(self):
        for _time in range(apply.START_LIMIT.times):
            apply.START_LIMIT.hit('127.0.0.1')
        response = self.begin()
        self.assertEqual((response.status_code, self.count()), (429, 0))
        self.assertIn(UNIT, response.text)

    # === LINK === #

    def test_forged_and_expired_links(self):
        path = self.make_form()._get_path()
        token = path.rpartition('/')[2]
        for wrong in ('x', 'é', token[:-3], token[:-4] + ('AAAA' if token[-4:] != 'AAAA' else 'BBBB')):
            for url in (f'/cfia/apply/{wrong}', f'/cfia/apply/{wrong}/form.pdf', f'/cfia/apply/{wrong}/papers/1'):
                with self.subTest(url=url):
                    response = self.url_open(url)
                    self.assertEqual(response.status_code, 404)
                    self.assertIn('data-result="ended"', response.text)
            self.assertEqual(self.url_open(f'/cfia/apply/{wrong}', data={'go': 'send'}).status_code, 404)
        with freeze_time(fields.Datetime.now() + timedelta(days=181)):
            self.assertEqual(self.url_open(path).status_code, 404)

    def test_link_of_one_form_does_not_open_another(self):
        one, other = self.make_form(), self.make_form(key='2', unit="演示别的有限公司")
        self.assertNotIn(other.name, self.url_open(one._get_path()).text)
        paper = other.licence_ids.id
        self.assertEqual(self.url_open(f'{one._get_path()}/papers/{paper}').status_code, 404)
        response = self.url_open(f'{other._get_path()}/papers/{paper}')
        self.assertEqual((response.status_code, response.content), (200, make_image()))
        self.assertIn('attachment', response.headers['Content-Disposition'])
        self.assertEqual(response.headers['X-Content-Type-Options'], 'nosniff')
        self.post(one._get_path(), 'papers', remove=str(paper))
        self.assertTrue(other.licence_ids)

    def test_lost_link_tells_nothing(self):
        form = self.make_form()
        before = self.env['mail.mail'].search_count([('model', '=', form._name)])
        texts = {self.url_open('/cfia/apply/link', data={'email': email}).text.count('data-result="link_sent"')
                 for email in (EMAIL, 'nobody@member.example', 'x')}
        self.assertEqual(texts, {1})
        self.assertEqual(self.env['mail.mail'].search_count([('model', '=', form._name)]), before + 1)
        for _time in range(8):
            self.url_open('/cfia/apply/link', data={'email': EMAIL})
        self.assertEqual(self.env['mail.mail'].search_count([('model', '=', form._name)]), before + 5)

    # === STEPS === #

    def test_whole_form_without_scripts(self):
        path = self.path(self.begin())
        for step in ('unit', 'people', 'business', 'request'):
            response = self.post(path, step)
            self.assertEqual(response.status_code, 200, step)
            self.assertNotIn('id="cfia_errors"', response.text)
        self.assertIn('step=papers', response.url)
        response = self.post(path, 'papers', 'papers', files=[
            ('licence', ('执照.png', make_image(), 'image/png')), ('sealed', ('申请表.pdf', make_pdf(), 'application/pdf'))])
        self.assertIn('执照.png', response.text)
        response = self.post(path, 'papers')
        self.assertIn('step=review', response.url)
        for value in (UNIT, USCC, "演示曲轴", "2008年5月20日", "执照.png"):
            self.assertIn(value, response.text)
        response = self.post(path, 'review', 'send')
        self.assertIn('data-phase="received"', response.text)
        application = self.env['cfia.membership.application'].search([('name', '=', UNIT)])
        self.assertEqual(len(application), 1)
        self.assertIn(application.reference, response.text)
        # the button pressed twice
        self.post(path, 'review', 'send')
        self.assertEqual(self.env['cfia.membership.application'].search_count([('name', '=', UNIT)]), 1)

    def test_errors_stand_at_their_fields_and_nothing_typed_is_lost(self):
        path = self.path(self.begin())
        response = self.post(path, 'unit', zip='12', staff_count='许多', street="演示很长的路")
        self.assertEqual(response.status_code, 422)
        for text in ('id="zip_error"', 'id="staff_count_error"', 'href="#zip"', 'aria-invalid="true"', "演示很长的路", "许多"):
            self.assertIn(text, response.text)
        self.assertIn("许多", self.url_open(path + '?step=unit').text, "it is saved, too")
        response = self.post(path, 'review', 'send')
        self.assertEqual(response.status_code, 422)
        self.assertIn('?step=unit#zip', response.text)
        self.assertFalse(self.env['cfia.membership.application'].search([('name', '=', UNIT)]))

    def test_save_and_go_on_later(self):
        path = self.path(self.begin())
        response = self.post(path, 'unit', 'save', uscc='', street='')
        self.assertEqual(response.status_code, 200)
        self.assertNotIn('id="cfia_errors"', response.text)
        response = self.post(path, 'unit', 'papers', street='')
        self.assertIn('step=papers', response.url)

    def test_markup_is_shown_as_text(self):
        path = self.path(self.begin())
        response = self.post(path, 'unit', street='"><script>alert(1)</script>', zip='x')
        self.assertNotIn('<script>alert(1)', response.text)
        self.assertNotIn('<script>alert(1)', self.url_open(path + '?step=review').text)

    def test_only_fields_of_the_page_are_read(self):
        path = self.path(self.begin())
        self.post(path, 'unit', state='approved', partner_id='1', is_committed='1', contact_name="演示别页")
        form = self.env['cfia.online.application'].search([('email', '=', EMAIL)])
        self.assertFalse({'state', 'partner_id', 'is_committed', 'contact_name'} & set(form.data))

    def test_uploads(self):
        path = self.path(self.begin())
        for content in (b'<html><script>alert(1)</script>', b'<svg xmlns="http://www.w3.org/2000/svg"/>', b''):
            response = self.post(path, 'papers', 'papers', files={'licence': ('a.pdf', content, 'application/pdf')})
            self.assertEqual(response.status_code, 422)
            self.assertIn('id="licence_error"', response.text)
        form = self.env['cfia.online.application'].search([('email', '=', EMAIL)])
        self.assertFalse(form._get_papers())
        self.post(path, 'papers', 'papers', files={'licence': ('a.png', make_image(), 'image/png')})
        paper = form.licence_ids
        self.assertRecordValues(paper, [{'name': 'a.png', 'public': False, 'mimetype': 'image/png'}])
        self.assertFalse(paper.with_user(self.user_public).has_access('read'))
        self.post(path, 'papers', 'papers', remove=str(paper.id))
        self.assertFalse(form.licence_ids)

    def test_too_many_requests_lose_nothing(self):
        path = self.path(self.begin())
        for _time in range(apply.PAGE_LIMIT.times):
            apply.PAGE_LIMIT.hit('127.0.0.1')
        response = self.post(path, 'unit', street="演示未存的路")
        self.assertEqual(response.status_code, 429)
        self.assertIn("演示未存的路", response.text)
        self.assertEqual(self.url_open(path).status_code, 429)

    # === USCC === #

    def test_uscc_while_typing(self):
        for code, valid in ((USCC, True), (f' {USCC.lower()} ', True), ('91330000MADEM006XF', False), ('', False), ('9133', False)):
            with self.subTest(code=code):
                result = self.make_jsonrpc_request('/cfia/apply/uscc', {'code': code})
                self.assertEqual((result['valid'], set(result)), (valid, {'valid', 'code', 'message'}))

    def test_uscc_does_not_tell_who_is_a_member(self):
        ask = self.make_jsonrpc_request
        unknown = ask('/cfia/apply/uscc', {'code': USCC_TAKEN})
        self.make_member("演示代码会员有限公司", uscc=USCC_TAKEN)
        self.assertEqual(ask('/cfia/apply/uscc', {'code': USCC_TAKEN}), unknown)
        path = self.path(self.begin())
        self.assertIn('step=people', self.post(path, 'unit', uscc=USCC_TAKEN).url)

    def test_uscc_is_limited(self):
        for _time in range(apply.USCC_LIMIT.times):
            apply.USCC_LIMIT.hit('127.0.0.1')
        self.assertIsNone(self.make_jsonrpc_request('/cfia/apply/uscc', {'code': USCC})['valid'])

    # === AFTERWARDS === #

    def test_status_return_and_correction(self):
        form = self.make_form()
        application = form._send().with_user(self.user_organisation)
        path = form._get_path()
        self.assertIn('data-phase="received"', self.url_open(path).text)
        self.assertIn('data-phase="received"', self.url_open(path + '?step=unit').text, "what was sent is not edited")
        application.action_submit()
        self.assertIn('data-phase="verifying"', self.url_open(path).text)
        application._refuse('returned', "请补充职工人数")
        page = self.url_open(path).text
        self.assertIn('data-phase="returned"', page)
        self.assertIn("请补充职工人数", page)
        page = self.url_open(path + '?step=unit').text
        self.assertIn("请补充职工人数", page)
        self.assertIn(USCC, page)
        self.assertIn('step=people', self.post(path, 'unit', staff_count='500').url)
        self.assertIn('step=papers#is_committed', self.post(path, 'review', 'send').text, "both are asked for again")
        self.assertIn('step=review', self.post(path, 'papers').url)
        response = self.post(path, 'review', 'send')
        self.assertIn('data-phase="received"', response.text)
        self.assertEqual((application.staff_count, application.state), (500, 'returned'))
        application._refuse('rejected', "演示不予批准") if application.state == 'submitted' else application.action_submit()
        application._refuse('rejected', "演示不予批准")
        page = self.url_open(path).text
        self.assertIn('data-phase="rejected"', page)
        self.assertIn("演示不予批准", page)

    def test_scan_added_later(self):
        form = self.make_form(papers=False, sealed_by_post='1')
        form._add_papers([('licence', 'a.png', make_image())])
        application = form._send()
        path = form._get_path()
        self.url_open(path, data={'go': 'add_papers'}, files={'sealed': ('b.html', b'<html>', 'text/html')})
        self.assertEqual(len(application.attachment_ids), 1)
        self.url_open(path, data={'go': 'add_papers'}, files={'sealed': ('b.pdf', make_pdf(), 'application/pdf')})
        self.assertEqual(sorted(application.attachment_ids.mapped('name')), ['a.png', 'b.pdf'])
        application.with_user(self.user_organisation).action_submit()
        application.check_ids.with_user(self.user_organisation).action_pass()
        application.with_user(self.user_organisation).action_verify()
        self.url_open(path, data={'go': 'add_papers'}, files={'sealed': ('c.pdf', make_pdf(lambda w: w.add_blank_page(9, 9)), 'application/pdf')})
        self.assertEqual(len(application.attachment_ids), 2)

    def test_pdf_to_be_sealed(self):
        form = self.make_form(zip='x')
        # a test is answered with the page from which the PDF is made
        response = self.url_open(f'{form._get_path()}/form.pdf')
        self.assertEqual(response.status_code, 200)
        for text in (UNIT, USCC, "演示曲轴", "申请单位盖章"):
            self.assertIn(text, response.text)
        self.assertEqual(response.headers['Content-Type'], 'application/pdf')
        self.assertEqual(response.headers['X-Robots-Tag'], 'noindex, nofollow')
        for _time in range(apply.PDF_LIMIT.times):
            apply.PDF_LIMIT.hit('127.0.0.1')
        self.assertEqual(self.url_open(f'{form._get_path()}/form.pdf').status_code, 429)
        report = self.env['ir.actions.report'].with_context(force_report_rendering=True)
        content = report._render_qweb_pdf('cfia_membership.action_report_online_application', form.ids)[0]
        self.assertTrue(content.startswith(b'%PDF-'))
        self.assertEqual(form._prepare_preview().enterprise_category_id, self.category_forging)


@tagged('post_install', '-at_install')
class TestOnlineApplicationConcurrency(BaseCase):
    """Two real sessions send the same form at the same instant."""

    MARK = "演示并发在线申请有限公司"

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.addCleanup(self._clean)
        with closing(self.registry.cursor()) as cr:
            env = api.Environment(cr, SUPERUSER_ID, {'tracking_disable': True})
            self.transaction_class = type(env.transaction)
            form = env['cfia.online.application']._begin(
                self.MARK, EMAIL, env['cfia.privacy.notice']._get_current(), self.MARK)
            form._save({
                'legal_representative': "演", 'ownership_id': str(env['cfia.ownership'].search([], limit=1).id),
                'enterprise_category_id': str(env['cfia.enterprise.category'].search([], limit=1).id),
                'state_id': str(env.ref('base.state_cn_JS').id), 'street': "演", 'uscc_reason': "演",
                'representative_name': "演", 'representative_phone': '025-00000001', 'contact_name': "演",
                'contact_phone': '025-00000001', 'main_products': "演", 'signatory': "演",
                'grade_id': str(env.ref('cfia_membership.cfia_grade_member').id),
            })
            self.form_id = form.id
            cr.commit()

    def _clean(self):
        with closing(self.registry.cursor()) as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            forms = env['cfia.online.application'].search([('name', '=', self.MARK)])
            applications = env['cfia.membership.application'].search([('name', '=', self.MARK)])
            forms.message_ids.unlink()
            cr.execute("DELETE FROM cfia_online_application WHERE name = %s", [self.MARK])
            applications.unlink()
            env['cfia.enquiry'].search([('name', '=', self.MARK)]).unlink()
            env['res.partner'].search([('name', '=', self.MARK)]).unlink()
            cr.commit()

    def _run(self, action, barrier, errors):
        try:
            with closing(self.registry.cursor()) as cr:
                cr.transaction = self.transaction_class(self.registry)
                env = api.Environment(cr, SUPERUSER_ID, {})
                barrier.wait(timeout=60)
                retrying(lambda: action(env), env)
                cr.commit()
        except Exception as error:  # noqa: BLE001 - reported by the test
            errors.append(error)

    def _run_twice(self, action):
        barrier, errors = threading.Barrier(2), []
        threads = [threading.Thread(target=self._run, args=(action, barrier, errors)) for _i in range(2)]
        # where the two meet the database refuses one, which the server repeats
        with mute_logger('odoo.sql_db'):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual(errors, [])

    def test_sent_twice_at_once(self):
        self._run_twice(lambda env: env['cfia.online.application'].browse(self.form_id)._send())
        with closing(self.registry.cursor()) as cr:
            cr.execute("SELECT COUNT(*) FROM cfia_membership_application WHERE name = %s", [self.MARK])
            self.assertEqual(cr.fetchone(), (1,))

    def test_begun_twice_at_once(self):
        key = f'{self.MARK}2'
        self._run_twice(lambda env: env['cfia.online.application']._begin(
            self.MARK, EMAIL, env['cfia.privacy.notice']._get_current(), key))
        with closing(self.registry.cursor()) as cr:
            cr.execute("SELECT COUNT(*) FROM cfia_online_application WHERE form_key = %s", [key])
            self.assertEqual(cr.fetchone(), (1,))
