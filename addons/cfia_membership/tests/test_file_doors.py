import base64
import io
import json
import resource
import struct
import time
import zipfile
import zlib
from unittest.mock import patch

from werkzeug.wrappers import Response

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.http import Request
from odoo.tests import BaseCase, HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.cfia_membership.models import ir_http
from odoo.addons.cfia_membership.tests.common import MembershipCommon
from odoo.addons.cfia_membership.tests.test_upload import make_image, make_pdf
from odoo.addons.cfia_membership.tools.upload import UploadRefused, check_uploads

# what a request with files of strangers may take
SECONDS = 3
MEGABYTES = 300


def make_png(width, height):
    """Return a small file that unfolds into a large picture of one colour."""
    def chunk(kind, content):
        return struct.pack('>I', len(content)) + kind + content + struct.pack('>I', zlib.crc32(kind + content))

    packer = zlib.compressobj(1)
    rows = b'\0' * (1 + width * 4) * 100
    content = b''.join(packer.compress(rows) for _rows in range(height // 100)) + packer.flush()
    header = struct.pack('>IIBBBBB', width, height, 8, 6, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', content) + chunk(b'IEND', b'')


def make_xref_bomb(megabytes):
    """Return a small PDF whose table of objects unfolds into many megabytes."""
    parts = [
        b'1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n',
        b'2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n',
        b'3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 10 10] >>\nendobj\n',
    ]
    content, places = b'%PDF-1.5\n', []
    for part in parts:
        places.append(len(content))
        content += part
    start = len(content)
    rows = b'\0\0\0\xff' + b''.join(b'\1' + place.to_bytes(2, 'big') + b'\0' for place in [*places, start])
    packer = zlib.compressobj(9)
    table = packer.compress(rows) + b''.join(
        packer.compress(b'\0' * (1 << 20)) for _megabyte in range(megabytes)) + packer.flush()
    return content + (
        b'4 0 obj\n<< /Type /XRef /Size 5 /W [1 2 1] /Root 1 0 R /Filter /FlateDecode /Length %d >>\nstream\n'
        % len(table) + table + b'\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n' % start)


def make_object_bomb(count):
    """Return a PDF of very many objects."""
    content = b'%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R /Many [' + b' '.join(
        b'%d 0 R' % number for number in range(4, count)) + b'] >>\nendobj\n'
    content += b'2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n'
    content += b'3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 10 10] >>\nendobj\n'
    places, at = [], len(content)
    for number in range(4, count):
        part = b'%d 0 obj\n<< /A [1 2 3] >>\nendobj\n' % number
        places.append(at)
        content += part
        at += len(part)
    return content + b'xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n' % (
        count, at)


def make_deep_pdf(depth):
    """Return a PDF of pages within pages."""
    return b'%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R /D ' + b'[' * depth + b']' * depth + (
        b' >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [2 0 R] /Count 1 >>\nendobj\n'
        b'trailer\n<< /Size 3 /Root 1 0 R >>\nstartxref\n0\n%%EOF\n')


@tagged('post_install', '-at_install')
class TestBombs(BaseCase):
    """What unfolds takes no more than the budget of a request, whatever it is."""

    def assertWithinBudget(self, files):
        before = resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF)
        results = check_uploads(files)
        after = resource.getrusage(resource.RUSAGE_CHILDREN), resource.getrusage(resource.RUSAGE_SELF)
        seconds = sum(
            getattr(now, name) - getattr(then, name)
            for then, now in zip(before, after) for name in ('ru_utime', 'ru_stime'))
        self.assertLess(seconds, SECONDS)
        self.assertLess((after[1].ru_maxrss - before[1].ru_maxrss) / 1024, MEGABYTES)
        self.assertLess(after[0].ru_maxrss / 1024, MEGABYTES + before[0].ru_maxrss / 1024)
        return results

    def test_pictures(self):
        picture = make_png(10900, 10900)
        results = self.assertWithinBudget([(f'{number}.png', picture) for number in range(10)])
        self.assertEqual({getattr(result, 'reason', None) for result in results}, {'size'})

    def test_pdf_tables(self):
        bomb = make_xref_bomb(400)
        self.assertLess(len(bomb), 1024 * 1024)
        results = self.assertWithinBudget([(f'{number}.pdf', bomb) for number in range(10)])
        self.assertTrue(all(isinstance(result, UploadRefused) for result in results))

    def test_pdf_objects(self):
        [result] = self.assertWithinBudget([('a.pdf', make_object_bomb(120000))])
        self.assertIsInstance(result, UploadRefused)

    def test_pdf_depth(self):
        [result] = self.assertWithinBudget([('a.pdf', make_deep_pdf(100000))])
        self.assertIsInstance(result, UploadRefused)

    def test_the_ordinary_beside_a_bomb_that_is_told(self):
        results = check_uploads([('a.pdf', make_pdf()), ('b.png', make_image()), ('c.png', make_png(9000, 9000))])
        self.assertEqual(results[:2], [('a.pdf', 'application/pdf'), ('b.png', 'image/png')])
        self.assertEqual(results[2].reason, 'size')


@tagged('post_install', '-at_install')
class TestFileDoors(MembershipCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unit = cls.make_member("演示档案来源有限公司")
        cls.secret = cls.env['ir.attachment'].create({
            'name': "演示密件.txt", 'raw': b'secret', 'res_model': 'cfia.member.file',
            'res_id': cls.env['cfia.member.file']._open(cls.unit).id})

    def _upload(self, user, **vals):
        return self.env['ir.attachment'].with_user(user).create({'name': "演示附件.txt", 'raw': b'own', **vals})

    # Links

    def test_no_dialog_shows_a_file_that_its_user_may_not_read(self):
        Report = self.env['cfia.change.report'].with_user(self.user_staff)
        for command in (Command.link(self.secret.id), Command.set(self.secret.ids)):
            with self.assertRaises(AccessError):
                Report.onchange({'attachment_ids': [command]}, ['attachment_ids'], {'attachment_ids': {}})
        with self.assertRaises(AccessError):
            Report.create({
                'partner_id': self.unit.id, 'attachment_ids': [Command.link(self.secret.id)]})

    def test_own_uploads_are_linked(self):
        own = self._upload(self.user_staff)
        report = self.env['cfia.change.report'].with_user(self.user_staff).create({
            'partner_id': self.unit.id, 'attachment_ids': [Command.link(own.id)]})
        self.assertEqual(report.attachment_ids, own)

    # Custody

    def test_what_belongs_to_nobody_is_not_filed(self):
        """Odoo's bundles have no record and are public: filed and frozen, they could not be made anew."""
        bundle = self.env['ir.attachment'].create({
            'name': 'web.assets_web.min.js', 'raw': b'1', 'public': True, 'url': '/web/assets/1/x.js',
            'res_model': 'ir.ui.view', 'res_id': 0})
        Report = self.env['cfia.change.report'].with_user(self.user_staff)
        with self.assertRaises(AccessError):
            Report.create({'partner_id': self.unit.id, 'attachment_ids': [Command.link(bundle.id)]})
        with self.assertRaises(AccessError):
            self.env['cfia.member.file'].with_user(self.user_organisation)._file_attachments(
                self.unit, bundle, 'other', '2026-01-01')
        self.assertFalse(bundle.res_id)
        bundle.write({'raw': b'2'})

    def test_what_belongs_to_another_record_is_not_moved(self):
        other = self._upload(self.user_organisation, res_model='res.partner', res_id=self.unit.id)
        with self.assertRaises(AccessError):
            self.env['cfia.change.report'].with_user(self.user_organisation).create({
                'partner_id': self.unit.id, 'attachment_ids': [Command.link(other.id)]})
        self.assertEqual((other.res_model, other.res_id), ('res.partner', self.unit.id))

    def test_own_papers_are_filed(self):
        own = self._upload(self.user_organisation)
        paper = self.env['cfia.member.file'].with_user(self.user_organisation)._file_attachments(
            self.unit, own, 'other', '2026-01-01')
        self.assertEqual(paper.attachment_id, own)
        self.assertEqual(own.res_model, 'cfia.member.file')

    def test_members_papers_are_not_opened_to_the_public(self):
        file = self.env['cfia.member.file']._open(self.unit)
        paper = self._upload(self.user_organisation, res_model='res.partner', res_id=self.unit.id)
        self.env['cfia.member.file.paper'].create({
            'file_id': file.id, 'name': "演示", 'attachment_id': paper.id})
        for attachment in (paper, self.secret):
            attachment = attachment.with_user(self.user_organisation)
            with self.assertRaises(AccessError):
                attachment.write({'public': True})
            with self.assertRaises(AccessError):
                attachment.generate_access_token()
        other = self._upload(self.user_organisation)
        other.write({'public': True})
        self.assertTrue(other.generate_access_token())

    # Uploads by another way than a form

    def test_people_outside_hand_in_scans_only(self):
        Attachment = self.env['ir.attachment'].with_user(self.user_portal).sudo()
        vals = {'res_model': 'cfia.change.request', 'res_id': 1}
        for content in (b'<script>alert(1)</script>', make_png(9000, 9000)):
            with self.assertRaises(UserError):
                Attachment.create({**vals, 'name': 'a.png', 'raw': content})
            with self.assertRaises(UserError):
                Attachment.create({**vals, 'name': 'a.png', 'datas': base64.b64encode(content)})
        taken = Attachment.create({**vals, 'name': 'a\u202egnp.html.png', 'raw': make_image()})
        self.assertEqual(taken.name, 'agnp.html.png')
        # other apps' records take what they took
        self.assertTrue(Attachment.create({
            'name': 'a.txt', 'raw': b'text', 'res_model': 'res.partner', 'res_id': self.unit.id}))

    def test_a_large_picture_is_kept_as_it_is(self):
        content = make_png(6000, 5000)
        started = time.process_time()
        attachment = self.env['ir.attachment'].create({'name': 'a.png', 'raw': content})
        self.assertLess(time.process_time() - started, 1)
        self.assertEqual(attachment.raw, content)
        small = self.env['ir.attachment'].create({'name': 'a.png', 'raw': make_image(size=(2500, 2000))})
        self.assertNotEqual(small.raw, make_image(size=(2500, 2000)), "ordinary pictures are made smaller as before")


@tagged('post_install', '-at_install')
class TestSpreadsheets(MembershipCommon, HttpCase):
    """What a stranger wrote is text in a colleague's spreadsheet."""

    TEXTS = ('=HYPERLINK("http://evil.example")', "=cmd|' /C calc'!A0", '+1-2', '@SUM(1)', '-2+3', '\t=1', '{=1}')

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.records = cls.env['cfia.enquiry'].create([{'name': f'e{text}', 'contact_name': text} for text in cls.TEXTS])

    def _post(self, path, data):
        self.authenticate(self.user_organisation.login, self.user_organisation.login)
        response = self.url_open(path, data={
            'data': json.dumps(data), 'csrf_token': Request.csrf_token(self)})
        self.assertEqual(response.status_code, 200, response.text[:300])
        return response

    def _export(self, kind):
        self.env['cfia.disclosure.permit'].with_user(self.user_organisation).create({
            'res_model': 'cfia.enquiry', 'reason': "演示", 'recipient': "演示"})
        return self._post(f'/web/export/{kind}', {
            'import_compat': False, 'context': {}, 'domain': [['id', 'in', self.records.ids]], 'groupby': [],
            'ids': self.records.ids, 'model': 'cfia.enquiry',
            'fields': [{'name': 'contact_name', 'label': 'x', 'type': 'char', 'store': True}],
        })

    def _read_sheet(self, response):
        return zipfile.ZipFile(io.BytesIO(response.content)).read('xl/worksheets/sheet1.xml').decode()

    def test_xlsx(self):
        self.assertNotIn('<f>', self._read_sheet(self._export('xlsx')))

    def test_csv(self):
        lines = self._export('csv').text.splitlines()[1:]
        self.assertTrue(lines)
        for line in lines:
            self.assertNotIn(line.strip('"')[:1], tuple('=+-@\t\r'), line)

    def test_pivot(self):
        title = self.TEXTS[0]
        sheet = self._read_sheet(self._post('/web/pivot/export_xlsx', {
            'model': 'cfia.enquiry', 'title': "演示", 'measure_count': 1, 'origin_count': 1,
            'col_group_headers': [[{'title': title, 'width': 1, 'height': 1}]],
            'measure_headers': [{'title': title, 'is_bold': False}], 'origin_headers': [],
            'rows': [{'title': title, 'indent': 0, 'values': [{'is_bold': False, 'value': 3}]}],
        }))
        self.assertNotIn('<f>', sheet)
        self.assertNotIn('<hyperlink', sheet)
        self.assertIn('<v>3</v>', sheet)


@tagged('post_install', '-at_install')
class TestLogInBrake(MembershipCommon, HttpCase):

    def setUp(self):
        super().setUp()
        for key in (self.user_staff.login, self.user_organisation.login):
            self.env['cfia.rate.limit']._forget(f'login.account 127.0.0.1 {key}')
        self.env['cfia.rate.limit']._forget('login.network 127.0.0.1')
        self.env.registry._login_failures = None

    def _log_in(self, login, password):
        with mute_logger('odoo.http', 'odoo.addons.base.models.res_users'):
            answer = self.url_open('/web/session/authenticate', headers={'Content-Type': 'application/json'}, data=json.dumps({
                'jsonrpc': '2.0', 'method': 'call',
                'params': {'db': self.env.cr.dbname, 'login': login, 'password': password}})).json()
        return bool(answer.get('result', {}).get('uid'))

    def test_five_failures_and_another_s_success(self):
        victim, own = self.user_organisation.login, self.user_staff.login
        for number in range(4):
            self.assertFalse(self._log_in(victim, f'wrong{number}'))
            self.assertTrue(self._log_in(own, own), "who logs in himself is let in, and resets nothing")
        self.assertFalse(self._log_in(victim, 'wrong4'))
        self.assertFalse(self._log_in(victim, victim), "after five failures nothing is tried for a while")
        self.assertFalse(self._log_in(f' {victim.upper()} ', victim), "the same account, however it is written")
        self.assertTrue(self._log_in(own, own), "others from the same network are not kept out")

    def test_own_success_resets(self):
        login = self.user_organisation.login
        for _round in range(2):
            for number in range(4):
                self.assertFalse(self._log_in(login, f'wrong{number}'))
            self.assertTrue(self._log_in(login, login))

    def test_session_cookie(self):
        class FakeRequest:
            class httprequest:
                is_secure = True

        response = Response()
        response.set_cookie('session_id', 'x', httponly=True)
        response.set_cookie('frontend_lang', 'zh_CN')
        Http = self.env.registry['ir.http']
        with patch.object(ir_http, 'request', FakeRequest):
            Http._harden_session_cookie(response)
            cookies = response.headers.getlist('Set-Cookie')
            self.assertEqual(len(cookies), 2)
            self.assertIn('Secure', cookies[0])
            self.assertIn('SameSite=Lax', cookies[0])
            self.assertIn('HttpOnly', cookies[0])
            self.assertNotIn('Secure', cookies[1])
            FakeRequest.httprequest.is_secure = False
            plain = Response()
            plain.set_cookie('session_id', 'x')
            Http._harden_session_cookie(plain)
            self.assertNotIn('Secure', plain.headers['Set-Cookie'])
