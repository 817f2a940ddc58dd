"""Examples: ./cfia test
          ./cfia test addons/cfia_membership/tests/test_enquiry.py
          ./cfia test -k number

The add-ons are installed once per content; the tests run on a copy. Paths and any option of
pytest narrow the run down. A run of everything goes on two copies side by side.
"""
import contextlib
import os
import time
from pathlib import Path

from launcher import cluster, layout, templates, testing, workplace
from launcher.console import say, step
from launcher.lock import locked


def add_arguments(parser):
    """Add the database; the rest is pytest's."""
    parser.add_argument('--db', default=f'{templates.PREFIX}test', help="database of this run (default: %(default)s)")
    parser.add_argument('--port', help="accepted like everywhere; tests choose a free port")
    parser.add_argument(
        '--jobs', type=int, default=min(2, os.cpu_count() or 1), choices=(1, 2),
        help="copies on which a run of everything goes at once (default: %(default)s here)")
    parser.add_argument('args', nargs='*', metavar='PATH…', help="test files and options of pytest")


def run(arguments):
    """Run the tests on copies of the installed suite; return pytest's status."""
    place = workplace.ensure('test')
    with locked(layout.STATE / f'{arguments.db}.lock'):
        template = templates.ensure_suite(place)
        quiet = contextlib.nullcontext() if cluster.external() else cluster.OwnServer().without_autovacuum()
        with quiet:
            if arguments.args:
                return _run_some(place, template, arguments)
            return _run_all(place, template, arguments)


def _run_some(place, template, arguments):
    args = arguments.args
    if not any(Path(arg.partition('::')[0]).exists() for arg in args):
        args = [*args, *testing.test_folders()]
    with step("Database: copy for this run"):
        place.databases.clone(template, arguments.db)
    # -1 and the like: a signal, which is a failure all the same
    return abs(testing.start(place, arguments.db, args).wait())


def _run_all(place, template, arguments):
    """Start a run for each share of the tests, show what each printed, close with the counts of all."""
    runs = []
    for number, share in enumerate(testing.shares(arguments.jobs), 1):
        database = arguments.db if number == 1 else f'{arguments.db}{number}'
        with step(f"Database: copy {number} for this run"):
            place.databases.clone(template, database)
        log = layout.LOGS / f'tests-{number}.txt'
        runs.append((testing.start(place, database, ['--complete', '--durations=30', *share], log), log))
    with step("Tests") as current:
        while any(process.poll() is None for process, _log in runs):
            time.sleep(1)
            current.progress(testing.describe_progress([log for _process, log in runs]))
    for _process, log in runs:
        say(log.read_text(encoding='utf-8', errors='replace'))
    say(testing.summarise([log for _process, log in runs]))
    return max(abs(process.returncode) for process, _log in runs)
