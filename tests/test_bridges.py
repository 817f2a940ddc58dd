"""Bridges to add-ons of Odoo that the suite's database has not: installed and tested in one of their own."""
import subprocess

import pytest

from launcher import layout, templates, testing, workplace


@pytest.fixture(scope='module')
def place():
    """Return the set-up work tree."""
    return workplace.ensure('test')


@pytest.mark.parametrize('module', layout.APART)
def test_bridge(place, module):
    """It installs itself with ours where the other that it joins is there, and its tests pass."""
    database = f'{templates.PREFIX}bridge'
    place.databases.drop(database)
    try:
        place.databases.clone(templates.ensure_base(place), database)
        joined = templates.manifest(module)['depends']
        templates.install(place, database, [name for name in joined if not templates.manifest(name)], demo=False)
        templates.install(place, database, [name for name in joined if templates.manifest(name)], demo=False)
        assert module in place.databases.installed(database)
        run = subprocess.run(
            testing.pytest_command(place, database, [str(layout.ADDONS / module / 'tests')]),
            env=testing.pytest_environ(), capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
    finally:
        place.databases.drop(database)
