#!/bin/bash
# Runs PostgreSQL by the image's own entry point, and gives the owner of the data the password of this stack: the entry point does that for
# new data only, and data may outlive their password.
set -euo pipefail

docker-entrypoint.sh postgres -c 'listen_addresses=*' &
pid=$!
# A fast stop: sessions are ended, what was committed is kept.
trap 'kill -INT "$pid" 2> /dev/null || true; wait "$pid" || true; exit 143' TERM INT

for ((tries = 1; tries <= 900; tries++)); do
  kill -0 "$pid" 2> /dev/null || break
  # The entry point's own server, with which it makes new data, does not listen here.
  if pg_isready --quiet --host 127.0.0.1; then
    psql --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set ON_ERROR_STOP=1 << 'SQL'
\set password `cat "$POSTGRES_PASSWORD_FILE"`
SELECT format('ALTER ROLE %I PASSWORD %L', current_user, :'password') \gexec
SQL
    echo "postgres: $POSTGRES_USER has the password of this stack"
    break
  fi
  ((tries % 10 > 0)) || echo "postgres: waiting for the server to start (${tries} s)"
  sleep 1
done
wait "$pid"
