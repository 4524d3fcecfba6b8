#!/bin/sh
# Waits until the database's name resolves and its port accepts a connection. Bounded by WAIT_SECONDS; says each round what it waits for.
# Runs in busybox, whose nslookup wants a fully qualified name.
set -eu
: "${DB_HOST:?}" "${DB_PORT:?}"
limit=${WAIT_SECONDS:-300}
interval=1
trap 'echo "stopped while waiting for $DB_HOST:$DB_PORT"; exit 143' TERM INT

missing() {
  nslookup "$DB_HOST" >/dev/null 2>&1 || { echo "the name $DB_HOST to resolve"; return; }
  nc -w 2 "$DB_HOST" "$DB_PORT" </dev/null >/dev/null 2>&1 || { echo "$DB_HOST to accept connections on port $DB_PORT"; return; }
}

begin=$(date +%s)
while :; do
  what=$(missing)
  waited=$(($(date +%s) - begin))
  [ -z "$what" ] && break
  if [ "$waited" -ge "$limit" ]; then
    echo "GIVING UP after ${waited} s: still waiting for $what. Is the database server running? The next try follows by itself."
    exit 1
  fi
  echo "waiting for $what (${waited} s of at most ${limit} s)"
  sleep "$interval" &
  wait $!
done
echo "the database at $DB_HOST:$DB_PORT accepts connections after ${waited} s"
