"""What `run` serves and `stop` ends: one small file per served database in .cfia/run."""
import json
import os
import signal
import socket
import time

from launcher.layout import RUN


def remember(db, port):
    """Write down that this process serves ``db`` on ``port``."""
    (RUN / f'{db}.json').write_text(json.dumps({'db': db, 'port': port, 'pid': os.getpid()}))


def forget(db):
    """Remove what `remember` wrote."""
    (RUN / f'{db}.json').unlink(missing_ok=True)


def running(db=None, port=None):
    """Return what is served: a list of dictionaries with ``db``, ``port`` and ``pid``."""
    found = []
    for path in sorted(RUN.glob('*.json')):
        entry = json.loads(path.read_text())
        if not _is_launcher(entry['pid']):
            path.unlink(missing_ok=True)
        elif db in (None, entry['db']) and port in (None, entry['port']):
            found.append(entry)
    return found


def end(entry, patience=20):
    """End the launcher that serves ``entry``, with its Odoo and its mail catcher."""
    os.kill(entry['pid'], signal.SIGTERM)
    limit = time.monotonic() + patience
    while _is_launcher(entry['pid']) and time.monotonic() < limit:
        time.sleep(0.1)


def is_free(port):
    """Tell whether ``port`` can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('127.0.0.1', port))
        except OSError:
            return False
    return True


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def _is_launcher(pid):
    try:
        with open(f'/proc/{pid}/cmdline', 'rb') as cmdline:
            return b'launcher' in cmdline.read()
    except FileNotFoundError:
        return False
