#!/bin/sh
# send-archive.sh: takes segments of the archive of binary logs to the store, as they come into the outbox, in their order: the sealed file first, and then what
# is signed about it, with which it counts. What was sent is removed from the outbox; what cannot be sent waits there. Does not end.
#
#   $TARGET  as rclone has it: the folder of all stacks      $STACK  the name of this one's      $RCLONE_…  rclone's options
set -u
trap 'exit 0' TERM INT

there=$TARGET/$STACK/binlog
outbox=/archive/outbox

# send_all: ends at the first that cannot be sent, so that none is there without those before it.
send_all() {
  for statement in "$outbox"/*.signed; do
    [ -e "$statement" ] || return 0
    id=$(basename "$statement" .signed)
    sealed=$outbox/$id.binlog.gz.age
    if [ -e "$sealed" ]; then
      rclone copyto "$sealed" "$there/$id.binlog.gz.age" || return 1
    fi
    rclone copyto "$statement" "$there/$id.signed" || return 1
    rm -f "$statement" "$sealed"
  done
}

said=
while :; do
  if send_all 2> /tmp/said; then
    [ -z "$said" ] || echo "the store takes segments again"
    said=
    touch /archive/sent
  elif [ -z "$said" ]; then
    # Said once: it is tried every few seconds.
    echo "NOT SENT: $there does not take the archive, which waits here and is tried again: $(tail -n 1 /tmp/said)" >&2
    said=yes
  fi
  sleep 2 &
  wait "$!"
done
