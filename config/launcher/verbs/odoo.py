"""Example: ./cfia odoo -d mydb -i cfia_membership --stop-after-init"""
import argparse
import os

from launcher import settings, workplace

PASSES_ARGUMENTS = True


def add_arguments(parser):
    """Take everything as Odoo's own arguments."""
    parser.add_argument('args', nargs=argparse.REMAINDER)


def run(arguments):
    """Become Odoo."""
    place = workplace.ensure()
    os.execve(place.python, [*place.odoo, *arguments.args], settings.odoo_environ())
