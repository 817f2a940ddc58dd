"""The image's entrypoint, run by itself on this machine's PostgreSQL: what it makes, upgrades, serves and refuses."""
import configparser
import os
import shutil
import subprocess

import pytest

from launcher import layout, settings, templates, workplace

NAME = f'{templates.PREFIX}image'
#: Stands before Odoo's command: `db init` copies the base, which others' modules make slow; the rest is Odoo's.
SHIM = """\
#!/bin/sh
echo "$@" >>{calls}
if [ "$1 $2" = "db init" ]; then
    createdb -T {base} "$3" && mkdir -p {files} && cp -al {files}/{base} {files}/"$3"
else
    exec {odoo} "$@"
fi
"""
FIELD = """
from odoo import fields, models


class ResPartner(models.Model):
    _inherit = 'res.partner'

    cfia_image_tried = fields.Char(default="tried")
"""


class Image:
    """What the image holds, in a folder, and its entrypoint.

    :param Workplace place: the set-up work tree
    :param Path folder: an empty one
    """

    def __init__(self, place, folder):
        self.place, self.folder = place, folder
        self.calls = folder / 'calls'
        shutil.copytree(layout.ADDONS, folder / 'addons')
        for name in ('login_rules.py', 'first_start.py'):
            shutil.copy(layout.CONFIG / 'image' / name, folder)
        conf = configparser.ConfigParser(interpolation=None)
        conf.read(layout.ODOO_CONF)
        conf['options']['addons_path'] = f"{folder / 'addons'},{layout.TESTS}"
        with (folder / 'odoo.conf').open('w') as file:
            conf.write(file)
        (folder / 'bin').mkdir()
        shim = folder / 'bin/odoo'
        shim.write_text(SHIM.format(
            calls=self.calls, base=templates.ensure_base(place), files=layout.DATA / 'filestore', odoo=layout.BIN / 'odoo'))
        shim.chmod(0o755)

    def start(self, *args, timeout=1200, **environ):
        """Run the entrypoint to its end; what it serves ends at once."""
        self.calls.write_text('')
        connection = self.place.connection
        environment = settings.odoo_environ()
        environment.update({
            'PATH': os.pathsep.join([str(self.folder / 'bin'), connection.pg_path, environment['PATH']]),
            'CFIA_HOME': str(self.folder), 'OCA_ADDONS': str(self.folder / 'none'), 'ODOO_RC': str(self.folder / 'odoo.conf'),
            'DATA_DIR': str(layout.DATA), 'PGHOST': connection.host, 'PGUSER': connection.user or 'odoo',
            'DB_NAME': NAME, 'ADMIN_PASSWORD': 'a password long enough', 'PGHOST_REPLICA': '', 'LOGIN_RULES': 'false',
            'REFUSAL_PAUSE': '0', 'LOG_LEVEL': 'warn', **environ})
        return subprocess.run(
            ['bash', layout.CONFIG / 'image/entrypoint.sh', *(args or ('--stop-after-init', '--no-http', '--workers=0'))],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False)

    def called(self):
        """Return what Odoo was called for: a list of lines."""
        return self.calls.read_text().splitlines()

    def served(self):
        """Return whether the last line serves the database."""
        return any('--db-filter' in line for line in self.called())


@pytest.fixture(scope='module')
def place():
    """Return the set-up work tree."""
    return workplace.ensure('test')


@pytest.fixture
def image(place, tmp_path):
    """Return an image; the databases and backups that it makes go afterwards."""
    yield Image(place, tmp_path)
    for suffix in ('', '__installing', '__upgrading', '__before'):
        if place.databases.exists(f'{NAME}{suffix}'):
            place.databases.query('postgres', f'ALTER DATABASE "{NAME}{suffix}" ALLOW_CONNECTIONS true')
        place.databases.drop(f'{NAME}{suffix}')
    for folder in (layout.DATA / 'backups').glob(f'{NAME}-*'):
        shutil.rmtree(folder)


def parameter(place, key):
    """Return the value of a system parameter."""
    rows = place.databases.query(NAME, "SELECT value FROM ir_config_parameter WHERE key = %s", [key])
    return rows[0][0] if rows else None


def members(place):
    """Return what must not be lost: identity and secret of the database."""
    return place.databases.query(NAME, """
        SELECT (SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'), (SELECT count(*) FROM res_partner)""")


def test_new_database(place, image):
    """None, an empty one and a half-made one are made; the second start only serves."""
    half = f'{NAME}__installing'
    place.databases.query('postgres', f'CREATE DATABASE "{half}"')
    place.databases.query(half, "CREATE TABLE cut_short (id int)")
    place.databases.query('postgres', f'CREATE DATABASE "{NAME}"')
    done = image.start(PUBLIC_URL='https://members.example.org/', SMTP_HOST='mail', SMTP_PASSWORD='secret of mail')
    assert done.returncode == 0, done.stderr
    assert image.served()
    assert set(layout.SUITE) <= place.databases.installed(NAME)
    assert not place.databases.exists(half)
    assert not (layout.DATA / 'filestore' / half).exists()
    assert parameter(place, 'web.base.url') == 'https://members.example.org'
    assert parameter(place, 'web.base.url.freeze') == 'True'
    assert place.databases.query(NAME, "SELECT smtp_host, smtp_pass FROM ir_mail_server") == [('mail', 'secret of mail')]
    # no secret is an argument of a process
    assert not [line for line in image.called() if 'long enough' in line or 'secret of mail' in line]
    before = members(place)
    done = image.start()
    assert done.returncode == 0, done.stderr
    assert members(place) == before
    assert not [line for line in image.called() if ' -i ' in line or ' -u ' in line or line.startswith('db')]
    assert image.served()


@pytest.mark.parametrize(('environ', 'reason'), [
    ({'ADMIN_PASSWORD': 'short', 'LOGIN_RULES': 'true'}, "fewer than 12 characters"),
    ({'ADMIN_PASSWORD': ''}, "ADMIN_PASSWORD is empty"),
    ({'PUBLIC_URL': 'members.example.org'}, "PUBLIC_URL is an address"),
    ({'DB_NAME': 'Cfia-1'}, "DB_NAME"),
])
def test_bad_settings_are_refused(place, image, environ, reason):
    done = image.start(**environ)
    assert done.returncode == 1
    assert reason in done.stderr
    assert not place.databases.exists(NAME)
    assert not image.served()


def test_image_without_the_suite(image):
    shutil.rmtree(image.folder / 'addons')
    done = image.start()
    assert done.returncode == 1
    assert "no readable add-ons" in done.stderr


def test_foreign_databases_are_refused(place, image):
    """A database of something else, and an Odoo without the suite, stay as they are."""
    place.databases.query('postgres', f'CREATE DATABASE "{NAME}"')
    place.databases.query(NAME, "CREATE TABLE theirs (id int)")
    done = image.start()
    assert done.returncode == 1
    assert "something else than the suite" in done.stderr
    assert place.databases.query(NAME, "SELECT count(*) FROM theirs") == [(0,)]
    place.databases.clone(templates.ensure_base(place), NAME)
    before = members(place)
    done = image.start()
    assert done.returncode == 1
    assert "something else than the suite" in done.stderr
    assert members(place) == before
    assert not image.served()


def test_restored_database(place, image):
    """It is upgraded where other content made it, after a backup, with everything in it; others wait."""
    place.databases.clone(templates.ensure_suite(place), NAME)
    before = members(place)
    done = image.start()
    assert done.returncode == 0, done.stderr
    assert members(place) == before
    assert image.served()
    [backup] = (layout.DATA / 'backups').glob(f'{NAME}-*')
    assert (backup / 'cfia.dump').stat().st_size
    assert any((backup / 'filestore').iterdir())
    assert members_of_before(place) == before

    # a new stored field: one command, and the columns are there
    (image.folder / 'addons/cfia_membership/models/image_tried.py').write_text(FIELD)
    with (image.folder / 'addons/cfia_membership/models/__init__.py').open('a') as file:
        file.write("from . import image_tried\n")
    content = parameter(place, 'cfia.image_content')
    # whoever does not lead waits for it
    with pytest.raises(subprocess.TimeoutExpired):
        image.start(LEADS='false', timeout=8)
    done = image.start()
    assert done.returncode == 0, done.stderr
    assert parameter(place, 'cfia.image_content') != content
    assert place.databases.query(NAME, "SELECT count(cfia_image_tried) FROM res_partner") == [(before[0][1],)]
    assert members(place) == before
    done = image.start(LEADS='false')
    assert done.returncode == 0, done.stderr

    # one that fails leaves all as it was, is not tried again by itself, and by hand it is
    content = parameter(place, 'cfia.image_content')
    view = image.folder / 'addons/cfia_membership/data/broken.xml'
    view.write_text('<odoo><record id="broken" model="ir.ui.view"><field name="no_such_field">1</field></record></odoo>')
    manifest = image.folder / 'addons/cfia_membership/__manifest__.py'
    manifest.write_text(manifest.read_text().replace("'data': [", "'data': ['data/broken.xml',", 1))
    done = image.start()
    assert done.returncode == 1
    assert "as it was" in done.stderr
    assert parameter(place, 'cfia.image_content') == content
    assert members(place) == before
    assert not image.served()
    done = image.start()
    assert done.returncode == 1
    assert "failed before" in done.stderr
    assert not [line for line in image.called() if ' -u ' in line]
    view.write_text('<odoo/>')
    done = image.start('upgrade')
    assert done.returncode == 0, done.stderr
    assert parameter(place, 'cfia.image_content') != content

    # an image older than the database
    manifest.write_text(manifest.read_text().replace("'version': '19.0.", "'version': '18.0.", 1))
    done = image.start()
    assert done.returncode == 1
    assert "newer than the image's" in done.stderr
    assert members(place) == before


def members_of_before(place):
    """Return the same of the database that was kept, which nobody gets into."""
    place.databases.query('postgres', f'ALTER DATABASE "{NAME}__before" ALLOW_CONNECTIONS true')
    try:
        return place.databases.query(f'{NAME}__before', """
            SELECT (SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'), (SELECT count(*) FROM res_partner)""")
    finally:
        place.databases.query('postgres', f'ALTER DATABASE "{NAME}__before" ALLOW_CONNECTIONS false')


def test_command_beside_the_servers(place, image):
    """Any command runs with the address of the database and without an empty replica."""
    done = image.start('sh', '-c', 'echo "$PGHOST ${PGHOST_REPLICA-none}"')
    assert done.stdout.strip() == f'{place.connection.host} none'
    assert not image.served()
