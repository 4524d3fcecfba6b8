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
# What the server's data were made with stands in the first line.
IFS= read -r first || true
lasting=()
if [[ "$first" == "-- made with "* ]]; then
  for option in ${first#-- made with }; do
    if [[ "$option" =~ ^(lower_case_table_names|innodb_page_size|innodb_data_file_path)=[A-Za-z0-9:./_\;-]+$ ]]; then
      lasting+=("--$option")
    fi
  done
fi
mysqld --no-defaults "${lasting[@]}" --initialize-insecure --datadir="$work" --log-error-verbosity=1
# Nobody but this script reaches it. What is loaded is synced at the end, not at each commit; and half of its memory it does without.
mysqld --no-defaults "${lasting[@]}" --performance-schema=OFF --datadir="$work" --skip-networking --mysqlx=OFF --socket="$socket" \
  --pid-file=/run/mysqld/load.pid --skip-log-bin \
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
# As every new server here has them; of an image without any it knows offsets alone. The sed: one abbreviation is longer than its column.
if zones=$(mysql_tzinfo_to_sql /usr/share/zoneinfo 2> /dev/null | sed 's/Local time zone must be set--see zic manual page/FCTY/'); then
  mysql --no-defaults --socket="$socket" --user=root mysql <<< "$zones"
fi
last=$({
  printf '%s\n' "$first"
  cat
} | mysql --no-defaults --socket="$socket" --user=root --binary-mode --batch --skip-column-names | tail -n 1)
if [ "$last" != "${end:?}" ]; then
  kill -TERM "$server"
  echo "the dump was cut off: it was not read to its end" >&2
  exit 1
fi
tables=$(mysql --no-defaults --socket="$socket" --user=root --skip-column-names --batch --execute \
  "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')")
mysqladmin --no-defaults --socket="$socket" --user=root shutdown
wait "$server"
# For whoever starts on it: see data-options.sh and data-version.sh of the server.
if [ "${#lasting[@]}" -gt 0 ]; then printf '%s\n' "${lasting[@]#--}" > "$work/made-with"; fi
mysqld --version | sed -n 's/^.* Ver \([0-9]\{1,\}\.[0-9]\{1,\}\.[0-9]\{1,\}\).*$/\1/p' > "$work/served-by"
sync
mv "$work" "$volume/data"
sync
echo "tables $tables"
