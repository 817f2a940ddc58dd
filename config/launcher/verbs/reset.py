"""Example: ./cfia reset --db trial deletes one database; without --db all of this work tree go."""
import shutil
import sys

from launcher import cluster, layout, served, templates, workplace
from launcher.console import LauncherError, say


def add_arguments(parser):
    """Add what narrows or widens it."""
    parser.add_argument('--db', help="only this database")
    parser.add_argument('--port', type=int, help="accepted like everywhere; resets nothing by itself")
    parser.add_argument('--all', action='store_true', help="also delete the downloads in the user's cache")
    parser.add_argument('--yes', action='store_true', help="do not ask")


def run(arguments):
    """Delete databases and files."""
    what = f"the database {arguments.db}" if arguments.db else "all databases, mail and logs of this work tree"
    if arguments.all:
        what += f" and {layout.CACHE}"
    if sys.stdin.isatty() and not arguments.yes and input(f"Delete {what}? [y/N] ").strip().lower() != 'y':
        raise LauncherError("Nothing was deleted.")
    for entry in served.running(arguments.db):
        served.end(entry)
    if arguments.db:
        workplace.ensure().databases.drop(arguments.db)
    elif layout.STATE.exists():
        if cluster.external():
            databases = workplace.ensure().databases
            for name in (layout.DEFAULT_DB, *databases.names(templates.PREFIX)):
                databases.drop(name)
        else:
            cluster.OwnServer().remove()
        shutil.rmtree(layout.STATE)
    if arguments.all:
        shutil.rmtree(layout.CACHE, ignore_errors=True)
    say(f"Deleted {what}.")
