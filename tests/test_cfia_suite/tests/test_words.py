import csv
import re
from collections import defaultdict
from pathlib import Path

import polib

from odoo.modules.module import get_module_path
from odoo.tests import TransactionCase, tagged

HERE = Path(__file__).parent
MODULES = ('cfia_membership', 'cfia_dues', 'cfia_services')
GLOSSARY = Path(__file__).parents[3] / 'docs/glossary.md'
#: Fields that Odoo puts on every model, and those of its mixins.
COMMON_FIELDS = re.compile(
    r'(create|write)_(uid|date)|id|display_name|(my_)?activity_\w+|message_\w+|website_message_ids|has_message')
ARTICLE_CODE = re.compile(r'(?<![\d.])[0-6]\.\d(\.\d)?[a-e]?(?![\d.%]| ?版)')


def read_rows(name):
    with (HERE / name).open(encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


@tagged('post_install', '-at_install')
class TestWords(TransactionCase):
    """One word, one meaning: what stands on the screens is what the glossary says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['res.lang']._activate_lang('zh_CN')
        cls.env = cls.env(context={**cls.env.context, 'lang': 'zh_CN'})
        cls.words = read_rows('words.csv')
        cls.entries = {
            module: polib.pofile(str(Path(get_module_path(module)) / 'i18n/zh_CN.po')) for module in MODULES}

    def read_word(self, model, field, value=''):
        """Return what a screen shows: the label of a field, or of one of its values."""
        [description] = self.env[model].fields_get([field], ['string', 'selection']).values()
        return dict(description['selection'])[value] if value else description['string']

    def test_labels_and_values_are_those_of_the_table(self):
        for row in self.words:
            if not row['view']:
                with self.subTest(**row):
                    self.assertEqual(self.read_word(row['model'], row['field'], row['value']), row['chinese'])

    def test_buttons_and_filters_are_those_of_the_table(self):
        for row in self.words:
            if row['view']:
                with self.subTest(**row):
                    view = self.env.ref(row['view'])
                    arch = view._get_combined_arch()
                    nodes = arch.xpath('//*[@name=$name]', name=row['field']) if row['field'] else arch.xpath('//widget')
                    self.assertIn(row['chinese'], [node.get('string') or node.get('title') for node in nodes])

    def test_every_state_stands_in_the_table(self):
        """Each value of each state of the suite's models has its Chinese in the table."""
        known = {(row['model'], row['field'], row['value']) for row in self.words}
        missing = [
            (name, field.name, value)
            for name, model in self.env.registry.items()
            if name.startswith('cfia.') and not model._abstract
            for field in model._fields.values()
            if field.type == 'selection' and re.fullmatch(r'(\w+_)?(state|status)', field.name)
            and not COMMON_FIELDS.fullmatch(field.name)
            for value, _label in field._description_selection(self.env)
            if (name, field.name, value) not in known
        ]
        self.assertFalse(missing, "enter each with the glossary's Chinese in words.csv")

    def test_glossary_and_screens_agree(self):
        """A term of the glossary that names a field, a value or a model is what the screen shows."""
        wrong = []
        for line in GLOSSARY.read_text(encoding='utf-8').splitlines():
            cells = [cell.strip() for cell in line.strip('|').split('|')]
            if len(cells) != 4 or not re.search(r'[\u4e00-\u9fff]', cells[0]):
                continue
            term = cells[0].strip('《》')
            for field, value in re.findall(r'`([a-z.]+\.[a-z_]+)`(?: = `(\w+)`)?', cells[3]):
                model, _dot, name = field.rpartition('.')
                if field in self.env or model not in self.env or name not in self.env[model]._fields:
                    continue
                shown = self.read_word(model, name, value)
                if shown != term:
                    wrong.append((field, value, shown, term))
            for kind, value in re.findall(r'`([a-z.]+)`, kind `(\w+)`', cells[3]):
                if kind in self.env and self.read_word(kind, 'kind', value) != term:
                    wrong.append((kind, value, self.read_word(kind, 'kind', value), term))
            for value in re.findall(r'event kind `(\w+)`', cells[3]):
                if self.read_word('cfia.member.event', 'kind', value) != term:
                    wrong.append(('cfia.member.event', value, self.read_word('cfia.member.event', 'kind', value), term))
        self.assertFalse(wrong)

    def test_one_english_word_has_one_chinese(self):
        """The same source text is the same Chinese in all three add-ons: another meaning gets another source."""
        found = defaultdict(lambda: defaultdict(list))
        for module, entries in self.entries.items():
            for entry in entries:
                found[entry.msgid][entry.msgstr].append(module)
        self.assertFalse({msgid: dict(chinese) for msgid, chinese in found.items() if len(chinese) > 1})

    def test_words_of_several_fields_were_looked_at(self):
        """A source text that labels fields of several names, or their values, too, stands in the list that was read.

        Whoever uses a word anew for another field looks here whether the Chinese still fits, and gives
        the new meaning a source text of its own where it does not.
        """
        read = {row['english']: row['chinese'] for row in read_rows('shared_words.csv')}
        uses, chinese = defaultdict(set), {}
        for entries in self.entries.values():
            for entry in entries:
                chinese[entry.msgid] = entry.msgstr
                for path, _line in entry.occurrences:
                    name = path.rpartition('__')[2]
                    if 'ir.model.fields,field_description' in path and not COMMON_FIELDS.fullmatch(name):
                        uses[entry.msgid].add(('field', name))
                    elif 'ir.model.fields.selection' in path:
                        uses[entry.msgid].add(('value', name))
        shared = {msgid: chinese[msgid] for msgid, places in uses.items() if len(places) > 1 and len(msgid) <= 40}
        self.assertEqual({msgid: text for msgid, text in shared.items() if read.get(msgid) != text}, {})
        self.assertFalse(read.keys() - shared.keys(), "no longer shared: take these off the list")

    def test_articles_are_words(self):
        """No Chinese text and no name of a duty shows the code in which an article is stored."""
        texts = [entry.msgstr for entries in self.entries.values() for entry in entries
                 if 'e.g.' not in entry.msgid]
        duties = self.env['cfia.obligation'].search([])
        texts += duties.mapped('display_name') + duties.mapped('article_text')
        texts += self.env['cfia.obligation.term'].search([], limit=200).mapped('display_name')
        texts += self.env['cfia.checklist.item'].search([]).mapped('article_text')
        self.assertFalse([text for text in texts if text and ARTICLE_CODE.search(text)])
        self.assertTrue(duties)
        self.assertEqual(
            [self.env.ref(f'cfia_membership.cfia_obligation_{code}').article_text for code in (
                '0_1', '1_2', '2_0a', '2_1b', '4_1_3', '4_2_0', '4_3_2', '6_2')],
            ['前言', '第一条', '第二条', '第二条第1项', '第四条第1项第（3）目', '第四条第2项', '第四条第3项', '第六条'])
