import resource
from pathlib import Path

from odoo.tests import TransactionCase, tagged

LIMIT = 16 * 1024 * 1024
BINARY = 'application/octet-stream'


@tagged('post_install', '-at_install')
class TestFileStore(TransactionCase):
    """A file is in the store whole or not at all."""

    def setUp(self):
        super().setUp()
        self.Attachment = self.env['ir.attachment']

    def path_of(self, content):
        return Path(self.Attachment._full_path(self.Attachment._get_path(content, self.Attachment._compute_checksum(content))[0]))

    def make(self, content):
        attachment = self.Attachment.create({'name': 'demo.bin', 'raw': content, 'mimetype': BINARY})
        self.addCleanup(Path(self.Attachment._full_path(attachment.store_fname)).unlink, missing_ok=True)
        return attachment

    def test_part_of_a_file_left_by_a_crash_is_replaced(self):
        content = b'\0whole' * 1000
        path = self.path_of(content)
        path.write_bytes(content[:100])
        attachment = self.make(content)
        self.assertEqual(path.read_bytes(), content)
        self.assertEqual(attachment.raw, content)
        self.assertEqual(list(path.parent.glob(f'{path.name}.*')), [])

    def test_file_that_does_not_fit(self):
        content = b'\0' * (LIMIT + 1)
        path = self.path_of(content)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, hard))
        try:
            with self.assertRaisesRegex(OSError, "File too large"):
                self.make(content)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        self.assertFalse(path.exists())
        self.assertEqual(list(path.parent.glob(f'{path.name}.*')), [])
        self.assertEqual(self.make(content).file_size, len(content), "there is room again")

    def test_same_file_is_kept_once(self):
        content = b'\0same' * 1000
        first = self.make(content)
        before = self.path_of(content).stat().st_mtime_ns
        second = self.make(content)
        self.assertEqual(first.store_fname, second.store_fname)
        self.assertEqual(self.path_of(content).stat().st_mtime_ns, before)
