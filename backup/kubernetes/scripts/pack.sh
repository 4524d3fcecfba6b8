#!/bin/sh
# Writes the files of a volume to standard output, as a tar archive of `.`. Runs in the container that has the volume.
#
#   $volume  where it is mounted      $name    name of the file in which a restore says how far it is: it is no part of the data
set -eu

: "${volume:?}" "${name:?}"
status=0
# What the file system made for itself nobody but root may read.
tar -C "$volume" --exclude="./$name" --exclude=./lost+found -cf - . || status=$?
# A file that grows while it is read is no failure: what matters is written once and renamed. GNU's tar says so with 1, and with 1 alone.
if [ "$status" = 1 ] && tar --version 2> /dev/null | grep -q GNU; then status=0; fi
exit "$status"
