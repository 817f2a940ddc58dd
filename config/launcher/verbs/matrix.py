"""Example: ./cfia matrix --write

Prints who may do what, from the data that the tests compare with a running database both ways.
"""
from launcher import access_matrix
from launcher.console import say


def add_arguments(parser):
    """Add where it goes."""
    parser.add_argument('--write', action='store_true', help="write docs/access.md instead of printing")
    parser.add_argument('--db', help="accepted like everywhere; the matrices are files")
    parser.add_argument('--port', help="accepted like everywhere; nothing is served")


def run(arguments):
    """Print the page or write it."""
    if arguments.write:
        access_matrix.PAGE.write_text(access_matrix.render())
        say(f"{access_matrix.PAGE} is written.")
    else:
        say(access_matrix.render())
