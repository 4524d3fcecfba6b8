#!/bin/bash
# Makes a server's data directory from a dump on standard input, in a volume mounted at /var/lib/mysql. It is made beside its place and
# moved there by one rename, when it is complete: the dump ends with a query whose answer is $end. The last line tells how many tables there are.
set -euo pipefail

volume=/var/lib/mysql
work=$volume/init.tmp
socket=/run/mysqld/load.sock
if [ -e "$volume/data" ]; then
  echo "REFUSED: the volume holds a data directory already" >&2
  exit 1
fi
rm -rf "$work"
mysqld --no-defaults --initialize-insecure --datadir="$work" --log-error-verbosity=1
# Nobody but this script reaches it. What is loaded is synced at the end, not at each commit; and half of its memory it does without.
mysqld --no-defaults --performance-schema=OFF --datadir="$work" --skip-networking --mysqlx=OFF --socket="$socket" --pid-file=/run/mysqld/load.pid --skip-log-bin \
  --innodb-flush-log-at-trx-commit=0 --log-error-verbosity=1 &
server=$!
trap 'kill -TERM "$server" 2> /dev/null || true; exit 143' TERM INT
for _ in $(seq 240); do
  if mysqladmin --no-defaults --socket="$socket" --user=root ping > /dev/null 2>&1; then break; fi
  kill -0 "$server" 2> /dev/null || {
    echo "the server ended before it answered" >&2
    exit 1
  }
  sleep 0.5
done
last=$(mysql --no-defaults --socket="$socket" --user=root --binary-mode --batch --skip-column-names | tail -n 1)
if [ "$last" != "${end:?}" ]; then
  kill -TERM "$server"
  echo "the dump was cut off: it was not read to its end" >&2
  exit 1
fi
tables=$(mysql --no-defaults --socket="$socket" --user=root --skip-column-names --batch --execute \
  "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')")
mysqladmin --no-defaults --socket="$socket" --user=root shutdown
wait "$server"
sync
mv "$work" "$volume/data"
sync
echo "tables $tables"
