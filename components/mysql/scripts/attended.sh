#!/bin/bash
# Runs programs so that a stop reaches them at every moment. Sourced; a script that sources it sets its trap before that, as its first act:
#
#   trap 'stop_children; exit 143' TERM INT
#
# Bash runs a trap only between foreground commands, and the kernel spares PID 1 every signal that it has no trap for. So whatever takes time
# runs in the background and is waited for, and PID 1 stays this program instead of becoming the server.

# Runs a program to its end, and returns its status.
attended() {
  local status=0
  "$@" &
  wait "$!" || status=$?
  return "$status"
}

# Asks what runs in the background to stop, and returns the status of what was started last. Asks again and again: a program that has just begun
# may not listen yet. Ends when nobody is there to be asked: of a program that ends in the moment of the stop, bash may say for ever that it runs.
stop_children() {
  trap '' TERM INT
  local running
  while running=$(jobs -pr) && [ -n "$running" ]; do
    # shellcheck disable=SC2086 # several ids
    kill -TERM $running 2>/dev/null || break
    sleep 0.1
  done
  [ -z "${!:-}" ] || wait "$!"
}

# Puts what a program prints into a variable, as $( ) does, and returns the program's status; a stop does not wait for its end.
#   $1  name of the variable
#   $@  the program
attended_answer() {
  local file="${TMPDIR:-/tmp}/answer.$$" status=0
  attended "${@:2}" >"$file" || status=$?
  printf -v "$1" '%s' "$(<"$file")" || return 1
  return "$status"
}
