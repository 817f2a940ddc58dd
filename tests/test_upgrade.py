"""From the first released version, with data, to this one."""
import subprocess

import pytest

from launcher import layout, templates, workplace
from launcher.odoo_process import run_odoo

#: The last commit of version 19.0.1.0.0.
FIRST_RELEASE = '5d100f1^'
KEPT = {
    'members': "SELECT id, name, member_number, member_state FROM res_partner WHERE member_number IS NOT NULL ORDER BY id",
    'numbers': "SELECT value, partner_id FROM cfia_member_number ORDER BY value",
    'events': "SELECT id, partner_id, kind, date_effective FROM cfia_member_event ORDER BY id",
    'documents': "SELECT id, name, token, state FROM cfia_document ORDER BY id",
    'applications': "SELECT id, partner_id, state FROM cfia_membership_application ORDER BY id",
    'dues': "SELECT id, partner_id, year, amount, move_id FROM cfia_dues_line ORDER BY id",
    'money': "SELECT id, name, state, amount_total, amount_residual, payment_state FROM account_move ORDER BY id",
    'entitlements': "SELECT id, partner_id, service_id FROM cfia_entitlement ORDER BY id",
    'files': "SELECT id, store_fname, checksum FROM ir_attachment WHERE res_model LIKE 'cfia.%' ORDER BY id",
}
CHECK = """
for view in env['ir.ui.view'].search([]):
    view._check_xml()
"""


def test_upgrade_from_the_first_release(tmp_path):
    """What the first release had entered is the same after the upgrade, and every view is valid."""
    archive = subprocess.run(
        ['git', 'archive', FIRST_RELEASE, 'addons'], cwd=layout.ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip("the history of the repository is not here")
    subprocess.run(['tar', '-x', '-C', str(tmp_path)], input=archive.stdout, check=True)
    old = tmp_path / 'addons'
    place = workplace.ensure('test')
    database = f'{templates.PREFIX}upgrade'
    modules = [name for name in layout.SUITE if (old / name / '__manifest__.py').is_file()]
    place.databases.clone(templates.ensure_base(place), database)
    try:
        # the base knows our present add-ons, the first release had fewer
        place.databases.query(database, "DELETE FROM ir_model_data WHERE model = 'ir.module.module' AND name LIKE 'module_cfia_%'")
        place.databases.query(database, "DELETE FROM ir_module_module WHERE name LIKE 'cfia_%'")
        installed = place.databases.installed(database)
        templates._mark_demo(place.databases, database, installed, True)
        run_odoo(place, ['-d', database, f'--addons-path={old}', '-i', ','.join(modules), '--stop-after-init', '--no-http'],
                 'upgrade_old')
        templates._mark_demo(place.databases, database, installed, False)
        before = {name: place.databases.query(database, query) for name, query in KEPT.items()}
        assert all(before[name] for name in ('members', 'numbers', 'events', 'applications', 'dues', 'money'))
        run_odoo(place, ['-d', database, '-u', ','.join(modules), '-i', ','.join([*templates.our_modules(), *layout.bridge_modules()]),
                         '--stop-after-init', '--no-http'], 'upgrade_new')
        for name, query in KEPT.items():
            known = set(before[name])
            assert known <= set(place.databases.query(database, query)), name
        run_odoo(place, ['shell', '-d', database, '--no-http'], 'upgrade_check', script=CHECK)
    finally:
        place.databases.drop(database)
