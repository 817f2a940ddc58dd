"""The regulation's rows in data files, brought into databases that have older ones."""
from lxml import etree

from odoo import SUPERUSER_ID
from odoo.tools import SQL
from odoo.tools.convert import xml_import
from odoo.tools.misc import file_path

from odoo.addons.cfia_membership.tools.guard import unlocked

# model → what nobody but the regulation decides on: brought up to date on changed rows, too
MODELS = {
    'cfia.obligation': {'code', 'article', 'kind', 'terms', 'minimum', 'period'},
    'cfia.obligation.evidence': set(),
}


def refresh_regulation(env, module, path):
    """Write the duties and evidences of a data file that is not updated by itself, for migrations.

    Rows that somebody changed keep what the association decides (owner, days, name, binding of
    evidences); the wording of the regulation, which nobody can change, is written to all. Rows that
    are missing are entered.

    :param env: environment of the superuser
    :param str module: technical name of the module
    :param str path: of the XML file inside the module
    """
    # the regulation itself writes what nobody else may change
    env = unlocked(env['cfia.obligation']).env
    root = etree.parse(file_path(f'{module}/{path}')).getroot()
    changed = {model: env[model] for model in MODELS}
    for node in list(root):
        model = node.get('model') if node.tag == 'record' else None
        if model not in MODELS:
            root.remove(node)
            continue
        record = env.ref(f'{module}.{node.get("id")}', raise_if_not_found=False)
        if not record or record.write_uid.id == SUPERUSER_ID:
            continue
        changed[model] |= record
        for field in node.findall('field'):
            if field.get('name') not in MODELS[model]:
                node.remove(field)
        if not len(node):
            root.remove(node)
    editors = [(record, record.write_uid.id, record.write_date) for records in changed.values() for record in records]
    xml_import(env, module, {}, 'init', noupdate=True, xml_filename=path).parse(root)
    env.flush_all()
    # who changed a row stays known to the next migration
    for record, uid, moment in editors:
        env.cr.execute(SQL(
            "UPDATE %s SET write_uid = %s, write_date = %s WHERE id = %s",
            SQL.identifier(record._table), uid, moment, record.id))
    env.invalidate_all()
