#!/bin/bash
# Runs Apache by the image's own entry point, with a further configuration.
#
#   serve.sh CONFIGURATION INCOMING [OWNER]
#
# With OWNER, the site is installed first, with the account that this file names.
# INCOMING is the folder of uploads that are under way. What a task that was killed left there is taken away after a day.
# Told to stop, it serves on for a moment: the swarm has taken this task out of its name service
# just now, and whoever asked before still comes here. What came too late would wait in the queue of a server that takes nothing out of it.
set -euo pipefail

drain_seconds=3
configuration=$1
incoming=$2

mkdir -p "$incoming"
find "$incoming" -type f -mmin +1440 -delete
if [[ -n ${3:-} ]]; then
  # The entry point puts the program's files in place before anything that is called so.
  docker-entrypoint.sh apache2 -v > /dev/null
  php "${BASH_SOURCE[0]%/*}/owner.php" make "$3"
fi
docker-entrypoint.sh apache2-foreground -c "Include $configuration" &
pid=$!
# shellcheck disable=SC2317 # called by the trap
stop() {
  stopped=yes
  echo "serve: told to stop; serving on for $drain_seconds s"
  sleep "$drain_seconds"
  # Apache answers what it has begun, and ends.
  kill -WINCH "$pid" 2> /dev/null || true
}
trap stop TERM INT WINCH

# A stop ends the wait as well as the program does: then it begins again, and gives the program's own status, also of one that has ended by then.
while
  stopped='' status=0
  wait "$pid" || status=$?
  [[ -n $stopped ]]
do :; done
exit "$status"
