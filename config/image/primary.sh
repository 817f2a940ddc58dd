#!/usr/bin/env bash
# Lets a replica stream from this server. Run by PostgreSQL's image when the database is made, and by
# hand on one that is there already. Without REPLICATION_PASSWORD it does nothing; nor where compose starts no
# replica, without which every commit would wait.
if [ -r "${REPLICATION_PASSWORD_FILE:-}" ]; then
    REPLICATION_PASSWORD="$(cat "$REPLICATION_PASSWORD_FILE")"
    export REPLICATION_PASSWORD
fi
case ",${COMPOSE_PROFILES-scale}," in
    *,scale,*) ;;
    *)
        [ -z "${REPLICATION_PASSWORD:-}" ] ||
            echo "cfia: REPLICATION_PASSWORD without COMPOSE_PROFILES=scale in .env: no replica is set up." >&2
        unset REPLICATION_PASSWORD
        ;;
esac
if [ -n "${REPLICATION_PASSWORD:-}" ]; then
    grep -q '^host replication replicator ' "$PGDATA/pg_hba.conf" ||
        echo "host replication replicator all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    psql -v ON_ERROR_STOP=1 -v odoo="${ODOO_ROLE:-$POSTGRES_USER}" \
        --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv password REPLICATION_PASSWORD
SELECT 'CREATE ROLE replicator' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'replicator') \gexec
ALTER ROLE replicator LOGIN REPLICATION PASSWORD :'password';
-- What the replica has not had yet is kept for it, but never until the disk is full.
SELECT pg_create_physical_replication_slot('replica')
 WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'replica');
ALTER SYSTEM SET max_slot_wal_keep_size = '4GB';
-- Who has written reads it at once, from the replica too: Odoo's commits wait until it is there.
ALTER ROLE :"odoo" SET synchronous_commit = remote_apply;
ALTER SYSTEM SET synchronous_standby_names = 'replica';
SELECT pg_reload_conf();
SQL
fi
