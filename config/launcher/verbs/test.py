"""Examples: ./cfia test
          ./cfia test addons/cfia_membership/tests/test_enquiry.py
          ./cfia test -k number

The add-ons are installed once per content; the tests run on a copy. Paths and any option of
pytest narrow the run down.
"""
import contextlib
import subprocess
from pathlib import Path

from launcher import cluster, layout, templates, workplace
from launcher.console import step
from launcher.lock import locked
from launcher.testing import pytest_command, pytest_environ, test_folders


def add_arguments(parser):
    """Add the database; the rest is pytest's."""
    parser.add_argument('--db', default=f'{templates.PREFIX}test', help="database of this run (default: %(default)s)")
    parser.add_argument('--port', help="accepted like everywhere; tests choose a free port")
    parser.add_argument('args', nargs='*', metavar='PATH…', help="test files and options of pytest")


def run(arguments):
    """Run the tests on a copy of the installed suite; return pytest's status."""
    place = workplace.ensure('test')
    with locked(layout.STATE / f'{arguments.db}.lock'):
        template = templates.ensure_suite(place)
        with step("Database: copy for this run"):
            place.databases.clone(template, arguments.db)
        args = arguments.args
        if not args:
            args = ['--complete']
        if not any(Path(arg.partition('::')[0]).exists() for arg in args):
            args = [*args, *test_folders()]
        quiet = contextlib.nullcontext() if cluster.external() else cluster.OwnServer().without_autovacuum()
        with quiet:
            # -1 and the like: a signal, which is a failure all the same.
            return abs(subprocess.run(
                pytest_command(place, arguments.db, args), env=pytest_environ(), cwd=layout.ROOT,
                stdin=subprocess.DEVNULL, check=False).returncode)
