#!/bin/bash
# Keeps a site's database before an upgrade and brings it back afterwards, in the container of its server. Each action may be cut off and done again.
#
#   $action    look: lines of facts. dump: writes it to standard output. restore: has the dump on standard input in its place, behind which comes a query
#              with the answer $end; what was there goes aside first. forget: drops what went aside
#   $database  its name
set -euo pipefail
# A question that gets no answer ends this, wherever it stands: an answer is put into a variable first.
shopt -s inherit_errexit

: "${action:?}" "${database:?}"
login=--defaults-file=/run/secrets/mysql/root.cnf
# What was there when a restore began. It has the table `restored` once the restored data are whole: without it they may be cut off.
aside=${database}_undone
sql() { mysql "$login" --batch --skip-column-names "$@"; }
fact() { printf -- '%s %s\n' "$1" "$2"; }
count() {
  local number
  number=$(sql --execute "SELECT COUNT(*) FROM information_schema.$1")
  if [[ ! "$number" =~ ^[0-9]+$ ]]; then
    echo "the server did not answer a question" >&2
    exit 1
  fi
  echo "$number"
}
own_tables() { count "tables WHERE table_schema = '$database' AND table_type = 'BASE TABLE'"; }
# Whatever a migration changes is in one of these: it is noted there, or has changed a table.
schema() {
  local noted=0 migrations
  migrations=$(count "tables WHERE table_schema = '$database' AND table_name = 'migrations'")
  if [ "$migrations" = 1 ]; then
    noted=$(sql "$database" --execute "SELECT CONCAT_WS('-', COUNT(*), COALESCE(SUM(CRC32(CONCAT_WS(' ', name, version))), 0)) FROM migrations")
  fi
  sql --execute "SELECT CONCAT_WS('-', '$noted',
    (SELECT COALESCE(SUM(CRC32(CONCAT_WS(' ', table_name, column_name, column_type, is_nullable, column_default, collation_name))), 0)
      FROM information_schema.columns WHERE table_schema = '$database'),
    (SELECT COALESCE(SUM(CRC32(CONCAT_WS(' ', table_name, index_name, seq_in_index, column_name, non_unique))), 0)
      FROM information_schema.statistics WHERE table_schema = '$database'),
    (SELECT COALESCE(SUM(CRC32(CONCAT_WS(' ', table_name, constraint_name, column_name, referenced_table_name, referenced_column_name))), 0)
      FROM information_schema.key_column_usage WHERE table_schema = '$database'))"
}
look() {
  local schema tables triggers put_aside restored bytes room
  schema=$(schema)
  tables=$(own_tables)
  triggers=$(count "triggers WHERE trigger_schema = '$database'")
  put_aside=$(count "tables WHERE table_schema = '$aside' AND table_name <> 'restored'")
  restored=$(count "tables WHERE table_schema = '$aside' AND table_name = 'restored'")
  # As its statistics have it, which lag behind.
  bytes=$(sql --execute "SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema = '$database'")
  room=$(df -Pk /var/lib/mysql)
  fact schema "$schema"
  fact tables "$tables"
  fact triggers "$triggers"
  fact aside "$put_aside"
  fact restored "$restored"
  fact bytes "$bytes"
  printf '%s\n' "$room" | sed 's/^/df /'
}

case $action in
  look) look ;;
  dump)
    mysqldump "$login" --single-transaction --quick --skip-triggers --hex-blob --no-tablespaces --set-gtid-purged=OFF "$database"
    ;;
  restore)
    sql --execute "CREATE DATABASE IF NOT EXISTS \`$aside\`; DROP TABLE IF EXISTS \`$aside\`.restored"
    put_aside=$(count "tables WHERE table_schema = '$aside'")
    if [ "$put_aside" = 0 ]; then
      # All of them at once. A view cannot move; it is in the dump, and without rows of its own.
      moves=$(sql --execute "SET SESSION group_concat_max_len = 1000000; SELECT GROUP_CONCAT(CONCAT(
        '\`$database\`.\`', table_name, '\` TO \`$aside\`.\`', table_name, '\`')) FROM information_schema.tables
        WHERE table_schema = '$database' AND table_type = 'BASE TABLE'")
      if [ "$moves" != NULL ]; then sql --execute "RENAME TABLE $moves"; fi
      left=$(own_tables)
      if [ "$left" != 0 ]; then
        echo "$left tables of $database did not go aside" >&2
        exit 1
      fi
    fi
    sql --execute "DROP DATABASE IF EXISTS \`$database\`; CREATE DATABASE \`$database\` CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci"
    last=$(mysql "$login" --binary-mode --batch --skip-column-names "$database" | tail -n 1)
    if [ "$last" != "${end:?}" ]; then
      echo "the data were not read to their end: the connection broke off" >&2
      exit 1
    fi
    sql --execute "CREATE TABLE \`$aside\`.restored (id INT PRIMARY KEY)"
    look
    ;;
  forget) sql --execute "DROP DATABASE IF EXISTS \`$aside\`" ;;
  *)
    echo "no such action: $action" >&2
    exit 2
    ;;
esac
