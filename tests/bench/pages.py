"""Screens and pages, as the web client and a browser ask for them: in the suite and in Odoo without it."""
import ast
import json
import re

from lxml import etree
from werkzeug.test import Client

from odoo.http import root

LIMIT = 80


def read_views(env, model, kinds=('list', 'search'), context=None):
    """Return the architecture of a model's views and the fields of each, as a client has them after the first visit.

    :return: kind → (specification of the fields to read, architecture)
    """
    views = env[model].with_context(**(context or {})).get_views([(False, kind) for kind in kinds])
    found = {}
    for kind in kinds:
        arch = etree.fromstring(views['views'][kind]['arch'])
        names = {node.get('name') for node in arch.iter('field') if not has_parent_field(node)}
        found[kind] = ({name: specification(env[model]._fields[name]) for name in names if name in env[model]._fields}, arch)
    return found


def has_parent_field(node):
    return any(parent.tag in ('field', 'groupby') for parent in node.iterancestors())


def specification(field):
    return {'fields': {'display_name': {}}} if field.type in ('many2one', 'many2many') else {}


def open_list(env, model, spec, domain=(), order=None):
    """Read a list's first page and its number of records, as the client does."""
    return env[model].web_search_read(list(domain), spec, limit=LIMIT, count_limit=10001, order=order)


def open_kanban(env, model, spec, groupby):
    """Read a kanban's columns with their cards."""
    return env[model].web_read_group([], [groupby], auto_unfold=True, unfold_read_specification=spec, unfold_read_default_limit=20)


def open_form(env, model, spec, record):
    """Read one record for its form."""
    return env[model].browse(record).web_read(spec)


def searches(env, model, arch):
    """Yield the filters and the groupings of a search view: (name, domain, groupby or None).

    Filters by date have a domain of their own in the client and are not here.
    """
    for node in arch.iter('filter'):
        context = node.get('context') or '{}'
        if groupby := re.search(r"""['"]group_by['"]\s*:\s*['"]([\w:]+)['"]""", context):
            kind = env[model]._fields[groupby[1].partition(':')[0]].type
            if kind != 'properties':
                yield node.get('name'), [], groupby[1] + (':month' if kind in ('date', 'datetime') and ':' not in groupby[1] else '')
        elif node.get('domain'):
            try:
                yield node.get('name'), ast.literal_eval(node.get('domain')), None
            except (ValueError, SyntaxError):
                continue  # what depends on the user or the time is asked by the client


class Screens:
    """The lists, the form and the board of a model, as the client has them after the first visit."""

    def __init__(self, env, model, record=None, groupby=None):
        kinds = ('list', 'search', *(('form',) if record else ()), *(('kanban',) if groupby else ()))
        self.env, self.model, self.record, self.groupby = env, model, record, groupby
        self.views = read_views(env, model, kinds)
        self.order = self.views['list'][1].get('default_order')
        self.steps = list(searches(env, model, self.views['search'][1]))

    def list(self):
        """Open the list."""
        open_list(self.env, self.model, self.views['list'][0], order=self.order)

    def form(self):
        """Open the form of one record."""
        open_form(self.env, self.model, self.views['form'][0], self.record)

    def kanban(self):
        """Open the board."""
        open_kanban(self.env, self.model, self.views['kanban'][0], self.groupby)

    def search(self):
        """Choose each filter and each grouping, one after the other."""
        for _filter, domain, groupby in self.steps:
            if groupby:
                self.env[self.model].web_read_group([], [groupby], ['__count'], limit=80)
            else:
                open_list(self.env, self.model, self.views['list'][0], domain, self.order)


class Visitor:
    """A browser without a screen: requests through Odoo's own application, in this process."""

    def __init__(self, env, login):
        self.client = Client(root)
        self.environ = {'REMOTE_ADDR': '127.0.0.1'}
        self.db = env.cr.dbname
        page = self.get(f'/web/login?db={self.db}')
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        answer = self.client.post('/web/login', environ_overrides=self.environ, data={'login': login, 'password': login, 'csrf_token': token})
        assert answer.status_code == 303, answer.status_code

    def get(self, path):
        """Return the text of a page; redirects are followed."""
        answer = self.client.get(path, follow_redirects=True, environ_overrides=self.environ)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:2000])
        return answer.text

    def call(self, path, **params):
        """Return the result of a request of the web client."""
        answer = self.client.post(path, data=json.dumps({'jsonrpc': '2.0', 'method': 'call', 'params': params}),
                                  content_type='application/json', environ_overrides=self.environ)
        result = json.loads(answer.text)
        assert 'error' not in result, result['error']['data']
        return result['result']

    def call_method(self, model, name, *args, **kwargs):
        """Return what a model's method answers the web client."""
        return self.call('/web/dataset/call_kw', model=model, method=name, args=list(args), kwargs=kwargs)


def make_user(env, login, groups, partner=None):
    """Return a user whose password is the login."""
    return env['res.users'].with_context(no_reset_password=True).create({
        'login': login, 'password': login, 'lang': 'zh_CN', 'tz': 'Asia/Shanghai',
        'group_ids': [env.ref(group).id for group in groups],
        **({'partner_id': partner.id} if partner else {'name': login}),
    })
