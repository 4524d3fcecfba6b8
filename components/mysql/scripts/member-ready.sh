#!/bin/bash
# Ready means: a client that logs in over TCP gets an answer, and a replica's answer is not too old. A replica whose source is away stays
# ready: reads go on.
#
# MEMBER   see member.sh
# MAX_LAG  seconds a replica may be behind
set -euo pipefail
bash "${SCRIPTS:-/scripts}/ready.sh"
if [ "${MEMBER##*-}" = 0 ]; then exit 0; fi
state_file=/run/mysqld/replication
if [ ! -e "$state_file" ] || [ -n "$(find "$state_file" -mmin +1)" ]; then
  echo "follow.sh has not said anything for a minute"
  exit 1
fi
read -r state lag <"$state_file" || true
case "$state" in
  alone) ;;
  joined)
    if [ "${lag:-0}" -gt "$MAX_LAG" ]; then
      echo "$lag s behind the source, $MAX_LAG are allowed"
      exit 1
    fi
    ;;
  *)
    echo "not replicating ($state); see this pod's log"
    exit 1
    ;;
esac
