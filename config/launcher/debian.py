"""Debian packages: the machine's own, and a private apt that touches nothing of the system."""
import ctypes.util
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from launcher.console import LauncherError, step, warn

KEYRING = Path('/usr/share/keyrings/debian-archive-keyring.gpg')


def _has_cjk_font():
    return any(
        any(Path(folder).glob('**/*CJK*'))
        for folder in ('/usr/share/fonts', '/usr/local/share/fonts', Path.home() / '.local/share/fonts')
    )


def _has_venv():
    return bool(importlib.util.find_spec('venv') and importlib.util.find_spec('ensurepip'))


def find_browser():
    """Return the path of a Chromium or Chrome, or None."""
    for name in ('chromium', 'google-chrome', 'chromium-browser', 'google-chrome-stable'):
        if path := shutil.which(name):
            return path
    return None


#: package -> (is it there?, what does not work without it, verbs that cannot do without it)
PACKAGES = {
    'python3-venv': (_has_venv, "nothing can be set up", {'run', 'test'}),
    'wkhtmltopdf': (lambda: shutil.which('wkhtmltopdf'), "letters and certificates get no PDF", {'test'}),
    'fonts-noto-cjk': (_has_cjk_font, "Chinese in PDFs and screenshots shows as empty boxes", {'test'}),
    'libmagic1': (lambda: ctypes.util.find_library('magic'), "file types of uploads are guessed", set()),
    'chromium': (find_browser, "browser tests cannot run", {'test'}),
    'poppler-utils': (lambda: shutil.which('pdftotext'), "tests cannot read PDFs", {'test'}),
}
#: What serving needs; tests need all.
SERVING = ('python3-venv', 'wkhtmltopdf', 'fonts-noto-cjk', 'libmagic1')


def ensure_packages(purpose):
    """Install the missing Debian packages as root, else name them before anything starts.

    :param str purpose: ``run`` or ``test``
    :raise LauncherError: a package is missing that ``purpose`` cannot do without
    """
    wanted = PACKAGES if purpose == 'test' else SERVING
    missing = [name for name in wanted if not PACKAGES[name][0]()]
    if missing and os.geteuid() == 0 and shutil.which('apt-get'):
        with step(f"Debian packages: {' '.join(missing)}"):
            _install(missing)
        missing = [name for name in missing if not PACKAGES[name][0]()]
    if not missing:
        return
    warn("Missing on this machine:")
    for name in missing:
        warn(f"  {name}: without it, {PACKAGES[name][1]}")
    warn(f"Install with: sudo apt-get install {' '.join(missing)}")
    if any(purpose in PACKAGES[name][2] for name in missing):
        raise LauncherError(f"'{purpose}' cannot do without the packages above.")


def _install(names):
    env = {**os.environ, 'DEBIAN_FRONTEND': 'noninteractive'}
    for command in (
        ['apt-get', 'update', '-q'],
        ['apt-get', 'install', '-q', '-y', '--no-install-recommends', *names],
    ):
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            warn(done.stderr.strip())
            return


class PrivateApt:
    """An apt with its own sources, lists and cache, which verifies Debian's signatures.

    :param Path folder: where its lists and downloads are kept
    :param str suite: the Debian suite to read
    """

    def __init__(self, folder, suite):
        self.folder = folder
        self.suite = suite
        self._env = {**os.environ, 'APT_CONFIG': str(folder / 'apt.conf')}

    def update(self):
        """Write the configuration and fetch the package lists.

        :raise LauncherError: there is no apt here, or the suite is out of reach
        """
        if not (shutil.which('apt-get') and shutil.which('dpkg-deb') and KEYRING.is_file()):
            raise LauncherError("This machine has no apt with Debian's archive keyring.")
        for name in ('lists/partial', 'cache/archives/partial'):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        sources = self.folder / 'sources.list'
        sources.write_text(f'deb [signed-by={KEYRING}] {self.archive()} {self.suite} main\n')
        (self.folder / 'apt.conf').write_text(''.join(f'{key} "{value}";\n' for key, value in {
            'Dir::Etc::SourceList': sources,
            'Dir::Etc::SourceParts': '/dev/null',
            'Dir::Etc::Preferences': '/dev/null',
            'Dir::Etc::PreferencesParts': '/dev/null',
            'Dir::State::Lists': self.folder / 'lists',
            'Dir::Cache': self.folder / 'cache',
            'Acquire::Languages': 'none',
            'APT::Sandbox::User': 'root',
            'APT::Update::Post-Invoke-Success': '',
        }.items()))
        done = subprocess.run(
            ['apt-get', 'update', '-q', '--error-on=any'], env=self._env, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False)
        if done.returncode:
            raise LauncherError(f"Debian's suite {self.suite} is not reachable:\n{done.stderr.strip()}")

    @staticmethod
    def archive():
        """Return the base address of the Debian archive that this machine itself uses."""
        targets = subprocess.run(
            ['apt-get', 'indextargets', '--format', '$(REPO_URI) $(COMPONENT) $(ORIGIN) $(LABEL)'],
            capture_output=True, text=True, check=False).stdout.splitlines()
        for target in targets:
            uri, _, rest = target.partition(' ')
            if rest == 'main Debian Debian':
                return uri
        raise LauncherError(
            "The package lists of this machine name no Debian archive. Run 'apt-get update' first.")

    def candidate(self, package):
        """Return the version of ``package`` in the suite, or None."""
        out = subprocess.run(
            ['apt-cache', 'show', '--no-all-versions', package], env=self._env,
            capture_output=True, text=True, check=False).stdout
        return next((line.split()[1] for line in out.splitlines() if line.startswith('Version:')), None)

    def size(self, packages):
        """Return the download size of ``packages`` in bytes."""
        out = subprocess.run(
            ['apt-cache', 'show', '--no-all-versions', *packages], env=self._env,
            capture_output=True, text=True, check=False).stdout
        return sum(int(line.split()[1]) for line in out.splitlines() if line.startswith('Size:'))

    def download(self, packages, folder, progress=None):
        """Download ``packages`` into ``folder``; apt checks each against the signed lists."""
        download(packages, folder, env=self._env, total=self.size(packages), progress=progress)


def download(packages, folder, env=None, total=0, progress=None):
    """Download Debian packages into ``folder`` with the machine's apt or a private one.

    :param list packages: package names
    :param Path folder: an existing folder
    :param dict env: environment that selects a private apt
    :param int total: expected bytes, for the progress
    :param progress: called with a few words while it runs
    :raise LauncherError: a package cannot be downloaded
    """
    with subprocess.Popen(
        ['apt-get', 'download', '-q', *packages], cwd=folder, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:
        while True:
            try:
                _, errors = process.communicate(timeout=0.5)
                break
            except subprocess.TimeoutExpired:
                if progress and total:
                    done = sum(file.stat().st_size for file in folder.rglob('*') if file.is_file())
                    progress(f'{done / 1e6:.0f} of {total / 1e6:.0f} MB')
    if process.returncode:
        raise LauncherError(f"Could not download {' '.join(packages)}:\n{errors.strip()}")


def unpack(folder, target, progress=None):
    """Unpack every package file in ``folder`` into the tree ``target``."""
    files = sorted(folder.glob('*.deb'))
    for number, file in enumerate(files, 1):
        subprocess.run(['dpkg-deb', '-x', file, target], check=True, stdin=subprocess.DEVNULL)
        if progress:
            progress(f'{number} of {len(files)}')
