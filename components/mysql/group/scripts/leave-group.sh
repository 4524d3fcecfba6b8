#!/bin/bash
# Leaves the group before the server is told to stop: a primary hands its part to another member first, which takes a fraction of a second; by itself, a
# primary that stops under writes takes up to a minute.
set -uo pipefail
run="${RUN:-/run/mysqld}"
secrets="${SECRETS:-/run/secrets/mysql}"
touch "$run/leaving"
root() { timeout --kill-after=1 "$1" mysql "--defaults-file=$secrets/root.cnf" --connect-timeout=2 -NBe "$2"; }
bash "${SCRIPTS:-/scripts}/hand-over.sh"
root 30 "STOP GROUP_REPLICATION"
# A server that does not answer is stopped all the same.
exit 0
