#!/bin/sh
# Puts the state of a manager, a tar archive on standard input, in the place of an engine's that is in no swarm. Runs on the machine as
# root; the engine is stopped for it, and started again whatever happens.
#
#   $root    the engine's folder      $stop, $start   commands that stop and start it
set -eu

: "${root:?}" "${stop:?}" "${start:?}"
fresh=$(mktemp -d "$root/.swarm-restore.XXXXXX")
stopped=no
end() {
  rm -rf "$fresh"
  if [ "$stopped" = yes ]; then sh -c "$start" >&2 < /dev/null || echo "the engine did not start again: $start" >&2; fi
}
trap end EXIT
trap 'exit 143' HUP INT TERM PIPE

tar -C "$fresh" -xpf -
[ -d "$fresh/swarm/raft" ] || {
  echo "the archive holds no state of a manager" >&2
  exit 1
}
stopped=yes
sh -c "$stop" >&2 < /dev/null
rm -rf "$root/swarm"
mv "$fresh/swarm" "$root/swarm"
sync
