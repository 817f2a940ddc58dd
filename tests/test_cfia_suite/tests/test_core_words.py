import re
from pathlib import Path

import polib

from odoo.modules.module import get_module_path
from odoo.tests import TransactionCase, tagged

from odoo.addons.cfia_membership.tools import core_words


@tagged('post_install', '-at_install')
class TestCoreWords(TransactionCase):
    """Where core's own Chinese fails on a screen of our users, they read ours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        cls.env = cls.env(context={**cls.env.context, 'lang': 'zh_CN'})

    def test_each_word_is_still_one_of_core(self):
        """An entry whose source Odoo has changed corrects nothing any more."""
        sources = {}
        for entry in polib.pofile(str(core_words.get_path('zh_CN'))):
            module = entry.comment.splitlines()[0].removeprefix('module: ')
            if module not in sources:
                sources[module] = {
                    term.msgid for term in polib.pofile(str(Path(get_module_path(module)) / f'i18n/{module}.pot'))}
            with self.subTest(module=module, source=entry.msgid):
                self.assertIn(entry.msgid, sources[module])
                self.assertEqual(
                    set(re.findall(r'%\(\w+\)s|%s|\{\{.*?\}\}', entry.msgid)),
                    set(re.findall(r'%\(\w+\)s|%s|\{\{.*?\}\}', entry.msgstr)))

    def test_the_client_reads_ours(self):
        translations, _parameters = self.env['ir.http']._get_translations_for_webclient(['web', 'mail'], 'zh_CN')
        words = {
            module: {message['id']: message['string'] for message in translations[module]['messages']}
            for module in translations}
        self.assertEqual(words['mail']['New Meeting'], "新会议")
        self.assertEqual(words['web']['Missing required fields'], "必填项未填写")
        self.assertEqual(words['web']['Save'], "保存", "core's other words stay")

    def test_views_and_templates_read_ours(self):
        self.assertIn("使用通行密钥", self.env.ref('auth_passkey.auth_passkey_login_oauth').arch_db)
        template = self.env.ref('auth_signup.portal_set_password_email')
        self.assertEqual(template.subject, "您在{{ object.company_id.name }}的账号")

    def test_an_upgrade_of_core_does_not_bring_its_own_back(self):
        view = self.env.ref('auth_passkey.auth_passkey_login_oauth')
        self.env['ir.module.module']._load_module_terms(['auth_passkey'], ['zh_CN'], overwrite=True)
        view.invalidate_recordset()
        self.assertIn("使用通行密钥", view.arch_db)

    def test_choices_of_core_mixins_read_as_there(self):
        """A task of ours is planned, due and overdue in Chinese, as core's are."""
        for name in ('activity_state', 'activity_exception_decoration'):
            wanted = dict(self.env['res.partner'].fields_get([name])[name]['selection'])
            models = [
                model for model in self.env.values()
                if model._name.startswith('cfia.') and name in model._fields and not model._abstract]
            self.assertTrue(models)
            for model in models:
                with self.subTest(model=model._name, field=name):
                    self.assertEqual(dict(model.fields_get([name])[name]['selection']), wanted)
