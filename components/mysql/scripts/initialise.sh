#!/bin/bash
# Makes the data directory of a new server, once. It is made beside its place and moved there by one rename, so a directory under its
# final name is always complete: killed half-way, the next start begins anew.
set -euo pipefail
shopt -s inherit_errexit
trap 'stop_children || true; say "stopped before the data directory was complete; the next start begins anew"; exit 143' TERM INT
say() { echo "initialise: $*"; }
# shellcheck source=SCRIPTDIR/attended.sh
. "${SCRIPTS:-/scripts}/attended.sh"
# shellcheck source=SCRIPTDIR/volume.sh
. "${SCRIPTS:-/scripts}/volume.sh"
# shellcheck source=SCRIPTDIR/data-options.sh
. "${SCRIPTS:-/scripts}/data-options.sh"
# shellcheck source=SCRIPTDIR/data-version.sh
. "${SCRIPTS:-/scripts}/data-version.sh"

[ -d "$volume/data" ] || volume_writable || exit 1
if ! entries=$(volume_entries); then
  say "FAILED: $volume cannot be read, so nobody knows what it holds. Nothing was changed. Can user $(id -u) read the volume?"
  exit 1
fi
if [ -d "$volume/data" ]; then
  say "$volume/data is complete, nothing to do"
  exit 0
fi
while read -r entry; do
  case "$entry" in
    "" | init.tmp | lost+found) ;;
    *)
      say "REFUSED: $volume holds $entry, which this program did not make. Nothing was changed."
      say "Was this volume another server's? Move its data directory to $volume/data to adopt it, or give an empty volume."
      exit 1
      ;;
  esac
done <<<"$entries"
if [ -d "$volume/init.tmp" ]; then
  say "removing what an interrupted start left"
  rm -rf "$volume/init.tmp"
fi

time_zone_there || exit 1
say "making a new data directory (about 10 seconds)"
scratch="${TMPDIR:-/tmp}"
initial_options "$scratch/initial.cnf"
time_zone_statements "$scratch/time-zones.sql"
# root has no password and exists for the local socket only: whoever is inside the container owns the data anyway.
if ! attended mysqld --defaults-file="$scratch/initial.cnf" "${initial_arguments[@]}" --init-file="$scratch/time-zones.sql" \
  --datadir="$volume/init.tmp" ||
  ! holds_database "$volume/init.tmp"; then
  say "FAILED: mysqld could not initialise $volume/init.tmp; its own message stands above. Free space: $(free_space)"
  exit 1
fi
rm -f "$scratch/initial.cnf" "$scratch/time-zones.sql"
note_lasting_options "$volume/init.tmp"
note_version "$volume/init.tmp"
sync
mv "$volume/init.tmp" "$volume/data"
sync
say "done"
