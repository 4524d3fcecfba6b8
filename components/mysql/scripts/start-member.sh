#!/bin/bash
# Runs a member's server: the source as such, any other as a read-only replica with the script that keeps it replicating beside it.
#
# MEMBER  see member.sh
set -euo pipefail
trap 'stop_children; exit "$?"' TERM INT
scripts="${SCRIPTS:-/scripts}"
# shellcheck source=SCRIPTDIR/attended.sh
. "$scripts/attended.sh"

attended bash "$scripts/member.sh"

ordinal="${MEMBER##*-}"
if [ "$ordinal" = 0 ]; then
  role=source
else
  role=replica
  # What was known of the server before; follow.sh writes it anew.
  rm -f "${RUN:-/run/mysqld}"/replication*
  (
    while :; do
      bash "$scripts/follow.sh" || echo "follow: ended with status $?, starting it again"
      sleep 2
    done
  ) &
fi
attended bash "$scripts/start.sh" "/etc/ghost-platform/$role.cnf" "--server-id=$((100 + ordinal))" "--report-host=$MEMBER"
