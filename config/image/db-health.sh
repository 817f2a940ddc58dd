#!/usr/bin/env bash
# Health of the primary: it answers over the network, which it does not while it is being made, and the replica
# that commits wait for is there.
set -euo pipefail
pg_isready --quiet -h 127.0.0.1 -U odoo -d postgres
lost="$(psql -X -At -U odoo -d postgres -c "
    SELECT current_setting('synchronous_standby_names') <> ''
       AND NOT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum'))
       AND NOT pg_is_in_recovery()")"
if [ "$lost" = t ]; then
    echo "The replica is lost, and writes wait for it. Start db-replica, or let them go on without it:" \
        "docker compose exec db psql -U odoo -d postgres -c \"ALTER SYSTEM SET synchronous_standby_names = ''\" -c 'SELECT pg_reload_conf()'"
    exit 1
fi
