"""Template databases, cached by content.

The *base* holds only what others wrote (Odoo's add-ons and the OCA's), in Chinese, for a Chinese
company in CNY, so that accounting installs the Chinese chart. The *suite* is a clone of it with
our add-ons on top. A change in our code costs our own installation only.
"""
import ast
import hashlib
import re

from launcher import layout, python_env
from launcher.console import step
from launcher.lock import locked
from launcher.odoo_process import run_odoo

#: Names of all databases that the launcher makes for itself in this work tree.
PREFIX = f"cfia_{hashlib.sha256(str(layout.STATE).encode()).hexdigest()[:6]}_"
#: Folders of an add-on that an installed database does not depend on.
NOT_INSTALLED = {'tests', 'fuzz', 'life', 'press', 'readme', '__pycache__', '.git'}
#: Third-party modules installed beside what our manifests name.
FULL = ('l10n_cn', *layout.COMPANIONS, *layout.WANTED)


def manifest(name):
    """Return the manifest of our add-on ``name``, or None."""
    for folder in (layout.ADDONS, layout.TESTS):
        path = folder / name / '__manifest__.py'
        if path.is_file():
            return ast.literal_eval(path.read_text())
    return None


def our_modules(with_tests=False):
    """Return our add-ons, the test-only one among them if asked for."""
    return layout.suite_modules() + ([layout.TEST_ADDON] if with_tests and manifest(layout.TEST_ADDON) else [])


def third_party(names):
    """Return the modules that the add-ons ``names`` of ours depend on and others wrote."""
    found, todo, seen = set(), list(names), set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        own = manifest(name)
        if own is None:
            found.add(name)
        else:
            todo += own.get('depends', [])
    return sorted(found)


def content_hash():
    """Return a short hash of everything of our add-ons that an installed database depends on."""
    digest = hashlib.sha256()
    for name in (*our_modules(with_tests=True), *layout.bridge_modules()):
        folder = next(folder for folder in (layout.ADDONS, layout.TESTS) if (folder / name).is_dir())
        for path in sorted((folder / name).rglob('*')):
            relative = path.relative_to(folder)
            if path.is_file() and not NOT_INSTALLED.intersection(relative.parts):
                digest.update(str(relative).encode() + b'\0' + path.read_bytes())
    return digest.hexdigest()[:12]


def ensure_base(place, modules=None, language='zh_CN', country='CN', unasked=False):
    """Return the database with third-party modules only; make it when there is none.

    :param modules: names of third-party modules; by default all of the full suite
    :param bool unasked: with what Odoo installs by itself beside them
    """
    modules = sorted(modules or {*third_party(layout.suite_modules()), *FULL})
    key = python_env.fingerprint(python_env.RUNTIME, place.odoo_path, modules, unasked)
    name = f'{PREFIX}{"base" if language == "zh_CN" else language.lower()}_{key}'
    databases = place.databases
    with locked(layout.STATE / f'{name}.lock'):
        if not databases.exists(name):
            making = f'{name}_new'
            databases.drop(making)
            with step(f"Database: create, {language}"):
                # The country first: accounting installs the chart of the company's country.
                run_odoo(place, ['db', 'init', making, '--language', language, '--country', country], 'base',
                         environ=None if unasked else {'ODOO_RC': str(layout.ODOO_CONF_BARE)})
            with step(f"Modules: {len(modules)} of Odoo and the OCA with what they need") as current:
                _run_install(place, making, modules, current, unasked=unasked)
            databases.query(making, 'ANALYZE')
            databases.rename(making, name)
    return name


def install(place, name, modules, demo=True, current=None):
    """Install our add-ons ``modules`` in the database ``name``, with or without demo data.

    Demo data of other modules stays out: an association sees its own members only. Odoo loads
    the demo data of a module when all that it depends on has its own, so that is said for
    the time of the installation. With ours come our bridges, which install themselves; with those of
    others nothing does.
    """
    databases = place.databases
    others = databases.installed(name)
    if missing := set(third_party(modules)) - others:
        _run_install(place, name, missing, current, unasked=False)
        others = databases.installed(name)
    if demo:
        _mark_demo(databases, name, others, True)
    _run_install(place, name, modules, current)
    if demo:
        _mark_demo(databases, name, others, False)
    databases.query(name, 'ANALYZE')


def ensure_suite(place, demo=False):
    """Return the database with the suite and its tests' add-on; make it when the content is new.

    :param bool demo: with demo data
    """
    base = ensure_base(place)
    kind = f'{PREFIX}{"demo" if demo else "suite"}_'
    name = f'{kind}{base[-6:]}_{content_hash()}'
    databases = place.databases
    with locked(layout.STATE / 'suite.lock'):
        if not databases.exists(name):
            making = f'{kind}new'
            with step("Database: copy of the base"):
                databases.clone(base, making)
            with step(f"Modules: the suite{' with demo data' if demo else ''}") as current:
                install(place, making, our_modules(with_tests=True), demo=demo, current=current)
            for old in databases.names(kind):
                if old != making:
                    databases.drop(old)
            databases.rename(making, name)
    return name


def _run_install(place, name, modules, current, unasked=True):
    run_odoo(
        place, ['-d', name, '-i', ','.join(modules), '--stop-after-init', '--no-http',
                *([] if unasked else ['--skip-auto-install'])],
        re.sub(r'\W', '_', name), current)


def _mark_demo(databases, name, modules, value):
    databases.query(
        name, "UPDATE ir_module_module SET demo = %s WHERE name = ANY(%s)", [value, list(modules)])
