#!/bin/sh
# announce.sh starting|stopping [SECONDS]: writes into LOG_DIRECTORY that this container starts or stops, then waits SECONDS.
#
# For lifecycle hooks. Those may be called twice, so the line is written once for each container; and a hook that fails kills its
# container, so this never fails: not with a full volume, nor with one that is not there.
directory=${LOG_DIRECTORY:-/var/log/ghost}
case ${1:-} in
  starting) file=$directory/startup.log ;;
  stopping) file=$directory/shutdown.log ;;
  *)
    echo "usage: announce.sh starting|stopping [SECONDS]"
    exit 0
    ;;
esac

# When PID 1 started, in clock ticks since boot: no two containers of a pod have it in common.
container=$(cut -d ' ' -f 22 /proc/1/stat 2>/dev/null)
announced=${TMPDIR:-/tmp}/announced-$1
if [ "$(cat "$announced" 2>/dev/null)" != "$container" ]; then
  { echo "Ghost container $1 at $(date)" >>"$file" && echo "$container" >"$announced"; } 2>/dev/null
fi
sleep "${2:-0}"
exit 0
