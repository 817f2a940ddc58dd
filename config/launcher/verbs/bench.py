"""Benchmarks are the files of tests/bench with a function run(env) or run_place(place).

See tests/bench/README.md.

Example: ./cfia bench import --json import.json
"""
import json
import re
import runpy
import subprocess
import tempfile
from pathlib import Path

from launcher import layout, machine, settings, templates, workplace
from launcher.console import LauncherError, say, step
from launcher.lock import locked

SCRIPT = """
import json, runpy
namespace = runpy.run_path({path!r})
with open({result!r}, 'w', encoding='utf-8') as result:
    json.dump(namespace['run'](env, *{arguments!r}), result, ensure_ascii=False, default=str)
"""


def add_arguments(parser):
    """Add which benchmark, on what, and where the figures go."""
    parser.add_argument('name', choices=sorted(_benchmarks()), help="benchmark")
    parser.add_argument('--json', type=Path, metavar='FILE', help="write the figures as JSON")
    parser.add_argument('--write', type=Path, metavar='FILE', help="write the table as a Markdown document")
    parser.add_argument('--db', help="run on this database as it is (default: a fresh copy of the suite)")
    parser.add_argument('--port', help="accepted like everywhere; benchmarks serve nothing")


def run(arguments):
    """Run the benchmark in an Odoo shell, print its table; return whether it missed its limits."""
    place = workplace.ensure('run')
    path = _benchmarks()[arguments.name]
    if re.search(r'^def run_place\(', path.read_text(), re.MULTILINE):
        with locked(layout.STATE / f'{templates.PREFIX}bench.lock'):
            namespace = runpy.run_path(str(path))
            figures = namespace['run_place'](place)
    else:
        namespace, figures = {}, _run_in_shell(place, arguments, path)
    if not figures.pop('is_printed', False):
        _print(arguments.name, figures)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + '\n')
    if arguments.write:
        before = arguments.write.read_text(encoding='utf-8') if arguments.write.exists() else ''
        _text, heading, kept = before.partition(f'\n{machine.IMAGE_CHAPTER}\n')
        arguments.write.write_text(namespace.get('to_markdown', _to_markdown)(figures) + heading + kept, encoding='utf-8')
    return not figures.get('passed', True)


def _run_in_shell(place, arguments, path):
    """Run a benchmark of an environment on the database asked for, or on a fresh copy of the suite."""
    name = arguments.db or f'{templates.PREFIX}bench'
    with locked(layout.STATE / f'{name}.lock'):
        if not arguments.db:
            place.databases.clone(templates.ensure_suite(place), name)
        try:
            return run_script(place, name, path)
        finally:
            if not arguments.db:
                place.databases.drop(name)


def _benchmarks():
    """Return name → file of the benchmarks."""
    return {
        path.stem: path for path in (layout.TESTS / 'bench').glob('*.py')
        if re.search(r'^def run(\(env\b|_place\()', path.read_text(), re.MULTILINE)
    }


def run_script(place, db, path, *arguments, timeout=None):
    """Run a file's ``run(env, …)`` in an Odoo shell and return what it returns.

    :param path: the file
    :param arguments: plain values that ``run`` takes after the environment
    :param float timeout: seconds after which it is ended
    :raise LauncherError: with what it said, when it failed or took too long
    """
    with tempfile.NamedTemporaryFile('r', dir=layout.STATE, suffix='.result', encoding='utf-8') as result:
        with step(f"Benchmark: {path.stem}"):
            try:
                done = subprocess.run(
                    [*place.odoo, 'shell', '-d', db, '--no-http', '--log-level=warn'],
                    input=SCRIPT.format(path=str(path), result=result.name, arguments=arguments),
                    env=settings.odoo_environ(), capture_output=True, text=True, check=False, timeout=timeout)
            except subprocess.TimeoutExpired:
                raise LauncherError(f"The benchmark was ended after {timeout / 60:.0f} minutes.") from None
        text = result.read()
    if not text:
        raise LauncherError(f"The benchmark failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return json.loads(text)


def _to_markdown(figures):
    """Return the figures of a benchmark without a table of its own as one."""
    limits = figures.get('limits', {})
    lines = ['| | | at most |', '|---|---:|---:|']
    lines += [f'| {key} | {value} | {limits.get(key, "")} |' for key, value in figures.items() if key not in {'limits', 'passed'}]
    return '\n'.join(lines) + '\n'


def _print(name, figures):
    """Print the figures, each beside its limit."""
    limits = figures.get('limits', {})
    rows = [(key, value) for key, value in figures.items() if key not in {'limits', 'passed'}]
    width = max(len(key) for key, _value in rows)
    say(f"\n{name}")
    for key, value in rows:
        limit = f"   (at most {limits[key]:,})" if key in limits else ""
        shown = f'{value:>12,}' if isinstance(value, int | float) else f'{value:>12}'
        say(f"  {key:<{width}}  {shown}{limit}")
    if 'passed' in figures:
        say(f"  {'within its limits' if figures['passed'] else 'NOT within its limits'}")
