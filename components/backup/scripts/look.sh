#!/bin/sh
# look.sh: writes which folders the store has of the stack, a line each, to /backup/names. Ends where the store does not answer, does not let us in or is
# not there, before anything is read.
#
#   $TARGET  as rclone has it: the folder of all stacks      $STACK  the name of this one's      $RCLONE_…  rclone's options
set -eu

status=0
rclone lsf --dirs-only "$TARGET/$STACK" > /backup/names.new || status=$?
# 3: there is no such folder. A bucket that nobody has made is another matter.
if [ "$status" = 3 ]; then
  rclone lsjson --stat "$TARGET" > /dev/null || {
    echo "$TARGET does not exist: make it, or mend backup.target" >&2
    exit 1
  }
  : > /backup/names.new
elif [ "$status" != 0 ]; then
  echo "what $TARGET holds cannot be known, so nothing is done" >&2
  exit 1
fi
mv /backup/names.new /backup/names
