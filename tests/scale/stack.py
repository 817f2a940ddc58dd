"""What docker-compose.yml's profile `scale` starts, as processes of this machine."""
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

import nginx
from databases import Pair

from launcher import cluster, layout, served, settings
from launcher.console import LauncherError, step
from launcher.odoo_process import run_odoo

PATIENCE = 120


class Process:
    """A process with its children, which end with it.

    :param str name: of its log
    :param list command: how it is started
    """

    def __init__(self, name, command):
        self.log = layout.LOGS / f'scale_{name}.log'
        self.log.unlink(missing_ok=True)
        self.command = command
        self.popen = None

    def start(self):
        """Start it, again where it was ended."""
        with self.log.open('a') as out:
            self.popen = subprocess.Popen(
                self.command, env=settings.odoo_environ(), stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                start_new_session=True)

    def kill(self, how=signal.SIGKILL):
        """End it and its children, by default as a power cut would."""
        if self.popen and self.popen.poll() is None:
            os.killpg(self.popen.pid, how)
            try:
                self.popen.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.popen.pid, signal.SIGKILL)
                self.popen.wait()


class Server(Process):
    """A server of pages, with its port for web sockets."""

    def __init__(self, stack, name, workers):
        self.port, self.socket_port = served.free_port(), served.free_port()
        super().__init__(name, stack.odoo(
            f'--http-port={self.port}', f'--gevent-port={self.socket_port}', f'--workers={workers}',
            '--max-cron-threads=0', '--proxy-mode'))

    @property
    def address(self):
        """Address of its pages, past the proxy."""
        return f'http://127.0.0.1:{self.port}'


class Stack:
    """Primary and replica, two servers, a process for scheduled work, the proxy; a context manager.

    :param Workplace place: the set-up work tree
    :param str source: database of its server, whose copy is served
    :param str name: name of the copy
    :param int workers: of each server
    :param str script: run by Odoo's shell on the copy before anything is served
    :param bool unlimited: lift the proxy's limits of requests
    """

    def __init__(self, place, source, name, workers=2, script=None, unlimited=False):
        self.place, self.source, self.name, self.script, self.unlimited = place, source, name, script, unlimited
        self.pair = Pair(place)
        self.folder = layout.RUN / 'scale_proxy'
        self.port = served.free_port()
        self.address = f'http://127.0.0.1:{self.port}'
        self.servers = [Server(self, f'server_{number}', workers) for number in (1, 2)]
        self.cron = Process('cron', self.odoo('--no-http', '--workers=1', '--max-cron-threads=1'))
        self.proxy = None

    def odoo(self, *options):
        """Return the command of an Odoo that writes to the primary and reads from the replica."""
        return [
            *self.place.odoo, '-d', self.name, f'--db-filter=^{self.name}$', f'--db_user={cluster.ROLE}', f'--db_host={self.pair.primary.socket_dir}',
            f'--db_port={self.pair.port}', f'--db_replica_host={self.pair.replica.socket_dir}',
            f'--db_replica_port={self.pair.port}', *options]

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error):
        for process in (self.proxy, *self.servers, self.cron):
            if process:
                process.kill(signal.SIGTERM)
        self.pair.remove()
        shutil.rmtree(layout.DATA / 'filestore' / self.name, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self):
        with step("Primary and replica: make, and copy the database"):
            self.pair.start(self.source, self.name)
        if self.script:
            with step("Members: make"):
                run_odoo(self.place, [
                    'shell', *self.odoo('--no-http', '--log-level=error')[len(self.place.odoo):],
                ], 'scale_members', script=self.script)
        self.pair.query(self.pair.primary, self.name, f"""
            INSERT INTO ir_config_parameter (key, value) VALUES ('report.url', '{self.address}'), ('cfia_membership.trial_address', 'True')
            ON CONFLICT (key) DO UPDATE SET value = excluded.value""")
        with step("Two servers, scheduled work, proxy: start"):
            self.write_proxy()
            self.proxy = Process('proxy', nginx.command(self.folder))
            for process in (*self.servers, self.cron, self.proxy):
                process.start()
            for server in self.servers:
                self.wait(server)

    def write_proxy(self):
        """Write the shipped configuration with this machine's ports, and let nginx judge it."""
        first, second = self.servers
        nginx.write_configuration(self.folder, self.port, {
            'odoo:8069': f'127.0.0.1:{first.port}', 'odoo:8072': f'127.0.0.1:{first.socket_port}',
            'odoo-2:8069': f'127.0.0.1:{second.port}', 'odoo-2:8072': f'127.0.0.1:{second.socket_port}',
        }, unlimited=self.unlimited)
        said, is_good = nginx.check(self.folder)
        if not is_good:
            raise LauncherError(f"nginx refuses the shipped configuration:\n{said}")

    @staticmethod
    def wait(server):
        """Wait until a server answers with a page."""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit and server.popen.poll() is None:
            try:
                with urllib.request.urlopen(f'{server.address}/web/login', timeout=PATIENCE):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.3)
        raise LauncherError(f"A server does not answer: see {server.log}")


def until(question, seconds=60):
    """Return the first true answer to a question asked again and again, or the last one."""
    limit = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < limit:
        time.sleep(0.2)
    return answer
