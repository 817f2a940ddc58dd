"""Locks between launchers that run at the same time."""
import fcntl
from contextlib import contextmanager

from launcher.console import say


@contextmanager
def locked(path):
    """Hold an exclusive lock on ``path``; wait for another launcher that holds it.

    :param path: the lock file, created when missing
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open('w') as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"… waiting for another ./cfia ({path.name})")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
