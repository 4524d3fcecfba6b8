#!/bin/sh
# one-at-a-time.sh FILE PROGRAM [ARGUMENT...]: becomes PROGRAM once nobody else holds the lock on FILE. The lock ends with the program,
# however that ends.
#
# A Deployment that is told to replace its pod waits for the old one's end; a pod that is deleted or evicted is replaced at once, while it
# still serves its last requests. Bounded by WAIT_SECONDS; says every second that it waits.
set -u
limit=${WAIT_SECONDS:-120}
file=$1
shift
trap 'echo "one-at-a-time: stopped while waiting for the earlier one"; exit 143' TERM INT

exec 9>>"$file" || exit 1
begin=$(date +%s)
told=
until flock -n 9; do
  waited=$(($(date +%s) - begin))
  if [ "$waited" -ge "$limit" ]; then
    echo "one-at-a-time: GIVING UP after ${waited} s: somebody still holds $file. Does an earlier pod of this site still run? The next try follows by itself."
    exit 1
  fi
  [ "$told" = "$waited" ] || echo "one-at-a-time: waiting for the earlier one of this site to stop (${waited} s of at most ${limit} s)"
  told=$waited
  sleep 0.2
done
exec "$@"
