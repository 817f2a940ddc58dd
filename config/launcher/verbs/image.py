"""Starts a Docker engine of its own (Debian's packages, as root), makes stand-ins of the base images, builds ours and asks
what docker-compose.yml has to hold: first start, pages, papers, mail, closed doors, backup and restore on new volumes, an
upgrade, servers with other addresses, TLS before and at the proxy, a second server and the replica lost. Then it takes
down what it started. Run it when config/Dockerfile, config/image or docker-compose.yml change.
"""
import signal
import sys
from pathlib import Path

from launcher import layout, workplace
from launcher.console import LauncherError, say
from launcher.lock import locked


def add_arguments(parser):
    """Add which questions, what is kept, and where the result goes."""
    parser.add_argument('--only', metavar='NAME,…', help="ask these questions only; a wrong name tells all")
    parser.add_argument('--keep', action='store_true', help="keep the volumes, so that the next run begins with what is there")
    parser.add_argument('--write', type=Path, metavar='FILE', help="write the result into this Markdown document")
    parser.add_argument('--port', help="accepted like everywhere; free ports are chosen")


def run(arguments):
    """Run it; an answer that does not hold ends it with an error."""
    place = workplace.ensure('run')
    sys.path.insert(0, str(layout.TESTS / 'image'))
    import questions

    names = [question.__name__ for question in questions.QUESTIONS]
    only = arguments.only.split(',') if arguments.only else names
    if unknown := set(only) - set(names):
        raise LauncherError(f"No questions: {', '.join(sorted(unknown))}. There are: {', '.join(names)}.")
    # told to stop, it takes down what it started
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(143))
    with locked(layout.STATE / 'image.lock'):
        answers = questions.ask_all(place, only, arguments.keep)
    for answer in answers:
        say(f"  {'✗' if answer.reason else '✓'} {answer.text} ({answer.seconds:.0f} s)")
    if arguments.write:
        questions.write(arguments.write, answers)
    if failed := [answer for answer in answers if answer.reason]:
        raise LauncherError('\n'.join(f"{answer.text}\n{answer.reason}" for answer in failed))
