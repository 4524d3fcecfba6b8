#!/bin/sh
# Copies the state that a manager keeps, with its engine stopped, and writes it to standard output as a tar archive. Runs on the manager's
# machine as root. Whatever happens on the way, the engine is started again.
#
#   $root    the engine's folder      $stop, $start   commands that stop and start it
set -eu

: "${root:?}" "${stop:?}" "${start:?}"
stopped=no
copy=$(mktemp -d "$root/.swarm-backup.XXXXXX")
# Into a file: whoever reads our messages may be gone, and a command that writes to them would end with its work half done.
engine() { sh -c "$1" > "$copy/messages" 2>&1 < /dev/null || {
  cat "$copy/messages" >&2
  return 1
}; }
end() {
  trap '' HUP PIPE
  if [ "$stopped" = yes ]; then engine "$start" || echo "the engine did not start again: $start" >&2; fi
  rm -rf "$copy"
}
trap end EXIT
trap 'exit 143' HUP INT TERM PIPE

stopped=yes
engine "$stop"
cp -a "$root/swarm" "$copy/"
engine "$start"
stopped=no
tar -C "$copy" -cf - swarm
