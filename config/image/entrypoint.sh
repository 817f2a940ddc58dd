#!/usr/bin/env bash
# Makes the database at the first start, in Chinese for a Chinese company, then serves it.
set -euo pipefail

# Odoo reads PGHOST, PGUSER and PGPASSWORD by itself.
: "${PGHOST:?}" "${PGUSER:?}" "${PGPASSWORD:?}" "${DB_NAME:?}" "${ADMIN_PASSWORD:?}"
export ODOO_RC="${ODOO_RC:-/etc/odoo/odoo.conf}"
# Empty means none here, but something else to Odoo.
[ -n "${PGHOST_REPLICA:-}" ] || unset PGHOST_REPLICA
others=l10n_cn,account_reconcile_oca,account_statement_import_sheet_file_xlsx
suite=cfia_membership,cfia_dues,cfia_services
# Odoo's own rules of passwords and of time-out, see SECURITY.md
login_rules=auth_password_policy_portal,auth_password_policy_signup,auth_timeout
install() { odoo -d "$DB_NAME" -i "$1" --no-http --workers=0 --stop-after-init; }
shell() { odoo shell -d "$DB_NAME" --no-http --workers=0; }

# The marker is written last: an installation that was cut short starts again.
marker="${DATA_DIR:-/var/lib/odoo}/.${DB_NAME}.installed"
if [ ! -e "$marker" ]; then
    # The country first: accounting installs the chart of the company's country.
    odoo db init "$DB_NAME" --force --language zh_CN --country CN --password "$ADMIN_PASSWORD"
    install "$others,contacts,portal,mass_mailing,product,report_xlsx"
    # Odoo loads demo data of a module when all that it depends on has its own. Only the
    # suite's is wanted, so that is said for the time of the installation.
    if [ "${WITH_DEMO:-}" = true ]; then
        shell <<<"env.cr.execute(\"UPDATE ir_module_module SET demo = (state = 'installed')\"); env.cr.commit()"
    fi
    install "$suite"
    shell <<'PYTHON'
import os
env.cr.execute("UPDATE ir_module_module SET demo = false WHERE name NOT LIKE 'cfia_%'")
if host := os.environ.get('SMTP_HOST'):
    env['ir.mail_server'].create({
        'name': host, 'smtp_host': host, 'smtp_port': int(os.environ.get('SMTP_PORT') or 25),
        'smtp_encryption': os.environ.get('SMTP_ENCRYPTION') or 'none',
        'smtp_user': os.environ.get('SMTP_USER') or False,
        'smtp_pass': os.environ.get('SMTP_PASSWORD') or False,
    })
env.cr.commit()
PYTHON
    if [ "${LOGIN_RULES:-true}" = true ]; then
        install "$login_rules"
        shell </opt/cfia/login_rules.py
    fi
    touch "$marker"
fi
# Where papers find their styles: this server, or the proxy where scheduled work has no server of its own.
psql --quiet --dbname "$DB_NAME" -v url="${REPORT_URL:-http://127.0.0.1:8069}" <<'SQL'
INSERT INTO ir_config_parameter (key, value) VALUES ('report.url', :'url')
ON CONFLICT (key) DO UPDATE SET value = excluded.value;
SQL
exec odoo -d "$DB_NAME" --db-filter "^${DB_NAME}\$" "$@"
