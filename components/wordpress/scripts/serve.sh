#!/bin/bash
# Runs Apache by the image's own entry point. Told to stop, it serves on for a moment: the swarm has taken this task out of its name service
# just now, and whoever asked before still comes here. What came too late would wait in the queue of a server that takes nothing out of it.
set -euo pipefail

drain_seconds=3

docker-entrypoint.sh apache2-foreground &
pid=$!
# shellcheck disable=SC2317 # called by the trap
stop() {
  echo "serve: told to stop; serving on for $drain_seconds s"
  sleep "$drain_seconds"
  # Apache answers what it has begun, and ends.
  kill -WINCH "$pid" 2> /dev/null || true
}
trap stop TERM INT WINCH

status=0
while kill -0 "$pid" 2> /dev/null; do
  status=0
  wait "$pid" || status=$?
done
exit "$status"
