"""Example: ./cfia pytest --db mydb addons/cfia_membership/tests/test_enquiry.py -k number

The add-ons must be installed in the database. Arguments are pytest's own.
"""
import argparse
import os

from launcher import layout, workplace
from launcher.testing import pytest_command, pytest_environ

PASSES_ARGUMENTS = True


def add_arguments(parser):
    """Take everything but ``--db`` as pytest's own arguments."""
    parser.add_argument('args', nargs=argparse.REMAINDER)


def run(arguments):
    """Become pytest."""
    own = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    own.add_argument('--db', default=layout.DEFAULT_DB)
    options, rest = own.parse_known_args(arguments.args)
    place = workplace.ensure('test')
    command = pytest_command(place, options.db, rest)
    os.execve(command[0], command, pytest_environ())
