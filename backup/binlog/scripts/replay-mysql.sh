#!/bin/bash
# Replays a log of transactions on standard input (a relay log) on the data directory that load-mysql.sh has made in a volume mounted at /var/lib/mysql: a
# server of it that nobody reaches takes them as a replica takes its source's. Users are not replayed: the stack's program makes them. The server that
# starts on the data afterwards knows nothing of it: as of any dump, its history begins anew.
#
#   $has     transactions that the data hold      $wants   those that they are to hold, both as MySQL writes a set
set -euo pipefail

: "${has?}" "${wants:?}"
volume=/var/lib/mysql
data=$volume/data
logs=$volume/replay.tmp
socket=/run/mysqld/replay.sock
rm -rf "$logs"
mkdir "$logs"
cat > "$logs/replay.000001"
echo "$logs/replay.000001" > "$logs/replay.index"
lasting=()
if [ -f "$data/made-with" ]; then
  while IFS= read -r option; do lasting+=("--$option"); done < "$data/made-with"
fi
errors=$(mktemp)
mysqld --no-defaults "${lasting[@]}" --datadir="$data" --skip-networking --mysqlx=OFF --socket="$socket" --pid-file=/run/mysqld/replay.pid \
  --performance-schema=OFF --event-scheduler=OFF --skip-log-bin --innodb-flush-log-at-trx-commit=0 --log-error-verbosity=2 \
  --server-id=2 --gtid-mode=ON --enforce-gtid-consistency=ON \
  --relay-log="$logs/replay" --relay-log-index="$logs/replay.index" --relay-log-recovery=OFF --relay-log-purge=OFF --skip-replica-start \
  --replica-parallel-workers=4 --replica-pending-jobs-size-max=32M --replicate-wild-ignore-table='mysql.%' 2> "$errors" &
server=$!
trap 'kill -TERM "$server" 2> /dev/null || true; exit 143' TERM INT
sql() { mysql --no-defaults --socket="$socket" --user=root --batch --skip-column-names --execute "$1"; }
fail() {
  grep -F '[ERROR]' "$errors" | tail -n 5 >&2 || true
  echo "$1" >&2
  kill -TERM "$server" 2> /dev/null || true
  exit 1
}
for _ in $(seq 240); do
  if mysqladmin --no-defaults --socket="$socket" --user=root ping > /dev/null 2>&1; then break; fi
  kill -0 "$server" 2> /dev/null || fail "the server ended before it answered"
  sleep 0.5
done
sql "RESET BINARY LOGS AND GTIDS"
sql "SET GLOBAL gtid_purged = '$has'"
sql "CHANGE REPLICATION SOURCE TO SOURCE_HOST = 'archive', RELAY_LOG_FILE = '$logs/replay.000001', RELAY_LOG_POS = 4"
sql "START REPLICA SQL_THREAD"
# It is through when it has all, and has failed when it has stopped, or has read all and has not.
through=0
until [ "$(sql "SELECT GTID_SUBSET('$wants', @@global.gtid_executed)")" = 1 ]; do
  status=$(mysql --no-defaults --socket="$socket" --user=root --execute "SHOW REPLICA STATUS" -E)
  if grep -q 'Replica_SQL_Running: No' <<< "$status"; then
    fail "a transaction could not be replayed: $(sed -n 's/^ *Last_SQL_Error: //p' <<< "$status")"
  fi
  if grep -q 'Replica_SQL_Running_State: .*has read all relay log' <<< "$status"; then
    through=$((through + 1))
    [ "$through" -lt 20 ] || fail "the log was cut off: the server has read all of it, and lacks $(sql "SELECT GTID_SUBTRACT('$wants', @@global.gtid_executed)")"
  fi
  sleep 0.2
done
more=$(sql "SELECT GTID_SUBTRACT(@@global.gtid_executed, '$wants')")
[ -z "$more" ] || fail "more was replayed than was wanted: $more"
sql "STOP REPLICA; RESET REPLICA ALL; RESET BINARY LOGS AND GTIDS"
tables=$(sql "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')")
mysqladmin --no-defaults --socket="$socket" --user=root shutdown
wait "$server"
rm -rf "$logs"
sync
echo "tables $tables"
