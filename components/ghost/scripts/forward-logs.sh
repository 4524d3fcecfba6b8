#!/bin/sh
# Prints LOG_FILE as it grows, across its rotation, until it is stopped. With FORWARD_URL the same lines are posted there, too, in
# batches; stdout never waits for that.
#
# The open file remembers how far it was read, so nothing is lost and nothing repeated: busybox's `tail -F` looks once a second, and at a
# rotation or at its end skips what was written since. Only after a restart of this container are lines repeated, the last REPLAY of them.
# Runs in busybox, without any privilege and with the logs mounted read-only.
set -u
: "${LOG_FILE:?}"
replay=${REPLAY:-1000}
batch=${BATCH_FILE:-/tmp/batch}
stopping=
poster=

say() { echo "log-forwarder: $*" >&2; }

pause() {
  sleep "$1" >/dev/null 2>&1 3<&- &
  wait $!
}

stop() {
  stopping=yes
  [ -z "$poster" ] || kill -TERM "$poster"
}

wait_for_file() {
  rounds=0
  while [ -z "$stopping" ] && [ ! -e "$LOG_FILE" ]; do
    [ $((rounds % 60)) -ne 0 ] || say "waiting for $LOG_FILE (${rounds} s)"
    rounds=$((rounds + 1))
    pause 1
  done
}

# follow SINK: gives SINK what is in the file, then what is new in it each second, and the rest when it is stopped.
follow() {
  trap stop TERM INT
  wait_for_file
  [ -e "$LOG_FILE" ] || return 0
  exec 3<"$LOG_FILE"
  "$1" tail -n "$replay"
  while [ -z "$stopping" ]; do
    pause 1
    current=$(stat -c %i "$LOG_FILE" 2>/dev/null)
    "$1" cat
    if [ -n "$current" ] && [ "$current" != "$(stat -L -c %i /proc/self/fd/3)" ]; then
      # What the writer still held back for the old file is there a second later.
      pause 1
      "$1" cat
      exec 3<"$LOG_FILE"
    fi
  done
  "$1" cat
}

# A sink runs the command it is given on the open file.
print() { "$@" <&3; }

# Tries as often as it takes; meanwhile the log file keeps what comes next.
post() {
  "$@" <&3 >"$batch"
  delay=1
  while [ -s "$batch" ]; do
    answer=$(request | nc -w 5 "$host" "$port" 2>&1 3<&- | head -n 1)
    case $answer in
      HTTP/1.?\ 2*) return 0 ;;
    esac
    if [ -n "$stopping" ]; then
      say "stopped with $(wc -c <"$batch") bytes that $FORWARD_URL has not taken (${answer:-no answer})"
      return 0
    fi
    say "$FORWARD_URL does not take $(wc -c <"$batch") bytes (${answer:-no answer}); next try in $delay s"
    pause "$delay"
    delay=$((delay < 32 ? delay * 2 : 60))
  done
}

# An HTTP request by hand: posting a file crashes the wget of busybox 1.35.
request() {
  printf 'POST %s HTTP/1.0\r\nHost: %s\r\nContent-Type: application/x-ndjson\r\nContent-Length: %s\r\n\r\n' \
    "$path" "$authority" "$(wc -c <"$batch")"
  cat "$batch"
}

if [ -n "${FORWARD_URL:-}" ]; then
  authority=${FORWARD_URL#http://}
  path=/
  case $authority in
    */*) path=/${authority#*/} ;;
  esac
  authority=${authority%%/*}
  host=${authority%:*}
  port=80
  case $authority in
    *:*) port=${authority##*:} ;;
  esac
  follow post &
  poster=$!
fi
follow print
[ -z "$poster" ] || wait "$poster"
