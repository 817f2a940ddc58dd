"""Import of a legacy member list against Odoo's own ``res.partner.load()``.

Both write the same number of partner rows, contact persons included, in one process and on one
database; nothing is committed. The import also judges every row, writes numbers, ledger, files and
questions, and keeps the outcome of each row.
"""
import base64
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from roster_sample import make_roster  # noqa: E402  (this file is run, not imported as a package)

ROWS = 10_000
FEWER_ROWS = 2_000
LIMITS = {'ratio': 1.5, 'peak_memory_mb': 500}
UNIT_COLUMNS = ['name', 'is_company', 'street', 'zip', 'state_id/.id', 'country_id/.id', 'lang']
CONTACT_COLUMNS = ['name', 'parent_id/.id', 'function', 'phone', 'email', *UNIT_COLUMNS[2:]]


def run(env, rows=ROWS):
    """Run the benchmark.

    :param env: environment of the superuser on a database with the suite
    :param int rows: length of the list
    :return: name → figure, ``limits`` and ``passed`` among them
    :rtype: dict
    """
    measure_import(env, 50)  # caches are warm for both
    measure_load(env, 20, 40)
    fewer = measure_import(env, min(FEWER_ROWS, rows))
    imported = measure_import(env, rows)
    peak_memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    load_seconds = measure_load(env, imported['units'], imported['contacts'])
    figures = {
        'rows': rows,
        'partner_rows': imported['units'] + imported['contacts'],
        'import_seconds': round(imported['seconds'], 1),
        'load_seconds': round(load_seconds, 1),
        'ratio': round(imported['seconds'] / load_seconds, 2),
        'queries_per_1000_rows': round(imported['queries'] * 1000 / rows),
        'queries_per_1000_rows_shorter_list': round(fewer['queries'] * 1000 / min(FEWER_ROWS, rows)),
        'peak_memory_mb': round(peak_memory),
        'limits': LIMITS,
    }
    figures['passed'] = all(figures[name] <= limit for name, limit in LIMITS.items())
    return figures


def measure_import(env, rows):
    """Import a generated list and undo it.

    :return: seconds, queries, and how many units and contacts were written
    :rtype: dict
    """
    roster = env['cfia.roster.import'].create({
        'file': base64.b64encode(make_roster(rows, first=free_number(env))),
        'filename': 'roster.xlsx',
    })
    env.flush_all()
    queries, start = env.cr.sql_log_count, time.perf_counter()
    roster.action_import()
    env.flush_all()
    seconds, queries = time.perf_counter() - start, env.cr.sql_log_count - queries
    units = roster.row_ids.partner_id
    contacts = env['res.partner'].search_count([('parent_id', 'in', units.ids)])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    result = {'memory_mb': peak, 'seconds': seconds, 'queries': queries, 'units': len(units), 'contacts': contacts}
    assert result['units'] == roster.accepted_count > rows * 0.9, roster.summary
    env.cr.rollback()
    env.invalidate_all()
    return result


def free_number(env):
    """Return a number from which on none is taken."""
    env.cr.execute("SELECT COALESCE(MAX(value), 0) + 1 FROM cfia_member_number")
    return env.cr.fetchone()[0]


def measure_load(env, units, contacts):
    """Load as many partner rows the way Odoo imports them, and undo it.

    :return: seconds
    :rtype: float
    """
    address = ["演示路1号", '000000', str(env.ref('base.state_cn_JS').id), str(env.ref('base.cn').id), env.lang or 'en_US']
    Partner = env['res.partner']
    start = time.perf_counter()
    ids = load(Partner, UNIT_COLUMNS, [[f"演示{index}有限公司", '1', *address] for index in range(units)])
    load(Partner, CONTACT_COLUMNS, [
        [f"演示联系{index}", str(ids[index % units]), "主任", '000-00000000', f'contact{index}@member.example', *address]
        for index in range(contacts)
    ])
    env.flush_all()
    seconds = time.perf_counter() - start
    env.cr.rollback()
    env.invalidate_all()
    return seconds


def load(model, columns, rows):
    result = model.load(columns, rows)
    assert result['ids'], result['messages']
    return result['ids']
