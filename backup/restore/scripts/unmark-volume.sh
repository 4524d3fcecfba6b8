#!/bin/sh
# Takes away what a restore has written into a volume about itself.
#
#   $volume  where it is mounted      $name    name of the file
set -eu

: "${volume:?}" "${name:?}"
rm -f "$volume/$name"
