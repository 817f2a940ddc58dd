"""How pytest-odoo is called, and what several runs of it side by side amount to."""
import re
import subprocess
from collections import Counter
from pathlib import Path

from launcher import layout, python_env, settings

#: Options for tests of Odoo's own, whose log is not ours to judge.
CORE_OPTIONS = ('-q', '-p', 'launcher.core_outcomes', '-p', 'no:cacheprovider', '-W', 'ignore')
CLOSING = re.compile(r'^=+ (?P<counts>(?:\d+ [a-z]+(?:, )?)+) in (?P<seconds>[\d.]+)s', re.MULTILINE)
PROGRESS = re.compile(r'\[ *(\d+)%\]')


def pytest_command(place, db, args):
    """Return the command that runs pytest-odoo on the installed database ``db``.

    :param list args: more arguments of pytest
    """
    return [
        place.python, '-m', 'pytest', f'--odoo-database={db}', '--odoo-http',
        '--odoo-log-level=warn', f'--odoo-extra=logfile={layout.LOGS / f"{db}.log"}',
        f'--odoo-extra=screenshots={layout.LOGS}',
        f'--rootdir={layout.ROOT}', '-c', str(layout.CONFIG / 'pytest.ini'),
        '-o', f"cache_dir={layout.STATE / 'pytest' / db}", '-p', 'launcher.pytest_watch', *args,
    ]


def pytest_environ():
    """Return the environment for pytest: Odoo's, with the launcher's plugin on the path and where axe-core is."""
    return {
        **settings.odoo_environ(), 'PYTHONPATH': str(layout.CONFIG), 'CFIA_AXE': str(python_env.ensure_axe())}


def start(place, db, args, log=None, environ=None):
    """Start a run of pytest-odoo.

    :param Path log: where what it prints goes; here without
    :param dict environ: more environment
    :return: the process, whose status is that of pytest
    :rtype: subprocess.Popen
    """
    output = log.open('w', encoding='utf-8') if log else None
    return subprocess.Popen(
        pytest_command(place, db, args), env={**pytest_environ(), **(environ or {})}, cwd=layout.ROOT, stdin=subprocess.DEVNULL,
        stdout=output, stderr=subprocess.STDOUT if output else None)


def test_folders():
    """Return the folders that hold tests of the suite's database; what is apart is run by `tests/test_bridges.py`."""
    own = [folder for folder in sorted(layout.ADDONS.glob('*/tests')) if folder.parent.name not in layout.APART]
    return [str(folder) for folder in (*own, layout.TESTS) if folder.is_dir()]


def shares(jobs):
    """Return the tests in ``jobs`` shares that take about the same time, each a list of paths.

    :param int jobs: 1 or 2
    """
    folders = test_folders()
    if jobs == 1:
        return [folders]
    # what makes databases of its own goes with the tests of these add-ons
    first = [folder for folder in folders if Path(folder).parent.name in ('cfia_membership', 'cfia_services')]
    first += sorted(str(path) for path in layout.TESTS.glob('test_*.py'))
    second = [folder for folder in folders if folder not in first and folder != str(layout.TESTS)]
    second += sorted(str(path) for path in layout.TESTS.glob('*/tests'))
    return [first, second]


def describe_progress(logs):
    """Return how far each run is."""
    found = [PROGRESS.findall(log.read_text(encoding='utf-8', errors='replace')) for log in logs]
    return ', '.join(f'{percents[-1]} %' if percents else "begins" for percents in found)


def summarise(logs):
    """Return a closing line like pytest's with the counts of all runs; it says so when one has none."""
    counts, seconds = Counter(), 0
    for log in logs:
        closing = None
        for closing in CLOSING.finditer(log.read_text(encoding='utf-8', errors='replace')):
            pass
        if not closing:
            counts['run without a result'] += 1
            continue
        for part in closing['counts'].split(', '):
            number, kind = part.split()
            counts[kind.replace('errors', 'error')] += int(number)
        seconds = max(seconds, float(closing['seconds']))
    kinds = sorted(counts, key=lambda kind: (kind == 'passed', kind))
    text = ', '.join(f'{counts[kind]} {kind}' for kind in kinds)
    return f" {text} in {seconds:.2f}s ".center(79, '=')
