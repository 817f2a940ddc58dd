"""Which of many names are like a given one: for suggestions, never to decide."""
import re
from collections import Counter, defaultdict

# what nearly every unit's name has says nothing about which one it is
_COMMON = re.compile(r'有限责任公司|股份有限公司|有限公司|集团|公司|\(.*?\)|省|市')


def _pairs(name):
    core = _COMMON.sub('', name) or name
    return {core[at:at + 2] for at in range(len(core) - 1)} or {core}


class NameIndex:
    """An index of names by the pairs of characters in them."""

    def __init__(self, names):
        """:param dict names: key → normalised name"""
        self._size = {}
        self._keys_by_pair = defaultdict(list)
        for key, name in names.items():
            if not name:
                continue
            pairs = _pairs(name)
            self._size[key] = len(pairs)
            for pair in pairs:
                self._keys_by_pair[pair].append(key)

    def find(self, name, limit=3, least=0.5):
        """Return the keys of the names most like ``name``, best first.

        :param str name: normalised
        :param float least: share of common pairs below which a name is not like it
        :return: [(key, likeness from 0 to 1)]
        :rtype: list
        """
        if not name:
            return []
        pairs = _pairs(name)
        common = Counter(key for pair in pairs for key in self._keys_by_pair.get(pair, ()))
        scores = [(key, 2 * count / (len(pairs) + self._size[key])) for key, count in common.items()]
        return sorted((score for score in scores if score[1] >= least), key=lambda score: -score[1])[:limit]
