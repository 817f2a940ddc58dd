import io
import re
from pathlib import Path

import polib

from odoo.modules.module import get_module_path
from odoo.tests import TransactionCase, tagged
from odoo.tools.translate import trans_export

CHINESE = re.compile(r'[\u4e00-\u9fff]')
#: What people read the same in both languages, or what is no text: placeholders, tags, expressions, names of formats.
WORDLESS = re.compile(
    r'%\(\w+\)[sd]|%[sd]|\{\{.*?\}\}|<[^>]*>|&\w+;|object\.\S+|res_model|\b(?:PDF|CFIA|VIP|SHA|ID|KB|xlsx)\b')
WORD = re.compile(r'[A-Za-z]')


@tagged('post_install', '-at_install')
class TestLanguage(TransactionCase):
    """No text of the suite lacks its Chinese."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        installed = cls.env['ir.module.module'].search([('state', '=', 'installed'), ('name', '=like', 'cfia_%')])
        cls.modules = installed.mapped('name')

    def export_terms(self, module):
        """Return the terms that people see, as Odoo finds them in code, views and data."""
        buffer = io.BytesIO()
        trans_export(None, [module], buffer, 'po', self.env)
        return {entry.msgid for entry in polib.pofile(buffer.getvalue().decode())}

    def read_chinese(self, module):
        return polib.pofile(str(Path(get_module_path(module)) / 'i18n/zh_CN.po'))

    def test_every_text_has_its_chinese(self):
        for module in self.modules:
            with self.subTest(module=module):
                translated = {entry.msgid for entry in self.read_chinese(module) if entry.msgstr and not entry.fuzzy}
                self.assertFalse(sorted(self.export_terms(module) - translated))

    def test_template_is_that_of_the_code(self):
        for module in self.modules:
            with self.subTest(module=module):
                template = polib.pofile(str(Path(get_module_path(module)) / f'i18n/{module}.pot'))
                self.assertEqual({entry.msgid for entry in template}, self.export_terms(module))

    def test_terms_of_code_are_marked(self):
        """Odoo reads the Chinese of a term in code only where the entry says which code it stands in."""
        for module in self.modules:
            with self.subTest(module=module):
                self.assertFalse([
                    entry.msgid for entry in self.read_chinese(module)
                    if any(path.startswith('code:') for path, _line in entry.occurrences)
                    and not {'odoo-python', 'odoo-javascript'} & set(entry.comment.split())])

    def test_chinese_is_chinese(self):
        for module in self.modules:
            with self.subTest(module=module):
                self.assertFalse([
                    entry.msgid for entry in self.read_chinese(module)
                    if WORD.search(WORDLESS.sub('', entry.msgstr)) and not CHINESE.search(entry.msgstr)])

    def test_placeholders_are_kept(self):
        for module in self.modules:
            with self.subTest(module=module):
                self.assertFalse([
                    entry.msgid for entry in self.read_chinese(module)
                    if set(re.findall(r'%\(\w+\)', entry.msgstr)) - set(re.findall(r'%\(\w+\)', entry.msgid))])
