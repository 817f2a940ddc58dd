"""Two processes do each act of the suite at once, and in the middle something goes wrong at a random moment.

One of them, or the database, is killed; the disk of the file store is full; the mail server is down or slow.
Afterwards everything has to hold, and the work has to go on by itself. See tests/faults/README.md.
"""
import subprocess
from pathlib import Path

from launcher import cluster, layout, machine, templates, workplace
from launcher.console import LauncherError, say
from launcher.lock import locked
from launcher.verbs.bench import run_script

FAULTS = ('kill', 'database', 'disk full', 'mail down', 'mail slow')


def add_arguments(parser):
    """Add how many faults, which and from which seed."""
    parser.add_argument('--each', type=int, default=9, help="times that each act meets each fault (default: %(default)s)")
    parser.add_argument('--seed', type=int, default=1, help="the same seed chooses the same moments (default: %(default)s)")
    parser.add_argument('--act', action='append', default=[], help="these acts alone")
    parser.add_argument('--fault', action='append', default=[], choices=FAULTS, help="these faults alone")
    parser.add_argument('--write', type=Path, metavar='FILE', help="write the table in Markdown, as docs/faults.md has it")
    parser.add_argument('--db', default=f'{templates.PREFIX}faults', help="database, made anew and dropped (default: %(default)s)")
    parser.add_argument('--port', help="accepted like everywhere; nothing is served")


def run(arguments):
    """Run it; return whether something broke."""
    place = workplace.ensure('run')
    report = try_all(place, arguments.db, arguments.each, arguments.seed, arguments.act, arguments.fault)
    lines = _format(report['rows'])
    say('\n' + '\n'.join(lines))
    for text in report['broken']:
        say(f"✗ {text}")
    if arguments.write:
        _write(arguments, report, lines)
    return not report['passed']


def try_all(place, name, each, seed=1, acts=(), faults=()):
    """Let acts meet faults on a copy of the suite, which is dropped afterwards.

    :param place: the set-up work tree
    :param str name: of the database
    :param int each: times that each act meets each fault
    :param acts: names, empty for all
    :param faults: names, empty for all
    :return: what tests/faults/run.py returns
    :raise LauncherError: when the database server is not this work tree's own
    """
    is_own = not cluster.external()
    if not is_own and 'database' in (faults or FAULTS):
        raise LauncherError("Faults end the database server at once: they are for the server of this work tree alone.")
    store = layout.DATA / 'filestore' / name
    with locked(layout.STATE / f'{name}.lock'):
        _unmount(store)
        place.databases.clone(templates.ensure_suite(place), name)
        # as on a server at work: what is committed survives
        place.databases.query('postgres', f'ALTER DATABASE "{name}" SET synchronous_commit = on')
        restart = []
        if is_own:
            cluster.OwnServer().checkpoint()
            restart = cluster.OwnServer().crash_command()
        try:
            return run_script(
                place, name, layout.TESTS / 'faults/run.py', each, seed, list(acts), list(faults), restart)
        finally:
            _unmount(store)
            place.databases.drop(name)


def _unmount(store):
    """Take away what a run that was ended left mounted."""
    if store.is_mount():
        subprocess.run(['umount', '--lazy', str(store)], check=True)


def _format(rows):
    """Return the table as lines of Markdown, which read well on a screen too."""
    heads = ('act', 'fault', 'tried', 'in the middle', 'repeated', 'broken')
    total = ('**all**', '', *(sum(row[column] for row in rows) for column in range(2, len(heads))))
    cells = [[str(cell) for cell in row] for row in (heads, *rows, total)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]

    def line(row):
        return '| ' + ' | '.join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))) + ' |'

    rule = '|' + '|'.join(
        '-' * (width + 2) if column < 2 else '-' * (width + 1) + ':' for column, width in enumerate(widths)) + '|'
    return [line(cells[0]), rule, *map(line, cells[1:])]


def _write(arguments, report, lines):
    """Put the table between the marks of a page, or make the page."""
    start, end = '<!-- figures -->', '<!-- end of figures -->'
    options = ''.join(f' --act {act}' for act in arguments.act) + ''.join(f" --fault '{fault}'" for fault in arguments.fault)
    disk = "a file system of its own in memory that is full (ENOSPC)" if report['is_mounted'] else (
        "a limit on the size of files of the processes (EFBIG)")
    said = (
        f"{machine.today()}, seed {arguments.seed}, `./cfia faults --each {arguments.each}"
        f" --seed {arguments.seed}{options}`, {machine.describe()}. Disk full: {disk}.")
    part = '\n'.join([
        start, '', said, '', *lines, '',
        *(f'- {text.splitlines()[0]}' for text in report['broken']), *([''] if report['broken'] else []), end])
    path = arguments.write
    text = path.read_text(encoding='utf-8') if path.exists() else f"# Faults\n\n{start}\n{end}\n"
    before, _start, rest = text.partition(start)
    path.write_text(before + part + rest.partition(end)[2], encoding='utf-8')
    say(f"Written: {path}")
