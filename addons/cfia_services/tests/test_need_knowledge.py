from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import SQL

from ..models.cfia_need_knowledge import TEXT
from .test_need import NeedCommon


@tagged('post_install', '-at_install')
class TestNeedKnowledge(NeedCommon):
    """Earlier replies beside the dialog in which the next need is answered."""

    def setUp(self):
        super().setUp()
        for name, reply in (
            ("曲轴模锻件模具寿命太低怎么办", "<p>请专家到厂诊断，先检查预热温度</p>"),
            ("锻造工技能等级培训报名", "<p>每年四月与十月各一期</p>"),
            ("铝合金锻件热处理变形", "<p>建议调整淬火介质</p>"),
        ):
            self.reply(self.ask(name), reply)

    def find(self, words='', like=''):
        return self.env['cfia.need'].with_user(self.user_training)._find_replies(words, like).mapped('name')

    def test_by_likeness(self):
        self.assertEqual(self.find(like="冷锻凹模模具寿命问题")[0], "曲轴模锻件模具寿命太低怎么办")
        self.assertFalse(self.find(like="税务"))
        self.assertFalse(self.find())

    def test_by_words_of_question_and_reply(self):
        self.assertEqual(self.find("模具 诊断"), ["曲轴模锻件模具寿命太低怎么办"])
        self.assertEqual(self.find("淬火"), ["铝合金锻件热处理变形"])
        self.assertEqual(self.find("十月，培训"), ["锻造工技能等级培训报名"])
        self.assertFalse(self.find("模具 淬火"))
        self.assertFalse(self.find("%"), "signs are looked for as they are")
        self.assertFalse(self.find("_"))

    def test_index_serves_both(self):
        self.env.cr.execute("""
            INSERT INTO cfia_need (name, description, reply_text, source, date, kind_id, urgency, department_id,
                                   date_deadline, state)
                 SELECT MD5(n::text), MD5((n + 1)::text), MD5((n + 2)::text), source, date, kind_id, urgency,
                        department_id, date_deadline, 'replied'
                   FROM generate_series(1, 20000) AS n
             CROSS JOIN (SELECT * FROM cfia_need WHERE state = 'replied' LIMIT 1) AS need
        """)
        self.env.cr.execute("ANALYZE cfia_need")
        self.env.cr.execute("SELECT SET_CONFIG('pg_trgm.word_similarity_threshold', '0.06', TRUE)")
        for condition in (SQL("%s ILIKE %s", TEXT, '%模具寿命%'), SQL("%s <%% %s", "冷锻凹模模具寿命问题", TEXT)):
            self.env.cr.execute(SQL("EXPLAIN SELECT id FROM cfia_need WHERE state = 'replied' AND %s", condition))
            plan = ' '.join(line for line, in self.env.cr.fetchall())
            self.assertIn('_knowledge_idx', plan)

    def test_taken_over_in_one_click_and_sent(self):
        need = self.ask("冷锻凹模模具寿命问题").with_user(self.user_training)
        action = need.action_write_reply()
        wizard = self.env['cfia.need.reply'].with_user(self.user_training).browse(action['res_id'])
        with Form(wizard) as form:
            form.words = "诊断"
        found = wizard.found_ids
        self.assertEqual(found.mapped('name'), ["曲轴模锻件模具寿命太低怎么办"])
        with self.assertRaises(UserError):
            found.action_take_over()
        again = found.with_context(cfia_need_reply_id=wizard.id).action_take_over()
        self.assertEqual((again['res_model'], again['res_id'], again['target']), ('cfia.need.reply', wizard.id, 'new'))
        self.assertIn("请专家到厂诊断", wizard.reply)
        wizard.action_keep()
        self.assertIn("请专家到厂诊断", need.reply)
        self.assertEqual(need.state, 'open')
        wizard = self.env['cfia.need.reply'].with_user(self.user_training).browse(need.action_write_reply()['res_id'])
        wizard.action_send()
        self.assertEqual(need.sudo().document_id.data['reply'], "请专家到厂诊断，先检查预热温度")
        with self.assertRaises(UserError):
            need.action_write_reply()

    def test_dialogs_are_ones_own(self):
        need = self.ask("演示对话").with_user(self.user_training)
        wizard = self.env['cfia.need.reply'].browse(need.action_write_reply()['res_id'])
        self.assertFalse(self.env['cfia.need.reply'].with_user(self.user_organisation).search([('id', '=', wizard.id)]))
