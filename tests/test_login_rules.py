"""The image's log-in rules: Odoo's own add-ons, set as SECURITY.md says."""
from launcher import layout, templates, workplace
from launcher.odoo_process import run_odoo

MODULES = ['auth_password_policy_portal', 'auth_password_policy_signup', 'auth_timeout']


def test_login_rules_of_the_image():
    """They install beside the suite's third-party modules, and the image's script sets them."""
    place = workplace.ensure('test')
    entrypoint = (layout.CONFIG / 'image/entrypoint.sh').read_text()
    assert f"login_rules={','.join(MODULES)}" in entrypoint
    database = f'{templates.PREFIX}login'
    place.databases.clone(templates.ensure_base(place), database)
    try:
        templates.install(place, database, MODULES, demo=False)
        run_odoo(place, ['shell', '-d', database, '--no-http'], 'login_rules',
                 script=(layout.CONFIG / 'image/login_rules.py').read_text())
        [(length,)] = place.databases.query(
            database, "SELECT value FROM ir_config_parameter WHERE key = 'auth_password_policy.minlength'")
        assert length == '12'
        rows = place.databases.query(database, """
            SELECT lock_timeout, lock_timeout_inactivity FROM res_groups g
              JOIN ir_model_data d ON d.model = 'res.groups' AND d.res_id = g.id
             WHERE d.module = 'base' AND d.name IN ('group_user', 'group_portal')""")
        assert rows == [(720, 60)] * 2
    finally:
        place.databases.drop(database)
