"""Examples: ./cfia core-tests
          ./cfia core-tests account mail --quick
          ./cfia core-tests crm sale --beside after

Runs the tests of Odoo's own add-ons on two databases alike, in English, one with the suite, and prints
which fail on one of them only. config/core_tests.txt names what differs on purpose and what cannot pass on
this platform. A run of everything takes some hours on two cores; what was printed is kept under .cfia/log.
"""
import time
from collections import Counter

from launcher import core_list, layout, templates, testing, workplace
from launcher.console import say, step
from launcher.lock import locked
from launcher.odoo_process import run_odoo

#: Add-ons whose tests are run, the most telling first.
SUITES = ('account', 'mail', 'base', 'portal', 'mass_mailing', 'account_reconcile_oca', 'web')
#: Other apps that an association may use.
OTHERS = ('crm', 'sale_management', 'website', 'event', 'hr', 'project', 'stock', 'point_of_sale')
SIDES = {'with': "with the suite", 'bare': "without"}


def add_arguments(parser):
    """Add which tests and beside what."""
    parser.add_argument('modules', nargs='*', metavar='MODULE', help=f"add-ons of Odoo or the OCA (default: {' '.join(SUITES)})")
    parser.add_argument(
        '--beside', choices=('before', 'after'),
        help=f"on databases where {', '.join(OTHERS)} were installed before the suite or after it")
    parser.add_argument('--quick', action='store_true', help="without the suite, run only what failed with it")
    parser.add_argument('--share', action='store_true', help="only the tests that config/core_tests.txt names as the most telling")
    parser.add_argument('--db', default=f'{templates.PREFIX}core', help="start of the databases' names (default: %(default)s)")
    parser.add_argument('--port', help="accepted like everywhere; tests choose a free port")


def run(arguments):
    """Run the tests on both databases, print the difference; return whether there is one that is not named."""
    place = workplace.ensure('test')
    listed = core_list.read()
    modules = arguments.modules or SUITES
    suites = {module: [str(core_list.find_folder(place, module) / 'tests')] for module in modules}
    if arguments.share:
        suites = {'share': core_list.to_paths(place, listed['share'])}
        modules = sorted({name.split('/')[0] for name in listed['share']})
    unnamed = []
    with locked(layout.STATE / f'{arguments.db}.lock'):
        databases = _make_databases(place, arguments, modules)
        try:
            for suite, paths in suites.items():
                unnamed += _compare(place, arguments, databases, suite, paths, listed)
        finally:
            for database in databases.values():
                place.databases.drop(database)
    say("\nNo difference that is not named." if not unnamed else f"\n✗ {len(unnamed)} differences that are not named.")
    return bool(unnamed)


def _make_databases(place, arguments, modules):
    """Return {side: database}, alike but for the suite."""
    third_party = {*templates.third_party(templates.our_modules()), *layout.COMPANIONS, *modules}
    before = sorted(third_party | set(OTHERS if arguments.beside == 'before' else ()))
    base = templates.ensure_base(place, before, language='en_US', country='US', unasked=True)
    databases = {side: f'{arguments.db}_{side}' for side in SIDES}
    for side, database in databases.items():
        with step(f"Database {SIDES[side]}") as current:
            place.databases.clone(base, database)
            if side == 'with':
                templates.install(place, database, templates.our_modules(), demo=False, current=current)
            if arguments.beside == 'after':
                run_odoo(place, ['-d', database, '-i', ','.join(OTHERS), '--stop-after-init', '--no-http'], database, current)
    return databases


def _compare(place, arguments, databases, suite, paths, listed):
    """Run one add-on's tests on both databases and print what differs; return what is not named."""
    outcomes = {'with': _run(place, databases['with'], suite, paths, listed)}
    failed = [name for name, (outcome, _why) in outcomes['with'].items() if outcome == 'failed']
    if arguments.quick:
        paths = core_list.to_paths(place, failed)
    outcomes['bare'] = _run(place, databases['bare'], suite, paths, listed) if paths else {}
    for side, found in outcomes.items():
        counts = Counter(outcome for outcome, _why in found.values())
        say(f"  {suite} {SIDES[side]}: " + (", ".join(f"{counts[kind]} {kind}" for kind in sorted(counts)) or "not run"))
    unnamed = []
    for name, (outcome, why) in outcomes['with'].items():
        other = outcomes['bare'].get(name, ('not run',))[0]
        if outcome == other or (arguments.quick and other == 'not run'):
            continue
        reason = listed['meant'].get(name)
        say(f"  {'·' if reason else '✗'} {name}: {outcome} with the suite, {other} without"
            f"\n      {reason or why}")
        if not reason:
            unnamed.append(name)
    missing = [] if arguments.quick else outcomes['bare'].keys() - outcomes['with'].keys()
    for name in sorted(missing):
        say(f"  ✗ {name}: not run with the suite")
    return [*unnamed, *missing]


def _run(place, database, suite, paths, listed):
    """Return {name of a test: (outcome, what went wrong)}; what pytest printed is in a log."""
    log = layout.LOGS / f'{database}_{suite}.txt'
    outcomes = layout.RUN / f'{database}_{suite}.tsv'
    outcomes.unlink(missing_ok=True)
    with step(f"Tests of {suite} on {database}") as current:
        process = testing.start(place, database, [
            *testing.CORE_OPTIONS, *paths,
        ], log, environ={core_list.OUTCOMES: str(outcomes), core_list.EXCLUDED: ' '.join(listed['platform'])})
        while process.poll() is None:
            time.sleep(1)
            current.progress(testing.describe_progress([log]))
    return core_list.read_outcomes(outcomes)
