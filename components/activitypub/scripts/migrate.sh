#!/bin/sh
# Brings the database of the ActivityPub server to the schema that this image is for, with the image's own program `migrate`, and stays. It is well once that is
# done; the server waits for that.
#
# The program logs in with one password. Where the database server does not know the present one yet, it takes one before it: the ActivityPub server makes the
# present one known.
set -eu

ready=/tmp/migrated
output=/tmp/output
wait_seconds=${WAIT_SECONDS:-300}

say() { echo "activitypub-migrations: $*"; }

running=
stop() {
  # At INT the program ends the migration that it is at; killed in between, it would leave the database to be mended by hand. It alone listens to that.
  if [ -n "$running" ]; then
    kill "-$signal" "$running" 2> /dev/null || true
    wait "$running" 2> /dev/null || true
  fi
  exit 143
}
signal=TERM
trap stop TERM INT

# The bytes of standard input as an address has them: each as its number. None of them means anything there.
encoded() { od -An -v -tx1 | tr -d ' \n' | sed 's/../%&/g'; }

tls=true
if [ -n "${DATABASE_CA_FILE:-}" ]; then
  tls="custom&x-tls-ca=$(printf '%s' "$DATABASE_CA_FILE" | encoded)"
fi

# attempt FILE: logs in with the password in it, and migrates. Its output is left in $output.
attempt() {
  password=$(tr -d '\r\n' < "$1" | encoded)
  address="mysql://$DATABASE_USER:$password@tcp($DATABASE_HOST:$DATABASE_PORT)/$DATABASE_NAME?tls=$tls"
  signal=INT
  migrate -path /migrations -database "$address" up > "$output" 2>&1 &
  running=$!
  status=0
  wait "$running" || status=$?
  running=
  signal=TERM
  return "$status"
}

started=$(date +%s)
elapsed() { echo $(($(date +%s) - started)); }

told=
while :; do
  refused=
  for file in "$DATABASE_PASSWORD_FILE" "$DATABASE_PASSWORD_FILE"-former-*; do
    [ -e "$file" ] || continue
    if attempt "$file"; then
      cat "$output"
      say "the database is up to date ($(elapsed) s)"
      : > "$ready"
      while :; do
        sleep 86400 &
        running=$!
        wait "$running"
      done
    fi
    grep -q 'Error 1045' "$output" || break
    refused=yes
  done
  why=$(tail -n 1 "$output")
  case $why in
    *[Dd]irty*)
      say "FAILED: $why"
      say "A migration was ended half-way, and nobody here knows how much of it was done. Restore the database from a backup made before, or ask Ghost's makers."
      exit 1
      ;;
  esac
  if [ "$(elapsed)" -ge "$wait_seconds" ]; then
    say "GIVING UP after $(elapsed) s: $why"
    exit 1
  fi
  if [ "$why" != "$told" ]; then
    say "waiting for $DATABASE_HOST:$DATABASE_PORT${refused:+ to know user $DATABASE_USER with this password} ($(elapsed) s of at most $wait_seconds s): $why"
    told=$why
  fi
  sleep 2 &
  running=$!
  wait "$running"
  running=
done
