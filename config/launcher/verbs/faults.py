"""Two processes do each act of the suite at once; one of them, or the database, is killed at a random moment.

Afterwards everything has to hold, and the work has to go on by itself. See tests/faults/README.md.
"""
from launcher import cluster, layout, templates, workplace
from launcher.console import LauncherError, say
from launcher.lock import locked
from launcher.verbs.bench import run_script


def add_arguments(parser):
    """Add how many faults, which and from which seed."""
    parser.add_argument('--each', type=int, default=15, help="times that each act meets each fault (default: %(default)s)")
    parser.add_argument('--seed', type=int, default=1, help="the same seed chooses the same moments (default: %(default)s)")
    parser.add_argument('--act', default='', help="one act alone")
    parser.add_argument('--port', help="accepted like everywhere; nothing is served")


def run(arguments):
    """Run it; return whether something broke."""
    place = workplace.ensure('run')
    if cluster.external():
        raise LauncherError("Faults end the database server at once: they are for the server of this work tree alone.")
    name = f'{templates.PREFIX}faults'
    with locked(layout.STATE / f'{name}.lock'):
        place.databases.clone(templates.ensure_suite(place), name)
        cluster.OwnServer().checkpoint()
        try:
            report = run_script(
                place, name, layout.TESTS / 'faults/run.py', arguments.each, arguments.seed, arguments.act,
                cluster.OwnServer().crash_command())
        finally:
            place.databases.drop(name)
    say(f"\n{'act':<20} {'fault':<10} {'tried':>6} {'in the middle':>14} {'broken':>7}")
    for act, fault, tried, interrupted, broken in report['rows']:
        say(f"{act:<20} {fault:<10} {tried:>6} {interrupted:>14} {broken:>7}")
    for text in report['broken']:
        say(f"✗ {text}")
    say(f"{sum(row[2] for row in report['rows'])} faults, {len(report['broken'])} broken")
    return not report['passed']
