"""Example: ./cfia py -m pip list"""
import argparse
import os

from launcher import settings, workplace

PASSES_ARGUMENTS = True


def add_arguments(parser):
    """Take everything as Python's own arguments."""
    parser.add_argument('args', nargs=argparse.REMAINDER)


def run(arguments):
    """Become Python."""
    place = workplace.ensure()
    os.execve(place.python, [place.python, *arguments.args], settings.odoo_environ())
