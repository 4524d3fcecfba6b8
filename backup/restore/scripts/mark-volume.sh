#!/bin/sh
# Writes into a volume how far a restore is with it, once all that was written before is on the disk.
#
#   $volume  where it is mounted      $name    name of the file      $text    what it says
set -eu

: "${volume:?}" "${name:?}" "${text:?}"
sync
printf '%s\n' "$text" > "$volume/$name.new"
mv "$volume/$name.new" "$volume/$name"
sync
