#!/usr/bin/env bash
# Entry point of the PostgreSQL image built by the sandbox: makes a new database cluster from POSTGRES_USER, POSTGRES_DB and
# POSTGRES_PASSWORD_FILE as the official image does, beside its place and renamed when it is complete.
set -euo pipefail
PGDATA=${PGDATA:-/var/lib/postgresql/data}

if [[ ${1-} == postgres && ! -s $PGDATA/PG_VERSION ]]; then
  user=${POSTGRES_USER:-postgres}
  : "${POSTGRES_PASSWORD_FILE:?names the file with the password of $user}"
  fresh=$PGDATA.new
  rm -rf "$fresh"
  initdb --pgdata="$fresh" --username="$user" --pwfile="$POSTGRES_PASSWORD_FILE" --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 > /dev/null
  echo "host all all all scram-sha-256" >> "$fresh/pg_hba.conf"
  if [[ ${POSTGRES_DB:-$user} != postgres ]]; then
    # A server of one session that no network reaches.
    echo "CREATE DATABASE \"${POSTGRES_DB:-$user}\"" | postgres --single -j -D "$fresh" postgres > /dev/null
  fi
  mv -T "$fresh" "$PGDATA"
fi
exec "$@"
