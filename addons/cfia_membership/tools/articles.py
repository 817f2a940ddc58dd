"""Articles of the regulation in words, made from the codes in which they are stored."""
import re

from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

# The regulation numbers its articles and, inside some of them, items (1.) and points ((1)).
ARTICLES = {
    '0': _lt("Preamble"),
    '1': _lt("Article 1"),
    '2': _lt("Article 2"),
    '3': _lt("Article 3"),
    '4': _lt("Article 4"),
    '5': _lt("Article 5"),
    '6': _lt("Article 6"),
}
WITH_ITEMS = frozenset('2345')
WITH_POINTS = frozenset({('4', '1'), ('4', '2')})
_CODE = re.compile(r'([0-6])(?:\.(\d+))?(?:\.(\d+))?[a-z]?')


def article_text(env, code):
    """Return an article as people write it: 2.1b → 第二条第1项, 4.1.3 → 第四条第1项第（3）目.

    :param env: environment whose language is used
    :param str code: article with its item and point, and a letter where the association split it
    :return: the words; a code that is none of the regulation's as it is
    """
    match = _CODE.fullmatch(code or '')
    if not match:
        return code or ''
    article, item, point = match.groups()
    name = env._(ARTICLES[article])  # pylint: disable=gettext-variable
    if article not in WITH_ITEMS or not int(item or 0):
        return name
    if (article, item) not in WITH_POINTS or not int(point or 0):
        return env._("%(article)s, item %(item)s", article=name, item=item)
    return env._("%(article)s, item %(item)s (%(point)s)", article=name, item=item, point=point)
