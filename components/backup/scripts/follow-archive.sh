#!/bin/sh
# follow-archive.sh: begins the archive of binary logs once the store has been looked into. Another node may have archived since this one's volume was written, so
# what was found there before counts for nothing. Who sends looks for us: it has the login to the store.
#
#   $WORK    the folder that is shared with who sends      arguments: the program that follows the log
set -eu
trap 'exit 143' TERM INT

mkdir -p "$WORK"
rm -f "$WORK/found.signed"
for tried in $(seq 0 600); do
  if [ -e "$WORK/found.signed" ]; then
    exec "$@"
  fi
  [ $((tried % 30)) != 2 ] || echo "waiting until the service that sends has looked into the store"
  sleep 1 &
  wait "$!"
done
echo "nobody has looked into the store for ten minutes. Look at the service that sends: the store does not answer it" >&2
exit 1
