#!/bin/bash
# Makes a server's data directory from a dump on standard input. It is made beside its place and moved there when it is complete. The last
# line tells how many tables there are.
#
#   $end      answer of the query with which the dump ends
#   $volume   where the volume is mounted, $data the server's data directory in it unless the image names another
set -euo pipefail

: "${volume:?}" "${data:?}" "${end:?}"
case "${PGDATA:-}" in "$volume" | "$volume"/*) data=$PGDATA ;; esac
work=$volume/restore.tmp
if [ -n "$(find "$data" -mindepth 1 -maxdepth 1 ! -name restore.tmp ! -name .ghost-platform-restore 2> /dev/null)" ]; then
  echo "REFUSED: the volume holds a data directory already" >&2
  exit 1
fi
rm -rf "$work"
read -r _ _ _ user
initdb --pgdata="$work" --username="$user" --auth-local=trust --auth-host=scram-sha-256 > /dev/null
pg_ctl --pgdata="$work" --silent --wait --options="-c listen_addresses='' -c unix_socket_directories=/tmp -c fsync=off" start > /dev/null
# The role that made the server is there already.
last=$(grep --invert-match --line-regexp --fixed-strings "CREATE ROLE $user;" |
  psql --host=/tmp --username="$user" --dbname=postgres --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 | tail -n 1)
if [ "$last" != "$end" ]; then
  pg_ctl --pgdata="$work" --silent --mode=immediate stop
  echo "the dump was cut off: it was not read to its end" >&2
  exit 1
fi
tables=0
for database in $(psql --host=/tmp --username="$user" --dbname=postgres --tuples-only --no-align --command \
  "SELECT datname FROM pg_database WHERE NOT datistemplate"); do
  count=$(psql --host=/tmp --username="$user" --dbname="$database" --tuples-only --no-align --command \
    "SELECT count(*) FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')")
  tables=$((tables + count))
done
pg_ctl --pgdata="$work" --silent --wait stop
# Hosts of the network log in with a password; the official image adds the same line.
echo "host all all all scram-sha-256" >> "$work/pg_hba.conf"
sync
if [ "$data" = "$volume" ]; then
  mv "$work"/* "$data/"
  rmdir "$work"
else
  mkdir -p "$(dirname "$data")"
  rmdir "$data" 2> /dev/null || true
  mv "$work" "$data"
fi
sync
echo "tables $tables"
