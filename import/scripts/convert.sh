#!/bin/bash
# Loads a dump of somebody's Ghost on standard input into a server that is thrown away with its container, has its tables as a Ghost of now makes
# them, and writes them to standard output: lines of facts first, then SQL. What cannot be taken is refused on standard error, in lines that begin
# with REFUSED.
#
#   $end     the answer of the query that comes behind the dump, and the last line of the output
#   $owner   user of the site's own server, who owns what has an owner
#   $former  address that the site had, to count the posts that name it; may be empty
set -euo pipefail

: "${end:?}" "${owner:?}"
work=/var/lib/mysql/import
socket=/run/mysqld/import.sock
collation=utf8mb4_0900_ai_ci
system="('mysql', 'sys', 'information_schema', 'performance_schema')"
login=(--no-defaults "--socket=$socket" --user=root)

refuse() {
  printf 'REFUSED %s\n' "$@" >&2
  exit 1
}
sql() { mysql "${login[@]}" --default-character-set=utf8mb4 --batch --skip-column-names --raw "$@"; }
# Owners are users of the other server, which this one does not know. Never in a row's text: that begins no line.
# shellcheck disable=SC2016 # the backticks are names in SQL
without_owners() { LC_ALL=C sed -E '/^(\/\*![0-9]+ |CREATE )/ s/DEFINER ?= ?(`[^`]*`|'"'[^']*'"')@(`[^`]*`|'"'[^']*'"')/'"$1"'/'; }

rm -rf "$work"
mysqld --no-defaults --initialize-insecure --datadir="$work" --log-error-verbosity=1
# Nobody reaches it but this script, and it reaches no file.
mysqld --no-defaults --performance-schema=OFF --datadir="$work" --skip-networking --mysqlx=OFF --socket="$socket" \
  --pid-file=/run/mysqld/import.pid --skip-log-bin --secure-file-priv=NULL --local-infile=OFF \
  --innodb-flush-log-at-trx-commit=0 --log-error-verbosity=1 &
server=$!
trap 'kill -KILL "$server" 2> /dev/null || true' EXIT
trap 'exit 143' TERM INT
for _ in $(seq 240); do
  if mysqladmin "${login[@]}" ping > /dev/null 2>&1; then break; fi
  kill -0 "$server" 2> /dev/null || {
    echo "the server ended before it answered" >&2
    exit 1
  }
  sleep 0.5
done

sql --execute "CREATE DATABASE imported CHARACTER SET utf8mb4 COLLATE $collation"
last=$(without_owners '' | mysql "${login[@]}" --binary-mode --batch --skip-column-names imported | tail -n 1)
[ "$last" = "$end" ] || refuse "the dump was not read to its end: it is cut off, or damaged"

mapfile -t schemas < <(sql --execute "SELECT DISTINCT table_schema FROM information_schema.tables WHERE table_schema NOT IN $system")
case ${#schemas[@]} in
  0) refuse "the dump has no table" ;;
  1) schema=${schemas[0]} ;;
  *) refuse "the dump has several databases (${schemas[*]}). Dump that of Ghost alone" ;;
esac
if [[ ! "$schema" =~ ^[A-Za-z0-9_-]+$ ]]; then refuse "the name of the database in the dump has other characters than letters, digits, _ and -"; fi
[ "$(tables_named "$schema" "'migrations', 'posts', 'users', 'settings'")" = 4 ] ||
  refuse "the dump is not that of a Ghost: it lacks the tables migrations, posts, users and settings"
# What comes out of here is SQL for the site's own server.
odd=$(sql --execute "SELECT COUNT(*) FROM (SELECT table_name AS name FROM information_schema.tables WHERE table_schema = '$schema'
  UNION ALL SELECT column_name FROM information_schema.columns WHERE table_schema = '$schema') AS names WHERE name NOT REGEXP '^[A-Za-z0-9_]+$'")
[ "$odd" = 0 ] || refuse "tables or columns in the dump have names that Ghost gives none: other characters than letters, digits and _"
other=$(sql --execute "SELECT GROUP_CONCAT(table_name ORDER BY 1 SEPARATOR ', ') FROM information_schema.tables
  WHERE table_schema = '$schema' AND table_type = 'BASE TABLE' AND engine <> 'InnoDB'")
[ "$other" = NULL ] ||
  refuse "tables that are not InnoDB: $other. Where the site is, say for each: ALTER TABLE … ENGINE=InnoDB, and dump it again"

# Two values that the source told apart, and the order of letters that Ghost's migrations need does not.
sql "$schema" << SQL > "$work/unique.sql"
SET SESSION group_concat_max_len = 1000000;
SELECT CONCAT(
  'SELECT ', QUOTE(CONCAT(s.table_name, ' (', GROUP_CONCAT(s.column_name ORDER BY s.seq_in_index SEPARATOR ', '), ')')),
  ', GROUP_CONCAT(CONCAT_WS('' '', ', GROUP_CONCAT(CONCAT('\`', s.column_name, '\`') ORDER BY s.seq_in_index), ') SEPARATOR '' and '')',
  ' FROM \`', s.table_name, '\` WHERE ', GROUP_CONCAT(CONCAT('\`', s.column_name, '\` IS NOT NULL') SEPARATOR ' AND '),
  ' GROUP BY ', GROUP_CONCAT(IF(c.character_set_name IS NULL, CONCAT('\`', s.column_name, '\`'),
    CONCAT('CONVERT(\`', s.column_name, '\` USING utf8mb4) COLLATE $collation')) ORDER BY s.seq_in_index),
  ' HAVING COUNT(*) > 1 LIMIT 3;')
FROM information_schema.statistics s JOIN information_schema.columns c
  ON c.table_schema = s.table_schema AND c.table_name = s.table_name AND c.column_name = s.column_name
WHERE s.table_schema = '$schema' AND s.non_unique = 0
GROUP BY s.table_name, s.index_name
HAVING SUM(c.collation_name <> '$collation') > 0;
SQL
clashes=$({
  echo "SET SESSION sql_mode = '';"
  cat "$work/unique.sql"
} | sql "$schema")
if [ -n "$clashes" ]; then
  mapfile -t lines < <(tr '\t' ' ' <<< "$clashes")
  refuse "${lines[@]/%/: these are the same text for $collation, though they may differ in what is not seen. Change or remove one of them where the site is}"
fi

converted=$(sql --execute "SELECT COUNT(DISTINCT c.table_name) FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
  WHERE c.table_schema = '$schema' AND t.table_type = 'BASE TABLE' AND c.collation_name <> '$collation'")
{
  echo "SET SESSION foreign_key_checks = 0; SET SESSION sql_mode = '';"
  sql --execute "SELECT CONCAT('ALTER TABLE \`', t.table_name, '\` CONVERT TO CHARACTER SET utf8mb4 COLLATE $collation;')
    FROM information_schema.tables t WHERE t.table_schema = '$schema' AND t.table_type = 'BASE TABLE'
    AND (t.table_collation <> '$collation' OR EXISTS (SELECT 1 FROM information_schema.columns c
      WHERE c.table_schema = t.table_schema AND c.table_name = t.table_name AND c.collation_name <> '$collation'))"
} | sql "$schema"
mixed=$(sql --execute "SELECT COUNT(*) FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
  WHERE c.table_schema = '$schema' AND t.table_type = 'BASE TABLE' AND c.collation_name <> '$collation'")
[ "$mixed" = 0 ] || refuse "$mixed columns could not be brought to $collation"

fact converted "$converted"
ghost_facts "$schema"
if [ "$(tables_named "$schema" "'members_stripe_customers'")" = 1 ]; then
  fact paying "$(sql "$schema" --execute "SELECT COUNT(*) FROM members_stripe_customers")"
fi
if [ -n "${former:-}" ]; then
  # As hexadecimal digits: nothing of it is SQL.
  address=$(printf %s "$former" | od -An -v -tx1 | tr -d ' \n')
  fact absolute "$(sql "$schema" --execute "SELECT COUNT(*) FROM posts WHERE INSTR(html, CONVERT(0x$address USING utf8mb4)) > 0")"
fi
triggers=$(sql --execute "SELECT COUNT(*) FROM information_schema.triggers WHERE trigger_schema = '$schema'")
fact triggers "$triggers"
mysqldump "${login[@]}" --single-transaction --quick --skip-triggers --hex-blob --no-tablespaces --set-gtid-purged=OFF "$schema" |
  without_owners "DEFINER=\`$owner\`@\`%\`"
printf -- '-- %s\n' "$end"
