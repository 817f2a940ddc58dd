"""How pytest-odoo is called."""
from launcher import layout, python_env, settings


def pytest_command(place, db, args):
    """Return the command that runs pytest-odoo on the installed database ``db``.

    :param list args: more arguments of pytest
    """
    return [
        place.python, '-m', 'pytest', f'--odoo-database={db}', '--odoo-http',
        '--odoo-log-level=warn', f'--odoo-extra=logfile={layout.LOGS / "test.log"}',
        f'--odoo-extra=screenshots={layout.LOGS}',
        f'--rootdir={layout.ROOT}', '-c', str(layout.CONFIG / 'pytest.ini'),
        '-o', f"cache_dir={layout.STATE / 'pytest'}", '-p', 'launcher.pytest_watch', *args,
    ]


def pytest_environ():
    """Return the environment for pytest: Odoo's, with the launcher's plugin on the path and where axe-core is."""
    return {
        **settings.odoo_environ(), 'PYTHONPATH': str(layout.CONFIG), 'CFIA_AXE': str(python_env.ensure_axe())}


def test_folders():
    """Return the folders that hold tests of the suite's database; what is apart is run by `tests/test_bridges.py`."""
    own = [folder for folder in sorted(layout.ADDONS.glob('*/tests')) if folder.parent.name not in layout.APART]
    return [str(folder) for folder in (*own, layout.TESTS) if folder.is_dir()]
