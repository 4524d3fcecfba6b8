#!/bin/bash
# Well, for a platform that has one health check, ends what fails it, and names a member to others from the first success on: the source is
# well as long as its server lives; a replica is well for the first time once it is ready, and from then on as long as its answers are
# not too old. One that is not is ended, once: its successor is not named, and not ended either, before it is ready.
#
# MEMBER, MAX_LAG  see member-ready.sh
set -euo pipefail
scripts="${SCRIPTS:-/scripts}"
bash "$scripts/alive.sh"
if [ "${MEMBER##*-}" = 0 ]; then exit 0; fi

been_ready="${RUN:-/run/mysqld}/been-ready"
if [ -e "$been_ready" ]; then
  exec bash "$scripts/member-ready.sh" yes
fi
bash "$scripts/member-ready.sh"
touch "$been_ready"
