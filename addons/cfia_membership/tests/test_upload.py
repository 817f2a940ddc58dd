import io
import zipfile

from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from odoo.tests import BaseCase, tagged

from odoo.addons.cfia_membership.tools.upload import (
    UPLOAD_SIZE,
    UploadRefused,
    check_upload,
    clean_filename,
)


def make_image(kind='PNG', size=(40, 30)):
    """Return a picture as a scanner saves it."""
    buffer = io.BytesIO()
    Image.new('RGB', size, 'white').save(buffer, kind)
    return buffer.getvalue()


def make_pdf(change=None):
    """Return a PDF of one page.

    :param change: optional function that gets the writer before the file is written
    """
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    if change:
        change(writer)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def make_zip():
    """Return an archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w') as archive:
        archive.writestr('a.txt', "a")
    return buffer.getvalue()


@tagged('post_install', '-at_install')
class TestUpload(BaseCase):

    def assertRefused(self, reason, name, content):
        with self.assertRaises(UploadRefused) as refusal:
            check_upload(name, content)
        self.assertEqual(refusal.exception.reason, reason)

    def test_scans_are_taken(self):
        for name, content, mimetype in (
            ("执照.png", make_image(), 'image/png'),
            ("执照.JPG", make_image('JPEG'), 'image/jpeg'),
            ("执照.pdf", make_pdf(), 'application/pdf'),
        ):
            with self.subTest(name=name):
                self.assertEqual(check_upload(name, content), (name[:-3] + name[-3:].lower(), mimetype))

    def test_a_wrong_ending_of_an_allowed_kind_is_put_right(self):
        self.assertEqual(check_upload("执照.pdf", make_image('JPEG')), ("执照.jpg", 'image/jpeg'))
        self.assertEqual(check_upload("执照", make_image()), ("执照.png", 'image/png'))

    def test_empty_and_large(self):
        self.assertRefused('empty', 'a.pdf', b'')
        self.assertRefused('size', 'a.png', make_image() + b'\0' * UPLOAD_SIZE)

    def test_other_kinds(self):
        for name, content in (
            ('a.svg', b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
            ('a.png', b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
            ('a.pdf', b'<!DOCTYPE html><html><script>alert(1)</script></html>'),
            ('a.zip', make_zip()),
            ('a.exe', make_pdf()),
            ('a.html', make_image()),
            ('a.gif', make_image('GIF')),
            ('a.txt', b'licence'),
        ):
            with self.subTest(name=name):
                self.assertRefused('type', name, content)

    def test_two_kinds_at_once(self):
        for name, content in (
            ('a.png', make_image() + make_zip()),
            ('a.pdf', make_pdf() + make_zip()),
            ('a.jpg', make_image('JPEG') + b'<script>alert(1)</script>'),
            ('a.png', make_image() + b'<?php echo 1 ?>'),
            ('a.pdf', b'%PDF-1.4\n<html><script>alert(1)</script></html>\n' + make_pdf()),
        ):
            with self.subTest(name=name):
                self.assertRefused('content', name, content)

    def test_damaged(self):
        self.assertRefused('content', 'a.png', make_image()[:60])
        self.assertRefused('content', 'a.pdf', b'%PDF-1.4 nothing follows')

    def test_pdf_that_does_something(self):
        def script(writer):
            writer._root_object[NameObject('/OpenAction')] = writer._add_object(DictionaryObject({
                NameObject('/S'): NameObject('/JavaScript'), NameObject('/JS'): TextStringObject('app.alert(1)')}))

        def attachment(writer):
            writer.add_attachment('a.txt', b'text')

        def launch(writer):
            writer._root_object[NameObject('/OpenAction')] = DictionaryObject({
                NameObject('/S'): NameObject('/Launch'), NameObject('/F'): TextStringObject('cmd.exe')})

        def hidden(writer):
            writer.pages[0][NameObject('/AA')] = DictionaryObject({NameObject('/O'): writer._add_object(
                DictionaryObject({NameObject('/S'): NameObject('/JavaScript'), NameObject('/JS'): TextStringObject('1')}))})

        for change in (script, attachment, launch, hidden):
            with self.subTest(change=change.__name__):
                self.assertRefused('active', 'a.pdf', make_pdf(change))

    def test_pdf_with_password(self):
        self.assertRefused('password', 'a.pdf', make_pdf(lambda writer: writer.encrypt('x')))

    def test_names(self):
        for name, expected in (
            ('../../etc/passwd', 'passwd.pdf'),
            ('C:\\scans\\执照.PDF', '执照.pdf'),
            ('a\u202egnp.pdf', 'agnp.pdf'),
            ('a\0b<c>.pdf', 'abc.pdf'),
            ('', 'scan.pdf'),
            ('.pdf', 'scan.pdf'),
            ('a.php.pdf', 'a.php.pdf'),
            ('长' * 300 + '.pdf', '长' * 100 + '.pdf'),
        ):
            with self.subTest(name=name):
                self.assertEqual(clean_filename(name, 'application/pdf'), expected)
