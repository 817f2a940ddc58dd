import re

from odoo import api, models
from odoo.tools import SQL

FOUND_COUNT = 8
# which part of the trigrams of a question a stretch of an earlier text shares; Chinese texts share few
SIMILARITY = 0.06
# what a search is read over, as the index has it
TEXT = SQL("(cfia_need.name || ' ' || cfia_need.description || ' ' || COALESCE(cfia_need.reply_text, ''))")


class CfiaNeed(models.Model):
    """Earlier replies, found by words or by likeness when the next need is answered (article 3.7)."""

    _inherit = 'cfia.need'

    _knowledge_idx = models.Index(
        "USING GIN ((name || ' ' || description || ' ' || COALESCE(reply_text, '')) gin_trgm_ops)"
        " WHERE state = 'replied'")

    @api.model
    def _find_replies(self, words='', like=''):
        """Return needs that were replied to, the nearest first, among those that the user may read.

        :param str words: each of them is to occur in subject, question or reply
        :param str like: text that they are to resemble; also the order among those with the words
        """
        self.flush_model(['name', 'description', 'reply_text', 'state'])
        words = [word for word in re.split(r'[\s,，、;；。]+', words or '') if word]
        like = (like or ' '.join(words)).strip()
        if words:
            where = SQL(" AND ").join(
                SQL("%s ILIKE %s", TEXT, '%' + re.sub(r'([\\%_])', r'\\\1', word) + '%') for word in words)
        elif like:
            self.env.cr.execute(SQL(
                "SELECT SET_CONFIG('pg_trgm.word_similarity_threshold', %s, TRUE)", str(SIMILARITY)))
            where = SQL("%s <%% %s", like, TEXT)
        else:
            return self.browse()
        query = self._search([('state', '=', 'replied')])
        query.add_where(SQL("%s", where))
        query.order = SQL("WORD_SIMILARITY(%s, %s) DESC, cfia_need.id DESC", like, TEXT)
        query.limit = FOUND_COUNT
        return self.browse(query)
