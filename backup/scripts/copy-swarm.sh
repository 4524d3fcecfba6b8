#!/bin/sh
# Copies the state that a manager keeps, with its engine stopped, and writes it to standard output as a tar archive. Runs on the manager's
# machine as root. Whatever happens on the way, the engine is started again.
#
#   $root    the engine's folder      $stop, $start   commands that stop and start it
set -eu

: "${root:?}" "${stop:?}" "${start:?}"
stopped=no
copy=$(mktemp -d "$root/.swarm-backup.XXXXXX")
end() {
  if [ "$stopped" = yes ]; then sh -c "$start" >&2 < /dev/null || echo "the engine did not start again: $start" >&2; fi
  rm -rf "$copy"
}
trap end EXIT
trap 'exit 143' HUP INT TERM PIPE

stopped=yes
sh -c "$stop" >&2 < /dev/null
cp -a "$root/swarm" "$copy/"
sh -c "$start" >&2 < /dev/null
stopped=no
tar -C "$copy" -cf - swarm
