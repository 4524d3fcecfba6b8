#!/bin/bash
# Makes the data directory of a new server, once. It is made beside its place and moved there by one rename, so a directory under its
# final name is always complete: killed half-way, the next start begins anew.
set -euo pipefail

volume=/var/lib/mysql
say() { echo "initialise: $*"; }
# shellcheck source=SCRIPTDIR/data-options.sh
. "${SCRIPTS:-/scripts}/data-options.sh"
trap 'say "stopped before the data directory was complete; the next start begins anew"; exit 143' TERM INT

if [ -d "$volume/data" ]; then
  say "$volume/data is complete, nothing to do"
  exit 0
fi
for entry in "$volume"/*; do
  case "$entry" in
    "$volume/*" | "$volume/init.tmp" | "$volume/lost+found") ;;
    *)
      say "REFUSED: $volume holds ${entry##*/}, which this program did not make. Nothing was changed."
      say "Was this volume another server's? Move its data directory to $volume/data to adopt it, or give an empty volume."
      exit 1
      ;;
  esac
done
if [ -d "$volume/init.tmp" ]; then
  say "removing what an interrupted start left"
  rm -rf "$volume/init.tmp"
fi

time_zone_there || exit 1
say "making a new data directory (about 10 seconds)"
initial_options /tmp/initial.cnf
time_zone_statements /tmp/time-zones.sql
# root has no password and exists for the local socket only: whoever is inside the container owns the data anyway.
mysqld --defaults-file=/tmp/initial.cnf "${initial_arguments[@]}" --init-file=/tmp/time-zones.sql --datadir="$volume/init.tmp" &
pid=$!
trap 'kill -TERM "$pid"; say "stopped before the data directory was complete; the next start begins anew"; exit 143' TERM INT
if ! wait "$pid"; then
  say "FAILED: mysqld could not initialise $volume/init.tmp; its own message stands above. Free space: $(df -Ph "$volume" | awk 'NR == 2 {print $4}')"
  exit 1
fi
rm -f /tmp/initial.cnf /tmp/time-zones.sql
note_lasting_options "$volume/init.tmp"
sync
mv "$volume/init.tmp" "$volume/data"
sync
say "done"
