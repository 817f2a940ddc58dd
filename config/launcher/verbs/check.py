"""Everything is checked and every complaint printed; the status tells whether all was clean."""
import os
import re
import subprocess

from launcher import (
    access_matrix,
    known_holes,
    layout,
    pressing,
    python_env,
    settings,
    sudo_reasons,
    templates,
    workplace,
)
from launcher.console import say, step
from launcher.lock import locked
from launcher.testing import pytest_command, pytest_environ

#: Files of core's test_lint that judge add-ons; the others test its own checkers, or are run by
#: pylint below (its Python checkers).
CORE_LINT = (
    'docstring', 'dunderinit', 'i18n', 'index', 'jstranslate', 'manifests', 'markers', 'naming',
    'onchange_domains', 'orm_import', 'override_signatures', 'pofile', 'routes', 'test_holes',
)
CORE_PYLINT = (
    'used-before-assignment', 'undefined-variable', 'eval-used', 'unreachable',
    'function-redefined', 'sql-injection', 'missing-gettext', 'gettext-variable',
    'gettext-placeholders', 'gettext-repr', 'raise-unlink-override',
)
CORE_PYLINT_PLUGINS = (
    '_pylint_path_setup', '_odoo_checker_sql_injection', '_odoo_checker_gettext',
    '_odoo_checker_unlink_override',
)
#: Checks of oca-odoo-pre-commit-hooks that ask for another form than Odoo core's own files have.
NOT_CORE_STYLE = ('xml-header-wrong', 'xml-field-numeric-without-eval', 'xml-tag-position')
#: What no file of the project may say: a registry's host, a path of one machine.
UNWANTED = re.compile(r'https?://[\w.-]*(?:debian\.org|pypi\.org|pythonhosted\.org|npmjs\.org)|/work/')


def add_arguments(parser):
    """Add the quick variant."""
    parser.add_argument('--db', default=f'{templates.PREFIX}lint',
                        help="database of core's test_lint (default: %(default)s)")
    parser.add_argument('--port', help="accepted like everywhere; checks serve nothing")
    parser.add_argument('--quick', action='store_true', help="leave out core's test_lint, which needs a database")

    parser.add_argument('--full', action='store_true',
                        help="also press everything that each role sees, on copies of the demo; takes an hour or more")
    parser.add_argument('--audit', action='store_true',
                        help="also ask a public database of vulnerabilities about the pinned packages; needs a connection")


def run(arguments):
    """Run the linters; return whether one complained."""
    place = workplace.ensure('run')
    lint = python_env.ensure_lint()
    addons = [str(_relative(folder)) for folder in _addons()]
    translations = [str(_relative(path)) for path in sorted(layout.ADDONS.glob('*/i18n/*.po*'))]
    checks = [
        _call("ruff", [lint / 'bin/ruff', 'check', '--no-cache', '--output-format=concise', 'addons', 'tests', 'config']),
        _call("pylint-odoo", [lint / 'bin/pylint', '--rcfile=.pylintrc', '--jobs=2', *addons]),
        _call("pylint, core's checkers", [
            lint / 'bin/pylint', f'--rcfile={os.devnull}', '--disable=all,useless-option-value',
            f"--enable={','.join(CORE_PYLINT)}", '--reports=n', '--score=n',
            f"--load-plugins={','.join(CORE_PYLINT_PLUGINS)}", *addons,
        ], PYTHONPATH=_core_lint_path(place), ADDONS_PATH=str(layout.ADDONS)),
        _call("XML, CSV and manifests", [
            lint / 'bin/oca-checks-odoo-module', f"--disable={','.join(NOT_CORE_STYLE)}", *addons]),
        not translations or _call("translations", [
            lint / 'bin/oca-checks-po', '--disable=po-pretty-format', *translations]),
        _call("YAML", [lint / 'bin/yamllint', '-c', 'config/yamllint.yaml', 'docker-compose.yml', '.pre-commit-config.yaml']),
        _check_texts(),
        _check_list("reasons of sudo", sudo_reasons.find_missing, "a step beyond the user's rights without its reason beside it"),
        _check_list("known holes of pinned packages", known_holes.find, "mend or accept it in config/known_holes.txt"),
        _check_list("docs/access.md", access_matrix.find_stale, "it differs from the matrices: ./cfia matrix --write"),
    ]
    if arguments.audit:
        checks.append(_check_list(
            "known holes, asked of a public database", known_holes.audit, "mend or accept it in config/known_holes.txt"))
    if not arguments.quick:
        checks.append(_core_lint(place, lint, arguments.db))
    if arguments.full:
        checks.append(_press())
    return not all(checks)


def _addons():
    folders = [layout.ADDONS / name for name in (*layout.suite_modules(), *layout.bridge_modules())]
    if (layout.TESTS / layout.TEST_ADDON / '__manifest__.py').is_file():
        folders.append(layout.TESTS / layout.TEST_ADDON)
    return folders


def _relative(path):
    return path.relative_to(layout.ROOT)


def _core_lint_path(place):
    site = next(place.env.glob('lib/python3*/site-packages'))
    return os.pathsep.join(map(str, (
        place.odoo_path / 'odoo/addons/test_lint/tests', place.odoo_path, site)))


def _press():
    """Press everything as each role; print what breaks, speaks English or does nothing; return success."""
    place = workplace.ensure('test')
    with step("Check: everything that can be pressed"):
        pressed, findings, failures = pressing.press(place, pressing.LOGINS, jobs=pressing.jobs())
    for line in [*pressing.describe(findings), *failures]:
        say(line)
    say(f"  {pressed} buttons were pressed")
    return not findings and not failures


def _call(title, command, **environ):
    """Run one linter from the root of the work tree; print what it says; return success."""
    with step(f"Check: {title}"):
        done = subprocess.run(
            list(map(str, command)), cwd=layout.ROOT, env={**settings.odoo_environ(), **environ},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        say(f'{done.stdout}{done.stderr}'.rstrip())
        say(f"✗ {title} complains")
    return not done.returncode


def _check_texts():
    """Look for what no text of the project may say."""
    with step("Check: addresses and paths"):
        files = subprocess.run(
            ['git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard'], cwd=layout.ROOT,
            capture_output=True, text=True, check=False).stdout.split('\0')
        found = []
        for name in filter(None, files):
            path = layout.ROOT / name
            # The licence's text and this rule itself are what they are.
            if not path.is_file() or name in {'LICENSE', 'config/launcher/verbs/check.py'}:
                continue
            try:
                lines = path.read_text().splitlines()
            except UnicodeDecodeError:
                continue
            found += [f'{name}:{number}: {match[0]}' for number, line in enumerate(lines, 1)
                      if (match := UNWANTED.search(line))]
    for line in found:
        say(line)
    return not found


def _check_list(title, find, complaint):
    """Print what a check of our own finds; return success."""
    with step(f"Check: {title}"):
        found = find()
    for line in found:
        say(f'{line}: {complaint}')
    return not found


def _core_lint(place, lint, db):
    """Run core's test_lint over our add-ons, on a copy of the installed suite."""
    template = templates.ensure_suite(place)
    with locked(layout.STATE / f'{db}.lock'):
        place.databases.clone(template, db)
        folder = place.odoo_path / 'odoo/addons/test_lint/tests'
        files = [folder / f'test_{name}.py' for name in CORE_LINT]
        command = pytest_command(place, db, ['-q', '-p', 'launcher.lint_scope', '-W', 'ignore', *map(str, files)])
        result = _call("core's test_lint", command, **pytest_environ(), CFIA_LINT=str(lint))
        place.databases.drop(db)
    return result
