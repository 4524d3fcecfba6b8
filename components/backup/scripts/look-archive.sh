#!/bin/sh
# look-archive.sh: brings the newest statement that the store has of the stack's archive of binary logs, from which is gone on, to $WORK/found.signed; an
# empty file where there is none. Ends where the store does not answer, does not let us in or is not there.
#
#   $TARGET  as rclone has it: the folder of all stacks      $STACK  the name of this one's      $RCLONE_…  rclone's options
#   $WORK    the folder that is shared with who follows the log
set -eu

there=$TARGET/$STACK/binlog
status=0
rclone lsf --files-only --include '*.signed' "$there" > "$WORK/names" || status=$?
# 3: there is no such folder. A bucket that nobody has made is another matter.
if [ "$status" = 3 ]; then
  rclone lsjson --stat "$TARGET" > /dev/null || {
    echo "$TARGET does not exist: make it, or mend backup.target" >&2
    exit 1
  }
  : > "$WORK/names"
elif [ "$status" != 0 ]; then
  echo "what $there holds cannot be known, so nothing is archived" >&2
  exit 1
fi
# Numbers decide, and no clock.
newest=$(sed -n 's/^\(.*Z-\([0-9]\{1,9\}\)-[0-9a-f]\{8\}\.signed\)$/\2 \1/p' "$WORK/names" | sort -n | tail -n 1)
: > "$WORK/found.new"
if [ -n "$newest" ]; then
  rclone cat "$there/${newest#* }" > "$WORK/found.new"
fi
mv "$WORK/found.new" "$WORK/found.signed"
