#!/bin/bash
# Runs PostgreSQL by the image's own entry point, and makes the roles of the shop what this stack says: the entry point does that for new data
# only, and data may be older than their passwords, or than these roles.
set -euo pipefail

docker-entrypoint.sh postgres -c 'listen_addresses=*' &
pid=$!
# A fast stop: sessions are ended, what was committed is kept.
trap 'kill -INT "$pid" 2> /dev/null || true; wait "$pid" || true; exit 143' TERM INT

for ((tries = 1; tries <= 900; tries++)); do
  kill -0 "$pid" 2> /dev/null || break
  # The entry point's own server, with which it makes new data, does not listen here.
  if pg_isready --quiet --host 127.0.0.1; then
    psql --quiet --no-psqlrc --tuples-only --single-transaction --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 \
      --file /scripts/roles.sql > /dev/null
    echo "postgres: the roles are those of this stack"
    break
  fi
  ((tries % 10 > 0)) || echo "postgres: waiting for the server to start (${tries} s)"
  sleep 1
done
wait "$pid"
