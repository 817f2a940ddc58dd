"""What the parts of ``./cfia bench all`` are measured with: seconds, queries, peak memory, the floor below them."""
import contextlib
import re
import time
from pathlib import Path
from unittest.mock import patch

from odoo.sql_db import Cursor


def measure(env, method, times=3, fresh=True):
    """Run a method some times and return its best.

    :param method: what to measure, without arguments
    :param int times: how often; only reads may run more than once
    :param bool fresh: forget the cache of records before each run, as a new request does
    :return: seconds, queries, memory_mb (the most that the process held) and result
    :rtype: dict
    """
    best = None
    reset_peak_memory()
    for _time in range(times):
        env.flush_all()
        if fresh:
            env.invalidate_all()
        queries, start = env.cr.sql_log_count, time.perf_counter()
        result = method()
        env.flush_all()
        seconds, queries = time.perf_counter() - start, env.cr.sql_log_count - queries
        if best is None or seconds < best['seconds']:
            best = {'seconds': seconds, 'queries': queries, 'result': result}
    return {**best, 'memory_mb': peak_memory_mb()}


def measure_statements(env, method, times=3):
    """Run a method's own SELECT statements by themselves: the least that its figures take.

    :param method: what is measured elsewhere, without arguments; it has run once
    :return: as :func:`measure`
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

    return measure(env, run, times)


def reset_peak_memory():
    """Let the kernel count this process's peak from here."""
    with contextlib.suppress(OSError):  # the peak of the whole run is shown then
        Path('/proc/self/clear_refs').write_text('5', encoding='ascii')


def peak_memory_mb():
    """Return the most memory that this process held, in megabytes."""
    return int(re.search(r'VmHWM:\s+(\d+)', Path('/proc/self/status').read_text(encoding='ascii'))[1]) // 1024
