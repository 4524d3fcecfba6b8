#!/bin/sh
# Prints LOG_FILE as it grows, across its rotation, until it is stopped.
#
# The open file remembers how far it was read, so nothing is lost and nothing repeated: busybox's `tail -F` looks once a second, and at a
# rotation or at its end skips what was written since. How far it has come is noted in STATE_DIRECTORY, which outlives this container: started
# again, it goes on there, in the file that was turned over meanwhile, too. Only what it printed while it was killed is printed again. Without a
# note it begins with the last REPLAY lines.
# Runs in busybox, without any privilege and with the logs mounted read-only.
set -u
: "${LOG_FILE:?}" "${STATE_DIRECTORY:?}"
replay=${REPLAY:-1000}
note=$STATE_DIRECTORY/printed
noted=
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

# The number of a file's place on the disk, which stays when it is renamed.
place_of() { stat -L -c %i "$1" 2>/dev/null; }

# From its beginning.
open() {
  exec 3<"$1"
  place=$(place_of /proc/self/fd/3)
  position=0
}

# Opens the file and prints what the one before this has not; without a note, its last lines.
resume() {
  open "$LOG_FILE"
  earlier='' reached=''
  [ ! -e "$note" ] || read -r earlier reached <"$note"
  case $earlier-$reached in
    *[!0-9-]* | -* | *-) tail -n "$replay" <&3 ;;
    *)
      # A former file that is gone has left nothing to print.
      for file in "${LOG_FILE%/*}"/*; do
        if [ "$(place_of "$file")" = "$earlier" ]; then
          open "$file"
          [ "$(stat -L -c %s /proc/self/fd/3)" -ge "$reached" ] || reached=0
          tail -c "+$((reached + 1))" <&3
          break
        fi
      done
      ;;
  esac
  take_note
}

# All that was read has been printed. Renamed, so that a note is whole or the one before.
take_note() {
  read -r _ position </proc/self/fdinfo/3
  if [ "$place $position" != "$noted" ]; then
    noted="$place $position"
    echo "$noted" >"$note.new" && mv "$note.new" "$note"
  fi
}

print_new() {
  if [ "$(stat -L -c %s /proc/self/fd/3)" -lt "$position" ]; then
    say "$LOG_FILE was emptied; reading it from its beginning"
    open /proc/self/fd/3
  fi
  cat <&3
  take_note
}

# Prints what is in the file, then what is new in it each second, and the rest when it is stopped.
follow() {
  trap stop TERM INT
  wait_for_file
  [ -e "$LOG_FILE" ] || return 0
  resume
  while :; do
    last=$stopping
    current=$(place_of "$LOG_FILE")
    print_new
    if [ -n "$current" ] && [ "$current" != "$place" ]; then
      # What the writer still held back for the old file is there a second later.
      [ -n "$last" ] || pause 1
      print_new
      open "$LOG_FILE"
    elif [ -n "$last" ]; then
      return 0
    else
      pause 1
    fi
  done
}

follow
