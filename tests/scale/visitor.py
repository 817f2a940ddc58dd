"""A browser without a screen: logs in, opens pages, calls methods, listens on the web socket."""
import itertools
import json

import requests
import websocket
from lxml import html

TIMEOUT = 60


class Visitor:
    """One session.

    :param str address: of the proxy or of one server
    :param str login: whose password is the login; none for the public
    :param requests.Session session: of somebody who has logged in elsewhere
    """

    def __init__(self, address, login=None, session=None):
        self.address = address
        self.session = session or requests.Session()
        self.ids = itertools.count(1)
        if login:
            page = self.get('/web/login')
            token = html.fromstring(page.content).xpath("//input[@name='csrf_token']/@value")[0]
            answer = self.post('/web/login', {'csrf_token': token, 'login': login, 'password': login})
            assert answer.status_code == 303, f"{login} cannot log in: {answer.status_code}"

    def at(self, address):
        """Return the same session at another address."""
        return Visitor(address, session=self.session)

    def get(self, path):
        """Return the answer to a page."""
        return self.session.get(self.address + path, timeout=TIMEOUT, allow_redirects=False)

    def post(self, path, data):
        """Return the answer to a form."""
        return self.session.post(self.address + path, data=data, timeout=TIMEOUT, allow_redirects=False)

    def call(self, model, method, *args, **kwargs):
        """Return what a method gives.

        :raise ValueError: the server answers with an error
        """
        answer = self.session.post(f'{self.address}/web/dataset/call_kw/{model}/{method}', timeout=TIMEOUT, json={
            'jsonrpc': '2.0', 'method': 'call', 'id': next(self.ids),
            'params': {'model': model, 'method': method, 'args': args, 'kwargs': kwargs},
        })
        answer.raise_for_status()
        result = answer.json()
        if 'error' in result:
            raise ValueError(json.dumps(result['error'])[:2000])
        return result['result']

    def listen(self):
        """Return an open web socket that is told what concerns the user."""
        cookies = '; '.join(f'{cookie.name}={cookie.value}' for cookie in self.session.cookies)
        socket = websocket.create_connection(
            f"{self.address.replace('http', 'ws', 1)}/websocket", cookie=cookies,
            origin=self.address, timeout=TIMEOUT)
        socket.send(json.dumps({'event_name': 'subscribe', 'data': {'channels': [], 'last': 0}}))
        return socket
