"""A primary and the replica that follows it, both of the PostgreSQL in this work tree, set up by the image's scripts."""
import os
import secrets
import shutil
import subprocess

import psycopg2

from launcher import cluster, layout, served

SETTINGS = {
    **{name: value for name, value in cluster.SETTINGS.items() if name not in {'synchronous_commit', 'max_wal_senders'}},
    'wal_level': 'replica',
    'max_wal_senders': '10',
    # statements tell which of the two has answered
    'log_statement': 'all',
    'log_line_prefix': '%d ',
}
DUMP_JOBS = '2'


class Pair:
    """Primary and replica.

    :param Workplace place: the set-up work tree, whose server holds the database that is copied
    """

    def __init__(self, place):
        self.place = place
        self.password = secrets.token_urlsafe(12)
        self.port = served.free_port()
        settings = {**SETTINGS, 'listen_addresses': '127.0.0.1', 'port': str(self.port)}
        self.primary = cluster.OwnServer('scale_primary', settings)
        self.replica = cluster.OwnServer('scale_replica', settings)

    def start(self, source, name):
        """Make both, with a copy of a database of the work tree's server, and let the second follow the first."""
        self.remove()
        self.primary.ensure(self.place.env)
        self.set(self.primary, 'fsync', 'off')
        self._load(source, name)
        self.set(self.primary, 'fsync', 'on')
        self.query(self.primary, 'postgres', 'CHECKPOINT', user='postgres')
        data = self.primary.folder / 'data'
        self._run_script(self.primary, 'primary.sh', ['true'], {
            'PGDATA': str(data), 'PGHOST': str(self.primary.socket_dir), 'PGPORT': str(self.port),
            'POSTGRES_USER': 'postgres', 'ODOO_ROLE': cluster.ROLE, 'REPLICATION_PASSWORD': self.password,
        })
        self.follow()

    def follow(self):
        """Copy the primary and start the copy."""
        self.replica.prepare(self.place.env)
        data = self.replica.folder / 'data'
        self._run_script(self.replica, 'replica.sh', ['true'], {
            'PGDATA': str(data), 'PRIMARY_HOST': '127.0.0.1', 'PRIMARY_PORT': str(self.port),
            'REPLICATION_PASSWORD': self.password,
        })
        # on one machine the two need ports of their own; a socket is enough
        self.replica.start(['-c', "listen_addresses=''", '-c', 'hot_standby_feedback=on'])

    def query(self, server, name, statement, user=cluster.ROLE):
        """Return the rows of a statement on the primary or the replica."""
        connection = psycopg2.connect(dbname=name, user=user, host=str(server.socket_dir), port=self.port)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def set(self, server, name, value):
        """Change a setting of a running server."""
        self.query(server, 'postgres', f"ALTER SYSTEM SET {name} = '{value}'", user='postgres')
        self.query(server, 'postgres', 'SELECT pg_reload_conf()', user='postgres')

    def remove(self):
        """Stop and delete both."""
        for server in (self.replica, self.primary):
            if server.link.exists():
                server.remove()

    def _load(self, source, name):
        dump = layout.RUN / f'{name}.dump'
        shutil.rmtree(dump, ignore_errors=True)
        connection = self.place.connection
        environ = {**os.environ, 'LC_ALL': 'C.UTF-8', **({'PGPASSWORD': connection.password} if connection.password else {})}
        own_address = [
            f'--{name}={value}' for name, value in (
                ('host', connection.host), ('port', connection.port), ('username', connection.user)) if value]
        address = ['-h', str(self.primary.socket_dir), '-p', self.primary.port, '-U', 'postgres']
        try:
            for command in (
                ['pg_dump', *own_address, '-Fd', '-Z', '0', '-j', DUMP_JOBS, '-f', dump, source],
                ['createdb', *address, '-O', cluster.ROLE, '-T', 'template0', name],
                ['pg_restore', *address, '-j', DUMP_JOBS, '-d', name, dump],
                ['vacuumdb', *address, '-q', '-Z', name],
            ):
                subprocess.run([self.primary.bin / command[0], *command[1:]], env=environ, check=True, stdin=subprocess.DEVNULL)
        finally:
            shutil.rmtree(dump, ignore_errors=True)
        files = layout.DATA / 'filestore' / source
        target = layout.DATA / 'filestore' / name
        shutil.rmtree(target, ignore_errors=True)
        if files.is_dir():
            shutil.copytree(files, target, copy_function=os.link)

    def _run_script(self, server, name, command, environ):
        """Run a script of the image as the server's user."""
        script = server.folder / name
        shutil.copy(layout.CONFIG / 'image' / name, script)
        script.chmod(0o755)
        clean = {key: value for key, value in os.environ.items() if not key.startswith('PG')}
        subprocess.run(
            [script, *command], cwd='/', check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            user=server.user, group=server.user, extra_groups=[] if server.user else None,
            env={**clean, **environ, 'LC_ALL': 'C.UTF-8', 'PATH': f"{server.bin}{os.pathsep}{os.environ['PATH']}"})
