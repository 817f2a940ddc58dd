"""What has to hold past one machine, each asked of the running stack."""
import base64
import contextlib
import itertools
import json
import re
import threading
import time
from datetime import date

import requests
from stack import until
from visitor import Visitor
from websocket import WebSocketException

STAFF, SECRETARY, MEMBER = 'cfia_fuzz_staff', 'cfia_fuzz_secretary_general', 'cfia_fuzz_one'
#: Writes that no page asked for: the brake's count, Odoo's list of devices, scheduled work.
NOT_THE_PAGES = re.compile(r'cfia_rate_limit|res_device_log|ir_cron')
#: The schedule that prints letters begins, in Odoo's log.
JOB = re.compile(r"Job '(?:Members: print official documents|会员：生成正式文书)' .* starting")
#: Connections to the replica that the worker processes of both servers keep, at most.
FAILURES = 12
#: The process for scheduled work is ready, in Odoo's log.
ALIVE = 'Worker WorkerCron'
PNG = base64.b64encode(b'\x89PNG\r\n\x1a\n' + b'scale').decode()


class Statements:
    """What primary and replica were asked while a ``with`` block ran, from their logs."""

    def __init__(self, stack):
        self.logs = [server.folder / 'log/postgres.log' for server in (stack.pair.primary, stack.pair.replica)]
        self.starts = self.primary = self.replica = None

    def __enter__(self):
        self.starts = [log.stat().st_size for log in self.logs]
        return self

    def __exit__(self, *_error):
        self.primary, self.replica = (
            log.read_bytes()[start:].decode(errors='replace') for log, start in zip(self.logs, self.starts, strict=True))


class Proofs:
    """The proofs, in the order in which they are asked; the last ones break things.

    :param Stack stack: running
    :param dict plan: what ``members.run`` wrote
    """

    def __init__(self, stack, plan):
        self.stack, self.plan = stack, plan
        self.staff = self.secretary = self.member = None

    def run(self, say=lambda text: None):
        """Ask them all.

        :param say: called with what was shown
        :raise AssertionError: something does not hold
        """
        for proof in (
            self.prove_journeys, self.prove_reads, self.prove_writes, self.prove_own_pages, self.prove_files,
            self.prove_sockets, self.prove_scheduled_work, self.prove_limits, self.prove_server_lost, self.prove_replica_lost,
            self.prove_no_hidden_write,
        ):
            say(proof() or proof.__doc__)

    def prove_journeys(self):
        """Staff reach the workplace, a member his page, an applicant his form, through the proxy."""
        address = self.stack.address
        self.staff, self.secretary, self.member = (
            Visitor(address, login) for login in (STAFF, SECRETARY, MEMBER))
        assert 'odoo.__session_info__' in self.staff.get('/odoo').text
        assert self.staff.call('cfia.workplace', 'get_workplace')
        assert self.staff.call('res.partner', 'web_search_read', [('member_state', '=', 'member')], {'name': {}})['length'] >= 2
        page = self.member.get('/my/membership')
        assert page.status_code == 200 and '演示试探one' in page.text
        public = Visitor(address)
        token = re.search(r'name="form_token" value="([^"]+)"', public.get('/cfia/apply').text)[1]
        time.sleep(3)  # a form that is sent at once was not sent by a person
        begun = public.post('/cfia/apply', {
            'form_token': token, 'unit': "演示扩展有限公司", 'email': 'scale@applicant.example', 'agree': '1'})
        assert begun.status_code == 303, begun.status_code
        # written by one server, read at once by any: the primary waits for the replica
        form = begun.headers['Location'].removeprefix(address)
        assert [public.get(form).status_code for _time in range(6)] == [200] * 6

    def prove_reads(self):
        """Methods that only read are answered by the replica, and the primary is not asked."""
        with Statements(self.stack) as statements:
            self.staff.call('cfia.need', 'web_search_read', [('name', '!=', 'replica')], {'name': {}})
            self.staff.call('cfia.workplace', 'get_workplace')
        assert 'FROM "cfia_need"' in statements.replica
        assert '"cfia_need"' not in statements.primary
        # nothing on the primary but the search for sessions and cron, if any
        assert '"res_partner"' not in statements.primary, statements.primary[:2000]

    def prove_writes(self):
        """What is written goes to the primary, and is read from the replica at once."""
        for number in range(5):
            name = f"演示复制{number}"
            with Statements(self.stack) as statements:
                need = self._ask(self.staff, name)
            assert 'INSERT INTO "cfia_need"' in statements.primary
            assert 'INSERT INTO' not in statements.replica
            with Statements(self.stack) as statements:
                assert self.staff.call('cfia.need', 'read', [need], ['name'])[0]['name'] == name
            assert 'FROM "cfia_need"' in statements.replica
            assert 'FROM "cfia_need"' not in statements.primary

    def prove_own_pages(self):
        """The suite's own pages that only read do so on the replica."""
        public = Visitor(self.stack.address)
        certificate = next(token for token in self.plan['tokens'] if token)
        for visitor, path in (
            (public, '/cfia/apply'), (public, f'/cfia/verify/{certificate}'), (public, self.plan['links']['one'][0]),
            (self.member, '/my/membership'), (self.member, '/my/membership/needs'), (self.member, '/my/referrals'),
            (self.member, '/my/membership/newsletters'), (self.member, '/my/membership/changes'),
            (self.member, '/my/membership/magazine'), (self.member, '/my/membership/dues/relief'),
        ):
            with Statements(self.stack) as statements:
                status = visitor.get(path).status_code
            assert status == 200, (path, status)
            assert 'SELECT' in statements.replica, path
            written = re.findall(r'statement: (?:INSERT|UPDATE|DELETE).*', statements.primary)
            assert not [text for text in written if not NOT_THE_PAGES.search(text)], (path, written)

    def prove_files(self):
        """A file that one server has stored is sent by the other."""
        first, second = (self.staff.at(server.address) for server in self.stack.servers)
        for writer, reader in ((first, second), (second, first)):
            attachment = writer.call('ir.attachment', 'create', {'name': 'scale.png', 'datas': PNG})
            answer = reader.get(f'/web/content/{attachment}')
            assert answer.status_code == 200 and answer.content == base64.b64decode(PNG)

    def prove_sockets(self):
        """Web sockets reach the servers' second port; what happens on either server is told there."""
        socket = self.staff.listen()
        time.sleep(1)  # subscribed
        need = self._ask(self.staff, "演示提醒")
        heard = set()
        for server in self.stack.servers:
            self.staff.at(server.address).call('mail.activity', 'create', {
                'res_model_id': self.plan['need_model'], 'res_id': need, 'user_id': self.plan['staff'], 'summary': "演示",
                'date_deadline': date.today().isoformat()})
            assert self._hear(socket, 'mail.activity/updated', heard)
        socket.close()
        ports = until(lambda: re.findall(r'^GET /websocket .* \| 101 \| \S+:(\d+)$', self._proxy_log(), re.MULTILINE))
        assert set(map(int, ports)) <= {server.socket_port for server in self.stack.servers}, ports
        assert ports

    def prove_scheduled_work(self):
        """Scheduled work is killed while it prints letters: started again, it prints each of them, once."""
        *first, last = self.plan['applications']
        self._approve(first)
        assert until(lambda: JOB.search(self.stack.cron.log.read_text()))
        self.stack.cron.kill()
        assert self._papers()[0], "all was printed before the kill"
        begun = self.stack.cron.log.read_text().count(ALIVE)
        self.stack.cron.start()
        assert until(lambda: self.stack.cron.log.read_text().count(ALIVE) > begun)
        # it looks for work once a minute, and at once when there is more
        self._approve([last])
        assert until(lambda: not self._papers()[0], 90), self._papers()
        done = self._papers()[1]
        assert done >= 2 * len(self.plan['applications'])
        rows = self._query("""
            SELECT count(*), count(DISTINCT (partner_id, kind)) FROM cfia_document WHERE kind IN ('certificate', 'entry_notice')""")
        assert rows[0][0] == rows[0][1], rows
        [(attachment,)] = self._query("SELECT attachment_id FROM cfia_document WHERE attachment_id IS NOT NULL ORDER BY id DESC LIMIT 1")
        for server in self.stack.servers:
            assert self.secretary.at(server.address).get(f'/web/content/{attachment}').content.startswith(b'%PDF')

    def prove_limits(self):
        """The proxy's limit of log-ins counts over all servers, and its closed doors are closed."""
        if not self.stack.unlimited:
            public = Visitor(self.stack.address)
            statuses = [public.get('/web/login').status_code for _time in range(25)]
            assert 429 in statuses and statuses.index(429) <= 12, statuses
            assert public.get('/web/session/authenticate').status_code == 429, "a log-in by another door counts with them"
        for path in ('/web/database/manager', '/xmlrpc/2/common', '/jsonrpc'):
            assert requests.get(self.stack.address + path, timeout=30).status_code == 404
        answer = requests.get(self.stack.address + '/cfia/apply', timeout=30)
        assert answer.headers['X-Content-Type-Options'] == 'nosniff'
        assert answer.headers['X-Frame-Options'] == 'SAMEORIGIN'

    def prove_server_lost(self):
        """A server is killed while others read and write: what was acknowledged is there once, and the proxy goes on."""
        first = self.stack.servers[0]
        socket = self.staff.listen()
        acknowledged, failed, seen = [], [], []
        stop = threading.Event()
        threads = [
            threading.Thread(target=self._write_until, args=(stop, letter, acknowledged, failed)) for letter in 'AB'
        ] + [threading.Thread(target=self._read_until, args=(stop, seen))]
        for thread in threads:
            thread.start()
        time.sleep(3)
        first.kill()
        before = len(acknowledged)
        time.sleep(5)
        stop.set()
        for thread in threads:
            thread.join()
        assert len(acknowledged) > before, "nobody writes any more"
        assert seen and set(seen) == {200}, seen
        rows = dict(self._query("SELECT name, count(*) FROM cfia_need WHERE name LIKE '演示故障%' GROUP BY name"))
        assert set(rows.values()) == {1}
        assert set(acknowledged) <= set(rows), set(acknowledged) - set(rows)
        assert not set(rows) - set(acknowledged) - set(failed)
        # whoever listened on the lost server connects again, through the proxy, to the other
        with contextlib.suppress(WebSocketException, OSError):
            socket.close()
        self.staff.listen().close()
        first.start()
        self.stack.wait(first)
        return (f"{self.prove_server_lost.__doc__[:-1]}: {len(acknowledged)} of {len(acknowledged) + len(failed)} "
                f"writes acknowledged, {len(seen)} of {len(seen)} reads answered.")

    def prove_replica_lost(self):
        """Without the replica the primary answers reads, and writes wait until they no longer have to."""
        pair = self.stack.pair
        pair.replica.crash()
        failed = []
        assert self._try(lambda: self.staff.call('cfia.need', 'search_count', []), failed)
        late = []
        other = self.staff.at(self.stack.address)
        writer = threading.Thread(target=lambda: late.append(self._try(lambda: self._ask(other, "演示等待"), failed)))
        writer.start()
        writer.join(5)
        assert not late, "a write did not wait for the replica"
        pair.set(pair.primary, 'synchronous_standby_names', '')
        writer.join(30)
        assert late
        assert self._try(lambda: self.staff.call('cfia.need', 'read', late, ['name']), failed)[0]['name'] == "演示等待"
        assert self._try(lambda: not self.member.get('/my/membership').raise_for_status(), failed)
        # Odoo notices a lost connection by the request that gets it, one for each that a process keeps
        assert len(failed) <= FAILURES, failed
        return f"{self.prove_replica_lost.__doc__[:-1]}: {len(failed)} requests failed before."

    def prove_no_hidden_write(self):
        """No request for the replica had to be asked again because it wrote."""
        for server in self.stack.servers:
            assert 'retrying with a read/write cursor' not in server.log.read_text(errors='replace')

    # ------------------------------------------------------------

    def _query(self, statement):
        return self.stack.pair.query(self.stack.pair.primary, self.stack.name, statement)

    def _papers(self):
        """Return how many letters wait for their PDF and how many have it."""
        return self._query("""
            SELECT count(*) FILTER (WHERE attachment_id IS NULL), count(*) FILTER (WHERE attachment_id IS NOT NULL)
              FROM cfia_document WHERE kind IN ('certificate', 'entry_notice')""")[0]

    def _approve(self, applications):
        self.secretary.call('cfia.membership.application', 'action_approve', applications)

    def _ask(self, visitor, name):
        """Return the id of a new question."""
        return visitor.call('cfia.need', 'create', {
            'name': name, 'description': name, 'source': 'phone', 'kind_id': self.plan['need_kind'],
            'partner_id': self.plan['partners'][-1], 'contact_name': "演示"})

    @staticmethod
    def _hear(socket, kind, heard):
        """Wait for a new message of a kind; add its number to those heard."""
        while True:
            for message in json.loads(socket.recv()):
                if message['message']['type'] == kind and message['id'] not in heard:
                    heard.add(message['id'])
                    return True

    @staticmethod
    def _try(ask, failed):
        """Return the answer to a request that is asked again while the server fails."""
        while len(failed) <= FAILURES:
            try:
                return ask()
            except requests.HTTPError as error:
                failed.append(str(error))
        raise AssertionError(failed)

    def _proxy_log(self):
        return (self.stack.folder / 'access.log').read_text()

    def _write_until(self, stop, letter, acknowledged, failed):
        """Ask questions, one after the other, each once: an answer that fails is not asked again."""
        visitor = self.staff.at(self.stack.address)
        for number in itertools.count():
            if stop.is_set():
                return
            name = f"演示故障{letter}{number}"
            try:
                self._ask(visitor, name)
            except (requests.RequestException, ValueError):
                failed.append(name)
            else:
                acknowledged.append(name)

    def _read_until(self, stop, seen):
        visitor = Visitor(self.stack.address, session=self.member.session)
        while not stop.is_set():
            seen.append(visitor.get('/my/membership').status_code)
