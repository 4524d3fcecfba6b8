#!/bin/sh
# Reads, writes or removes what a restore says in the state of a swarm about itself. It lies there and nowhere else: whoever leaves the swarm
# removes it with the state. Runs on the machine as root.
#
#   $root    the engine's folder      $action   read, write or remove      $marker   what is written
set -eu

: "${root:?}" "${action:?}"
file=$root/swarm/ghost-platform-restore
case $action in
  read) if [ -e "$file" ]; then cat "$file"; fi ;;
  write)
    printf '%s\n' "${marker:?}" > "$file.new"
    mv "$file.new" "$file"
    sync
    ;;
  remove) rm -f "$file" ;;
  *)
    echo "unknown action $action" >&2
    exit 2
    ;;
esac
