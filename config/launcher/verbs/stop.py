"""Without --db and --port everything stops, the work tree's own database server too."""
from launcher import cluster, layout, served
from launcher.console import say


def add_arguments(parser):
    """Add what narrows it down."""
    parser.add_argument('--db', help="only what serves this database")
    parser.add_argument('--port', type=int, help="only what serves on this port")


def run(arguments):
    """Stop what is served, then the server."""
    for entry in served.running(arguments.db, arguments.port):
        served.end(entry)
        say(f"Stopped {entry['db']} on port {entry['port']}.")
    if not (arguments.db or arguments.port or cluster.external()) and layout.STATE.exists():
        if cluster.OwnServer().stop():
            say("Stopped the database server.")
