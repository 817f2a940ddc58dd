"""Whether a unit that somebody wrote down is one that the association knows: the rule, without database.

A USCC belongs to one unit (GB 32100). Without it, names in one normal form are the same unit as long as their
USCC do not differ. A former name, another unit's USCC and the name of a branch are reasons to ask, never to decide.
"""
import enum
import re
from typing import NamedTuple

from odoo.tools import SQL

from odoo.addons.cfia_membership.tools.text import normalise_unit_name, normalised_name_sql
from odoo.addons.cfia_membership.tools.uscc import normalise_uscc

#: A branch's name is its head office's and what tells it from others; on normalised names.
_BRANCH = (
    '^(.+(?:公司|厂|集团|院|所|大学|学校|中心|协会|学会))[^公司厂]{0,15}'
    '(?:分公司|分厂|分院|分所|分校|分部|分中心|营业部|办事处|代表处|事业部)[)]?$'
)
_BRANCH_NAME = re.compile(_BRANCH)


class Likeness(enum.IntEnum):
    """Why two descriptions may mean one unit, from the strongest reason on."""

    CODE = 1
    NAME = 2
    OTHER_CODE = 3
    FORMER_NAME = 4
    BRANCH = 5


class UnitKeys(NamedTuple):
    """What tells one unit from another, in normal form; empty where nothing is known."""

    name: str
    code: str = ''
    former: str = ''

    @classmethod
    def of(cls, name, uscc=None, former_name=None):
        """Return the keys of a unit as somebody wrote it."""
        return cls(normalise_unit_name(name), normalise_uscc(uscc) or '', normalise_unit_name(former_name))

    def bases(self):
        """Return the names under which a head office and its branches meet."""
        return {head_office_name(key) for key in (self.name, self.former) if key}

    def meeting_keys(self):
        """Return the keys of which two descriptions of one unit share at least one."""
        return self.bases() | set(filter(None, self))

    def compare(self, other):
        """Return why the two may be one unit, or None.

        :rtype: Likeness | None
        """
        if self.code and self.code == other.code:
            return Likeness.CODE
        if self.name and self.name == other.name:
            return Likeness.OTHER_CODE if self.code and other.code else Likeness.NAME
        if self.name and self.name == other.former or self.former and self.former in (other.name, other.former):
            return Likeness.FORMER_NAME
        if self.name and head_office_name(self.name) == head_office_name(other.name):
            return Likeness.BRANCH
        return None


class UnitMatch(NamedTuple):
    """The known units that a description may mean.

    ``certain`` is the unit that it is, or None; ``possible`` holds all of them, the likeliest first, whose reason is
    ``likeness``.
    """

    certain: object
    possible: list
    likeness: Likeness | None


def head_office_name(key):
    """Return a normalised name without what makes it a branch's."""
    return _BRANCH_NAME.sub(r'\1', key)


def head_office_name_sql(column):
    """Return the SQL that gives :func:`head_office_name` of a column's normalised name.

    :param SQL column: a text column
    :rtype: SQL
    """
    return SQL(r"regexp_replace(%s, %s, '\1')", normalised_name_sql(column), _BRANCH)


class UnitIndex:
    """Known units by whatever a description may meet them by.

    :param known: pairs of a unit and its :class:`UnitKeys`
    :param is_numbered: function that tells whether a unit has a member number; among namesakes it is meant
    """

    def __init__(self, known, is_numbered):
        self._is_numbered = is_numbered
        self._by_key = {}
        for unit, keys in known:
            for key in keys.meeting_keys():
                self._by_key.setdefault(key, []).append((unit, keys))

    def match(self, written):
        """Return which of the units ``written`` is or may be.

        :param UnitKeys written: what somebody wrote
        :rtype: UnitMatch
        """
        near = {id(pair): pair for key in written.meeting_keys() for pair in self._by_key.get(key, ())}
        found = [(likeness, unit) for unit, keys in near.values() if (likeness := written.compare(keys))]
        found.sort(key=lambda pair: (pair[0], not self._is_numbered(pair[1]), pair[1].id))
        best = [unit for likeness, unit in found if likeness == found[0][0] <= Likeness.NAME]
        if len(best) > 1:
            best = [unit for unit in best if self._is_numbered(unit)]
        return UnitMatch(
            best[0] if len(best) == 1 else None, [unit for _likeness, unit in found], found[0][0] if found else None)
