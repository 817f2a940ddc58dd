"""Each add-on installs alone, without what only another one needs, and goes without a trace.

Every installation fails on an unexpected warning in Odoo's log. The databases are clones of a
base with third-party modules that each add-on needs by itself.
"""
import pytest

from launcher import layout, templates, workplace
from launcher.odoo_process import run_odoo

MODULES = layout.suite_modules()
CHECK_VIEWS = """
for view in env['ir.ui.view'].search([]):
    view._check_xml()
left = env['ir.model.data'].search([('module', 'in', {modules!r}.split(','))])
assert not left, left.mapped('complete_name')
"""


@pytest.fixture(scope='module')
def place():
    """Return the set-up work tree."""
    return workplace.ensure('test')


@pytest.fixture
def database(place):
    """Return a name for a database; it is dropped afterwards."""
    name = f'{templates.PREFIX}matrix'
    yield name
    place.databases.drop(name)


def start(place, database):
    """Make ``database`` from a base that has only what cfia_membership needs."""
    base = templates.ensure_base(place, templates.third_party(['cfia_membership']))
    place.databases.clone(base, database)


@pytest.mark.parametrize('module', MODULES)
def test_installs_alone(place, database, module):
    """With demo data and without the add-ons that it does not depend on."""
    start(place, database)
    templates.install(place, database, [module])
    installed = place.databases.installed(database)
    depends = set(templates.manifest(module)['depends']) | {module}
    assert depends <= installed
    assert not set(MODULES) - depends & installed
    if module != 'cfia_dues':
        assert 'account' not in installed


@pytest.mark.parametrize('module', MODULES[::-1])
def test_uninstalls(place, database, module):
    """What it leaves behind has valid views and none of its records."""
    start(place, database)
    templates.install(place, database, [module], demo=False)
    run_odoo(place, ['module', 'uninstall', '-d', database, module], 'uninstall')
    run_odoo(place, ['shell', '-d', database, '--no-http'], 'uninstall_check',
             script=CHECK_VIEWS.format(modules=module))
    assert module not in place.databases.installed(database)


def test_suite_with_demo_data(place):
    """The whole suite installs with its demo data beside the Chinese chart of accounts."""
    database = templates.ensure_suite(place, demo=True)
    assert set(MODULES) <= place.databases.installed(database)
    assert place.databases.query(database, "SELECT 1 FROM ir_module_module WHERE name = 'l10n_cn' AND state = 'installed'")
    assert not place.databases.query(database, "SELECT 1 FROM ir_demo_failure")
