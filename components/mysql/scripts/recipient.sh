#!/bin/bash
# Makes the data directory of the server that receives a clone, $volume/recipient.tmp, unless it is there: an empty database with which that
# server can run. Takes seconds, which a member has while it waits for somebody to clone from.
set -euo pipefail

volume=/var/lib/mysql
say() { echo "clone: $*"; }
# shellcheck source=SCRIPTDIR/data-options.sh
. "${SCRIPTS:-/scripts}/data-options.sh"

if [ -d "$volume/recipient.tmp" ]; then exit 0; fi
rm -rf "$volume/recipient.new"
# It takes no copy of a server that was made with others.
initial_options /tmp/recipient.cnf
mysqld --defaults-file=/tmp/recipient.cnf "${initial_arguments[@]}" --datadir="$volume/recipient.new" &
server=$!
trap 'kill -TERM "$server" 2>/dev/null; wait "$server"; exit 143' TERM INT
if ! wait "$server"; then
  say "FAILED: no room for the server that receives the copy? Free space: $(df -Ph "$volume" | awk 'NR == 2 {print $4}')"
  exit 1
fi
mv "$volume/recipient.new" "$volume/recipient.tmp"
