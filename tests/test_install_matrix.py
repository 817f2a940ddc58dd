"""Each add-on installs alone, without what only another one needs, and goes without a trace.

Every installation fails on an unexpected warning in Odoo's log. The databases are clones of a
base with third-party modules that each add-on needs by itself.
"""
import ast

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


@pytest.fixture(scope='module', params=[True, False], ids=['demo', 'bare'])
def base(place, request):
    """Return whether there is demo data, and a database with what cfia_membership needs and itself: what both others build on."""
    name = f'{templates.PREFIX}matrix_base'
    place.databases.clone(templates.ensure_base(place, templates.third_party(['cfia_membership'])), name)
    templates.install(place, name, ['cfia_membership'], demo=request.param)
    yield request.param, name
    place.databases.drop(name)


@pytest.mark.parametrize('module', MODULES)
def test_alone(place, base, database, module):
    """Each installs, with demo data too, without the add-ons that it does not depend on; uninstalled, it leaves valid views and no record."""
    demo, name = base
    place.databases.clone(name, database)
    if module != 'cfia_membership':
        templates.install(place, database, [module], demo=demo)
    installed = place.databases.installed(database)
    depends = set(templates.manifest(module)['depends']) | {module}
    assert depends <= installed
    assert not set(MODULES) - depends & installed
    if module != 'cfia_dues':
        assert 'account' not in installed
    if demo:
        return
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
    # its certificates are printed with the address of this machine
    assert place.databases.query(database, "SELECT value FROM ir_config_parameter WHERE key = 'cfia_membership.trial_address'") == [('True',)]


def test_nothing_is_installed_unasked(place):
    """The suite's database has what is on the list and nothing else, our bridges among it."""
    database = templates.ensure_suite(place)
    installed = place.databases.installed(database)
    ours = {*templates.our_modules(with_tests=True), *layout.bridge_modules()} - set(layout.APART)
    assert ours <= installed
    source = (layout.ADDONS / 'cfia_membership/tools/modules.py').read_text()
    names = {node.targets[0].id: node.value for node in ast.parse(source).body if isinstance(node, ast.Assign)}
    allowed = set(ast.literal_eval(names['ALLOWED_MODULES'].args[0]))
    # the image alone has these
    login_rules = {'auth_password_policy', 'auth_password_policy_portal', 'auth_password_policy_signup', 'auth_timeout'}
    assert installed - ours == allowed - login_rules
