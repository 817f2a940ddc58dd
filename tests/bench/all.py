"""Every figure of the suite on one generated association, beside what it is compared with, in one table.

The association has 1,000, then 5,000, then 20,000 members with ten years of events and two years of dues; reads and
set-based work go on to 100,000 on a ledger written by SQL. Beside it grow a database of Odoo without the suite with
the same partners and as many invoices, and one with OCA's membership. A part that fails is told in the table and
loses no other; a size that fails loses only itself.
"""
import json
import os
import runpy
import time
from pathlib import Path

from launcher import layout, templates
from launcher.console import LauncherError, say, step
from launcher.verbs.bench import run_script

FOLDER = Path(__file__).parent
SIZES = tuple(map(int, os.environ.get('CFIA_BENCH_SIZES', '1000,5000,20000,100000').split(',')))
#: No further size is begun after so many minutes, and one that runs is ended after half as many again.
MINUTES = float(os.environ.get('CFIA_BENCH_MINUTES', '30'))
TABLE = runpy.run_path(str(FOLDER / 'table.py'))
to_markdown = TABLE['to_markdown']


def run_place(place):
    """Run the benchmark.

    :param place: the launcher's work place
    :return: name → figure, ``table`` for :func:`to_markdown`, and ``passed``
    :rtype: dict
    """
    databases = place.databases
    names = [f'{templates.PREFIX}bench{kind}' for kind in ('', 'floor', 'peer')]
    base = templates.ensure_base(place)
    for name, template in zip(names, (templates.ensure_suite(place), base, base)):
        databases.clone(template, name)
    found_path = layout.STATE / 'bench_all.jsonl'
    found_path.unlink(missing_ok=True)
    begin, before, failures = time.monotonic(), 0, []
    try:
        for size in SIZES:
            passed = (time.monotonic() - begin) / 60
            if passed > MINUTES:
                failures.append(f"{size:,} members: left out, {passed:.0f} minutes had passed")
                continue
            try:
                with step(f"{size:,} members"):
                    run_script(place, names[0], FOLDER / 'parts.py', *names[1:], before + 1, size, str(found_path),
                               timeout=(MINUTES * 1.5 - passed) * 60)
            except LauncherError as error:
                failures.append(f"{size:,} members: {error}")
                break  # the databases are between two sizes
            before = size
    except KeyboardInterrupt:
        failures.append("Interrupted")
    finally:
        for name in names:
            databases.drop(name)
    lines = found_path.read_text(encoding='utf-8').splitlines() if found_path.exists() else []
    took = (time.monotonic() - begin) / 60
    figures = TABLE['tabulate']([json.loads(line) for line in lines], failures, took, describe_machine(place))
    say(TABLE['to_text'](figures))
    return {**figures, 'is_printed': True}


def describe_machine(place):
    """Return what the figures were measured on.

    :rtype: dict
    """
    def find(path, key):
        return next((line.partition(':')[2].strip() for line in Path(path).read_text(encoding='utf-8').splitlines() if line.startswith(key)), '?')

    version = place.databases.query('postgres', "SELECT current_setting('server_version')")
    return {
        'date': time.strftime('%Y-%m-%d %H:%M', time.gmtime()) + ' UTC',
        'processor': f"{find('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores",
        'memory': f"{int(find('/proc/meminfo', 'MemTotal').split()[0]) / 1024 ** 2:.0f} GB",
        'load': "%.1f before, %.1f after" % (LOAD_BEFORE, os.getloadavg()[0]),
        'postgresql': version[0][0] if version else '?',
    }


LOAD_BEFORE = os.getloadavg()[0]
