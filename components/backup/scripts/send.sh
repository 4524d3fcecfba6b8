#!/bin/sh
# send.sh: takes a backup to the store: its parts first, read back there by their SHA-256, and the manifest last, with which it is one. Removes nothing there
# and overwrites nothing: what breaks off leaves parts without a manifest, which is no backup.
#
#   $TARGET  as rclone has it: the folder of all stacks      $STACK  the name of this one's      $RCLONE_…  rclone's options
set -eu

id=$(cat /backup/id)
there=$TARGET/$STACK/$id

status=0
found=$(rclone lsf "$there") || status=$?
if [ "$status" != 0 ] && [ "$status" != 3 ]; then
  echo "what $there holds cannot be known, so nothing is sent" >&2
  exit 1
fi
if [ -n "$found" ]; then
  echo "$there is there already: another one was made in the same second. The next one gets another name" >&2
  exit 1
fi
rclone copy /backup/parts "$there"
rclone checksum sha256 /backup/sums "$there" --download
rclone copyto /backup/manifest.signed "$there/manifest.signed"
rclone cat "$there/manifest.signed" > /backup/manifest.read
cmp /backup/manifest.signed /backup/manifest.read
echo "Backup $id is in $TARGET/$STACK."
