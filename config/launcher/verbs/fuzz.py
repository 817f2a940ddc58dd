"""Example: ./cfia fuzz --requests 10000 --seed 1

Serves a copy of the suite with two members and asks every route of the suite, and Odoo's
routes to their records, as the public, as either member's contact and as staff: with ids and tokens of
the other member, forms full of scripts, odd methods, bodies and paths. Fails on a status of 500 from the
suite's routes, on data of the other member in an answer, on a script that would run in a page or a paper,
and on users, members or numbers that changed.

With --inside 100000 somebody inside calls every public method instead, as each role, with forged ids, contexts and
values: fails on a guarded column that changed and on words of records that the role does not read.
"""
import itertools
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from launcher import layout, served, settings, templates, workplace
from launcher.console import LauncherError, say, step
from launcher.lock import locked
from launcher.odoo_process import run_odoo

PLANT = """
import json
from odoo.addons.test_cfia_suite.fuzz.plant import admit, plant
plan = plant(env, lambda name: admit(env, name))
env.cr.commit()
with open({file!r}, 'w') as file:
    json.dump(plan, file)
"""
LOOK = """
import json
from odoo.addons.test_cfia_suite.fuzz.plant import count, find_stored_scripts
with open({file!r}, 'w') as file:
    json.dump({{'counts': count(env), 'scripts': find_stored_scripts(env)}}, file)
"""
INSIDE = """
import json
from odoo.addons.test_cfia_suite.fuzz.inside import Inside, plant_inside
from odoo.addons.test_cfia_suite.fuzz.plant import get_maker
maker = get_maker(env)
users, secrets = plant_inside(env, lambda name, state: maker.make_application(name, state=state))
report = Inside(env, {seed}, users, secrets).run({count})
with open({file!r}, 'w') as file:
    json.dump(report, file)
env.cr.rollback()
"""
START_SECONDS = 180
SHOWN = 30


def add_arguments(parser):
    """Add how many requests and which."""
    parser.add_argument('--requests', type=int, default=10_000, help="how many (default: %(default)s)")
    parser.add_argument('--inside', type=int, metavar='CALLS', help="call public methods as each role instead")
    parser.add_argument('--seed', type=int, default=1, help="the same seed makes the same requests (default: %(default)s)")
    parser.add_argument('--clients', type=int, default=4, help="clients at a time (default: %(default)s)")
    parser.add_argument('--json', type=Path, metavar='FILE', help="write the report as JSON")
    parser.add_argument('--db', default=f'{templates.PREFIX}fuzz', help="database, made anew and dropped (default: %(default)s)")
    parser.add_argument('--port', type=int, help="HTTP port (default: a free one)")


def run(arguments):
    """Run it; return whether something was found."""
    place = workplace.ensure('run')
    with locked(layout.STATE / f'{arguments.db}.lock'):
        place.databases.clone(templates.ensure_suite(place), arguments.db)
        try:
            report = _run_inside(place, arguments) if arguments.inside else _run(place, arguments)
        finally:
            place.databases.drop(arguments.db)
    _print(report)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, ensure_ascii=False, indent=2) + '\n')
    return bool(report['complaints'])


def _run(place, arguments):
    file = layout.RUN / 'fuzz_plan'
    with step("Members: two with everything a member can have"):
        plan = _ask_shell(place, arguments.db, PLANT, file)
    port = arguments.port or served.free_port()
    log = layout.LOGS / f'{arguments.db}.log'
    with log.open('w') as out, subprocess.Popen(
        [*place.odoo, '-d', arguments.db, f'--db-filter=^{arguments.db}$', f'--http-port={port}', '--proxy-mode',
         f'--gevent-port={served.free_port()}', '--workers=0', '--max-cron-threads=0', '--log-level=error'],
        env=settings.odoo_environ(), stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True,
    ) as server:
        try:
            _wait(server, port)
            report = _send_all(plan, arguments, f'http://127.0.0.1:{port}')
        finally:
            server.terminate()
    with step("Papers and records: looked at"):
        after = _ask_shell(place, arguments.db, LOOK, file)
    report['complaints'] += [f'stored: {text}' for text in after['scripts']]
    report['complaints'] += [
        f'changed: {before[:500]} → {now[:500]}'
        for before, now in zip(plan['counts'], after['counts'], strict=True) if before != now]
    return report


def _run_inside(place, arguments):
    started = time.monotonic()
    with step(f"Calls of public methods: {arguments.inside:,}"):
        report = _ask_shell(
            place, arguments.db, INSIDE, layout.RUN / 'fuzz_inside', seed=arguments.seed, count=arguments.inside)
    return {
        'requests': report['calls'], 'seed': arguments.seed, 'seconds': round(time.monotonic() - started),
        'statuses': report['results'], 'complaints': report['complaints']}


def _ask_shell(place, db, script, file, **values):
    run_odoo(place, ['shell', '-d', db, '--no-http', '--log-level=error'], f'{db}_shell', script=script.format(
        file=str(file), **values))
    result = json.loads(file.read_text())
    file.unlink()
    return result


def _wait(server, port):
    limit = time.monotonic() + START_SECONDS
    with step("Server: start"):
        while server.poll() is None and time.monotonic() < limit:
            try:
                with urllib.request.urlopen(f'http://127.0.0.1:{port}/web/login', timeout=START_SECONDS):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.3)
    raise LauncherError("Odoo does not answer.")


def _send_all(plan, arguments, address):
    """Let several clients send their share, each from a seed of its own."""
    sys.path.insert(0, str(layout.TESTS / layout.TEST_ADDON))
    from fuzz import drive

    sent = itertools.count(1)
    share = -(-arguments.requests // arguments.clients)
    started = time.monotonic()
    with step(f"Requests: {share * arguments.clients:,}") as current, ThreadPoolExecutor(arguments.clients) as pool:
        def work(number):
            sender = _Sender(plan, address, lambda: current.progress(f'{next(sent):,}'))
            return drive.run(plan, arguments.seed * 1000 + number, share, sender)
        reports = list(pool.map(work, range(arguments.clients)))
    seconds = time.monotonic() - started
    statuses = sum((report['statuses'] for report in reports), start=type(reports[0]['statuses'])())
    return {
        'requests': share * arguments.clients,
        'seed': arguments.seed,
        'seconds': round(seconds),
        'statuses': {str(status): count for status, count in sorted(statuses.items(), key=str)},
        'complaints': [complaint for report in reports for complaint in report['complaints']],
    }


class _Sender:
    """Sends as each of the identities, with a session of its own for each."""

    def __init__(self, plan, address, tell):
        import requests

        self.requests, self.address, self.tell = requests, address, tell
        self.sessions = {'public': requests.Session()}
        for identity, login in plan['logins'].items():
            self.sessions[identity] = self._log_in(login)

    def __call__(self, identity, method, path, **kwargs):
        self.tell()
        try:
            return self.sessions[identity].request(
                method, self.address + path, timeout=120, allow_redirects=False, **kwargs)
        except (self.requests.exceptions.RequestException, UnicodeError, ValueError):
            return None

    def _log_in(self, login):
        from lxml import html

        session = self.requests.Session()
        page = html.fromstring(session.get(f'{self.address}/web/login').content)
        token = page.xpath("//input[@name='csrf_token']/@value")[0]
        answer = session.post(f'{self.address}/web/login', data={
            'csrf_token': token, 'login': login, 'password': login}, allow_redirects=False)
        if answer.status_code != 303:
            raise LauncherError(f"{login} cannot log in.")
        return session


def _print(report):
    say(f"\n{report['requests']:,} requests from seed {report['seed']} in {report['seconds']} s")
    for status, count in report['statuses'].items():
        say(f"  {status:>8}  {count:>7,}")
    for complaint in report['complaints'][:SHOWN]:
        say(f"  ✗ {complaint}")
    if len(report['complaints']) > SHOWN:
        say(f"  … and {len(report['complaints']) - SHOWN} more")
    say(f"  {len(report['complaints'])} complaints")
