"""What the image's entrypoint decides, on this machine's PostgreSQL; Odoo's command is a stand-in that writes the few tables."""
import os
import re
import shutil
import subprocess

import pytest

from launcher import layout, templates, workplace

NAME = f'{templates.PREFIX}image'
ODOO = """\
#!/bin/sh
echo "$@" $(grep skip_auto_install "$ODOO_RC") >>"$CFIA_HOME/calls"
case "$*" in
*--version*) echo "Odoo Server 19.0" ;;
"db init"*)
    createdb "$3"
    psql -qX -d "$3" -c "CREATE TABLE ir_module_module (name text, state text, latest_version text, demo bool)" \\
        -c "CREATE TABLE ir_config_parameter (key text UNIQUE, value text)"
    mkdir -p "$DATA_DIR/filestore/$3"; echo file >"$DATA_DIR/filestore/$3/file" ;;
*__installing*"-i cfia_membership"*)
    psql -qX -d "$2" -c "INSERT INTO ir_module_module VALUES ('cfia_membership', 'installed', '19.0.1.0.0', false)" ;;
*__upgrading*)
    psql -qX -d "$2" -c "CREATE TABLE upgraded (id int)"
    [ ! -e "$CFIA_HOME/broken" ] ;;
esac
"""


@pytest.fixture
def databases():
    """Return the databases of the server; those of the test go afterwards."""
    databases = workplace.ensure('test').databases
    yield databases
    for suffix in ('', '__installing', '__upgrading', '__before'):
        if databases.exists(f'{NAME}{suffix}'):
            databases.query('postgres', f'ALTER DATABASE "{NAME}{suffix}" ALLOW_CONNECTIONS true')
            databases.drop(f'{NAME}{suffix}')


@pytest.fixture
def start(databases, tmp_path):
    """Return what runs the entrypoint to its end and gives its status, its words and what Odoo was called for."""
    connection = databases.connection
    for name in ('bin', 'data', 'addons/cfia_membership'):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / 'addons/cfia_membership/__manifest__.py').write_text("{\n    'version': '19.0.1.0.0',\n}\n")
    for name in ('login_rules.py', 'first_start.py'):
        shutil.copy(layout.CONFIG / 'image' / name, tmp_path)
    (tmp_path / 'bin/odoo').write_text(ODOO)
    (tmp_path / 'bin/odoo').chmod(0o755)

    def start(*args, timeout=120, **environ):
        (tmp_path / 'calls').write_text('')
        done = subprocess.run(
            ['bash', layout.CONFIG / 'image/entrypoint.sh', *args], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=timeout, check=False, env={
                **os.environ, 'PATH': os.pathsep.join([str(tmp_path / 'bin'), connection.pg_path, os.environ['PATH']]),
                'CFIA_HOME': str(tmp_path), 'OCA_ADDONS': str(tmp_path / 'none'), 'DATA_DIR': str(tmp_path / 'data'),
                'PGHOST': connection.host, 'PGUSER': connection.user, 'PGPORT': connection.port or '5432', 'PGHOST_REPLICA': '',
                'PGPASSWORD': connection.password, 'ODOO_RC': str(layout.CONFIG / 'image/odoo.conf'), 'DB_NAME': NAME, 'ADMIN_PASSWORD': 'a password long enough', 'REFUSAL_PAUSE': '0',
                **environ})
        return done.returncode, done.stdout + done.stderr, (tmp_path / 'calls').read_text()

    return start


def test_nothing_empty_and_half_made_are_made_once(databases, start):
    databases.query('postgres', f'CREATE DATABASE "{NAME}__installing"')
    databases.query('postgres', f'CREATE DATABASE "{NAME}"')
    status, said, calls = start()
    assert (status, '--db-filter' in calls) == (0, True), said
    assert 'long enough' not in calls
    assert databases.installed(NAME) == {'cfia_membership'}
    assert "--country CN skip_auto_install = True\n" in calls, "nothing installs itself in a new database"
    assert not databases.exists(f'{NAME}__installing')
    status, said, calls = start()
    assert (status, ' -i ' in calls, 'db init' in calls) == (0, False, False), said


@pytest.mark.parametrize(('environ', 'reason'), [
    ({'ADMIN_PASSWORD': 'short'}, "fewer than 12 characters"),
    ({'ADMIN_PASSWORD': ''}, "ADMIN_PASSWORD is empty"),
    ({'PUBLIC_URL': 'members.example.org'}, "PUBLIC_URL is an address"),
    ({'DB_NAME': 'postgres'}, "none of PostgreSQL itself"),
])
def test_bad_settings_are_refused(databases, start, environ, reason):
    status, said, _calls = start(**environ)
    assert (status, reason in said) == (1, True), said
    assert not databases.exists(NAME)


def test_foreign_database_stays(databases, start):
    databases.query('postgres', f'CREATE DATABASE "{NAME}"')
    databases.query(NAME, "CREATE TABLE theirs (id int)")
    status, said, calls = start()
    assert (status, "something else than the suite" in said, '--db-filter' in calls) == (1, True, False), said
    assert databases.query(NAME, "SELECT count(*) FROM theirs") == [(0,)]


def test_restored_upgraded_and_failed(databases, start, tmp_path):
    """New volumes with the database intact: served. Other content: backed up and upgraded, or left as it was."""
    start()
    databases.query(NAME, "CREATE TABLE numbers (id int)")
    shutil.rmtree(tmp_path / 'data')
    status, said, calls = start()
    assert (status, ' -u ' in calls) == (0, False), said
    manifest = tmp_path / 'addons/cfia_membership/__manifest__.py'
    (tmp_path / 'broken').touch()
    manifest.write_text(manifest.read_text().replace('1.0.0', '1.1.0'))
    with pytest.raises(subprocess.TimeoutExpired):
        start(LEADS='false', timeout=4)
    status, said, calls = start()
    assert (status, "is as it was" in said, '--db-filter' in calls) == (1, True, False), said
    assert databases.query(NAME, "SELECT to_regclass('numbers') IS NOT NULL, to_regclass('upgraded') IS NULL") == [(True, True)]
    status, said, calls = start()
    assert (status, "failed before" in said, ' -u ' in calls) == (1, True, False), said
    (tmp_path / 'broken').unlink()
    status, said, _calls = start('upgrade')
    assert status == 0, said
    assert databases.query(NAME, "SELECT to_regclass('numbers') IS NOT NULL, to_regclass('upgraded') IS NOT NULL") == [(True, True)]
    assert any((tmp_path / 'data/backups').glob('*/cfia.dump'))
    assert start(LEADS='false')[0] == 0
    # an image older than the database
    databases.query(NAME, "UPDATE ir_module_module SET latest_version = '19.0.2.0.0'")
    manifest.write_text(manifest.read_text() + "# older\n")
    status, said, _calls = start()
    assert (status, "newer than the image's" in said) == (1, True), said


def test_command_beside_the_servers(start):
    status, said, _calls = start('sh', '-c', 'echo "replica ${PGHOST_REPLICA-none}"')
    assert (status, said.strip()) == (0, "replica none")


PAGES = ('README.md', 'README.zh_CN.md', 'SECURITY.md', 'docs/administration.md', 'docs/sizing.md')
SHELL_BLOCK = re.compile(r'```sh\n(.*?)```', re.DOTALL)


def test_pages_hold_only_commands_that_are_run():
    """Each command for the containers is one that `./cfia image` runs, or reads the same as one in another page."""
    followed = re.findall(r"""\.follow\(\s*'([^']+)', '([^']+)'""", (layout.TESTS / 'image/questions.py').read_text())
    assert followed

    def blocks(page):
        text = (layout.ROOT / page).read_text(encoding='utf-8')
        return [[line.partition('#')[0].strip() for line in block.splitlines()] for block in SHELL_BLOCK.findall(text)
                if 'docker compose' in block]

    run = [block for page in PAGES for block in blocks(page)
           if any(page == where and line.startswith(start) for where, start in followed for line in block)]
    assert len(run) >= 8
    assert not [(page, block) for page in PAGES for block in blocks(page) if block not in run]


def test_uploads_end_at_one_limit():
    """Odoo's dialogs refuse what the proxy would, as base64 too: the proxy's page comes only to who goes round them."""
    proxy = (layout.CONFIG / 'image/nginx.conf').read_text()
    megabytes = int(re.search(r'client_max_body_size (\d+)m;', proxy)[1])
    assert f'{megabytes} MB' in proxy
    dialogs = re.search(r"'web.max_file_upload_size', (\d+) \* 1024 \* 1024", (layout.CONFIG / 'image/first_start.py').read_text())
    assert 10 * 3 < int(dialogs[1]) * 4 / 3 <= megabytes
