#!/bin/bash
# Writes every database and role of the server to standard output; each database as of one moment. Runs in the server's container, where
# the local socket needs no password.
set -euo pipefail

user=${POSTGRES_USER:-postgres}
if [ -n "${POSTGRES_USER_FILE:-}" ]; then user=$(cat "$POSTGRES_USER_FILE"); fi
echo "-- made by $user"
exec pg_dumpall --username="$user"
