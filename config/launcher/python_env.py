"""Python environments of pinned packages, cached by the content of their requirement files."""
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from launcher.console import LauncherError, step
from launcher.layout import CACHE, CONFIG
from launcher.lock import locked

#: Odoo's libraries and ours; the OCA add-ons; what tests and the demo use.
RUNTIME = ('requirements.txt', 'requirements-oca.txt', 'requirements-tools.txt')
#: What tests alone use comes on top: no database depends on it.
TESTS = ('requirements-tests.txt',)
LINT = ('requirements-lint.txt',)
AXE = ('requirements-axe.txt',)
MIN_PYTHON = (3, 10)


def ensure_runtime(odoo_path):
    """Return the environment that runs Odoo; make it when its requirements are new.

    :param Path odoo_path: folder to put on its Python path for ``import odoo``
    """
    return _ensure('venv', (*RUNTIME, *TESTS), "Python packages", odoo_path)


def ensure_lint():
    """Return the environment of the linters; make it when its requirements are new."""
    return _ensure('lint', LINT, "linters")


def ensure_axe():
    """Return the path of axe-core's script, which tests load into pages; fetch it when it is new."""
    folder = CACHE / f'axe-{fingerprint(AXE)}'
    with locked(CACHE / 'axe.lock'):
        if not (folder / '.complete').exists():
            shutil.rmtree(folder, ignore_errors=True)
            with step("axe-core: install") as current:
                _install([sys.executable, '-m', 'pip', 'install', '--no-deps', '--disable-pip-version-check',
                          '--no-input', '--target', folder, '-r', CONFIG / AXE[0]], AXE, current)
            (folder / '.complete').touch()
    return folder / 'axe_playwright_python/axe.min.js'


def fingerprint(names, *extra):
    """Return a short hash of the requirement files ``names``, Python's version and ``extra``."""
    digest = hashlib.sha256(repr((sys.version_info[:3], sys.base_prefix, *map(str, extra))).encode())
    for name in names:
        digest.update((CONFIG / name).read_bytes())
    return digest.hexdigest()[:12]


def _ensure(kind, names, title, odoo_path=None):
    if sys.version_info < MIN_PYTHON:
        raise LauncherError(
            f"Odoo 19 needs Python {'.'.join(map(str, MIN_PYTHON))} or newer; "
            f"this is {sys.version.split()[0]}.")
    env = CACHE / f'{kind}-{fingerprint(names, odoo_path or "")}'
    done = env / '.complete'
    with locked(CACHE / f'{kind}.lock'):
        if not done.exists():
            shutil.rmtree(env, ignore_errors=True)
            with step(f"{title}: environment"):
                _run([sys.executable, '-m', 'venv', env])
            if odoo_path:
                site = next(env.glob('lib/python3*/site-packages'))
                (site / 'odoo-tree.pth').write_text(f'{odoo_path}\n')
            files = [arg for name in names for arg in ('-r', str(CONFIG / name))]
            with step(f"{title}: install") as current:
                # Everything is pinned, dependencies too: none is resolved again.
                _install([env / 'bin/python', '-m', 'pip', 'install', '--no-deps',
                          '--disable-pip-version-check', '--no-input', *files], names, current)
            done.touch()
    return env


def _install(command, names, current):
    total = sum(
        '==' in line for name in names for line in (CONFIG / name).read_text().splitlines()
        if not line.startswith('#'))
    seen, lines = 0, []
    with subprocess.Popen(
        [*map(str, command), '--progress-bar=off'], env=_environ(), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:
        for line in process.stdout:
            lines.append(line)
            if line.startswith('Collecting '):
                seen += 1
                current.progress(f'{seen} of {total} packages')
            elif line.startswith('Installing collected'):
                current.progress('unpacking')
    if process.returncode:
        raise LauncherError("pip failed:\n" + ''.join(lines[-15:]))


def _run(command):
    done = subprocess.run(
        list(map(str, command)), env=_environ(), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False)
    if done.returncode:
        raise LauncherError(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")


def _environ():
    """Return the environment for pip: ours, with bytecode written, without our own path."""
    env = {**os.environ}
    env.pop('PYTHONDONTWRITEBYTECODE', None)
    env.pop('PYTHONPATH', None)
    return env


def inside(env):
    """Tell whether this process runs in the environment ``env``."""
    return Path(sys.prefix).resolve() == env.resolve()
