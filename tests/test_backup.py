"""A drill of what docs/administration.md says: dump, restore, and everything is there.

The commands are those of the page. The database holds members with numbers, certificates, files, bills
and answers; afterwards both databases and both file stores are compared, and work goes on.
"""
import json
import re
import zipfile

import pytest
import snapshot

from launcher import layout, templates, workplace
from launcher.odoo_process import run_odoo

FILL = """
import json
from odoo.addons.test_cfia_suite.fuzz.plant import admit, plant
plan = plant(env, lambda name: admit(env, name))
env.cr.commit()
"""
SECRET = "SELECT value FROM ir_config_parameter WHERE key = 'database.secret'"
GIVE_BACK = "env['ir.config_parameter'].set_param('database.secret', '{secret}'); env.cr.commit()\n"
GO_ON = """
import json
from odoo.addons.test_cfia_suite.fuzz.plant import admit
unit = env['res.partner'].search([('member_number', '!=', False)], order='id', limit=1)
certificate = env['cfia.document'].search([('partner_id', '=', unit.id), ('kind', '=', 'certificate')], limit=1)
result = {{
    'verified': env['cfia.document']._verify(certificate.token)['result'],
    'file': certificate.attachment_id.raw[:4].decode(),
    'next': admit(env, "演示恢复后入会有限公司").member_number,
}}
with open({file!r}, 'w') as file:
    json.dump(result, file)
"""


@pytest.fixture(scope='module')
def place():
    """Return the set-up work tree."""
    return workplace.ensure('test')


@pytest.fixture
def names(place):
    """Return names for a database and its restored copy; both are dropped afterwards."""
    names = f'{templates.PREFIX}drill', f'{templates.PREFIX}drill_restored'
    yield names
    for name in names:
        place.databases.drop(name)


def go_on(place, name, file):
    """Return what work in the database ``name`` gives; nothing of it is kept."""
    run_odoo(place, ['shell', '-d', name, '--no-http', '--log-level=warn'], 'drill_go_on', script=GO_ON.format(file=str(file)))
    return json.loads(file.read_text())


def test_backup_and_restore(place, names, tmp_path):
    """Rows, sequences, files, certificates and numbers are the same, and the next number follows."""
    database, restored = names
    place.databases.clone(templates.ensure_suite(place), database)
    run_odoo(place, ['shell', '-d', database, '--no-http', '--log-level=warn'], 'drill_fill', script=FILL)
    before = snapshot.take(place.databases, database)
    assert len(before['numbers']) == 2
    assert before['certificates']
    assert before['files']

    dump = tmp_path / 'backup.zip'
    run_odoo(place, ['db', 'dump', database, str(dump)], 'drill_dump')
    run_odoo(place, ['db', 'load', restored, str(dump)], 'drill_load')

    after = snapshot.take(place.databases, restored)
    for part, value in before.items():
        assert after[part] == value, part
    # personal links are signed with the old secret, which the page says how to give back
    found = re.findall(r'\tdatabase\.secret\t([^\t]*)', zipfile.ZipFile(dump).read('dump.sql').decode())
    [(secret,)] = place.databases.query(database, SECRET)
    assert found == [secret]
    assert place.databases.query(restored, SECRET) != [(secret,)]
    run_odoo(place, ['shell', '-d', restored, '--no-http'], 'drill_secret', script=GIVE_BACK.format(secret=secret))
    assert place.databases.query(restored, SECRET) == [(secret,)]
    original, copy = (go_on(place, name, tmp_path / 'result') for name in names)
    assert copy == original
    assert copy['verified'] == 'valid'
    assert copy['file'] == '%PDF'


def test_a_damaged_file_is_noticed(place, names):
    """The comparison would see a file that a restore has lost or changed."""
    database = names[0]
    place.databases.clone(templates.ensure_suite(place), database)
    [(path,)] = place.databases.query(
        database, "SELECT store_fname FROM ir_attachment WHERE store_fname IS NOT NULL ORDER BY id LIMIT 1")
    file = layout.DATA / 'filestore' / database / path
    content = file.read_bytes()
    # the file is a link into the template's store: never change it in place
    file.unlink()
    file.write_bytes(content + b'x')
    with pytest.raises(AssertionError):
        snapshot.take(place.databases, database)
