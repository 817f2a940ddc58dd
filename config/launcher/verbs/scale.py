"""Starts what docker-compose.yml's profile `scale` starts, natively and for a few minutes: two servers, a process
for scheduled work, PostgreSQL with a streaming replica and nginx with the image's configuration. Asks what has to
hold, with a server and the replica killed; or, with --measure, takes the figures of docs/sizing.md.
"""
import json
import signal
import sys
from pathlib import Path

from launcher import layout, templates, workplace
from launcher.console import say
from launcher.lock import locked


def add_arguments(parser):
    """Add whether to measure, and where the figures go."""
    parser.add_argument('--measure', action='store_true', help="measure instead")
    parser.add_argument('--json', type=Path, metavar='FILE', help="write the figures as JSON")
    parser.add_argument('--port', help="accepted like everywhere; free ports are chosen")


def run(arguments):
    """Run it; return whether something does not hold."""
    place = workplace.ensure('run')
    sys.path.insert(0, str(layout.TESTS / 'scale'))
    import measure
    import scale

    # told to stop, it ends what it started
    signal.signal(signal.SIGTERM, lambda *_args: sys.exit(143))
    source = templates.ensure_suite(place)
    with locked(layout.STATE / 'scale.lock'):
        if not arguments.measure:
            scale.prove(place, source, lambda text: say(f"  ✓ {text}"))
            return
        figures = measure.run(place, source)
    for name, value in figures.items():
        say(f"  {name:<70} {value:>10,}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + '\n')
