#!/bin/bash
# Facts about a Ghost's database, as lines. It comes before a script that has `sql`, which asks the server.

fact() { printf -- '-- fact %s %s\n' "$1" "$2"; }
# tables_named DATABASE "'a', 'b'": how many of these there are
tables_named() {
  sql --execute "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '$1' AND table_name IN ($2)"
}
# ghost_facts DATABASE: the version of its newest migration, and the rows of the tables that it has
ghost_facts() {
  local newest table
  newest=$(sql "$1" << 'SQL'
SELECT COALESCE(MAX(CAST(SUBSTRING_INDEX(version, '.', 1) AS UNSIGNED) * 100000
  + CAST(SUBSTRING_INDEX(SUBSTRING_INDEX(CONCAT(version, '.0'), '.', 2), '.', -1) AS UNSIGNED)), 0)
FROM migrations WHERE version REGEXP '^[0-9]'
SQL
  )
  fact version "$((newest / 100000)).$((newest % 100000))"
  for table in posts tags members users; do
    if [ "$(tables_named "$1" "'$table'")" = 1 ]; then fact "$table" "$(sql "$1" --execute "SELECT COUNT(*) FROM $table")"; fi
  done
}
