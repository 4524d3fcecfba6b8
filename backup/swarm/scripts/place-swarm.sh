#!/bin/sh
# Puts the state of a manager, a tar archive on standard input, in the place of an engine's that is in no swarm. Runs on the machine as
# root; the engine is stopped for it, and started again whatever happens.
#
#   $root    the engine's folder      $stop, $start   commands that stop and start it
#   $marker  what is put into the state: which restore it is from
set -eu

: "${root:?}" "${stop:?}" "${start:?}" "${marker:?}"
fresh=$(mktemp -d "$root/.swarm-restore.XXXXXX")
stopped=no
# Into a file: whoever reads our messages may be gone, and a command that writes to them would end with its work half done.
engine() { sh -c "$1" > "$fresh/messages" 2>&1 < /dev/null || {
  cat "$fresh/messages" >&2
  return 1
}; }
end() {
  trap '' HUP PIPE
  if [ "$stopped" = yes ]; then engine "$start" || echo "the engine did not start again: $start" >&2; fi
  rm -rf "$fresh"
}
trap end EXIT
trap 'exit 143' HUP INT TERM PIPE

tar -C "$fresh" -xpf -
[ -d "$fresh/swarm/raft" ] || {
  echo "the archive holds no state of a manager" >&2
  exit 1
}
printf '%s\n' "$marker" > "$fresh/swarm/ghost-platform-restore"
stopped=yes
engine "$stop"
rm -rf "$root/swarm"
mv "$fresh/swarm" "$root/swarm"
sync
