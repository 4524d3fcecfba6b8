#!/bin/sh
# send-archive.sh: takes segments of the archive of binary logs to the store, as they come into the outbox, in their order: the sealed file first, and then what
# is signed about it, with which it counts. What was sent is removed from the outbox; what cannot be sent waits there. Does not end.
#
#   $TARGET  as rclone has it: the folder of all stacks      $STACK  the name of this one's      $RCLONE_…  rclone's options
#   $WORK    the folder that is shared with who follows the log
set -u
trap 'exit 0' TERM INT

there=$TARGET/$STACK/binlog
outbox=$WORK/outbox
mkdir -p "$outbox"

# look: where nobody has looked yet what the store has, as who follows the log waits for.
look() {
  [ -e "$WORK/found.signed" ] || sh "$(dirname "$0")/look-archive.sh"
}

# send_all: ends at the first that cannot be sent, so that none is there without those before it.
send_all() {
  for statement in "$outbox"/*.signed; do
    look || return 1
    [ -e "$statement" ] || return 0
    id=$(basename "$statement" .signed)
    sealed=$outbox/$id.binlog.gz.age
    if [ -e "$sealed" ]; then
      rclone copyto "$sealed" "$there/$id.binlog.gz.age" || return 1
    fi
    rclone copyto "$statement" "$there/$id.signed" || return 1
    rm -f "$statement" "$sealed"
    touch "$WORK/sent"
  done
}

said=
while :; do
  if send_all 2> /tmp/said; then
    [ -z "$said" ] || echo "the store takes segments again"
    said=
    touch "$WORK/sent"
  elif [ -z "$said" ]; then
    # Said once: it is tried every few seconds.
    echo "NOT SENT: $there does not take the archive, which waits here and is tried again: $(tail -n 1 /tmp/said)" >&2
    said=yes
  fi
  sleep 2 &
  wait "$!"
done
