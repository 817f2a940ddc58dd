"""Odoo 19 itself: the one that ODOO_HOME names, else Debian's package, unpacked into the cache."""
import os
import re
import shutil
import tempfile
from pathlib import Path

from launcher.console import LauncherError, step
from launcher.debian import PrivateApt, download, unpack
from launcher.layout import CACHE
from launcher.lock import locked

SUITE = 'sid'
PACKAGE = 'odoo-19'
#: Packages whose files the Odoo package links to.
LINKED = (
    'libjs-jquery', 'libjs-underscore', 'libjs-jquery-form', 'fonts-roboto-unhinted',
    'fonts-montserrat', 'fonts-inconsolata', 'fonts-ocr-b', 'fonts-glyphicons-halflings',
)
#: The suite's version 6 has other file names; the stable release's 4.7 is the one Odoo uses.
LINKED_STABLE = ('fonts-font-awesome',)
#: Debian leaves this file out, but Odoo's bundles name it: without it every page of the back
#: office logs an error. Only the background blur of video calls uses it.
LEFT_OUT = 'odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js'

OTHER_WAYS = """\
Other ways to have Odoo 19:
  - ODOO_HOME=/path/to/odoo ./cfia …  uses an Odoo 19 that is already there
    (a source checkout, or a tree with usr/lib/python3/dist-packages/odoo);
  - docker compose up                 uses Odoo's official image (see README.md)."""


def ensure_odoo():
    """Return the folder to put on Python's path for Odoo 19; fetch Odoo when there is none.

    :raise LauncherError: ``ODOO_HOME`` names no Odoo 19, or none can be fetched
    """
    if home := os.environ.get('ODOO_HOME'):
        return _check_home(Path(home).expanduser().resolve())
    with locked(CACHE / 'odoo.lock'):
        return _newest_tree() or _fetch()


def _check_home(home):
    for root in (home, home / 'usr/lib/python3/dist-packages'):
        release = root / 'odoo/release.py'
        if release.is_file():
            if re.search(r'^version_info = \(19, 0,', release.read_text(), re.MULTILINE):
                return root
            raise LauncherError(f"ODOO_HOME: {root} is not Odoo 19.0.")
    raise LauncherError(f"ODOO_HOME: there is no odoo/release.py in {home}.")


def _newest_tree():
    trees = sorted(CACHE.glob(f'{PACKAGE}_*'), key=lambda tree: tree.stat().st_mtime)
    return trees[-1] / 'usr/lib/python3/dist-packages' if trees else None


def _fetch():
    """Download and unpack the package with what it links to; return its Python folder."""
    try:
        apt = PrivateApt(CACHE / 'apt', SUITE)
        with step(f"Odoo 19: package lists of Debian {SUITE}"):
            apt.update()
            version = apt.candidate(PACKAGE)
            if not version:
                raise LauncherError(f"Debian {SUITE} no longer carries {PACKAGE}.")
        work = Path(tempfile.mkdtemp(prefix='unpack-', dir=CACHE))
        try:
            files = work / 'debs'
            files.mkdir()
            with step(f"Odoo 19: download {PACKAGE} {version}") as current:
                apt.download([PACKAGE, *LINKED], files, current.progress)
                download(LINKED_STABLE, files)
            with step("Odoo 19: unpack") as current:
                unpack(files, work / 'tree', current.progress)
                _mend(work / 'tree')
            final = CACHE / f'{PACKAGE}_{version}'
            (work / 'tree').rename(final)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    except LauncherError as error:
        raise LauncherError(f"{error}\n\n{OTHER_WAYS}") from None
    return final / 'usr/lib/python3/dist-packages'


def _mend(tree):
    """Make the unpacked tree what an installed package would be.

    :raise LauncherError: a link of the web client leads nowhere
    """
    packages = tree / 'usr/lib/python3/dist-packages'
    # A partial copy of the add-ons that Odoo would add to its path by itself.
    shutil.rmtree(packages / 'addons', ignore_errors=True)
    for path in packages.rglob('*'):
        # Absolute links mean the root of the unpacked tree.
        if path.is_symlink():
            target = Path(os.readlink(path))
            if target.is_absolute():
                path.unlink()
                path.symlink_to(os.path.relpath(tree / target.relative_to('/'), path.parent))
    left_out = packages / LEFT_OUT
    if not left_out.exists():
        left_out.parent.mkdir(parents=True)
        left_out.write_text('/* Not part of the Debian package. */\n')
    dangling = [
        path for path in (packages / 'odoo/addons/web/static').rglob('*')
        if path.is_symlink() and not path.exists()
    ]
    if dangling:
        raise LauncherError("The Odoo package links to files that are not there: " + ', '.join(
            str(path.relative_to(packages)) for path in dangling[:5]))
