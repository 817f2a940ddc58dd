"""What stands alone above a part of a list speaks for each row below it: 一、副理事长单位, 以下为已退会单位."""
import dataclasses
import re
import unicodedata

from odoo.addons.cfia_membership.tools.roster import values as read
from odoo.addons.cfia_membership.tools.roster.lookups import parse_province
from odoo.addons.cfia_membership.tools.text import clean_text

_NUMBERING = re.compile(r'^[(]?(?:第?[一二三四五六七八九十]+|\d{1,2})[)、.章部分]+\s*')
_FILLER = re.compile(r'^(?:以下为?|下列|现有?|本会|协会)|(?:名单|名录|一览表?|如下|列表)$')
_COUNT = re.compile(r'[(:]?(?:共|计|合计)?\d+\s*[家户个名](?:单位|会员|企业)?[)]?$')


@dataclasses.dataclass
class Section:
    """What a heading within a list says of the rows below it, as far as it can be understood."""

    text: str = ''
    grade: object = None
    province: str | None = None
    exit: read.Exit | None = None
    is_exit_unclear: bool = False


def read_section(text, setting):
    """Return the section that a heading opens.

    :param str text: the heading
    :param Setting setting: classifications and the association's day
    :rtype: Section
    """
    section = Section(clean_text(text))
    bare = unicodedata.normalize('NFKC', section.text).strip()
    for pattern in (_NUMBERING, _COUNT, _FILLER, _FILLER, _COUNT):
        bare = pattern.sub('', bare).strip(' :')
    try:
        section.exit = read.parse_section_exit(bare, setting.today)
    except read.UnclearExit:
        section.is_exit_unclear = True
    if section.exit or section.is_exit_unclear:
        return section
    try:
        section.grade = setting.grades.parse(bare)
    except ValueError:
        try:
            section.province = parse_province(bare)
        except ValueError:
            section.province = None
    return section
