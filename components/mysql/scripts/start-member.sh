#!/bin/bash
# Runs a member's server: the source as such, any other as a read-only replica with the script that keeps it replicating beside it.
#
# MEMBER  see member.sh
set -euo pipefail
scripts="${SCRIPTS:-/scripts}"
bash "$scripts/member.sh" &
preparing=$!
trap 'kill -TERM "$preparing" 2>/dev/null; wait "$preparing"; exit 143' TERM INT
wait "$preparing"
trap - TERM INT

ordinal="${MEMBER##*-}"
if [ "$ordinal" = 0 ]; then
  role=source
else
  role=replica
  (
    while :; do
      bash "$scripts/follow.sh" || echo "follow: ended with status $?, starting it again"
      sleep 2
    done
  ) &
fi
exec bash "$scripts/start.sh" "/etc/ghost-platform/$role.cnf" "--server-id=$((100 + ordinal))" "--report-host=$MEMBER"
