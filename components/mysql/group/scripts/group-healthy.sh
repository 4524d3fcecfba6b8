#!/bin/bash
# Well, for a platform that has one health check, which names a member to others from its first success on, updates the next member after that, and ends
# what fails it. A member is well for the first time once it is in a group that has a majority, or while nobody is in one and each has to find the others. From
# then on it is well: a server that hangs is killed here, and its container ends with it.
set -euo pipefail
scripts="${SCRIPTS:-/scripts}"
run="${RUN:-/run/mysqld}"
bash "$scripts/alive.sh" || true
if [ -e "$run/been-well" ]; then exit 0; fi
[ -e "$run/waiting" ] || bash "$scripts/group-ready.sh"
touch "$run/been-well"
