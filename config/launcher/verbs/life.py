"""Example: ./cfia life --steps 60 --lives 200 --seed 1

Lives random lives of a few members on a copy of the suite: bills, pays, cancels, reverses, corrects, waives, lets them
leave, merge and come back, in any order and on any day, and compares after each step what lines, recount, credits and
accounting say with an oracle that knows the rules alone. Prints the steps that led to a difference; the same seed
lives the same life.
"""
import json
import time
from pathlib import Path

from launcher import layout, templates, workplace
from launcher.console import say, step
from launcher.lock import locked
from launcher.odoo_process import run_odoo

SCRIPT = """
import json
from odoo.addons.test_cfia_suite.life.machine import live
report = live(env, {seed}, {steps}, {lives})
with open({file!r}, 'w') as file:
    json.dump(report, file)
env.cr.rollback()
"""


def add_arguments(parser):
    """Add how many lives, how long, and which."""
    parser.add_argument('--steps', type=int, default=60, help="steps of a life (default: %(default)s)")
    parser.add_argument('--lives', type=int, default=20, help="how many (default: %(default)s)")
    parser.add_argument('--seed', type=int, default=1, help="of the first life, the others follow (default: %(default)s)")
    parser.add_argument('--json', type=Path, metavar='FILE', help="write the report as JSON")
    parser.add_argument('--db', default=f'{templates.PREFIX}life', help="database, made anew and dropped (default: %(default)s)")


def run(arguments):
    """Run it; return whether something was found."""
    place = workplace.ensure('run')
    file = layout.RUN / f'{arguments.db}_report'
    started = time.monotonic()
    with locked(layout.STATE / f'{arguments.db}.lock'):
        place.databases.clone(templates.ensure_suite(place), arguments.db)
        try:
            with step(f"Lives: {arguments.lives} of {arguments.steps} steps"):
                run_odoo(place, ['shell', '-d', arguments.db, '--no-http', '--log-level=critical'], f'{arguments.db}_shell',
                         script=SCRIPT.format(
                             seed=arguments.seed, steps=arguments.steps, lives=arguments.lives, file=str(file)))
            report = json.loads(file.read_text())
            file.unlink()
        finally:
            place.databases.drop(arguments.db)
    report['seconds'] = round(time.monotonic() - started)
    for complaint in report['complaints']:
        say(f"seed {complaint['seed']}, after {len(complaint['log'])} steps:")
        for text in (*complaint['log'], *complaint['differences']):
            say(f'  {text}')
    say(f"{report['lives']} lives, {report['steps']} steps, {report['refused']} refused, {report['seconds']} s, "
        f"{len(report['complaints'])} with a difference")
    if arguments.json:
        arguments.json.write_text(json.dumps(report, ensure_ascii=False, indent=2) + '\n')
    return bool(report['complaints'])
