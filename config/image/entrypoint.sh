#!/usr/bin/env bash
# Asks PostgreSQL what is there: no database, or an empty one, is made, in Chinese for a Chinese company; one with
# the suite is upgraded where the image ships other content, and served; anything else is refused. A database
# that holds data is never dropped: what is made or upgraded is a database of its own name, put in place at the end.
#
#   entrypoint.sh [-OPTION…]     prepares where LEADS is true, else waits until that is done; then serves
#   entrypoint.sh upgrade        upgrades now, also after one that failed
#   entrypoint.sh COMMAND…       runs a command beside the servers (docker compose run --rm odoo COMMAND…)
set -euo pipefail

home="${CFIA_HOME:-/opt/cfia}"
export ODOO_RC="${ODOO_RC:-/etc/odoo/odoo.conf}"
data="${DATA_DIR:-/var/lib/odoo}"
oca="${OCA_ADDONS:-/opt/oca}"
others=l10n_cn,account_reconcile_oca,account_statement_import_sheet_file_xlsx
# what would install itself and is wanted, see config/launcher/layout.py
wanted=auth_passkey_portal,auth_totp_mail,auth_totp_portal,base_import,mass_mailing_themes,privacy_lookup,rpc,spreadsheet_account,spreadsheet_dashboard_account
suite=cfia_membership,cfia_dues,cfia_services
# Odoo's own rules of passwords and of time-out, see SECURITY.md
login_rules=auth_password_policy_portal,auth_password_policy_signup,auth_timeout
keep_backups=3

say() { echo "cfia: $*" >&2; }
# The pause keeps a container that is started again and again from filling the log.
refuse() { say "$*"; sleep "${REFUSAL_PAUSE:-20}"; exit 1; }

# Passwords come as files, or from the environment where there are none.
secret() {
    local file="$1_FILE"
    if [ -n "${!file:-}" ] && [ -r "${!file}" ]; then cat "${!file}"; else printf %s "${!1:-}"; fi
}
: "${PGHOST:?}" "${PGUSER:?}" "${DB_NAME:?}"
admin_password="$(secret ADMIN_PASSWORD)"
smtp_password="$(secret SMTP_PASSWORD)"
PGPASSWORD="$(secret PGPASSWORD)"
export PGPASSWORD
unset ADMIN_PASSWORD SMTP_PASSWORD
# Empty means none here, but something else to Odoo.
[ -n "${PGHOST_REPLICA:-}" ] || unset PGHOST_REPLICA

[[ "$DB_NAME" =~ ^[a-z][a-z0-9_]{0,40}$ && "$DB_NAME" != postgres && "$DB_NAME" != template[01] ]] || refuse "DB_NAME: small letters, digits and _ only, at most 41, and none of PostgreSQL itself."
[ -f "$home/addons/cfia_membership/__manifest__.py" ] && [ -r "$home/addons/cfia_membership/__manifest__.py" ] ||
    refuse "The image holds no readable add-ons of the suite: build it again from a complete checkout."

making="${DB_NAME}__installing"
copy="${DB_NAME}__upgrading"
before="${DB_NAME}__before"
log_level="${LOG_LEVEL:-info}"

sql() { PGOPTIONS="-c client_min_messages=warning" psql -X --quiet --no-align --tuples-only -v ON_ERROR_STOP=1 "$@"; }
server() { sql --dbname postgres -c "$1"; }
run_odoo() { local db="$1"; shift; odoo -d "$db" --no-http --workers=0 --max-cron-threads=0 --log-level="$log_level" --stop-after-init "$@"; }
shell() { odoo shell -d "$1" --no-http --workers=0 --max-cron-threads=0 --log-level="$log_level"; }

exists() { [ "$(server "SELECT 1 FROM pg_database WHERE datname = '$1'")" = 1 ]; }

# Prints absent, empty, suite or foreign.
state() {
    exists "$DB_NAME" || { echo absent; return; }
    sql --dbname "$DB_NAME" <<'SQL'
SELECT to_regclass('public.ir_module_module') IS NOT NULL AS odoo \gset
\if :odoo
SELECT CASE WHEN count(*) > 0 THEN 'suite' ELSE 'foreign' END FROM ir_module_module
 WHERE name = 'cfia_membership' AND state IN ('installed', 'to upgrade');
\else
SELECT CASE WHEN count(*) = 0 THEN 'empty' ELSE 'foreign' END FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S');
\endif
SQL
}

# What the image ships: Odoo's version, a dot, and the content of our add-ons and the OCA's.
shipped() {
    local version folder
    version="$(odoo --version)"
    for folder in "$home/addons" "$oca"; do
        [ ! -d "$folder" ] || (cd "$folder" && find . -type f ! -name '*.py[co]' ! -path '*/tests/*' -print0 |
            LC_ALL=C sort -z | xargs -0 sha256sum)
    done | sha256sum | { read -r hash _; echo "$(sha256sum <<<"$version" | cut -c1-8).${hash:0:16}"; }
}
# The modules to upgrade, comma-separated: ours and the OCA's, or all where Odoo itself is another one.
to_upgrade() {
    if [ "${1%.*}" != "${2%.*}" ]; then echo all; return; fi
    sql --dbname "$DB_NAME" -c "SELECT name FROM ir_module_module WHERE state IN ('installed', 'to upgrade')" |
        while read -r name; do
            if [ -d "$home/addons/$name" ] || [ -d "$oca/odoo/addons/$name" ]; then echo "$name"; fi
        done | paste -sd,
}
parameter() { sql --dbname "$1" -c "SELECT value FROM ir_config_parameter WHERE key = '$2'"; }
set_parameter() {
    sql --dbname "$1" -v key="$2" -v value="$3" <<'SQL'
INSERT INTO ir_config_parameter (key, value) VALUES (:'key', :'value')
ON CONFLICT (key) DO UPDATE SET value = excluded.value;
SQL
}
failed_content() {
    server "SELECT substring(shobj_description(oid, 'pg_database') FROM 'upgrade to ([0-9a-f.]+) failed')
              FROM pg_database WHERE datname = '$DB_NAME'"
}

# Puts the files of a database of ours beside those that are there; files of the store never change.
link_files() {
    [ -d "$data/filestore/$1" ] || return 0
    mkdir -p "$data/filestore/$2"
    cp -al --no-clobber "$data/filestore/$1/." "$data/filestore/$2/"
}
# Drops a database that this script has made and whose name says so.
drop_ours() {
    case "$1" in
        "$making" | "$copy" | "$before") ;;
        *) refuse "Never drops $1." ;;
    esac
    server "DROP DATABASE IF EXISTS \"$1\" WITH (FORCE)"
    rm -rf "${data:?}/filestore/$1"
}
# PostgreSQL lets nobody into a database that is being upgraded, whichever version its server is of.
close_database() {
    server "ALTER DATABASE \"$DB_NAME\" ALLOW_CONNECTIONS false"
    server "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '$DB_NAME' AND backend_type = 'client backend'" >/dev/null
    local tries
    for tries in $(seq 50); do
        [ "$(server "SELECT count(*) FROM pg_stat_activity WHERE datname = '$DB_NAME'")" = 0 ] && return
        sleep 0.2
    done
}
open_database() { server "ALTER DATABASE \"$DB_NAME\" ALLOW_CONNECTIONS true"; }

make_database() {
    local minimum=0
    [ "${LOGIN_RULES:-true}" != true ] || minimum=12
    [ -n "$admin_password" ] || refuse "ADMIN_PASSWORD is empty: set it in .env."
    [ "${#admin_password}" -ge "$minimum" ] ||
        refuse "ADMIN_PASSWORD has fewer than $minimum characters, which the rules of passwords refuse later: set a longer one in .env."
    case "${PUBLIC_URL:-}" in
        '' | http://?* | https://?*) ;;
        *) refuse "PUBLIC_URL is an address like https://members.example.org." ;;
    esac
    drop_ours "$making"
    # The country first: accounting installs the chart of the company's country.
    # What Odoo would install by itself stays out, `db init` knows that as a setting only.
    local bare_rc
    bare_rc="$(mktemp)"
    { cat "$ODOO_RC"; echo; echo "skip_auto_install = True"; } >"$bare_rc"
    ODOO_RC="$bare_rc" odoo db init "$making" --language zh_CN --country CN
    rm -f "$bare_rc"
    run_odoo "$making" --skip-auto-install -i "$others,$wanted,contacts,portal,mass_mailing,product,report_xlsx"
    # Odoo loads demo data of a module when all that it depends on has its own. Only the
    # suite's is wanted, so that is said for the time of the installation.
    if [ "${WITH_DEMO:-}" = true ]; then
        sql --dbname "$making" -c "UPDATE ir_module_module SET demo = (state = 'installed')"
    fi
    run_odoo "$making" -i "$suite"
    sql --dbname "$making" -c "UPDATE ir_module_module SET demo = false WHERE name NOT LIKE 'cfia_%'"
    if [ "${LOGIN_RULES:-true}" = true ]; then
        run_odoo "$making" --skip-auto-install -i "$login_rules"
        shell "$making" <"$home/login_rules.py"
    fi
    ADMIN_PASSWORD="$admin_password" SMTP_PASSWORD="$smtp_password" shell "$making" <"$home/first_start.py"
    set_parameter "$making" cfia.image_content "$(shipped)"
    link_files "$making" "$DB_NAME"
    case "$(state)" in
        absent) ;;
        empty) server "DROP DATABASE \"$DB_NAME\"" ;;
        *) refuse "Meanwhile something else was put into the database $DB_NAME: nothing is done." ;;
    esac
    server "ALTER DATABASE \"$making\" RENAME TO \"$DB_NAME\""
    rm -rf "${data:?}/filestore/$making"
    say "The database $DB_NAME is made."
}

# Refuses an image that is older than the database.
check_versions() {
    local name installed manifest version
    while IFS='|' read -r name installed; do
        manifest="$home/addons/$name/__manifest__.py"
        [ -r "$manifest" ] || refuse "The database $DB_NAME has the module $name, which this image does not hold: start the image that it came from."
        version="$(sed -n "s/^ *['\"]version['\"]: *['\"]\([^'\"]*\)['\"].*/\1/p" "$manifest")"
        [ "$(printf '%s\n' "$installed" "$version" | sort -V | tail -n 1)" = "$version" ] ||
            refuse "The database $DB_NAME has $name $installed, newer than the image's $version: start the newer image, or restore the backup made before the upgrade."
    done < <(sql --dbname "$DB_NAME" -c "SELECT name || '|' || latest_version FROM ir_module_module WHERE name LIKE 'cfia\_%' AND state IN ('installed', 'to upgrade') AND latest_version IS NOT NULL")
}

# Database and files, as the page on administration restores them. Files are links: they take no room.
back_up() {
    local folder
    folder="$data/backups/$DB_NAME-$(date -u +%Y%m%d-%H%M%S)"
    mkdir -p "$folder"
    chmod 700 "$data/backups"
    pg_dump -Fc --dbname "$DB_NAME" --file "$folder/cfia.dump"
    [ ! -d "$data/filestore/$DB_NAME" ] || cp -al "$data/filestore/$DB_NAME" "$folder/filestore"
    say "Backed up to $folder."
    find "$data/backups" -mindepth 1 -maxdepth 1 -name "$DB_NAME-*" | sort -r | tail -n "+$((keep_backups + 1))" |
        while read -r folder; do rm -rf "$folder"; done
}

upgrade() {
    local content="$1" modules
    modules="$(to_upgrade "$content" "$(parameter "$DB_NAME" cfia.image_content)")"
    say "The image ships other content than $DB_NAME has: backing up, then upgrading a copy ($modules)."
    back_up
    drop_ours "$copy"
    close_database
    # Whatever ends this script now, the old state is served again.
    trap 'open_database || true' EXIT
    server "CREATE DATABASE \"$copy\" TEMPLATE \"$DB_NAME\""
    link_files "$DB_NAME" "$copy"
    if ! run_odoo "$copy" -u "$modules" || [ -n "$(sql --dbname "$copy" -c "SELECT name FROM ir_module_module WHERE state LIKE 'to %'")" ]; then
        open_database
        trap - EXIT
        server "COMMENT ON DATABASE \"$DB_NAME\" IS 'upgrade to $content failed'"
        drop_ours "$copy"
        refuse "The upgrade failed, see above. $DB_NAME is as it was: start the image of before, or mend the cause and run 'docker compose run --rm odoo upgrade'."
    fi
    set_parameter "$copy" cfia.image_content "$content"
    link_files "$copy" "$DB_NAME"
    # The one of before stays until the next upgrade, closed.
    drop_ours "$before"
    sql --dbname postgres --single-transaction \
        -c "ALTER DATABASE \"$DB_NAME\" RENAME TO \"$before\"" -c "ALTER DATABASE \"$copy\" RENAME TO \"$DB_NAME\""
    trap - EXIT
    rm -rf "${data:?}/filestore/$copy"
    say "$DB_NAME is upgraded."
}

way_out="Name another one as DB_NAME in .env, or see 'Restore' in docs/administration.md."
prepare() {
    local content
    content="$(shipped)"
    # An upgrade that was killed leaves the door shut.
    [ "$(server "SELECT 1 FROM pg_database WHERE datname = '$DB_NAME' AND NOT datallowconn")" != 1 ] || open_database
    case "$(state)" in
        absent | empty) make_database ;;
        suite)
            if [ "$(parameter "$DB_NAME" cfia.image_content)" != "$content" ]; then
                check_versions
                [ "$(failed_content)" != "$content" ] || [ "${1:-}" = again ] ||
                    refuse "The upgrade to this image failed before; $DB_NAME is as it was. Start the image of before, or mend the cause and run 'docker compose run --rm odoo upgrade'."
                upgrade "$content"
            fi
            ;;
        *) refuse "The database $DB_NAME holds something else than the suite, and nothing is done to it. $way_out" ;;
    esac
    # Where papers find their styles: this server, or the proxy where scheduled work has no server of its own.
    set_parameter "$DB_NAME" report.url "${REPORT_URL:-http://127.0.0.1:8069}"
}

mkdir -p "$data"
until server 'SELECT 1' >/dev/null 2>&1; do
    : $((waited = ${waited:-0} + 1))
    [ "$waited" -le 60 ] || refuse "PostgreSQL does not answer on $PGHOST, or refuses the password: $(server 'SELECT 1' 2>&1 || true)"
    sleep 1
done

case "${1:-}" in
    '' | -*) ;;
    upgrade)
        exec 9>"$data/.preparing" && flock 9
        prepare again
        exit
        ;;
    *) exec "$@" ;;
esac

if [ "${LEADS:-true}" = true ]; then
    exec 9>"$data/.preparing"
    flock 9
    prepare
    exec 9>&-
else
    content="$(shipped)"
    until [ "$(parameter "$DB_NAME" cfia.image_content 2>/dev/null)" = "$content" ]; do
        [ "${told:-}" ] || say "Waiting until the leading server has prepared $DB_NAME."
        told=1
        sleep 2
    done
fi
exec odoo -d "$DB_NAME" --db-filter "^${DB_NAME}\$" "$@"
