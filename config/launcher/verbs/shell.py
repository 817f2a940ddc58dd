"""Example: echo 'print(env.company.name)' | ./cfia shell --db cfia"""
import os

from launcher import layout, settings, workplace
from launcher.console import LauncherError


def add_arguments(parser):
    """Add the database."""
    parser.add_argument('--db', default=layout.DEFAULT_DB, help="database (default: %(default)s)")
    parser.add_argument('--port', help="accepted like everywhere; a shell serves nothing")


def run(arguments):
    """Become an Odoo shell."""
    place = workplace.ensure()
    if not place.databases.exists(arguments.db):
        raise LauncherError(f"There is no database {arguments.db}: ./cfia run --db {arguments.db}")
    os.execve(
        place.python,
        [*place.odoo, 'shell', '-d', arguments.db, '--no-http', '--log-level=warn'],
        settings.odoo_environ())
