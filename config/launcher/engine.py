"""A Docker engine of our own: Debian's packages unpacked into the cache, data and socket in a folder, nothing installed."""
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from launcher.console import LauncherError, step
from launcher.debian import PrivateApt, download, unpack
from launcher.layout import CACHE, LOGS, STATE
from launcher.lock import locked

#: Client and compose plugin of this series; its runc needs a newer libc than stable's.
SUITE = 'trixie'
PACKAGES = ('docker.io', 'docker-cli', 'containerd', 'docker-compose', 'docker-buildx')
#: From the machine's own archive.
OWN = (
    'runc', 'iptables', 'libip4tc2', 'libip6tc2', 'libxtables12', 'libnetfilter-conntrack3', 'libnfnetlink0', 'libnftnl11',
    'libmnl0', 'libseccomp2', 'debootstrap')
FOLDER = CACHE / 'containers'
FORWARDING = Path('/proc/sys/net/ipv4/ip_forward')


def ensure_programs():
    """Return the tree of unpacked packages; fetch it when there is none."""
    tree = FOLDER / 'tree'
    with locked(FOLDER / 'lock'):
        if not tree.exists():
            work = Path(tempfile.mkdtemp(prefix='unpack-', dir=FOLDER))
            try:
                files = work / 'debs'
                files.mkdir()
                with step("Docker engine: download Debian's packages") as current:
                    apt = PrivateApt(FOLDER / 'apt', SUITE)
                    apt.update()
                    apt.download(PACKAGES, files, current.progress)
                    download(OWN, files)
                unpack(files, work / 'tree')
                (work / 'tree').rename(tree)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    return tree


class Engine:
    """A running dockerd; a context manager that takes down what it started, by its id, with bridges and rules."""

    def __init__(self):
        if os.geteuid():
            raise LauncherError("Containers need root on this machine: sudo ./cfia image")
        self.tree = ensure_programs()
        self.folder = STATE / 'docker'
        self.process = None
        self.rules = {}
        self.environ = {
            **{key: value for key, value in os.environ.items() if not key.startswith(('DOCKER_', 'COMPOSE_'))},
            'PATH': os.pathsep.join(map(str, (
                self.folder / 'bin', self.tree / 'usr/sbin', self.tree / 'usr/bin', os.environ['PATH'], '/usr/sbin', '/sbin'))),
            'LD_LIBRARY_PATH': str(self.tree / 'usr/lib/x86_64-linux-gnu'),
            'XTABLES_LIBDIR': str(self.tree / 'usr/lib/x86_64-linux-gnu/xtables'),
            'DOCKER_HOST': f"unix://{self.folder / 'run/docker.sock'}",
            'DOCKER_CONFIG': str(self.folder / 'config'),
        }

    def __enter__(self):
        for name in ('bin', 'run', 'config/cli-plugins'):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for name in ('iptables', 'ip6tables'):
            for suffix in ('', '-save', '-restore'):
                self._link(self.folder / f'bin/{name}{suffix}', self.tree / 'usr/sbin/xtables-nft-multi')
        for plugin in (self.tree / 'usr/libexec/docker/cli-plugins').iterdir():
            self._link(self.folder / 'config/cli-plugins' / plugin.name, plugin)
        for name in ('iptables', 'ip6tables'):
            self.rules[name] = self.run([f'{name}-save'])
            if ':DOCKER' in self.rules[name]:
                raise LauncherError("There are rules of another Docker engine here: use that one, or stop it first.")
        self.forwarding = FORWARDING.read_text(encoding='utf-8')
        with (LOGS / 'dockerd.log').open('w') as log:
            self.process = subprocess.Popen(
                ['dockerd', '--data-root', self.folder / 'data', '--exec-root', self.folder / 'run/exec', '--bridge=none',
                 '--pidfile', self.folder / 'run/pid', '-H', self.environ['DOCKER_HOST'], '--log-level=warn'],
                env=self.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait(self):
        for _try in range(120):
            if self.process.poll() is not None:
                break
            if subprocess.run(['docker', 'info'], env=self.environ, capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.5)
        raise LauncherError(f"dockerd does not start: see {LOGS / 'dockerd.log'}")

    def __exit__(self, *_error):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(60)
            if self.process.poll() is None:
                self.process.kill()
            # dockerd leaves the mount of its network namespace
            self.run(['umount', self.folder / 'run/exec/netns/default'], is_checked=False)
        for name, rules in self.rules.items():
            self.run([f'{name}-restore'], given=_all_tables(rules))
        FORWARDING.write_text(self.forwarding, encoding='utf-8')

    def run(self, command, given=None, is_checked=True, **environ):
        """Run a command with this engine; return what it printed.

        :raise LauncherError: it failed and ``is_checked``
        """
        with subprocess.Popen(
            list(map(str, command)), env={**self.environ, **environ}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        ) as process:
            try:
                out, errors = process.communicate(given or '')
            except BaseException:
                # told to stop: what the command has started goes with it
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                raise
        if is_checked and process.returncode:
            raise LauncherError(f"{' '.join(map(str, command))}:\n{out[-3000:]}{errors[-3000:]}")
        return out

    @staticmethod
    def _link(link, target):
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def _all_tables(rules):
    """Return saved rules with the tables that were not there yet, empty."""
    for table, chains in (('filter', 'INPUT FORWARD OUTPUT'), ('nat', 'PREROUTING INPUT OUTPUT POSTROUTING')):
        if f'*{table}' not in rules:
            rules += f"*{table}\n{''.join(f':{chain} ACCEPT [0:0]' + chr(10) for chain in chains.split())}COMMIT\n"
    return rules
