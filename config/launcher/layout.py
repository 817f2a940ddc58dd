"""Where things are: the work tree, its git-ignored state and the per-user cache."""
import os
from pathlib import Path

#: The work tree.
ROOT = Path(os.environ.get('CFIA_ROOT') or Path(__file__).resolve().parents[2])
CONFIG = ROOT / 'config'
ADDONS = ROOT / 'addons'
TESTS = ROOT / 'tests'

#: What this work tree alone uses: databases, file store, logs, mail. Git-ignored.
STATE = ROOT / '.cfia'
DATA = STATE / 'data'
LOGS = STATE / 'log'
MAIL = STATE / 'mail'
RUN = STATE / 'run'
BIN = STATE / 'bin'
ODOO_CONF = STATE / 'odoo.conf'
#: The same for a database that is begun without what installs itself.
ODOO_CONF_BARE = STATE / 'odoo-bare.conf'
ODOO_LINK = STATE / 'odoo'
VENV_LINK = STATE / 'venv'

#: What every work tree of this user shares: Odoo itself and the Python environments.
CACHE = Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache') / 'cfia'

#: The three add-ons of the suite, in order of dependency.
SUITE = ('cfia_membership', 'cfia_dues', 'cfia_services')
#: The test-only add-on with what no single add-on owns.
TEST_ADDON = 'test_cfia_suite'
#: Recommended beside the suite, installed by the demo, the tests and the image.
COMPANIONS = ('account_reconcile_oca', 'account_statement_import_sheet_file_xlsx')
#: Add-ons of Odoo that would install themselves and are wanted; what else would is kept out (see SECURITY.md).
WANTED = (
    'auth_passkey_portal', 'auth_totp_mail', 'auth_totp_portal', 'base_import', 'mass_mailing_themes', 'privacy_lookup',
    'rpc', 'spreadsheet_account', 'spreadsheet_dashboard_account',
)
#: Bridges to add-ons of Odoo that neither demo nor tests have; their tests run in a database of their own.
APART = ('cfia_services_event',)
#: Database that `./cfia run` serves.
DEFAULT_DB = 'cfia'
DEFAULT_PORT = 8069


def suite_modules():
    """Return the add-ons of the suite that are in this work tree, in order of dependency."""
    return [name for name in SUITE if (ADDONS / name / '__manifest__.py').is_file()]


def bridge_modules():
    """Return our add-ons that install themselves where both modules that they join are there."""
    return sorted(
        path.parent.name for path in ADDONS.glob('*/__manifest__.py') if path.parent.name not in SUITE)


def make_state():
    """Create the state folders."""
    for folder in (STATE, DATA, LOGS, MAIL, RUN, BIN):
        folder.mkdir(parents=True, exist_ok=True)
    STATE.chmod(0o711)  # the database's own system user passes through
    for folder in (DATA, LOGS, MAIL, RUN):
        folder.chmod(0o700)
