"""Starts a Docker engine of its own (Debian's packages, as root), makes stand-ins of the base images, builds ours and asks
what docker-compose.yml has to hold: first start, pages, papers, mail, closed doors, backup and restore on new volumes, an
upgrade, servers with other addresses, TLS before and at the proxy, a second server and the replica lost. Then it takes
down what it started. Run it when config/Dockerfile, config/image or docker-compose.yml change.
"""
import signal
import sys

from launcher import layout, workplace
from launcher.console import say
from launcher.lock import locked


def add_arguments(parser):
    """Add the port."""
    parser.add_argument('--port', help="accepted like everywhere; free ports are chosen")


def run(arguments):
    """Run it; an answer that does not hold ends it with an error."""
    place = workplace.ensure('run')
    sys.path.insert(0, str(layout.TESTS / 'image'))
    import questions

    # told to stop, it takes down what it started
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(143))
    with locked(layout.STATE / 'image.lock'):
        questions.ask_all(place, lambda text, seconds: say(f"  ✓ {text} ({seconds:.0f} s)"))
