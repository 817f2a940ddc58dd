#!/usr/bin/env bash
# Starts PostgreSQL's image with our scripts, which its user reads whatever the checkout's umask was: as a replica where
# PRIMARY_HOST is set, else as the primary.
set -euo pipefail
if [ -n "${PRIMARY_HOST:-}" ]; then
    install -d -o postgres -g postgres -m 700 "$PGDATA"
    install -m 755 /opt/cfia/replica.sh /usr/local/bin/follow-primary
    exec setpriv --reuid=postgres --regid=postgres --clear-groups follow-primary docker-entrypoint.sh "$@"
fi
install -D -m 755 /opt/cfia/primary.sh /docker-entrypoint-initdb.d/primary.sh
exec docker-entrypoint.sh "$@"
