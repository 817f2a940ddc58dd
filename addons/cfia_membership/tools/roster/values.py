"""Read the cells of a member list.

Every ``parse_*`` function returns None for a blank cell and raises :class:`ValueError` for one that
says something which cannot be understood.
"""
import calendar
import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from odoo.addons.cfia_membership.tools.sheet.cells import EXCEL_EPOCH, answer_to, cell_text, date_text, parse_day
from odoo.addons.cfia_membership.tools.text import to_half_width

_NEVER_PAID = re.compile(r'(从)?未(曾)?[缴交]([纳费]|会费)*')

_EMAIL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
                    r'@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}')
_LIST_SEPARATOR = re.compile(r'[;,、/|\s]+')
_PHONE = re.compile(r'\+?[\d\-() ]+((转|EXT\.?|X)\d+)?', re.IGNORECASE)
_MOBILE = re.compile(r'(?:86)?(1[3-9]\d{9})')

_CLAUSE = re.compile(r'[,;。;!\n]|(?<!\d)[.、]|[.、](?!\d)')
_LEFT = re.compile(r'退会|退出(?:本|我)?(?:协)?会|退出会员|已退出|离会|注销会籍|会籍终止|终止会籍|会籍已?注销|取消会籍')
_EXPELLED = re.compile(r'除名|开除|[取撤][消销]会员资格')
_NOT_LEFT = re.compile(
    r'(?:未|没有|没|无|不|尚未|并未|从未|暂不|撤回|撤销|取消|否)(?:有|曾|予|再|会|办理|申请|要求|提出|自动|被)*'
    r'(?:退会|退出|离会|除名|开除|注销)|退会[:(]?(?:否|无|×|X)')
_ENDED = re.compile(r'停止会籍|停籍|终止会籍|暂停会籍|会籍(?:已)?(?:停止|终止)|不再是?会员|前会员')
#: Of a unit of which this is said somebody has to find out what it is to the association now.
_IN_DOUBT = re.compile(r'停权|失联|注销|吊销|破产|倒闭|清算|清退|劝退')
_STANDING_IN_DOUBT = re.compile(
    r'暂停|暂缓|停业|歇业|停产|关停|关闭|兼并|待|拟|未入会|非会员|不在册|无效|失效|过期|到期|冻结|终止|停止|撤销|取消')
#: What a column of the standing says of a member.
_STANDS = re.compile(
    r'(?:现有?|老|新|正式|有效|在册|在籍|在会|普通|单位|团体|正常)*(?:会员|会员单位|企业)'
    r'|正常(?:经营|履职|缴费)?|有效|良好|在册|在籍|在会|在|存续|在业|开业|在营|活跃|(?:已|新)?入会|续[会费]|合格|通过|已审核'
    r'|(?:已|未|待|欠)(?:[缴交][纳清]?费?|费)|正常[缴交]费|OK|ACTIVE|VALID|NORMAL|MEMBER', re.IGNORECASE)
_LEAVING_UNCLEAR = re.compile(r'申请|要求|提出|拟|准备|打算|可能|是否|待|将|曾|恢复|重新入会|再次入会|复会|又入会|回会|如果|如需|\?')
_LOOSE_DATE = re.compile(
    r'(?P<year>(?:19|20)\d\d)(?:(?:年|[-/.])(?P<month>\d{1,2})(?:(?:月|[-/.])(?:(?P<day>\d{1,2})[日号]?)?)?|年|(?!\d))'
    r'|(?<!\d)(?P<short>\d\d)年(?:(?P<short_month>\d{1,2})月(?:(?P<short_day>\d{1,2})[日号]?)?)?')


@dataclass(frozen=True)
class Exit:
    """How a unit left: ``state`` is ``withdrawn`` or ``expelled``; year and last day where known."""

    state: str
    year: int | None = None
    last_day: date | None = None


class UnclearExit(ValueError):
    """A remark that speaks of leaving without saying that the unit has left."""


def parse_year(cell, epoch=EXCEL_EPOCH):
    """Read up to which year dues are paid: ``2025``, ``2025年``, ``2025年12月``, ``2025-12-31``.

    :rtype: int | None
    """
    if isinstance(cell, str):
        text = date_text(cell)
        if _NEVER_PAID.fullmatch(text):
            return None
        # 已缴至2025年, 2023-2025, 2023年至2025年: the last year counts
        text = re.sub(r'^(会费|已|缴|交|纳|清|至|到|费|截止|截至)+', '', text)
        text = re.sub(r'(年?度?(会费)?)(止|底|末|已?[缴交][清纳费]*)$', r'\1', text)
        text = re.sub(r'会费$', '', text)
        if len(years := re.findall(r'20\d\d', text)) > 1 and re.fullmatch(r'20\d\d年?度?(?:[、,;/]20\d\d年?度?)+', text):
            # 2023、2024: each year named; one that lacks in between is a question
            if list(map(int, years)) != list(range(int(years[0]), int(years[0]) + len(years))):
                raise ValueError(cell)
            text = years[-1]
        span = re.fullmatch(r'\d{4}年?度?(?:-|~|至|到)(\d{4})年?度?', text)
        if not text and cell_text(cell):
            raise ValueError(cell)
        cell = span[1] if span else text
    parsed = parse_day(cell, epoch)
    return parsed and parsed[0].year


def parse_email(cell):
    """Read one or several addresses.

    :return: the addresses, separated by comma and blank
    :rtype: str | None
    """
    text = unicodedata.normalize('NFKC', cell_text(cell))
    if not text:
        return None
    addresses = [
        re.sub(r'^MAILTO:', '', address, flags=re.IGNORECASE)
        for address in _LIST_SEPARATOR.split(text) if address
    ]
    if not addresses or not all(_EMAIL.fullmatch(address) for address in addresses):
        raise ValueError(text)
    return ', '.join(addresses)


def parse_phone(cell):
    """Read telephone numbers, telling mobile ones from landlines.

    :return: landline or None, mobile or None; several of a kind are kept together
    :rtype: tuple[str | None, str | None] | None
    """
    text = unicodedata.normalize('NFKC', cell_text(cell)).replace('—', '-').replace('–', '-')
    if not text:
        return None
    text = re.sub(r'\+86[\s-]*', '', text)
    # +49 170…: what follows another country's code is no mobile of ours
    text = re.sub(r'(\+\d{1,3})\s+', r'\1-', text)
    landlines, mobiles = [], []
    for number in re.split(r'[;,、/|]+|\s{1,}(?=1[3-9]\d|0\d{2,3}-)', text):
        number = number.strip()
        if not number:
            continue
        bare = re.sub(r'[\s\-]', '', number)
        mobile = _MOBILE.fullmatch(bare)
        if mobile:
            mobiles.append(mobile[1])
        elif _PHONE.fullmatch(number) and 5 <= len(re.sub(r'\D', '', number)) <= 20:
            landlines.append(number)
        else:
            raise ValueError(text)
    return '; '.join(landlines) or None, '; '.join(mobiles) or None


def parse_zip(cell):
    """Read a postcode: six digits, zeros in front restored that a number cell has lost.

    :rtype: str | None
    """
    text = re.sub(r'\s', '', to_half_width(cell_text(cell)))
    if not text:
        return None
    if re.fullmatch(r'[0-9]{4,6}', text):
        return text.zfill(6)
    raise ValueError(text)


def split_zip(address):
    """Return an address and the postcode that stands behind or before it, None without one."""
    match = re.search(r'^(?:(?P<before>\d{6})\s+)?(?P<address>.*?)(?:[\s(,;]*(?:邮编[:]?)?(?P<behind>\d{6})\)?)?$',
                      unicodedata.normalize('NFKC', address or ''))
    if not match or not (match['before'] or match['behind']):
        return address, None
    return match['address'].strip(' ,;('), match['before'] or match['behind']


def parse_exit(text, today):
    """Read from a remark or a status whether and when the unit left.

    :param text: the cell
    :param date today: the association's day: a year that has not ended gives no later last day
    :return: None when the text says nothing of leaving, or denies it
    :rtype: Exit | None
    :raise UnclearExit: when leaving is spoken of, but not as a fact
    """
    text = re.sub(r'\s+', '', unicodedata.normalize('NFKC', cell_text(text)))
    found = None
    for clause in _CLAUSE.split(text):
        state = 'expelled' if _EXPELLED.search(clause) else 'withdrawn' if _LEFT.search(clause) else None
        if not state or _NOT_LEFT.search(clause):
            continue
        found = (state, clause)
    if not found:
        return None
    state, clause = found
    if _LEAVING_UNCLEAR.search(text):
        raise UnclearExit(text)
    match = _LOOSE_DATE.search(clause) or _LOOSE_DATE.search(text)
    if not match:
        return Exit(state)
    return exit_on(state, *_loose_parts(match), today)


def is_in_doubt(text):
    """Tell whether a text says of a unit that it may be gone: 已注销, 失联."""
    return bool(_IN_DOUBT.search(unicodedata.normalize('NFKC', cell_text(text))))


def parse_remark(text, today):
    """Read from a remark whether and when the unit left; see :func:`parse_exit`.

    :raise UnclearExit: also when the unit may be gone
    """
    left = parse_exit(text, today)
    if not left and is_in_doubt(text) and not _NOT_LEFT.search(cell_text(text)):
        raise UnclearExit(text)
    return left


def parse_section_exit(text, today):
    """Read from a heading within a list whether the units below it have left; see :func:`parse_exit`.

    :raise UnclearExit: also when it says that they are something else than members
    """
    left = parse_exit(text, today)
    if left:
        return left
    if _ENDED.search(text):
        return Exit('withdrawn')
    if _IN_DOUBT.search(text) or _STANDING_IN_DOUBT.search(text):
        raise UnclearExit(text)
    return None


def parse_status(cell, heading, today):
    """Read the column of a unit's standing; see :func:`parse_exit`.

    :param str heading: what a yes or no answers to
    :raise UnclearExit: also for every word that does not say that the unit is a member: this column decides
    """
    text = answer_to(heading, cell_text(cell))
    if not text:
        return None
    left = parse_exit(text, today)
    if left:
        return left
    if _ENDED.search(text):
        return Exit('withdrawn')
    if _STANDS.fullmatch(text) or _NOT_LEFT.search(text):
        return None
    raise UnclearExit(text)


def _loose_parts(match):
    if match['year']:
        return int(match['year']), match['month'], match['day']
    short = int(match['short'])
    return (1900 if short >= 50 else 2000) + short, match['short_month'], match['short_day']


def exit_on(state, year, month, day, today):
    """Return the exit whose date is known to the year, month or day: its last possible day counts.

    :raise UnclearExit: for an impossible or future date
    """
    try:
        if day:
            last_day = date(year, int(month), int(day))
        else:
            number = int(month or 12)
            last_day = date(year, number, calendar.monthrange(year, number)[1])
            if last_day > today >= date(year, int(month or 1), 1):
                last_day = today
    except ValueError as error:
        raise UnclearExit(f'{year}-{month}-{day}') from error
    if last_day > today:
        raise UnclearExit(f'{year}-{month}-{day}')
    return Exit(state, year, last_day)
