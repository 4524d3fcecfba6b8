#!/bin/bash
# Makes the data directory of the server that receives a clone, $volume/recipient.tmp, unless it is there: an empty database with which that
# server can run. Takes seconds, which a member has while it waits for somebody to clone from.
set -euo pipefail
trap 'stop_children; exit 143' TERM INT
# shellcheck source=SCRIPTDIR/attended.sh
. "${SCRIPTS:-/scripts}/attended.sh"
# shellcheck source=SCRIPTDIR/volume.sh
. "${SCRIPTS:-/scripts}/volume.sh"
# shellcheck source=SCRIPTDIR/data-options.sh
. "${SCRIPTS:-/scripts}/data-options.sh"
say() { echo "clone: $*"; }

if [ -d "$volume/recipient.tmp" ]; then exit 0; fi
rm -rf "$volume/recipient.new"
# It takes no copy of a server that was made with others.
initial_options "${TMPDIR:-/tmp}/recipient.cnf"
if ! attended mysqld --defaults-file="${TMPDIR:-/tmp}/recipient.cnf" "${initial_arguments[@]}" --datadir="$volume/recipient.new" ||
  ! holds_database "$volume/recipient.new"; then
  say "FAILED: no room for the server that receives the copy? Free space: $(free_space)"
  exit 1
fi
mv "$volume/recipient.new" "$volume/recipient.tmp"
