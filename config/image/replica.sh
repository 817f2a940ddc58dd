#!/usr/bin/env bash
# Copies the primary at the first start, then runs what it is told to: a server that follows the primary.
set -euo pipefail
if [ -r "${REPLICATION_PASSWORD_FILE:-}" ]; then REPLICATION_PASSWORD="$(cat "$REPLICATION_PASSWORD_FILE")"; fi
: "${PGDATA:?}" "${PRIMARY_HOST:?}" "${REPLICATION_PASSWORD:?}"

if [ ! -s "$PGDATA/PG_VERSION" ]; then
    until PGPASSWORD="$REPLICATION_PASSWORD" pg_basebackup --pgdata="$PGDATA" --write-recovery-conf --checkpoint=fast \
        --wal-method=stream --slot=replica \
        --dbname="host=$PRIMARY_HOST port=${PRIMARY_PORT:-5432} user=replicator application_name=replica"; do
        echo "The primary is not ready yet." >&2
        sleep 2
    done
fi
exec "$@"
