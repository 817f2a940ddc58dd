"""Contact persons as lists write them: one a cell or several, with their telephone beside or behind the name."""
import re
import unicodedata

from odoo.addons.cfia_membership.tools.roster import values as read
from odoo.addons.cfia_membership.tools.roster.columns import HEADINGS
from odoo.addons.cfia_membership.tools.sheet.headings import normalise_heading
from odoo.addons.cfia_membership.tools.text import clean_text, clean_unit_name

PERSON_FIELDS = ('function', 'phone', 'mobile', 'email')
_SEPARATOR = re.compile(r'[\n\r]+|[、;；/／]|(?<=[\u3400-\u9fff])[,，](?=[\u3400-\u9fff])')
_NAME = re.compile(r'[\u3400-\u9fff·]{2,6}(?:先生|女士|经理|主任|总)?|[A-Za-z][A-Za-z .]+')
_NUMBER = re.compile(r'\+?\d[\d\- ]{5,}\d(?:转\d+)?')
_BRACKETS = re.compile(r'\(([^()]*)\)')
_EMAIL = re.compile(r'[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+')
_LABEL = re.compile(r'(?:联系人|联络人|姓名|手机(?:号码?)?|(?:联系|固定)?电话|座机|邮箱|电子邮[箱件]|E-?mail|Tel|职务)\s*:', re.IGNORECASE)
#: What stands in brackets behind a name and is no post.
_NO_POST = re.compile(r'[男女]|.*(?:微信|同号).*')
_FURTHER = re.compile(r'^(?:(?:联系人|联络人)(?P<digit>[2-9二三四五])|(?P<word>第二|第三|备用|其他|其它)(?:联系人|联络人))(?P<rest>.*)$')


def find_further_columns(headings):
    """Return the columns of a second contact person and more: 联系人2, 联系人2手机.

    :return: one {field: column} a person
    :rtype: list[dict]
    """
    groups = {}
    for index, heading in enumerate(headings):
        match = _FURTHER.match(normalise_heading(heading))
        if not match:
            continue
        group = groups.setdefault(match['digit'] or match['word'], {})
        rest = match['rest'].strip('()')
        field = 'contact' if rest in ('', '姓名') else next(iter(HEADINGS.match([rest])), None)
        if field in ('contact', *PERSON_FIELDS):
            group.setdefault(field, index)
    return [group for group in groups.values() if 'contact' in group]


def read_people(cells):
    """Return the persons in the cells of one contact.

    :param dict cells: ``contact`` and any of :data:`PERSON_FIELDS` → the cell as it stands
    :return: one dictionary a person with ``name`` and :data:`PERSON_FIELDS`, None for what is not told; the
        cells that could not be understood, by field
    :rtype: tuple[list[dict], dict]
    """
    wrong = {}
    names = _split_names(cells.get('contact'))
    people = [_read_name(name) for name in names] or [dict.fromkeys(('name', *PERSON_FIELDS))]
    for field in PERSON_FIELDS:
        for person, part in zip(people, _share_out(cells.get(field), len(people))):
            try:
                _take(person, field, part)
            except ValueError:
                wrong[field] = cells[field]
    return [person for person in people if person['name']] or people[:1], wrong


def _split_names(cell):
    """Return the names in a cell, one unless each part looks like a person's."""
    text = unicodedata.normalize('NFKC', str(cell)) if cell is not None else ''
    parts = [part.strip() for part in _SEPARATOR.split(text) if part.strip()]
    if len(parts) > 1 and all(_NAME.fullmatch(_bare_name(part)) for part in parts):
        return parts
    whole = read.cell_text(cell)
    return [whole] if whole else []


def _bare_name(part):
    return _NUMBER.sub('', _BRACKETS.sub('', part)).strip(' :-')


def _read_name(text):
    """Return a person from a name with telephone and post in the same cell: 王五（部长）010-5000."""
    person = dict.fromkeys(('name', *PERSON_FIELDS))
    text = _LABEL.sub(' ', unicodedata.normalize('NFKC', text))
    for address in _EMAIL.findall(text):
        _take(person, 'email', address)
        text = text.replace(address, ' ')
    for number in _NUMBER.findall(text):
        if len(re.sub(r'\D', '', number)) >= 7:
            _take(person, 'phone', number)
            text = text.replace(number, ' ')
    if (post := _BRACKETS.search(text)) and not re.search(r'\d', post[1]):
        person['function'] = None if _NO_POST.fullmatch(post[1].strip()) else post[1].strip() or None
    is_read = any(person[name] for name in ('phone', 'mobile', 'email')) or post
    person['name'] = clean_unit_name(re.sub(r'[,;]+', ' ', _BRACKETS.sub(' ', text)).strip(' :,;/|、-') if is_read else text)
    return person


def _share_out(cell, count):
    """Return the part of a cell for each of several persons: line by line where there are as many, else all to the first."""
    if count == 1 or cell is None:
        return [cell, *[None] * (count - 1)]
    parts = [part.strip() for part in re.split(r'[\n\r]+|[、;；/／]', str(cell)) if part.strip()]
    return parts if len(parts) == count else [clean_text(cell), *[None] * (count - 1)]


def _take(person, field, part):
    if field == 'function':
        person['function'] = read.cell_text(part) or person['function']
    elif field == 'email':
        person['email'] = read.parse_email(part) or person['email']
    else:
        landline, mobile = read.parse_phone(part) or (None, None)
        person['phone'] = person['phone'] or landline
        # the column for mobiles comes second and counts
        person['mobile'] = mobile if mobile and (field == 'mobile' or not person['mobile']) else person['mobile']
