"""The odoo.conf of this work tree and the environment that Odoo is started with."""
import configparser
import os
import secrets

from launcher import layout
from launcher.debian import find_browser

#: Chromium as root in a closed network; without the last ones it looks up hosts at every start.
BROWSER_FLAGS = (
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
)


def write_odoo_conf(connection):
    """Write .cfia/odoo.conf from config/odoo.conf, the connection and the paths, and the one for new databases."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(layout.CONFIG / 'odoo.conf')
    options = parser['options']
    options.update({
        'addons_path': ','.join(map(str, _addons_path())),
        'data_dir': str(layout.DATA),
        'admin_passwd': _master_password(),
    })
    for key in ('host', 'port', 'user', 'password'):
        if value := getattr(connection, key):
            options[f'db_{key}'] = value
    if connection.pg_path:
        options['pg_path'] = connection.pg_path
    _write_conf(parser, layout.ODOO_CONF)
    # `odoo db init` knows it as a setting only
    options['skip_auto_install'] = 'True'
    _write_conf(parser, layout.ODOO_CONF_BARE)


def odoo_environ():
    """Return the environment for Odoo and its tests."""
    env = {key: value for key, value in os.environ.items()
           if not key.startswith('PG') and key not in {'PYTHONDONTWRITEBYTECODE', 'PYTHONPATH'}}
    env.update({
        'ODOO_RC': str(layout.ODOO_CONF),
        'PATH': f"{layout.BIN}{os.pathsep}{layout.VENV_LINK / 'bin'}{os.pathsep}{env['PATH']}",
    })
    return env


def write_programs():
    """Write Odoo's command, and the browser that its tours find first, with more flags."""
    _write_program('odoo', f"#!{layout.VENV_LINK / 'bin/python'}\nimport odoo.cli\n\nodoo.cli.main()\n")
    if browser := find_browser():
        _write_program('google-chrome', f"#!/bin/sh\nexec {browser} {' '.join(BROWSER_FLAGS)} \"$@\"\n")
    else:
        (layout.BIN / 'google-chrome').unlink(missing_ok=True)


def _write_conf(parser, path):
    new = path.with_suffix('.new')
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as conf:
        parser.write(conf)
    new.replace(path)


def _write_program(name, text):
    path = layout.BIN / name
    # Another launcher may be running it: never half a file.
    new = path.with_suffix(f'.{os.getpid()}')
    new.write_text(text)
    new.chmod(0o755)
    new.replace(path)


def _addons_path():
    # Odoo finds its own add-ons and those that pip installed by itself; a source checkout
    # keeps most of its add-ons in a folder beside the package.
    folders = [layout.ADDONS, layout.TESTS, layout.ODOO_LINK / 'addons']
    return [folder for folder in folders if any(folder.glob('*/__manifest__.py'))]


def _master_password():
    """Return the database manager's password of this work tree; nobody needs to know it."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(layout.ODOO_CONF)
    return parser.get('options', 'admin_passwd', fallback=None) or secrets.token_urlsafe(24)
