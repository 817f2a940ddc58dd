"""What goes wrong: each trouble begins at a moment in the middle of an act and is over afterwards."""
import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
#: Room that a full disk has left, in bytes.
LEFT = 4096
STORE_SIZE = '512m'


class Mail:
    """The mail server that everything is sent to: it keeps what it takes as files."""

    def __init__(self, folder, port):
        self.folder, self.port, self.process = Path(folder), port, None

    def start(self, program='launcher.mail_catcher', *args):
        """Start a server; wait until it answers."""
        self.stop()
        self.process = subprocess.Popen(
            [sys.executable, '-m', program, str(self.port), str(self.folder), *args],
            env={**os.environ, 'PYTHONPATH': os.pathsep.join([str(HERE.parents[1] / 'config'), str(HERE)])},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', self.port), timeout=1):
                return
            if self.process.poll() is not None:
                raise RuntimeError(f"{program} does not start")
            time.sleep(0.05)

    def stop(self):
        """End the server at once, whatever it is doing."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


class Trouble:
    """One kind of fault."""

    name = None
    #: What an act must do to be hit by it: True for all, else the name of an attribute of the act.
    hits = True

    def __init__(self, world):
        self.world = world

    def begin(self, workers, rng):
        """Let it happen while the workers are at work."""
        raise NotImplementedError

    def end(self):
        """Put everything right again, once the workers have ended."""


class Kill(Trouble):
    """One of the two processes is killed (SIGKILL)."""

    name = 'kill'

    def begin(self, workers, rng):
        if os.waitid(os.P_PID, workers[0], os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            os.kill(workers[0], signal.SIGKILL)


class Database(Trouble):
    """PostgreSQL is ended as by a power cut and started again."""

    name = 'database'

    def begin(self, workers, rng):
        subprocess.run(
            self.world.restart, check=True, cwd='/', stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)


class Disk(Trouble):
    """The disk of the file store is full.

    As root the store is a file system of its own, in memory, which shrinks to what it holds (ENOSPC). Where nothing
    may be mounted the processes may write no file any more (EFBIG).
    """

    name = 'disk full'
    hits = 'writes_files'

    def begin(self, workers, rng):
        store = self.world.store
        if store.is_mounted:
            store.fill()
            return
        for pid in workers:
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (LEFT, LEFT))

    def end(self):
        if self.world.store.is_mounted:
            self.world.store.give_room()


class MailDown(Trouble):
    """Nobody listens on the port of the mail server."""

    name = 'mail down'
    hits = 'mails'

    def begin(self, workers, rng):
        self.world.mail.stop()

    def end(self):
        self.world.mail.start()


class MailSlow(Trouble):
    """The mail server answers late, is busy, or hangs up in the middle of a message."""

    name = 'mail slow'
    hits = 'mails'

    def begin(self, workers, rng):
        self.world.mail.start('sick_mail', str(rng.randrange(10**6)))

    def end(self):
        self.world.mail.start()


TROUBLES = (Kill, Database, Disk, MailDown, MailSlow)


class Store:
    """The file store of the database: a file system of its own where that can be had."""

    def __init__(self, path):
        self.path = Path(path)
        self.is_mounted = False

    def mount(self):
        """Put the store on a file system in memory; return whether that worked."""
        held = {path.relative_to(self.path): path.read_bytes() for path in self.path.rglob('*') if path.is_file()}
        done = subprocess.run(
            ['mount', '-t', 'tmpfs', '-o', f'size={STORE_SIZE}', 'none', str(self.path)], capture_output=True, check=False)
        self.is_mounted = done.returncode == 0
        if self.is_mounted:
            for path, content in held.items():
                (self.path / path).parent.mkdir(parents=True, exist_ok=True)
                (self.path / path).write_bytes(content)
        return self.is_mounted

    def fill(self):
        """Leave hardly any room."""
        room = os.statvfs(self.path)
        self._resize((room.f_blocks - room.f_bfree) * room.f_frsize + LEFT)

    def give_room(self):
        """Leave plenty of room."""
        self._resize(STORE_SIZE)

    def unmount(self):
        """Take the file system away."""
        if self.is_mounted:
            subprocess.run(['umount', '--lazy', str(self.path)], check=True)
            self.is_mounted = False

    def _resize(self, size):
        subprocess.run(['mount', '-o', f'remount,size={size}', str(self.path)], check=True)
