"""Requests of somebody who means no good, from a seed."""
import json
import random
import re
from urllib.parse import quote

SCRIPT = 'window.cfiaStored=1'
#: What stands in every field: scripts, templates, SQL, formulas, paths, numbers and days that are none.
TEXTS = (
    f'<script>{SCRIPT}</script>', f'"><img src=x onerror="{SCRIPT}">', f"'><svg/onload={SCRIPT}>",
    f'javascript:{SCRIPT}', f'</textarea><script>{SCRIPT}</script>', '{{7*7}}', '${7*7}', '<t t-out="7*7"/>',
    '%s%n%(x)s', '%(', '{', '{0.__class__}', "' OR 1=1 --", "'; DROP TABLE res_partner; --", "=cmd|' /C calc'!A0",
    '../../../../etc/passwd', '\x00', 'a\x00b', '\ud83d', '\u202e演示', '𠮷' * 500, 'x' * 70_000, '\r\nSet-Cookie: a=b',
    '', ' ', '0', '-1', '1', '2147483648', '9' * 30, '1e309', 'nan', '-inf', '²', '１２', '1.5', '0x10', 'true', 'null', '[]',
    '{}', '[1,2]', '2026-02-30', '9999-12-31', '0001-01-01', '10000-01-01', '2026-13-01T00:00', '演示' * 200,
)
JUNK_IDS = (
    '0', '-1', '1', '2', '3', '999999', '2147483647', '2147483648', '9223372036854775807', '9223372036854775808',
    '9' * 40, '00001', '1e3', '²', '１２', '1.0', '+1', 'x', '%00', '1%00', '..%2f..%2fetc%2fpasswd', '..', '.',
    '1;2', "1'", '1,2', '%F0%9F%98%80', '%ff', '<script>',
)
JUNK_TOKENS = (
    'x', '0' * 32, 'a' * 5000, '%00', 'o0o0', '..%2f', '%ff%fe', '==', '.', '..', 'eyJhbGciOiJub25lIn0.e30.', '%0d%0aX:1', '²',
)
METHODS = ('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'X' * 50)
CALLS = (
    'read', 'search_read', 'web_search_read', 'formatted_read_group', 'web_read_group', 'export_data', 'write', 'create',
    'unlink', 'copy', 'name_search', 'search_count', 'fields_get', 'message_post', 'get_views', '_get_link', 'action_approve',
    'action_release', 'web_save', 'onchange', 'load', 'default_get', 'check_access_rights', 'get_metadata',
)
FILES = (
    ('a.pdf', b'%PDF-1.4 demo', 'application/pdf'), ('a.html', f'<script>{SCRIPT}</script>'.encode(), 'application/pdf'),
    ('../../a.png', b'\x89PNG\r\n\x1a\n', 'image/png'), (f'"><img src=x onerror="{SCRIPT}">.pdf', b'%PDF-1.4 x', 'application/pdf'),
    ('a.svg', f'<svg onload="{SCRIPT}"/>'.encode(), 'image/svg+xml'), ('x' * 300 + '.pdf', b'%PDF-1.4', 'application/pdf'),
    ('a\x00.pdf', b'%PDF-1.4', 'application/pdf'), ('', b'', 'application/octet-stream'),
)


class Generator:
    """Makes requests.

    :param dict plan: what :func:`plant` returns
    :param int seed: the same seed makes the same requests
    """

    def __init__(self, plan, seed):
        self.plan = plan
        self.random = random.Random(seed)
        self.forms = {}

    def learn(self, identity, path, fields):
        """Note a form that was seen: names of its fields, to be filled in with nonsense.

        :param dict fields: name → value as shown, the token of the form among them
        """
        if fields:
            self.forms.setdefault(identity, {})[path] = fields

    def next(self):
        """Return (who asks, method, path, keyword arguments of ``requests``)."""
        rand = self.random
        identity = rand.choice(('public', 'one', 'one', 'two', 'two', 'staff'))
        kind = rand.choices(
            ('form', 'route', 'link', 'core', 'call', 'path'), (30, 35, 10, 10, 10, 5))[0]
        method, path, kwargs = getattr(self, f'_make_{kind}')(identity)
        headers = {'X-Forwarded-For': '.'.join(str(rand.randrange(1, 255)) for _part in range(4)), **kwargs.pop('headers', {})}
        if rand.random() < 0.05:
            headers[rand.choice(('Referer', 'Accept-Language', 'Cookie', 'If-None-Match', 'Range', 'X-Odoo-Database'))] = (
                rand.choice(('x', '"><script>', 'bytes=-1', 'zh_CN', 'session_id=x', '../..')))
        return identity, method, path, {**kwargs, 'headers': headers}

    # === KINDS === #

    def _make_form(self, identity):
        """Fill in a form that was seen, with its token, so that it is taken."""
        rand = self.random
        forms = self.forms.get(identity)
        if not forms:
            return self._make_route(identity)
        path, fields = rand.choice(sorted(forms.items()))
        data = {}
        for name, value in fields.items():
            if name == 'csrf_token' or rand.random() < 0.4:
                data[name] = value
            elif rand.random() < 0.9:
                data[name] = rand.choice(TEXTS)
        if rand.random() < 0.2:
            data[rand.choice(('partner_id', 'state', 'id', 'source', 'context', 'ids', 'x' * 300, 'self', 'again', 'line'))] = (
                rand.choice(TEXTS))
        kwargs = {'data': self._encode(data)}
        if rand.random() < 0.3:
            name = rand.choice(('evidence', 'files', 'x'))
            kwargs['files'] = [(name, rand.choice(FILES)) for _index in range(rand.randrange(1, 8))]
            kwargs['data'] = list(data.items())
            kwargs['data'] = [(name, text.encode('utf-8', 'surrogatepass')) for name, text in kwargs['data']]
        return 'POST', path, kwargs

    def _make_route(self, identity):
        """Ask one of our routes, with ids and tokens of the other member or none at all."""
        rand = self.random
        rule, method, kind = rand.choice(self.plan['routes'])
        path = re.sub(r'<[^>]+>+', self._fill, rule.replace('<model("res.partner"):partner>', '<int:partner>'))
        if rand.random() < 0.15:
            method = rand.choice(METHODS)
        if kind == 'jsonrpc':
            return method, path, self._json({
                'jsonrpc': '2.0', 'method': 'call', 'id': 1,
                'params': {rand.choice(('partner_id', 'x', 'context')): self._json_value()}})
        return method, path + self._query(), self._body(method)

    def _make_link(self, identity):
        """Ask a personal link: a right one, or one with a letter changed."""
        rand = self.random
        path = rand.choice(self.plan['links'][rand.choice(('one', 'two'))])
        if rand.random() < 0.7:
            position = rand.randrange(len('/cfia/r/'), len(path))
            path = path[:position] + rand.choice('abcXYZ019_-.') + path[position + 1:]
        method = rand.choice(('GET', 'GET', 'POST', 'HEAD'))
        return method, path + self._query(), self._body(method)

    def _make_core(self, identity):
        """Ask Odoo's own routes for the other member's records and files."""
        rand = self.random
        record, attachment = rand.choice(self.plan['ids']), rand.choice(self.plan['attachments'])
        partner, model = rand.choice(self.plan['partners']), rand.choice(self.plan['models'])
        path = rand.choice((
            f'/web/content/{attachment}', f'/web/image/{attachment}', f'/web/content/{attachment}?download=1&access_token=x',
            f'/web/content/{model}/{record}/file', f'/web/image/{model}/{record}/image', f'/web/image/res.partner/{partner}/image_128',
            f'/web/image/res.partner/{partner}/email', f'/web/content/res.partner/{partner}/comment',
            f'/my/invoices/{record}', f'/my/invoices/{record}?access_token={rand.choice(JUNK_TOKENS)}&report_type=pdf',
            f'/mail/view?model={model}&res_id={record}', f'/mail/avatar/mail.message/{record}/author_avatar/50x50',
            f'/odoo/{model}/{record}', f'/web/partner/vcard?partner_ids={partner}', f'/web/partner/{partner}/vcard',
            f'/report/html/{rand.choice(self.plan["reports"])}/{record}', f'/report/xlsx/{rand.choice(self.plan["reports"])}/{record}',
            f'/my/account?partner_id={partner}', f'/my/address?partner_id={partner}', '/my/addresses', '/my/home', '/my/counters',
        ))
        return 'GET', path, {}

    def _make_call(self, identity):
        """Call a method of a model over JSON-RPC or with a key that is none."""
        rand = self.random
        model = rand.choice((*self.plan['models'], 'res.partner', 'ir.attachment', 'mail.message', 'account.move', 'res.users'))
        method = rand.choice(CALLS)
        records = rand.sample(self.plan['ids'] + self.plan['partners'] + self.plan['attachments'], 5)
        args = {
            'read': [records], 'search_read': [[]], 'web_search_read': [[], {'display_name': {}}],
            'formatted_read_group': [[], ['create_uid'], ['__count']], 'web_read_group': [[], ['create_uid'], ['__count']],
            'export_data': [records, ['display_name', 'email', 'partner_id/phone']], 'write': [records, {'name': 'x', 'state': 'x'}],
            'create': [[{'name': 'x', 'partner_id': rand.choice(self.plan['partners'])}]], 'web_save': [records[:1], {'name': 'x'}, {}],
            'name_search': ['MARK'], 'search_count': [[('create_uid', '!=', 0)]], 'load': [['name'], [['x']]],
            'message_post': [records[:1]],
        }.get(method, [records])
        if rand.random() < 0.3:
            return 'POST', f'/json/2/{model}/{method}', {
                **self._json({'ids': records}), 'headers': {'Authorization': f'Bearer {rand.choice(JUNK_TOKENS)}', 'Content-Type': 'application/json'}}
        if rand.random() < 0.15:
            route = rand.choice(('/mail/thread/messages', '/mail/thread/data', '/mail/message/post', '/mail/data'))
            return 'POST', route, self._json({'jsonrpc': '2.0', 'method': 'call', 'id': 1, 'params': {
                'thread_model': model, 'thread_id': records[0], 'fetch_params': {'limit': 30}, 'post_data': {'body': 'x'},
                'request_list': ['messages', 'attachments', 'followers']}})
        return 'POST', f'/web/dataset/call_kw/{model}/{method}', self._json({
            'jsonrpc': '2.0', 'method': 'call', 'id': 1,
            'params': {'model': model, 'method': method, 'args': args, 'kwargs': {'context': {'cfia_guard': True}}}})

    def _make_path(self, identity):
        """Play tricks with the path of one of our routes."""
        rand = self.random
        path = re.sub(r'<[^>]+>+', self._fill, rand.choice(self.plan['routes'])[0].replace('<model("res.partner"):partner>', '<int:partner>'))
        trick = rand.choice((
            lambda text: text.replace('/', '//'), lambda text: text + '/', lambda text: text + '/..;/', lambda text: '/x/..' + text,
            lambda text: text.upper(), lambda text: text + '%2f..%2f..%2fetc%2fpasswd', lambda text: text + '?' + 'a=1&' * 2000,
            lambda text: text + '%00.html', lambda text: '/zh_CN' + text, lambda text: '/en' + text, lambda text: text + '#x',
            lambda text: text.replace('/my', '/my%2f', 1), lambda text: text + ';x=1', lambda text: text + '\\..\\x', lambda text: text + '/' + 'x/' * 200,
        ))
        return rand.choice(('GET', 'POST')), trick(path), {}

    # === PIECES === #

    def _fill(self, match):
        rand = self.random
        place = match[0]
        if 'int:' in place:
            own = (*self.plan['ids'], *self.plan['partners'], *self.plan['attachments'])
            return str(rand.choice(own)) if rand.random() < 0.6 else rand.choice(JUNK_IDS)
        if 'converter' in place:
            return rand.choices(('html', 'text', 'pdf', 'xlsx', 'x'), (50, 20, 2, 15, 13))[0]
        if 'reportname' in place:
            return rand.choice((*self.plan['reports'], 'x', 'web.layout'))
        if 'docids' in place:
            return ','.join(str(rand.choice(self.plan['ids'])) for _index in range(rand.randrange(1, 4)))
        return rand.choice(self.plan['tokens']) if rand.random() < 0.4 and self.plan['tokens'] else rand.choice(JUNK_TOKENS)

    def _query(self):
        rand = self.random
        if rand.random() < 0.7:
            return ''
        name = rand.choice(('page', 'again', 'access_token', 'download', 'partner_id', 'line', 'debug', 'lang', 'reported', 'error', 'self', 'filed'))
        return f"?{name}={quote(rand.choice(TEXTS)[:2000].encode('utf-8', 'surrogatepass'))}"

    def _body(self, method):
        rand = self.random
        if method in ('GET', 'HEAD', 'OPTIONS'):
            return {}
        kind = rand.choices(('form', 'none', 'json', 'xml', 'bytes', 'huge', 'broken'), (40, 20, 10, 5, 10, 1, 14))[0]
        return {
            'form': lambda: {'data': self._encode({rand.choice(('csrf_token', 'name', 'reason', 'kind')): rand.choice(TEXTS) for _index in range(4)})},
            'none': dict,
            'json': lambda: self._json(self._json_value()),
            'xml': lambda: {'data': b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 'headers': {'Content-Type': 'text/xml'}},
            'bytes': lambda: {'data': rand.randbytes(500), 'headers': {'Content-Type': 'application/x-www-form-urlencoded'}},
            'huge': lambda: {'data': b'name=' + b'x' * 12_000_000, 'headers': {'Content-Type': 'application/x-www-form-urlencoded'}},
            'broken': lambda: {'data': b'--x\r\nContent-Disposition: form-data; name="a', 'headers': {'Content-Type': 'multipart/form-data; boundary=x'}},
        }[kind]()

    def _json(self, value):
        return {'data': json.dumps(value).encode(), 'headers': {'Content-Type': 'application/json'}}

    def _json_value(self):
        rand = self.random
        return rand.choice((None, True, 0, -1, 2**31, 2**70, 1.5, '', [], {}, [[]], {'a': [1]}, rand.choice(self.plan['partners']), *TEXTS[:6]))

    def _encode(self, data):
        pairs = (
            '='.join(quote(text.encode('utf-8', 'surrogatepass'), safe='') for text in pair) for pair in data.items())
        return '&'.join(pairs).encode()
