"""config/core_tests.txt: tests of Odoo's own that cannot pass here, that differ on purpose, or that notice most."""
from collections import defaultdict

from launcher import layout
from launcher.console import LauncherError

FILE = layout.CONFIG / 'core_tests.txt'
#: What is said of a test: left out on this platform, failing with the suite on purpose, of the small share.
KINDS = ('platform', 'meant', 'share')
#: Environment that tells the pytest plugin where outcomes go and which tests are left out.
OUTCOMES, EXCLUDED = 'CFIA_CORE_OUTCOMES', 'CFIA_CORE_EXCLUDED'


def read():
    """Return what the file says: {kind: {name of a test: reason}}."""
    found = defaultdict(dict)
    for number, line in enumerate(FILE.read_text(encoding='utf-8').splitlines(), 1):
        if not line.strip() or line.startswith('#'):
            continue
        parts = [part.strip() for part in line.split('|', 2)]
        if len(parts) < 3 or parts[0] not in KINDS or not all(parts):
            raise LauncherError(f"{FILE.name}:{number}: kind | test | reason")
        found[parts[0]][parts[1]] = parts[2]
    return found


def find_folder(place, module):
    """Return the folder of an add-on of Odoo or of the OCA.

    :raise LauncherError: when there is none
    """
    site = next(place.env.glob('lib/python3*/site-packages'))
    for folder in (place.odoo_path / 'odoo/addons', place.odoo_path / 'addons', site / 'odoo/addons'):
        if (folder / module / '__manifest__.py').is_file():
            return folder / module
    raise LauncherError(f"There is no add-on {module}.")


def to_paths(place, names):
    """Return what pytest is called with to run tests by name."""
    return [f"{find_folder(place, name.split('/')[0]).parent}/{name}" for name in names]


def read_outcomes(path):
    """Return {name of a test: (outcome, what went wrong)} of a run; whatever failed of a test, it failed."""
    found = {}
    for line in path.read_text(encoding='utf-8').splitlines() if path.is_file() else ():
        outcome, name, *why = line.split('\t', 2)
        if found.get(name, ('',))[0] != 'failed':
            found[name] = (outcome, why[0] if why else '')
    return found
