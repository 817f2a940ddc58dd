"""How pytest-odoo is called."""
from launcher import layout, settings


def pytest_command(place, db, args):
    """Return the command that runs pytest-odoo on the installed database ``db``."""
    return [
        place.python, '-m', 'pytest', f'--odoo-database={db}', '--odoo-http',
        f'--rootdir={layout.ROOT}', '-c', str(layout.CONFIG / 'pytest.ini'),
        '-o', f"cache_dir={layout.STATE / 'pytest'}", *args,
    ]


def pytest_environ():
    """Return the environment for pytest: Odoo's, with the launcher's plugin on the path."""
    return {**settings.odoo_environ(), 'PYTHONPATH': str(layout.CONFIG)}
