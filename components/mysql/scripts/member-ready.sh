#!/bin/bash
# Ready means: a client that logs in over TCP gets an answer, and a replica's answer is not too old. A replica whose source is away stays
# ready: reads go on.
#
#   $1     yes when its readers find it already (see served= of decide_reads): then a server that has no connection left is busy, not unready
# MEMBER   see member.sh
# MAX_LAG  seconds a replica may be behind
set -euo pipefail
shopt -s inherit_errexit
scripts="${SCRIPTS:-/scripts}"
# shellcheck source=SCRIPTDIR/decide.sh
. "$scripts/decide.sh"
served="${1:-no}"
[ "$served" = yes ] || bash "$scripts/ready.sh"
if [ "${MEMBER##*-}" = 0 ]; then exit 0; fi

state=""
lag=""
state_file="${RUN:-/run/mysqld}/replication"
if [ -e "$state_file" ]; then
  old=$(find "$state_file" -mmin +1)
  if [ -z "$old" ]; then read -r state lag <"$state_file" || true; fi
fi
verdict=$(decide_reads "state=$state" "lag=$lag" "maxLag=$MAX_LAG" "served=$served")
if [ "$verdict" != serve ]; then
  echo "${verdict#leave }"
  exit 1
fi
