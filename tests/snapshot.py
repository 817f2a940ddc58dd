"""What a database holds, in figures that two databases can be compared by."""
import hashlib

from psycopg2 import sql

from launcher import layout

#: Tables that Odoo itself writes when a database is opened, restored or shut down.
VOLATILE = {
    'bus_bus', 'bus_presence', 'mail_presence', 'ir_cron', 'ir_cron_trigger', 'ir_cron_progress', 'ir_logging', 'orm_signaling_registry',
    'res_device_log', 'res_users_log', 'ir_config_parameter', 'ir_profile', 'publisher_warranty_log',
}


def take(databases, name):
    """Return what the database ``name`` and its file store hold.

    :return: dictionary with ``rows`` (table → number), ``sequences`` (name → last value), ``files``
        (name in the store → checksum of its content), ``certificates`` and ``numbers``
    """
    tables = [table for (table,) in databases.query(name, """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1""")]
    rows = {
        table: databases.query(name, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))[0][0]
        for table in tables if table not in VOLATILE and not table.startswith('orm_signaling')
    }
    sequences = dict(databases.query(name, """
        SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1"""))
    sequences = {
        sequence: value for sequence, value in sequences.items()
        if sequence.removesuffix('_id_seq') not in VOLATILE and not sequence.startswith('orm_signaling')}
    store = layout.DATA / 'filestore' / name
    files = {}
    for path, checksum in databases.query(name, """
            SELECT DISTINCT store_fname, checksum FROM ir_attachment WHERE store_fname IS NOT NULL ORDER BY 1"""):
        content = (store / path).read_bytes()
        assert hashlib.sha1(content).hexdigest() == checksum, path  # Odoo's own checksum, no secret
        files[path] = checksum
    return {
        'rows': rows,
        'sequences': sequences,
        'files': files,
        'certificates': databases.query(name, """
            SELECT d.name, d.token, d.state, d.sha256, a.checksum
              FROM cfia_document d LEFT JOIN ir_attachment a ON a.id = d.attachment_id ORDER BY d.id"""),
        'numbers': databases.query(name, "SELECT value, partner_id, origin FROM cfia_member_number ORDER BY value"),
    }
