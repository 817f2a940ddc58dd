"""The figures of docs/sizing.md, measured on a stack of their own."""
import functools
import json
import statistics
import threading
import time

import psutil
from proofs import MEMBER, SECRETARY, STAFF
from scale import make_stack
from stack import until
from visitor import Visitor

from launcher import layout
from launcher.console import step
from launcher.odoo_process import run_odoo

MEMBERS = 5_000
CLIENTS = 8
SECONDS = 10
PATIENCE = 180
PRINTED = """
    SELECT count(*) FILTER (WHERE attachment_id IS NOT NULL), count(*) FILTER (WHERE attachment_id IS NULL)
      FROM cfia_document"""
GROW = """
import sys
sys.path[:0] = [{folder!r}]
from association import grow_members
grow_members(env, 1, {members})
env.cr.commit()
"""


def run(place, source):
    """Return name → figure.

    :param str source: database with the suite, without demo data
    """
    file = layout.RUN / 'scale_plan'
    figures = {'members': MEMBERS, 'processors': psutil.cpu_count()}
    with make_stack(place, source, file, unlimited=True) as stack:
        pair, plan = stack.pair, json.loads(file.read_text())
        pair.set(pair.primary, 'log_statement', 'none')
        pair.set(pair.replica, 'log_statement', 'none')
        figures['database, nothing in it, MB'] = before = _size(stack)
        with step(f"{MEMBERS:,} members"):
            run_odoo(place, ['shell', *stack.odoo('--no-http', '--log-level=error')[len(place.odoo):]], 'scale_grow',
                     script=GROW.format(folder=str(layout.TESTS / 'bench'), members=MEMBERS))
            pair.query(pair.primary, stack.name, 'VACUUM ANALYZE', user='postgres')
        figures['database, per 1,000 members, MB'] = round((_size(stack) - before) / MEMBERS * 1000, 1)
        figures.update(_measure_papers(stack, plan))
        figures['one idle worker, MB'] = _memory(stack)[0]
        kinds = {
            'workplace': (STAFF, lambda visitor: visitor.call('cfia.workplace', 'get_workplace')),
            'list of members': (STAFF, lambda visitor: visitor.call(
                'res.partner', 'web_search_read', [('member_state', '=', 'member')],
                {'name': {}, 'member_number': {}, 'email': {}, 'city': {}}, limit=80, count_limit=10001)),
            "member's own page": (MEMBER, lambda visitor: visitor.get('/my/membership').raise_for_status()),
        }
        for servers in (2, 1):
            if servers == 1:
                stack.servers[1].kill()
                # what was on its way to the lost server has failed by now
                time.sleep(3)
            for kind, (login, ask) in kinds.items():
                with step(f"Requests: {kind}, servers: {servers}"):
                    rate, median, most = _load(stack, login, ask)
                name = f"{kind}, {servers} {'servers' if servers > 1 else 'server'}"
                figures.update({f'{name}, requests a second': rate, f'{name}, median ms': median, f'{name}, 95 % within ms': most})
            memory, count = _memory(stack)
            figures[f'one worker after load, {servers} of 2 servers, MB'] = memory
            figures[f'processes, {servers} of 2 servers'] = count
        figures['scheduled work, MB'] = _pss(stack.cron)[0]
        figures['connections to the primary'] = _connections(pair, pair.primary)
        figures['connections to the replica'] = _connections(pair, pair.replica)
    return figures


def _measure_papers(stack, plan):
    """Let letters be printed; return what they take."""
    query = functools.partial(stack.pair.query, stack.pair.primary, stack.name)
    [(before, _waiting)] = query(PRINTED)
    started = time.monotonic()
    Visitor(stack.address, SECRETARY).call('cfia.membership.application', 'action_approve', plan['applications'])
    until(lambda: not query(PRINTED)[0][1], PATIENCE)
    seconds = time.monotonic() - started
    [(after, _waiting)] = query(PRINTED)
    figures = {'letters printed a minute, one process': round((after - before) / seconds * 60)}
    for kind, size in query("""
            SELECT d.kind, avg(a.file_size) FROM cfia_document d JOIN ir_attachment a ON a.id = d.attachment_id
             WHERE a.file_size > 1000 GROUP BY d.kind ORDER BY d.kind"""):
        figures[f'{kind} in the file store, kB'] = round(float(size) / 1000)
    return figures


def _load(stack, login, ask):
    """Let several clients ask for some seconds; return requests a second, median and 95th percentile in ms."""
    visitors = [Visitor(stack.address, login) for _client in range(CLIENTS)]
    for visitor in visitors:
        ask(visitor)
    times, stop = [], time.monotonic() + SECONDS

    def work(visitor):
        while (now := time.monotonic()) < stop:
            ask(visitor)
            times.append(time.monotonic() - now)

    threads = [threading.Thread(target=work, args=(visitor,)) for visitor in visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cuts = statistics.quantiles(times, n=20)
    return round(len(times) / SECONDS, 1), round(statistics.median(times) * 1000), round(cuts[-1] * 1000)


def _size(stack):
    [(size,)] = stack.pair.query(stack.pair.primary, stack.name, "SELECT pg_database_size(current_database())")
    return round(size / 1e6)


def _memory(stack):
    """Return the mean proportional memory of a server's processes in MB, and how many there are."""
    parts = [_pss(server) for server in stack.servers if server.popen.poll() is None]
    return round(sum(memory for memory, _count in parts) / sum(count for _memory, count in parts)), sum(
        count for _memory, count in parts)


def _pss(process):
    tree = psutil.Process(process.popen.pid)
    processes = [tree, *tree.children(recursive=True)]
    return round(sum(one.memory_full_info().pss for one in processes) / 1e6), len(processes)


def _connections(pair, server):
    return pair.query(server, 'postgres', "SELECT count(*) FROM pg_stat_activity WHERE usename = 'odoo'", user='postgres')[0][0]
