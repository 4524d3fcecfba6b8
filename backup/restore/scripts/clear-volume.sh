#!/bin/sh
# Removes what an interrupted restore has left in a volume; its marker stays, so that this can be interrupted, too.
#
#   $volume  where it is mounted      $name    name of the marker
set -eu

: "${volume:?}" "${name:?}"
[ -e "$volume/$name" ] || {
  echo "$volume has no $name: it is not what a restore has left" >&2
  exit 1
}
find "$volume" -xdev -mindepth 1 ! -path "$volume/$name" ! -name lost+found -delete
