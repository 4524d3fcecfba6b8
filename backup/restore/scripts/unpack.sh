#!/bin/sh
# Unpacks a tar archive of `.` on standard input into a volume. Behind the archive comes $end: without it the pipe has broken off, which tar may
# take for the end.
#
#   $volume  where it is mounted      $end   what comes last
set -eu

: "${volume:?}" "${end:?}"
# The volume's own folder is root's, and nobody else may change it: of the archive then all but that, which is the name without its first part.
strip=0
if [ "$(id -u)" != 0 ]; then strip=1; fi
# A tar that has read its end does not wait for what comes behind it.
trap '' PIPE
last=$({ { tee /dev/fd/3 | tail -c "${#end}" >&4; } 3>&1 | tar -C "$volume" --strip-components="$strip" -xpf - >&2; } 4>&1)
if [ "$last" != "$end" ]; then
  echo "the archive was cut off: it was not read to its end" >&2
  exit 1
fi
