#!/bin/bash
# Does what init containers do elsewhere: runs a program to its end, and the next one only if it succeeded. Ends with the status of the last.
#
#   init-then.sh FIRST [ARGUMENT...] -- NEXT [ARGUMENT...]
#
# It is PID 1, which the kernel spares every signal it has no handler for, and stays it: a program that becomes PID 1 is deaf to a stop until it
# has a handler of its own, and cannot be killed from inside its container when it hangs.
set -euo pipefail

first=()
while (($# > 0)) && [[ $1 != -- ]]; do
  first+=("$1")
  shift
done
if ((${#first[@]} == 0 || $# < 2)); then
  echo "init-then: usage: init-then.sh FIRST [ARGUMENT...] -- NEXT [ARGUMENT...]" >&2
  exit 2
fi
shift

# From before there is anything to stop: a stop that came in between would be lost. An image names the signal by which it is stopped: Apache's is WINCH,
# that of others QUIT or INT.
trap 'kill -TERM $(jobs -pr) 2> /dev/null || true; wait; exit 143' TERM INT QUIT WINCH
"${first[@]}" &
wait "$!"
trap 'kill -TERM $(jobs -pr) 2> /dev/null || true; wait "$!"; exit "$?"' TERM INT QUIT WINCH
"$@" &
wait "$!"
