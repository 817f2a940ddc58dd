"""What an answer may not be."""
import re

from lxml import html

from .generator import SCRIPT

OUR_PATHS = re.compile(r'^/+(zh_CN/+|en/+)?(my/+(membership|referrals|address/archive)|cfia)(/|$|\?|%|;|#)')
#: Answers of JSON-RPC that refuse; anything else is a fault of the code.
REFUSALS = re.compile(r'^(odoo\.exceptions\.|odoo\.http\.SessionExpired|werkzeug\.exceptions\.(?!InternalServerError))')


def judge(plan, identity, path, answer):
    """Return complaints about an answer.

    :param dict plan: what :func:`plant` returns
    :param str identity: who asked
    :param answer: response of ``requests``
    :rtype: list[str]
    """
    complaints = []
    ours = bool(OUR_PATHS.match(path))
    if ours and answer.status_code >= 500:
        complaints.append(f'status {answer.status_code}')
    if ours and answer.headers.get('Content-Type', '').startswith('application/json'):
        error = _read_error(answer)
        if error and not REFUSALS.match(error):
            complaints.append(f'error {error}')
    text = answer.text
    for owner, marks in plan['marks'].items():
        # the staff of the association knows its members; a personal link is the right to see its member
        if owner == identity or identity == 'staff' or any(path.startswith(link) for link in plan['links'][owner]):
            continue
        complaints += [f"shows {mark} of member {owner}" for mark in marks if mark in text]
    complaints += [f'runs {what}' for what in find_scripts(answer)]
    return complaints


def find_scripts(answer):
    """Return what would run of the scripts that requests carried."""
    kind = answer.headers.get('Content-Type', '')
    if SCRIPT not in answer.text or not any(name in kind for name in ('html', 'svg', 'xml')):
        return []
    return find_in_html(answer.content)


def find_in_html(content):
    """Return what would run of the scripts that requests carried.

    :param bytes content: a page or the source of a paper
    """
    if SCRIPT.encode() not in content:
        return []
    found = []
    for element in html.fromstring(content).iter():
        if not isinstance(element.tag, str):
            continue
        if element.tag == 'script' and (element.text or '').strip().startswith(SCRIPT):
            found.append('script')
        for name, value in element.attrib.items():
            if SCRIPT in value and (name.startswith('on') or value.strip().lower().startswith('javascript:') and name in ('href', 'src', 'action')):
                found.append(f'{element.tag} {name}')
    return found


def read_forms(answer):
    """Return the fields of the forms of a page that are sent to it: path → {name: value}."""
    if 'html' not in answer.headers.get('Content-Type', '') or not answer.content:
        return {}
    found = {}
    for form in html.fromstring(answer.content).forms:
        if form.method == 'POST':
            found[form.action or ''] = {name: value if isinstance(value, str) else '' for name, value in form.fields.items() if name}
    return found


def _read_error(answer):
    try:
        error = answer.json().get('error')
    except (ValueError, AttributeError):
        return None
    return error and error.get('data', {}).get('name', 'without name')
