#!/bin/sh
# Tells what is in a volume: "empty", "full" and one of its files, or "marked" and what a restore has written there.
#
#   $volume  where it is mounted      $name    the file in which a restore says how far it is
set -eu

: "${volume:?}" "${name:?}"
if [ -e "$volume/$name" ]; then
  echo marked
  cat "$volume/$name"
  exit 0
fi
first=$(find "$volume" -mindepth 1 ! -name lost+found ! -name "$name.new" -print -quit)
if [ -z "$first" ]; then
  echo empty
else
  echo full
  printf '%s\n' "$first"
fi
