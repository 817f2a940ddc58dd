"""What the parts of ``./cfia bench all`` are measured with: seconds, queries, peak memory, the floor beside them.

The machine may have other work: ours and the floor run by turns in one loop and the median of each counts, so that
what disturbs the one disturbs the other.
"""
import contextlib
import gc
import re
import statistics
import time
from pathlib import Path
from unittest.mock import patch

from odoo import sql_db
from odoo.sql_db import Cursor

#: So often at least and at most; between, as long as it takes no more seconds than these.
TIMES = (3, 15)
SECONDS = 3.0


def alternate(ours, floor, times=TIMES, seconds=SECONDS):
    """Run two methods by turns.

    :param ours: what is measured: (environment, method without arguments)
    :param floor: what it is compared with, the same
    :param tuple times: how often at least and at most; only what changes nothing may run more than once
    :param float seconds: no further turn after so many
    :return: figures of both: seconds (median), queries, memory_mb
    :rtype: tuple[dict, dict]
    """
    rounds, begin = [], time.perf_counter()
    while len(rounds) < times[0] or len(rounds) < times[1] and time.perf_counter() - begin < seconds:
        sides = (ours, floor) if len(rounds) % 2 == 0 else (floor, ours)
        figures = [measure(*side) for side in sides]
        rounds.append(figures if sides[0] is ours else figures[::-1])
    return tuple(
        {
            'seconds': statistics.median(figures[side]['seconds'] for figures in rounds),
            'queries': statistics.median(figures[side]['queries'] for figures in rounds),
            'memory_mb': max(figures[side]['memory_mb'] for figures in rounds),
        }
        for side in (0, 1))


def compare(ours, floor, **options):
    """Return what :func:`alternate` gives as a row of the table."""
    mine, theirs = alternate(ours, floor, **options)
    return {'ours': mine, 'floor': theirs}


def measure(env, method):
    """Run a method once, nothing read before.

    :param env: its environment
    :return: seconds, queries (of all cursors), memory_mb (the most that the process held) and result
    :rtype: dict
    """
    env.flush_all()
    env.invalidate_all()
    gc.collect()
    reset_peak_memory()
    queries, start = sql_db.sql_counter, time.perf_counter()
    result = method()
    env.flush_all()
    return {
        'seconds': time.perf_counter() - start, 'queries': sql_db.sql_counter - queries,
        'memory_mb': peak_memory_mb(), 'result': result}


def statements_of(env, method):
    """Return a method that runs the SELECT statements of another by themselves: the least that its figures take.

    :param method: what is measured, without arguments; it has run once
    """
    statements = []
    execute = Cursor.execute

    def record(cursor, query, params=None, *args, **kwargs):
        text = getattr(query, 'code', query)
        if re.match(r'\s*(SELECT|WITH)\b', str(text), re.IGNORECASE):
            statements.append((query, params))
        return execute(cursor, query, params, *args, **kwargs)

    env.flush_all()
    env.invalidate_all()
    with patch.object(Cursor, 'execute', record):
        method()
        env.flush_all()

    def run():
        for query, params in statements:
            env.cr.execute(query, params)
            env.cr.fetchall()

    return run


def reset_peak_memory():
    """Let the kernel count this process's peak from here."""
    with contextlib.suppress(OSError):  # the peak of the whole run is shown then
        Path('/proc/self/clear_refs').write_text('5', encoding='ascii')


def peak_memory_mb():
    """Return the most memory that this process held, in megabytes."""
    return int(re.search(r'VmHWM:\s+(\d+)', Path('/proc/self/status').read_text(encoding='ascii'))[1]) // 1024
