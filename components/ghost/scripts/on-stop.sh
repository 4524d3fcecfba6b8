#!/bin/bash
# Runs a program and hands a stop on to it. A program that does not answer then does not hear the stop either, and is killed at once: left alone, it would
# keep another from starting for the whole grace period.
#
#   on-stop.sh CHECK [ARGUMENT...] -- PROGRAM [ARGUMENT...]
#
# CHECK asks the program how it is, for WAIT_SECONDS; its exit status 3 says that there was no answer.
set -uo pipefail

check=()
while (($# > 0)) && [[ $1 != -- ]]; do
  check+=("$1")
  shift
done
if ((${#check[@]} == 0 || $# < 2)); then
  echo "on-stop: usage: on-stop.sh CHECK [ARGUMENT...] -- PROGRAM [ARGUMENT...]" >&2
  exit 2
fi
shift
program=$1

# shellcheck disable=SC2317 # called by the trap
stop() {
  stopped=yes
  # It may have started, and this not yet have taken note of it.
  local pid=${!:-} answer=0
  if [[ -z $pid ]]; then
    exit 143
  fi
  WAIT_SECONDS=3 timeout --signal=KILL 10 "${check[@]}" > /dev/null 2>&1 || answer=$?
  if ((answer == 3)); then
    echo "on-stop: told to stop, and $program has not answered for 3 s: it hangs, and is killed"
    kill -KILL "$pid" 2> /dev/null
  else
    kill -TERM "$pid" 2> /dev/null
  fi
}

# From before there is anything to stop: PID 1 is spared every signal that it has no handler for.
trap stop TERM INT
"$@" &
pid=$!

# A stop ends the wait as well as the program does: then it begins again, and gives the program's own status, also of one that has ended by then.
while
  stopped='' status=0
  wait "$pid" || status=$?
  [[ -n $stopped ]]
do :; done
exit "$status"
