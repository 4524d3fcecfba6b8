#!/bin/sh
# Prints LOG_FILE as it grows, across its rotation, until it is stopped.
#
# The open file remembers how far it was read, so nothing is lost and nothing repeated: busybox's `tail -F` looks once a second, and at a
# rotation or at its end skips what was written since. Only after a restart of this container are lines repeated, the last REPLAY of them.
# Runs in busybox, without any privilege and with the logs mounted read-only.
set -u
: "${LOG_FILE:?}"
replay=${REPLAY:-1000}
stopping=

say() { echo "log-forwarder: $*" >&2; }

pause() {
  sleep "$1" >/dev/null 2>&1 3<&- &
  wait $!
}

stop() { stopping=yes; }

wait_for_file() {
  rounds=0
  while [ -z "$stopping" ] && [ ! -e "$LOG_FILE" ]; do
    [ $((rounds % 60)) -ne 0 ] || say "waiting for $LOG_FILE (${rounds} s)"
    rounds=$((rounds + 1))
    pause 1
  done
}

# Prints what is in the file, then what is new in it each second, and the rest when it is stopped.
follow() {
  trap stop TERM INT
  wait_for_file
  [ -e "$LOG_FILE" ] || return 0
  exec 3<"$LOG_FILE"
  tail -n "$replay" <&3
  while [ -z "$stopping" ]; do
    pause 1
    current=$(stat -c %i "$LOG_FILE" 2>/dev/null)
    cat <&3
    if [ -n "$current" ] && [ "$current" != "$(stat -L -c %i /proc/self/fd/3)" ]; then
      # What the writer still held back for the old file is there a second later.
      pause 1
      cat <&3
      exec 3<"$LOG_FILE"
    fi
  done
  cat <&3
}

follow
