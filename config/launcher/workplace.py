"""What every verb stands on: Odoo, its Python environment, the server, the configuration."""
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from launcher import cluster, layout, odoo_tree, python_env, settings
from launcher.console import LauncherError
from launcher.debian import ensure_packages
from launcher.lock import locked


@dataclass(frozen=True)
class Workplace:
    """A set-up work tree."""

    odoo_path: Path
    env: Path
    connection: cluster.Connection

    @property
    def python(self):
        """Python of the environment."""
        return str(layout.VENV_LINK / 'bin/python')

    @property
    def odoo(self):
        """The command of Odoo, to which its arguments are added."""
        return [self.python, str(layout.BIN / 'odoo')]

    @property
    def databases(self):
        """The databases on the server (inside the environment only)."""
        from launcher.database import Databases
        return Databases(self.connection)


def ensure(purpose='run'):
    """Set up what is missing and return the workplace; go on inside the environment.

    :param str purpose: ``run``, or ``test`` for the browser and the PDF tools too
    """
    layout.make_state()
    with locked(layout.STATE / 'setup.lock'):
        ensure_packages(purpose)
        odoo_path = odoo_tree.ensure_odoo()
        env = python_env.ensure_runtime(odoo_path)
        _link(layout.ODOO_LINK, odoo_path)
        _link(layout.VENV_LINK, env)
        if not python_env.inside(env):
            if os.environ.get('CFIA_INSIDE') == str(env):
                raise LauncherError(f"{env} is broken: ./cfia reset --all")
            os.environ['CFIA_INSIDE'] = str(env)
            os.execv(env / 'bin/python', [str(env / 'bin/python'), '-B', '-m', 'launcher', *sys.argv[1:]])
        connection = cluster.ensure_server(env)
        settings.write_odoo_conf(connection)
        settings.write_programs()
    return Workplace(odoo_path, env, connection)


def _link(link, target):
    if not link.is_symlink() or link.readlink() != target:
        link.unlink(missing_ok=True)
        link.symlink_to(target)
